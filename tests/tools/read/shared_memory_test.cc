#include "tools/read/shared_memory.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

int Idle(void*) {
  for (;;) ::pause();
}

// A process that has our memory.
class Twin {
 public:
  Twin() : pid_(::clone(Idle, stack_ + sizeof stack_, CLONE_VM | SIGCHLD, nullptr)) {}
  ~Twin() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  alignas(16) char stack_[16384];
  pid_t pid_;
};

TEST(IdentifySharedMemory, TellsTwinsFromOthers) {
  const testing::IdleProcess other, another;
  const Twin twin;
  const auto ids = IdentifySharedMemory({other.pid(), ::getpid(), another.pid(), twin.pid()});
  if (ids[1] == 0) GTEST_SKIP() << "kcmp is not allowed here";
  EXPECT_EQ(ids[1], ids[3]);
  EXPECT_EQ(ids[0], 0u);
  EXPECT_EQ(ids[2], 0u);
}

TEST(IdentifySharedMemory, WhatIsNotThereSharesWithNobody) {
  constexpr pid_t kBeyondPidMax = 1 << 30;
  EXPECT_EQ(IdentifySharedMemory({kBeyondPidMax, ::getpid(), kBeyondPidMax + 1}), (std::vector<uint64_t>{0, 0, 0}));
  EXPECT_TRUE(IdentifySharedMemory({}).empty());
}

}  // namespace
}  // namespace glassheap::tools
