// The kernel as oracle: processes in a memory cgroup of their own, which is driven over its limit. Whom the kernel kills
// must be whom `oomscore victim --cgroup` names.
//
// A driver in the cgroup fills a memfd, which is charged to the cgroup and counted against no process; it stops at the
// first kill. What is asked of every scenario whose two worst differ by more than 1 % of the limit: the kernel's own
// counters are that exact (they are kept per processor), and of equals the later in its list dies, which v1 does not
// show. The others are printed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/support/cgroup_box.h"
#include "tests/support/random.h"
#include "tests/support/swap_file.h"
#include "tools/read/kernel_log.h"
#include "tools/read/oom_log.h"
#include "tools/run/oom_survey.h"

namespace glassheap::tools {
namespace {

using testing::CgroupBox;
using testing::Random;
using testing::SwapFile;

constexpr int kScenarios = 64;
constexpr size_t kMostProcesses = 13;  // and the driver
constexpr size_t kKi = 1024;
constexpr size_t kMi = 1024 * kKi;
constexpr size_t kPage = 4096;
constexpr int kSwapScenarios = 6;
constexpr size_t kSwap = 64 * kMi;
constexpr size_t kHuge = 2 * kMi;  // what one page of page table maps

struct Worker {
  size_t own = 0;     // anonymous, written
  size_t shared = 0;  // of the memory that all of the scenario share
  size_t tables = 0;  // page tables without memory: the zero page, mapped here and there
  int adj = 0;
  bool twin = false;   // another process has the same memory
  bool below = false;  // in a cgroup below
};

struct Scenario {
  std::string what;
  size_t limit = 64 * kMi;
  std::vector<Worker> workers;
};

// Sizes that fill part of the limit, in any proportion.
std::vector<size_t> Split(Random& random, size_t total, size_t parts) {
  std::vector<size_t> weights;
  size_t sum = 0;
  for (size_t i = 0; i < parts; ++i) sum += weights.emplace_back(1 + random.Skewed(64));
  for (size_t& weight : weights) weight = total * weight / sum / kPage * kPage;
  return weights;
}

void MixedSizes(Random& random, Scenario& scenario) {
  const size_t count = 2 + random.Below(11);
  for (const size_t size : Split(random, scenario.limit * 6 / 10, count)) scenario.workers.push_back({.own = size});
}

void Adjusted(Random& random, Scenario& scenario) {
  MixedSizes(random, scenario);
  for (Worker& worker : scenario.workers) {
    if (random.OneIn(2)) worker.adj = static_cast<int>(random.Below(1001));
  }
}

void SlightlyAdjusted(Random& random, Scenario& scenario) {
  MixedSizes(random, scenario);
  for (Worker& worker : scenario.workers) worker.adj = static_cast<int>(random.Below(120));
}

void TableHeavy(Random& random, Scenario& scenario) {
  MixedSizes(random, scenario);
  for (Worker& worker : scenario.workers) {
    worker.own /= 2;
    if (random.OneIn(2)) worker.tables = random.Below(5 * kMi) / kPage * kPage;
  }
}

void Sharing(Random& random, Scenario& scenario) {
  MixedSizes(random, scenario);
  for (Worker& worker : scenario.workers) {
    worker.own /= 2;
    worker.shared = random.Below(scenario.limit / 4) / kPage * kPage;
  }
}

void Ties(Random& random, Scenario& scenario) {
  const size_t count = 2 + random.Below(5);
  scenario.workers.assign(count, {.own = scenario.limit / 10});
  if (random.OneIn(2)) scenario.workers[random.Below(count)].adj = 30;  // and one that is ahead
}

void Nested(Random& random, Scenario& scenario) {
  Adjusted(random, scenario);
  for (Worker& worker : scenario.workers) worker.below = random.OneIn(2);
}

void Twins(Random& random, Scenario& scenario) {
  Adjusted(random, scenario);
  for (Worker& worker : scenario.workers) worker.twin = random.OneIn(2);
}

// More than the limit: what does not fit is swapped out before anybody is killed.
void Swapped(Random& random, Scenario& scenario) {
  const size_t count = 2 + random.Below(6);
  for (const size_t size : Split(random, scenario.limit * 13 / 10, count)) scenario.workers.push_back({.own = size});
  scenario.workers[random.Below(count)].adj = static_cast<int>(random.Below(300));
}

constexpr struct {
  const char* what;
  void (*fill)(Random& random, Scenario& scenario);
} kKinds[] = {{"mixed sizes", MixedSizes}, {"adjusted", Adjusted},        {"slightly adjusted", SlightlyAdjusted},
              {"page tables", TableHeavy}, {"shared memory", Sharing},    {"ties", Ties},
              {"nested cgroups", Nested},  {"twins of one memory", Twins}};

Scenario Generate(int number) {
  Random random(static_cast<uint64_t>(number));
  const auto& kind = kKinds[static_cast<size_t>(number) % std::size(kKinds)];
  Scenario scenario{std::to_string(number) + " (" + kind.what + ")", (number % 2 == 0 ? 64 : 48) * kMi, {}};
  kind.fill(random, scenario);
  return scenario;
}

void Touch(char* memory, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kPage) memory[at] = 1;
}

char* Map(size_t bytes, int flags) {
  if (bytes == 0) return nullptr;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// Reading a page that was never written maps the zero page: a page of table for each, and no RSS.
void GrowTables(size_t bytes) {
  const size_t pages = bytes / kPage;
  const volatile char* memory = Map(pages * kHuge, MAP_PRIVATE | MAP_ANONYMOUS);
  for (size_t i = 0; memory != nullptr && i < pages; ++i) (void)memory[i * kHuge];
}

int Idle(void*) {
  for (;;) ::pause();
}

// Processes and what they tell each other by.
class Stage {
 public:
  Stage(const Scenario& scenario, const CgroupBox& box) : box_(box) {
    size_t most = 0;
    for (const Worker& worker : scenario.workers) most = std::max(most, worker.shared);
    shared_ = Map(most, MAP_SHARED | MAP_ANONYMOUS);
    shared_bytes_ = most;
    (void)!::pipe2(ready_, O_CLOEXEC);
    (void)!::pipe2(go_, O_CLOEXEC);
    (void)!::pipe2(done_, O_CLOEXEC);
    for (const Worker& worker : scenario.workers) Fork([&] { BecomeWorker(worker); });
    Fork([&] { BecomeDriver(scenario.limit); });
    ::close(ready_[1]);
    ::close(go_[0]);
    ::close(done_[1]);
  }

  ~Stage() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
    for (const int fd : {ready_[0], go_[1], done_[0]}) ::close(fd);
    if (shared_ != nullptr) ::munmap(shared_, shared_bytes_);
  }

  bool WaitUntilReady() {
    char byte;
    for (size_t i = 0; i < pids_.size(); ++i) {
      if (::read(ready_[0], &byte, 1) != 1) return false;
    }
    return true;
  }

  // Returns when the driver has seen a kill, or was killed itself.
  void Drive() {
    char byte = 'g';
    (void)!::write(go_[1], &byte, 1);
    (void)!::read(done_[0], &byte, 1);
  }

 private:
  template <typename Role>
  void Fork(Role role) {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) {
      pids_.push_back(pid);
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    role();
    Idle(nullptr);
  }

  void SayReady() {
    ::close(done_[0]);
    (void)!::write(ready_[1], "r", 1);
    ::close(ready_[1]);
  }

  void BecomeWorker(const Worker& worker) {
    ::close(done_[1]);
    box_.Join(worker.below ? "below" : "");
    std::ofstream("/proc/self/oom_score_adj") << worker.adj << std::flush;
    if (char* own = Map(worker.own, MAP_PRIVATE | MAP_ANONYMOUS)) Touch(own, worker.own);
    if (worker.shared > 0) Touch(shared_, worker.shared);
    GrowTables(worker.tables);
    if (worker.twin) {
      static char stack[64 * kKi];
      ::clone(Idle, stack + sizeof stack, CLONE_VM, nullptr);  // ends with its memory: the kernel kills both
    }
    SayReady();
  }

  void BecomeDriver(size_t limit) {
    box_.Join();
    static char page[kPage];
    const int fd = ::memfd_create("driver", MFD_CLOEXEC);
    SayReady();
    char byte;
    (void)!::read(go_[0], &byte, 1);
    for (size_t written = 0; written < 2 * limit + kSwap && box_.Kills() == 0; written += kPage) {
      if (::write(fd, page, sizeof page) < 0) break;
    }
    (void)!::write(done_[1], "d", 1);
  }

  const CgroupBox& box_;
  char* shared_ = nullptr;
  size_t shared_bytes_ = 0;
  int ready_[2];
  int go_[2];
  int done_[2];
  std::vector<pid_t> pids_;
};

bool Dies(const OomDeath& death, pid_t pid) {
  return death.process.pid == pid || std::ranges::find(death.also, pid) != death.also.end();
}

// The first of ours that the kernel says it has killed. By pid: of many OOMs in a row the kernel tells the cgroup of
// some only (10 in 5 s).
std::optional<pid_t> FirstKilled(KernelLog& log, const OomForecast& forecast) {
  OomLog parser;
  while (const auto record = log.Next()) {
    const auto kill = parser.Take(record->text);
    if (!kill) continue;
    for (const OomDeath& death : forecast.deaths) {
      if (Dies(death, *kill->pid)) return kill->pid;
    }
  }
  return std::nullopt;
}

struct Verdict {
  uint64_t swapped = 0;  // bytes of all, when it was foretold
  bool decisive = false;
  bool as_foretold = false;
  std::string text;
};

Verdict Judge(const Scenario& scenario, const OomForecast& forecast, std::optional<pid_t> killed) {
  Verdict verdict;
  if (forecast.deaths.empty() || !killed) return {0, true, false, scenario.what + ": nobody was foretold or killed"};
  const OomDeath& first = forecast.deaths[0];
  const int64_t behind = forecast.deaths.size() > 1 ? *forecast.deaths[1].process.badness : INT64_MIN / 2;
  verdict.decisive = *first.process.badness - behind > static_cast<int64_t>(scenario.limit / 100);
  verdict.as_foretold = Dies(first, *killed);
  for (const OomDeath& death : forecast.deaths) verdict.swapped += death.process.swap.value_or(0);
  verdict.text = scenario.what + ": foretold pid " + std::to_string(first.process.pid) + " of " +
                 std::to_string(*first.process.badness / 1024) + " KiB, next " + std::to_string(behind / 1024) +
                 " KiB; the kernel killed pid " + std::to_string(*killed);
  return verdict;
}

std::optional<Verdict> Play(const Scenario& scenario, std::string& why_not) {
  const auto box = CgroupBox::Make(scenario.limit, why_not);
  if (!box) return std::nullopt;
  const Root root;
  Result<KernelLog> log = KernelLog::Open(root, KernelLog::From::kNow);
  if (!log) return why_not = log.error().Text(), std::nullopt;
  Stage stage(scenario, *box);
  if (!stage.WaitUntilReady()) return Verdict{0, true, false, scenario.what + ": a process ended before its time"};
  const Result<OomForecast> forecast = ForecastOom(root, {box->path(), std::nullopt, 2 * kMostProcesses});
  if (!forecast) return Verdict{0, true, false, forecast.error().Text()};
  stage.Drive();
  return Judge(scenario, *forecast, FirstKilled(*log, *forecast));
}

TEST(OomOracle, TheKernelKillsWhomWeName) {
  int decisive = 0, foretold = 0;
  for (int number = 0; number < kScenarios; ++number) {
    std::string why_not;
    const auto verdict = Play(Generate(number), why_not);
    if (!verdict) GTEST_SKIP() << "no cgroup to fill: " << why_not;
    if (!verdict->decisive) {
      std::cout << "within 1 %: " << verdict->text << "\n";
      continue;
    }
    ++decisive;
    foretold += verdict->as_foretold;
    EXPECT_TRUE(verdict->as_foretold) << verdict->text;
  }
  std::cout << foretold << " of " << decisive << " victims as foretold; " << kScenarios - decisive
            << " scenarios were too close to call\n";
  EXPECT_GE(decisive, 50);
}

TEST(OomOracle, AlsoWhatIsSwappedOutCounts) {
  std::string why_not;
  const auto swap = SwapFile::Make(kSwap, why_not);
  if (!swap) GTEST_SKIP() << "no swap to be had: " << why_not;
  uint64_t swapped = 0;
  for (int number = 0; number < kSwapScenarios; ++number) {
    Random random(static_cast<uint64_t>(number));
    Scenario scenario{std::to_string(number) + " (swapped out)", 48 * kMi, {}};
    Swapped(random, scenario);
    const auto verdict = Play(scenario, why_not);
    if (!verdict) GTEST_SKIP() << "no cgroup to fill: " << why_not;
    std::cout << (verdict->decisive ? "" : "within 1 %: ") << verdict->text << "; " << verdict->swapped / kMi
              << " MiB swapped out\n";
    swapped += verdict->swapped;
    EXPECT_TRUE(verdict->as_foretold || !verdict->decisive) << verdict->text;
  }
  EXPECT_GT(swapped, kSwapScenarios * kMi) << "this machine swaps nothing out";
}

}  // namespace
}  // namespace glassheap::tools
