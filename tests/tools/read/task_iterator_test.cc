// The iterator beside /proc, on processes of every kind; and where it must not be used.

#include "tools/read/task_iterator.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "tests/support/cgroup_box.h"
#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"
#include "tools/model/oom.h"
#include "tools/read/oom_scan.h"

namespace glassheap::tools {
namespace {

using testing::IdleProcess;

constexpr uid_t kNobody = 65534;
constexpr char kWhyNot[] = "no task iterator here: it needs root outside of containers, Linux 5.8 and its BTF";

OomScanOptions Options() {
  utsname name;
  ::uname(&name);
  return {.kernel_threads = true, .exact_counts = CountsExactly(name.release), .iterate_from = 0};
}

std::optional<std::vector<TaskRecord>> Iterate(const Root& root, bool exact_counts) {
  const auto proc = root.OpenDirectory("proc");
  return proc ? IterateForOom(root, *proc, exact_counts) : std::nullopt;
}

std::optional<std::vector<TaskRecord>> Iterate(const Root& root = Root()) {
  return Iterate(root, Options().exact_counts);
}

OomScanOptions Never() { return {.iterate_from = SIZE_MAX}; }

bool CanBeHad() { return Iterate().has_value(); }

const OomSample* Find(const std::vector<OomSample>& samples, pid_t pid) {
  const auto found = std::ranges::lower_bound(samples, pid, {}, &OomSample::pid);
  return found != samples.end() && found->pid == pid ? &*found : nullptr;
}

bool Same(const OomSample& a, const OomSample& b) {
  return a.pid == b.pid && a.init == b.init && a.oom_score_adj == b.oom_score_adj && a.status == b.status;
}

std::string Text(const OomSample& sample) {
  const ProcessStatus& s = sample.status;
  const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string("-"); };
  return "pid " + std::to_string(sample.pid) + " (" + s.name + ") " + s.state + " of " + number(s.ppid) + " uid " +
         number(s.uid) + " inside " + number(s.innermost_pid) + " threads " + number(s.threads) + " anon " +
         number(s.rss_anon) + " file " + number(s.rss_file) + " shmem " + number(s.rss_shmem) + " swap " +
         number(s.swap) + " tables " + number(s.page_tables) + " adj " + number(sample.oom_score_adj);
}

void Write(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY);
  (void)!::write(fd, text.data(), text.size());
  ::close(fd);
}

// In a process of its own; true when `check` says so. It leaves the test's rights as they are.
template <typename Check>
bool InAChild(Check check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST(TaskIterator, HandsOutProcessesInTheirOrder) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  const IdleProcess child;
  const auto records = Iterate();
  ASSERT_TRUE(records);
  EXPECT_TRUE(std::ranges::is_sorted(*records, {}, &TaskRecord::pid));
  for (const pid_t pid : {::getpid(), ::getppid(), child.pid()}) {
    EXPECT_EQ(std::ranges::count(*records, pid, &TaskRecord::pid), 1) << pid;
  }
}

// A process falls asleep and wakes up at any time: the three states of one that is neither stopped nor dead are one here.
bool SameButForSleep(OomSample a, OomSample b) {
  for (OomSample* sample : {&a, &b}) {
    if (sample->status.state == 'R' || sample->status.state == 'D') sample->status.state = 'S';
  }
  return Same(a, b);
}

// Compared often enough that what changes between two reads cannot pass for a difference: it would have to every time.
TEST(TaskIterator, SaysWhatProcSaysOfEveryProcess) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  std::set<pid_t> equal;
  std::map<pid_t, std::string> differs;
  for (int round = 0; round < 5; ++round) {
    const auto before = ScanForOom(Root(), Never());
    const auto iterated = ScanForOom(Root(), Options());
    const auto after = ScanForOom(Root(), Never());
    ASSERT_TRUE(before && iterated && after);
    for (const OomSample& sample : *before) {
      const OomSample* then = Find(*after, sample.pid);
      if (then == nullptr || !SameButForSleep(sample, *then)) continue;
      const OomSample* seen = Find(*iterated, sample.pid);
      if (seen != nullptr && SameButForSleep(sample, *seen)) equal.insert(sample.pid);
      if (!equal.contains(sample.pid)) {
        differs[sample.pid] = Text(sample) + "\nbut " + (seen ? Text(*seen) : std::string("not seen"));
      }
    }
    EXPECT_TRUE(std::ranges::is_sorted(*iterated, {}, &OomSample::pid));
  }
  for (const auto& [pid, text] : differs) EXPECT_TRUE(equal.contains(pid)) << text;
  EXPECT_TRUE(equal.contains(1));
  EXPECT_GT(equal.size(), 5u);
}

void TakeMemory() {
  constexpr size_t kBytes = 5 << 20;
  void* own = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* shared = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::memset(own, 1, kBytes);
  std::memset(shared, 1, kBytes / 2);
}

void* Idle(void*) {
  for (;;) ::pause();
}

// The process lives on in its second thread.
void LeaveTheLeader() {
  pthread_t thread;
  ::pthread_create(&thread, nullptr, Idle, nullptr);
  ::syscall(SYS_exit, 0);
}

void EnterAPidNamespace() {
  ::unshare(CLONE_NEWPID);
  if (::fork() == 0) Idle(nullptr);
}

TEST(TaskIterator, ProcessesOfEveryKind) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  std::vector<std::unique_ptr<IdleProcess>> children;
  for (const std::function<void()>& prepare : std::vector<std::function<void()>>{
           TakeMemory, [] { ::prctl(PR_SET_NAME, "a) R 1\n\x1b[2J\\\xff"); }, [] { ::prctl(PR_SET_NAME, ""); },
           [] { Write("/proc/self/oom_score_adj", "567"); }, [] { ::setreuid(kNobody, 1234); },
           [] {
             for (int i = 0; i < 40; ++i) {
               pthread_t thread;
               ::pthread_create(&thread, nullptr, Idle, nullptr);
             }
           }}) {
    children.push_back(std::make_unique<IdleProcess>(prepare));
  }
  ::kill(children[3]->pid(), SIGSTOP);
  int stopped = 0;
  ::waitpid(children[3]->pid(), &stopped, WUNTRACED);
  auto ended = std::make_unique<IdleProcess>();
  ended->End();
  children.push_back(std::move(ended));
  const auto iterated = ScanForOom(Root(), Options());
  const auto walked = ScanForOom(Root(), Never());
  ASSERT_TRUE(iterated && walked);
  for (const auto& child : children) {
    const OomSample* seen = Find(*iterated, child->pid());
    const OomSample* said = Find(*walked, child->pid());
    ASSERT_TRUE(seen && said);
    EXPECT_TRUE(Same(*seen, *said)) << Text(*seen) << "\n" << Text(*said);
  }
  EXPECT_GE(Find(*iterated, children[0]->pid())->status.rss_anon, 5u << 20);
  EXPECT_EQ(Find(*iterated, children[5]->pid())->status.threads, 41u);
  EXPECT_EQ(Find(*iterated, children[6]->pid())->status.state, 'Z');
}

// These two do not come back to say that they are ready: looked for until they are as they will be.
TEST(TaskIterator, AProcessWithoutItsFirstThreadAndOneInANamespace) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  const pid_t headless = ::fork();
  if (headless == 0) LeaveTheLeader();
  const pid_t outside = ::fork();
  if (outside == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    EnterAPidNamespace();
    Idle(nullptr);
  }
  bool saw_headless = false;
  bool saw_inside = false;
  for (int look = 0; look < 1000 && !(saw_headless && saw_inside); ++look) {
    ::usleep(10'000);
    const auto iterated = ScanForOom(Root(), Options());
    const auto walked = ScanForOom(Root(), Never());
    if (!iterated || !walked) continue;
    for (const OomSample& sample : *iterated) {
      const OomSample* said = Find(*walked, sample.pid);
      if (said == nullptr || !Same(sample, *said)) continue;
      saw_headless = saw_headless || (sample.pid == headless && sample.status.state == 'Z' && !sample.status.rss);
      saw_inside = saw_inside || (sample.status.ppid == outside && sample.status.innermost_pid == 1);
    }
  }
  EXPECT_TRUE(saw_headless);
  EXPECT_TRUE(saw_inside);
  std::string inside;
  std::ifstream("/proc/" + std::to_string(outside) + "/task/" + std::to_string(outside) + "/children") >> inside;
  if (!inside.empty()) ::kill(std::stoi(inside), SIGKILL);
  for (const pid_t pid : {headless, outside}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST(TaskIterator, TellsWhichProcessesAreInTheSameCgroups) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  const IdleProcess here;  // starts where its parent is
  std::string why_not;
  const auto box = testing::CgroupBox::Make(size_t{64} << 20, why_not);
  const IdleProcess there([&] {
    if (box) box->Join();
  });
  const auto samples = ScanForOom(Root(), Options());
  ASSERT_TRUE(samples);
  const uint64_t own = Find(*samples, ::getpid())->cgroups;
  EXPECT_NE(own, 0u);
  EXPECT_EQ(Find(*samples, here.pid())->cgroups, own);
  EXPECT_EQ(Find(*samples, there.pid())->cgroups != own, box != nullptr) << why_not;
}

TEST(TaskIterator, KernelThreadsOnlyWhenAskedFor) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  OomScanOptions options = Options();
  options.kernel_threads = false;
  const auto without = ScanForOom(Root(), options);
  const auto with = ScanForOom(Root(), Options());
  ASSERT_TRUE(without && with);
  EXPECT_TRUE(std::ranges::none_of(*without, [](auto& sample) { return sample.status.kernel_thread; }));
  ASSERT_TRUE(Find(*with, 2));
  EXPECT_TRUE(Find(*with, 2)->status.kernel_thread);
  EXPECT_FALSE(Find(*without, 2));
}

size_t OpenFiles() { return Root().List("proc/self/fd")->size(); }

TEST(TaskIterator, LeavesNothingOpen) {
  const size_t before = OpenFiles();
  for (int i = 0; i < 3; ++i) Iterate();
  EXPECT_EQ(OpenFiles(), before);
}

TEST(TaskIterator, NotWithoutTheRights) {
  EXPECT_TRUE(InAChild([] {
    if (::setresuid(kNobody, kNobody, kNobody) != 0 && ::getuid() == 0) return false;
    if (Iterate()) return false;
    const auto samples = ScanForOom(Root(), Options());
    return samples && Find(*samples, ::getpid()) != nullptr;
  }));
}

TEST(TaskIterator, NotUnderASeccompFilter) {
  EXPECT_TRUE(InAChild([] {
    sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program = {1, allow};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return true;
    return !Iterate();
  }));
}

TEST(TaskIterator, NotInAContainer) {
  EXPECT_TRUE(InAChild([] {
    if (::unshare(CLONE_NEWPID) != 0) return true;
    return InAChild([] { return !Iterate(); });
  }));
}

TEST(TaskIterator, NotForAnotherTree) {
  FakeRoot fake;
  fake.AddProcess({.pid = 7, .rss_kib = 4});
  EXPECT_FALSE(Iterate(fake.root()));
  const auto samples = ScanForOom(fake.root(), Options());
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->size(), 1u);
}

TEST(TaskIterator, NotWhenTheKernelCountsInAnotherWay) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  if (!Options().exact_counts) GTEST_SKIP() << "this kernel's counters have no parts, or are not added up";
  // A process's pages are too few for the processors to have handed all of them in; but they may have, once.
  bool counts_differ = false;
  for (int i = 0; i < 20 && !counts_differ; ++i) {
    counts_differ = InAChild([] { return !Iterate(Root(), false); });
  }
  EXPECT_TRUE(counts_differ);
}

TEST(TaskIterator, NoLockedMemoryIsNoHindrance) {
  if (!CanBeHad()) GTEST_SKIP() << kWhyNot;
  EXPECT_TRUE(InAChild([] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0) return false;
    const auto samples = ScanForOom(Root(), Options());
    return samples && Find(*samples, ::getpid()) != nullptr;
  }));
}

TEST(StatusOf, StatesAsTheKernelPrintsThem) {
  const auto letter = [](uint32_t state, uint32_t exit_state) {
    TaskRecord record{};
    record.state = state;
    record.exit_state = exit_state;
    return StatusOf(record).state;
  };
  EXPECT_EQ(letter(0, 0), 'R');
  EXPECT_EQ(letter(1, 0), 'S');
  EXPECT_EQ(letter(2, 0), 'D');
  EXPECT_EQ(letter(4, 0), 'T');
  EXPECT_EQ(letter(8, 0), 't');
  EXPECT_EQ(letter(0x80, 0x10), 'X');
  EXPECT_EQ(letter(0x80, 0x20), 'Z');
  EXPECT_EQ(letter(0x40, 0), 'P');
  EXPECT_EQ(letter(0x402, 0), 'I');
  EXPECT_EQ(letter(0x8000, 0), 'D');  // frozen
  EXPECT_EQ(letter(0x102, 0), 'D');   // may be killed
}

TEST(StatusOf, ANameOfSixteenBytesAndASumBelowZero) {
  TaskRecord record{};
  std::memset(record.comm, 'x', sizeof record.comm);
  record.memory = TaskRecord::kMemory;
  record.pages[kAnonPages] = -3;
  record.pages[kShmemPages] = 2;
  const ProcessStatus status = StatusOf(record);
  EXPECT_EQ(status.name, std::string(16, 'x'));
  EXPECT_EQ(status.rss_anon, 0u);
  EXPECT_EQ(status.rss, 2 * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace
}  // namespace glassheap::tools
