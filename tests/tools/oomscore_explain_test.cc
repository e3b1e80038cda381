// oomscore explain and oomscore unit as they are called.

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/golden.h"
#include "tests/support/oomscore_call.h"

namespace glassheap::tools {
namespace {

using testing::CallOomscore;
using testing::ExpectGolden;
using testing::ExpectOomscoreError;
using testing::ShellResult;

TEST(OomscoreExplain, OfACapturedHost) {
  std::string text;
  for (const char* command : {"explain 1300", "explain 800", "explain 902", "explain 405", "explain 1",
                              "explain 902 --json", "unit 800", "unit 800 --adj -300", "unit 1300"}) {
    const ShellResult result = CallOomscore(std::string("--root testdata/hosts/oom-v2 ") + command);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    text += std::string("oomscore ") + command + "\n" + result.out;
  }
  ExpectGolden("oomscore_explain", text);
}

TEST(OomscoreExplain, OfTheMachineItself) {
  const ShellResult result = CallOomscore("explain " + std::to_string(::getpid()));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("\n  resident "), std::string::npos) << result.out;
}

TEST(OomscoreExplain, CalledWrongly) {
  const std::string root = "--root testdata/hosts/oom-v2 ";
  ExpectOomscoreError("explain x", 2, "x: not a process id");
  ExpectOomscoreError("unit 0", 2, "0: not a process id");
  ExpectOomscoreError(root + "unit 800 --adj 1001", 2, "1001: oom_score_adj goes from -1000 (never killed) to 1000");
  ExpectOomscoreError(root + "explain 4000", 1, "pid 4000: no such process");
  ExpectOomscoreError(root + "unit 4000", 1, "pid 4000: no such process");
  ExpectOomscoreError(root + "explain 2", 1, "pid 2: a kernel thread: the kernel never kills it");
  ExpectOomscoreError(root + "unit 2", 1, "pid 2: a kernel thread: the kernel never kills it");
}

}  // namespace
}  // namespace glassheap::tools
