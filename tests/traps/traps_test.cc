// Every trap three times: under glibc's malloc, which proves the trap itself,
// with glassheap preloaded, and with the hardened library. What a trap writes is shown when it fails.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace glassheap {
namespace {

// Far above what a trap takes with both cores busy; what waits this long is a
// deadlock.
constexpr int kTimeoutMilliseconds = 120'000;
constexpr int kSkipStatus = 77;

struct Outcome {
  bool timed_out = false;
  int status = 0;
  std::string text;
};

std::string Runfile(const char* path) { return std::filesystem::current_path().string() + "/" + path; }

// A library to preload; nullptr: none.
using Preload = const char*;
constexpr Preload kNone = nullptr;
constexpr Preload kDefault = "allocator/libglassheap.so";
constexpr Preload kHardened = "allocator/libglassheap_hardened.so";

void BecomeTrap(const std::string& name, Preload preload, int output) {
  setpgid(0, 0);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(output, 1);
  dup2(output, 2);
  for (int fd = 3; fd < 64; ++fd) close(fd);
  if (preload != kNone) setenv("LD_PRELOAD", Runfile(preload).c_str(), 1);
  const std::string program = Runfile("tests/traps/traps");
  execl(program.c_str(), program.c_str(), name.c_str(), nullptr);
  _exit(126);
}

// Runs a trap in a process group of its own, which does not outlive it.
Outcome RunTrap(const std::string& name, Preload preload) {
  Outcome outcome;
  FILE* file = tmpfile();
  const int output = fileno(file);
  const pid_t pid = fork();
  if (pid == 0) BecomeTrap(name, preload, output);
  setpgid(pid, pid);
  struct pollfd end = {static_cast<int>(syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
  outcome.timed_out = poll(&end, 1, kTimeoutMilliseconds) == 0;
  kill(-pid, SIGKILL);
  close(end.fd);
  waitpid(pid, &outcome.status, 0);
  std::array<char, 4096> text;
  for (ssize_t size; (size = pread(output, text.data(), text.size(), static_cast<off_t>(outcome.text.size()))) > 0;) {
    outcome.text.append(text.data(), static_cast<size_t>(size));
  }
  fclose(file);
  return outcome;
}

struct Row {
  std::string name;
  Preload preload;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

// `traps --list` names each trap and says under which malloc it must pass.
std::vector<Row> Rows(Preload preload) {
  std::vector<Row> rows;
  std::istringstream list(RunTrap("--list", kNone).text);
  std::string name, kind;
  while (list >> name >> kind) {
    if (kind != (preload != kNone ? "plain" : "ours")) rows.push_back({name, preload});
  }
  return rows;
}

TEST(UnderGlassheap, TheLibraryIsPreloaded) {
  for (Preload library : {kDefault, kHardened}) {
    const Outcome outcome = RunTrap("is_under_glassheap", library);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
  }
}

class Trap : public testing::TestWithParam<Row> {};

TEST_P(Trap, Passes) {
  const Row& row = GetParam();
  const Outcome outcome = RunTrap(row.name, row.preload);
  if (WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == kSkipStatus) {
    GTEST_SKIP() << outcome.text;
  }
  EXPECT_FALSE(outcome.timed_out) << "a deadlock, or a very slow machine";
  EXPECT_EQ(outcome.status, 0) << outcome.text;
}

std::string Name(const testing::TestParamInfo<Row>& row) { return row.param.name; }

INSTANTIATE_TEST_SUITE_P(UnderGlibc, Trap, testing::ValuesIn(Rows(kNone)), Name);
INSTANTIATE_TEST_SUITE_P(UnderHardened, Trap, testing::ValuesIn(Rows(kHardened)), Name);
INSTANTIATE_TEST_SUITE_P(UnderGlassheap, Trap, testing::ValuesIn(Rows(kDefault)), Name);

}  // namespace
}  // namespace glassheap
