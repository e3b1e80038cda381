// oomscore victim as it is called.

#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/oomscore_call.h"

namespace glassheap::tools {
namespace {

using testing::CallOomscore;
using testing::ExpectGolden;
using testing::ExpectOomscoreError;
using testing::ShellResult;

TEST(OomscoreVictim, OfACapturedHostWithCgroupsV2) {
  std::string text;
  for (const char* options :
       {"", "-n 1", "--cgroup /system.slice/api.service", "--cgroup 903", "--cgroup /sys/fs/cgroup/user.slice",
        "--json", "--cgroup system.slice/api.service --json", "--cgroup /init.scope", "--allocating 800"}) {
    const ShellResult result = CallOomscore(std::string("--root testdata/hosts/oom-v2 victim ") + options);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    text += std::string("oomscore victim ") + options + "\n" + result.out;
  }
  ExpectGolden("oomscore_victim", text);
}

TEST(OomscoreVictim, OfTheMachineItself) {
  const ShellResult result = CallOomscore("victim");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("\nvictim "), std::string::npos) << result.out;
}

TEST(OomscoreVictim, CalledWrongly) {
  const std::string root = "--root testdata/hosts/oom-v2 victim ";
  ExpectOomscoreError("victim -n 0", 2, "-n 0: not a number of processes");
  ExpectOomscoreError("victim -n x", 2, "-n x: not a number of processes");
  ExpectOomscoreError("victim --allocating x", 2, "x: not a process id");
  ExpectOomscoreError("victim --allocating 1 --cgroup /", 2,
                      "--allocating and --cgroup: in a cgroup it does not matter who asks; give one");
  ExpectOomscoreError(root + "--allocating 4000", 1, "pid 4000: no such process");
  ExpectOomscoreError(root + "--cgroup 4000", 1, "pid 4000: no such process");
  ExpectOomscoreError(root + "--cgroup /nowhere", 1,
                      "/nowhere: no such cgroup in /sys/fs/cgroup; /proc/PID/cgroup has the one of a process");
  ExpectOomscoreError("--root testdata/hosts/empty victim", 1, "testdata/hosts/empty/proc/meminfo: it has no MemTotal or no MemFree line");
}

}  // namespace
}  // namespace glassheap::tools
