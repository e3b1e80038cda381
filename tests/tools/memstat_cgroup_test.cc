// memstat inside a memory cgroup of 256 MiB, on the machine's own cgroup v1 or v2.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/shell.h"
#include "tools/read/cgroup.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Program;
using glassheap::testing::Shell;

constexpr int64_t kLimit = int64_t{256} << 20;

// A cgroup below our own, named after this process. Gone, with what is in it, when the object is.
class LimitedCgroup {
 public:
  LimitedCgroup() {
    const Root root;
    const Result<MemoryCgroup> own = ReadMemoryCgroup(root);
    if (!own) return;
    const bool v1 = own->version == CgroupVersion::kV1;
    const Result<std::string> mounts = root.ReadFile("proc/self/mountinfo");
    if (!mounts) return;
    const std::vector<CgroupMount> list = ParseCgroupMounts(*mounts);
    const CgroupMount* mount = ChooseCgroupMount(list, own->version, own->levels[0].path);
    if (mount == nullptr) return;
    folder_ = mount->point + PathBelowMount(*mount, own->levels[0].path).value_or("") + "/glassheap_test_" +
              std::to_string(::getpid());
    const std::string file = v1 ? "/memory.limit_in_bytes" : "/memory.max";
    made_ = Shell("mkdir " + folder_ + " && echo " + std::to_string(kLimit) + " >" + folder_ + file).status == 0;
  }
  ~LimitedCgroup() {
    if (!folder_.empty()) Shell("for i in 1 2 3 4 5 6 7 8 9 10; do rmdir " + folder_ + " && break; sleep 0.1; done");
  }
  bool made() const { return made_; }
  const std::string& folder() const { return folder_; }

  // memstat, run in it.
  glassheap::testing::ShellResult Run(const std::string& options) const {
    return Shell("sh -c 'echo $$ >" + folder_ + "/cgroup.procs && exec " + Program("tools/memstat") + " " + options +
                 "'");
  }
  nlohmann::json Look() const {
    const auto result = Run("--json");
    EXPECT_EQ(result.status, 0) << result.err;
    return nlohmann::json::parse(result.out)["cgroup"];
  }

 private:
  std::string folder_;
  bool made_ = false;
};

// A process in the cgroup that eats memory when it is told to.
class Eater {
 public:
  explicit Eater(const std::string& folder) {
    if (::pipe(to_) != 0 || ::pipe(from_) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) Eat(folder);
    ::close(to_[0]);
    ::close(from_[1]);  // so that reading ends when the eater does
  }
  ~Eater() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(to_[1]);
    ::close(from_[0]);
  }

  // False when it has died of it.
  bool EatMebibytes(unsigned char mebibytes) {
    unsigned char answer = 0;
    return ::write(to_[1], &mebibytes, 1) == 1 && ::read(from_[0], &answer, 1) == 1;
  }

 private:
  [[noreturn]] void Eat(const std::string& folder) {
    ::close(from_[0]);
    const int procs = ::open((folder + "/cgroup.procs").c_str(), O_WRONLY);
    if (::write(procs, "0", 1) != 1) ::_exit(1);
    for (unsigned char mebibytes = 0; ::read(to_[0], &mebibytes, 1) == 1;) {
      const size_t size = size_t{mebibytes} << 20;
      void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
      if (memory == MAP_FAILED || ::write(from_[1], &mebibytes, 1) != 1) ::_exit(1);
    }
    ::_exit(0);
  }

  int to_[2] = {}, from_[2] = {};
  pid_t pid_ = -1;
};

TEST(MemstatCgroup, ShowsTheLimitAndWhatRemains) {
  const LimitedCgroup cgroup;
  if (!cgroup.made()) GTEST_SKIP() << "cannot make a memory cgroup here: needs root and a memory controller";
  int64_t remaining = kLimit;
  Eater eater(cgroup.folder());
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(eater.EatMebibytes(40));
    const nlohmann::json seen = cgroup.Look();
    EXPECT_EQ(seen["limit"], kLimit);
    EXPECT_EQ(seen["limit_path"], seen["path"]);
    EXPECT_LE(seen["remaining"], remaining - (int64_t{36} << 20)) << seen;  // pages of others may go meanwhile
    EXPECT_EQ(seen["remaining"].get<int64_t>() + seen["working_set"].get<int64_t>(), kLimit);
    remaining = seen["remaining"];
  }
  EXPECT_LT(remaining, int64_t{100} << 20);
  const std::string text = cgroup.Run("").out;
  EXPECT_NE(text.find("\nCgroup:       262144 "), std::string::npos) << text;
}

TEST(MemstatCgroup, CountsTheKill) {
  const LimitedCgroup cgroup;
  if (!cgroup.made()) GTEST_SKIP() << "cannot make a memory cgroup here: needs root and a memory controller";
  Eater eater(cgroup.folder());
  bool alive = true;
  for (int i = 0; i < 4 && alive; ++i) alive = eater.EatMebibytes(90);
  if (alive) GTEST_SKIP() << "the machine has swap, or nobody is killed here";
  const nlohmann::json seen = cgroup.Look();
  if (seen["oom_kills"].is_null()) GTEST_SKIP() << "this kernel does not count them";
  EXPECT_EQ(seen["oom_kills"], 1);
}

}  // namespace
}  // namespace glassheap::tools
