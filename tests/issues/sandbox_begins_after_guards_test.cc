// sshd under the hardened library lost every fifth connection before the login, by SIGSYS: the stack of a sampled object
// was read by process_vm_readv, which no sandbox knows. Pages closed by guard markers, of before the sandbox, could not be
// opened where it refuses advice it does not know, as sshd's does from 9.4 on, and were taken for open. And the line that
// names misuse waited for gettid, and did not come.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/shell.h"

namespace glassheap {
namespace {

using testing::Program;
using testing::Shell;
using testing::ShellResult;

constexpr int kSkipped = 77;
constexpr int kKilledBySandbox = 128 + 31;  // SIGSYS

class SandboxBeginsAfterGuards : public ::testing::TestWithParam<const char*> {
 protected:
  void Run(const std::string& arguments) {
    result_ = Shell("LD_PRELOAD=" + Program(std::string("allocator/") + GetParam()) + " " +
                    Program("tests/issues/sandbox_begins_after_guards") + arguments);
    if (result_.status == kSkipped) GTEST_SKIP() << "seccomp filters are not allowed";
  }
  ShellResult result_;
};

TEST_P(SandboxBeginsAfterGuards, TheProgramWorks) {
  Run("");
  if (IsSkipped()) return;
  EXPECT_EQ(result_.status, 0) << result_.err;
}

TEST_P(SandboxBeginsAfterGuards, MisuseIsNamed) {
  Run(" double-free");
  if (IsSkipped()) return;
  EXPECT_EQ(result_.status, kKilledBySandbox);  // the line, then abort's calls
  EXPECT_EQ(result_.err.rfind("glassheap: double free: ", 0), 0u) << result_.err;
}

INSTANTIATE_TEST_SUITE_P(Libraries, SandboxBeginsAfterGuards,
                         ::testing::Values("libglassheap.so", "libglassheap_hardened.so"),
                         [](const auto& library) { return library.index == 0 ? "Default" : "Hardened"; });

}  // namespace
}  // namespace glassheap
