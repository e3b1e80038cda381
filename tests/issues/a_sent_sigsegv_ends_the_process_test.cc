// The hardened library's handler of SIGSEGV returned from a signal that somebody had sent, where nothing faults again: the
// process went on.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace {

void Send(int (*send)()) {
  free(malloc(10));  // the library is at work
  send();
  _exit(0);
}

TEST(Issue, ASentSigsegvEndsTheProcess) {
  EXPECT_EXIT(Send([] { return raise(SIGSEGV); }), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(Send([] { return kill(getpid(), SIGSEGV); }), ::testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
