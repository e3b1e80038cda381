// In a program without an unwinder the hardened library followed the frame pointers in a copy of 8 KiB, on the stack of whoever
// called malloc: one call in 8,192 wrote over the end of an 8 KiB coroutine's or signal handler's stack.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/shell.h"

namespace glassheap {
namespace {

using testing::Program;
using testing::Shell;
using testing::ShellResult;

void ExpectLittleUnder(const std::string& library) {
  const ShellResult result =
      Shell("LD_PRELOAD=" + Program("allocator/" + library) + " " + Program("tests/issues/program_on_a_small_stack"));
  EXPECT_EQ(result.status, 0) << library << ": " << result.out << result.err;
}

TEST(SamplingNeedsLittleStack, InACProgram) {
  ExpectLittleUnder("libglassheap_hardened.so");
  ExpectLittleUnder("libglassheap.so");
}

}  // namespace
}  // namespace glassheap
