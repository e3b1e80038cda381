#include "tools/cli/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <stdexcept>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

TEST(Program, AnErrorIsOneSafeLine) {
  ::testing::internal::CaptureStderr();
  PrintError("memstat", Error{"pid 4\n2", "gone\x1b[2J"});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "memstat: pid 4\\x0a2: gone\\x1b[2J\n");
}

TEST(Program, AFullDiskIsAnError) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(WriteOutput("memstat", "x", full.get()), kExitFailure);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "memstat: write error: No space left on device\n");
}

TEST(Program, ABrokenPipeIsSilentAndNoError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const FileDescriptor out(ends[1]);
  ::close(ends[0]);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(WriteOutput("memstat", "x", out.get()), kExitOk);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  struct sigaction action;
  ::sigaction(SIGPIPE, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST(Program, NoExceptionEscapes) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunProgram("memstat", []() -> int { throw std::runtime_error("boom"); }), kExitFailure);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "memstat: internal error: boom\n");
  EXPECT_EQ(RunProgram("memstat", [] { return 42; }), 42);
}

}  // namespace
}  // namespace glassheap::tools
