// In a program without an unwinder the hardened library followed the frame pointers in a copy of 8 KiB, on the stack of whoever
// called malloc: one call in 8,192 wrote over the end of an 8 KiB coroutine's or signal handler's stack.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

int RunUnder(const std::string& library) {
  const std::string command = "LD_PRELOAD=$PWD/allocator/" + library + " tests/issues/program_on_a_small_stack";
  return system(command.c_str());
}

TEST(SamplingNeedsLittleStack, InACProgram) {
  EXPECT_EQ(RunUnder("libglassheap_hardened.so"), 0);
  EXPECT_EQ(RunUnder("libglassheap.so"), 0);
}

}  // namespace
