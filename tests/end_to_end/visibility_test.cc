// A program may close every descriptor, be refused a file of memory, live in namespaces or belong to somebody else: it runs
// on, and memstat sees it, or says why it cannot.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

// Runs `launch`, a command that becomes or starts a python3 under glassheap which executes `program`, says it is ready and
// waits; then `look`, which finds memstat as $memstat and the process as $pid.
Result Look(const std::string& launch, const std::string& program, const std::string& look) {
  return RunScript(Way::kPlain, R"(
export memstat=)" + Runfile("tools/memstat") +
                                    R"(
mkfifo ready
cat >program.py <<'END'
import ctypes, os, signal, sys
kept = [b'x' * n for n in range(2000)]
)" + program + R"(
kept += [b'x' * n for n in range(2000)]
with open('ready', 'w') as ready: ready.write(open('/proc/self/stat').read().split()[0] + '\n')
signal.pause()
END
python="env LD_PRELOAD=$GLASSHEAP_LIB /usr/bin/python3 program.py"
)" + launch + R"( &
job=$!
read -r inner <ready
pid=$job
while child=$(pgrep -P $pid); do pid=$child; done
)" + look + R"(
kill -KILL $pid || :
)");
}

constexpr char kHeapOfPid[] = "$memstat heap --json $pid";

void ExpectLive(const Result& result) {
  const nlohmann::json report = nlohmann::json::parse(result.output, nullptr, false);
  ASSERT_TRUE(report.is_object()) << result.output << result.errors;
  EXPECT_GT(report["heap"]["live_bytes"], 4'000'000) << report;
  EXPECT_EQ(report["heap"]["residual"], 0) << report;
}

TEST(Visibility, OfAProgramThatClosesEveryDescriptor) {
  ExpectLive(Look("$python", "os.closerange(3, 1 << 20)", kHeapOfPid));
  ExpectLive(Look("$python", "for n in range(3, 2000):\n  try: os.close(n)\n  except OSError: pass", kHeapOfPid));
}

// close_range by its number: nothing in the process sees it.
TEST(Visibility, OfAProgramThatClosesEveryDescriptorByARawSystemCall) {
  ExpectLive(Look("$python", "ctypes.CDLL(None).syscall(436, 3, 0xffffffff, 0)", kHeapOfPid));
}

TEST(Visibility, OfADaemon) {
  ExpectLive(Look("$python",
                  "if os.fork(): os.wait(); os._exit(0)\n"
                  "os.setsid()\n"
                  "os.closerange(3, 1 << 20)",
                  kHeapOfPid));
}

TEST(Visibility, OfAProgramThatMayHaveNoFileOfMemory) {
  ExpectLive(Look("(ulimit -f 0; exec $python)", "", kHeapOfPid));
}

TEST(Visibility, OfAProgramInNamespacesOfItsOwn) {
  const Result result = Look("unshare --pid --fork --mount --mount-proc $python || echo 1 >ready", "", std::string(R"(
if [ $pid = $job ]; then exit 77; fi
test $inner = 1
)") + kHeapOfPid);
  if (WIFEXITED(result.wait_status) && WEXITSTATUS(result.wait_status) == 77) GTEST_SKIP() << result.errors;
  ExpectLive(result);
}

// As nobody: what belongs to root is counted, not passed over in silence.
TEST(Visibility, OfOtherUsersProcesses) {
  if (geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  const Result result = Look("$python", "", R"(
directory=$(mktemp -d /tmp/glassheap-test-XXXXXX)
trap 'rm -r $directory' EXIT
cp $memstat $directory/memstat
chmod -R a+rx $directory
setpriv --reuid=65534 --regid=65534 --clear-groups $directory/memstat | grep Heaps | sed 's/[0-9][0-9]* process/N process/g'
setpriv --reuid=65534 --regid=65534 --clear-groups $directory/memstat heap $pid || echo $?
)");
  EXPECT_EQ(result.output, "Heaps:      N processes   not seen into: N processes (other users' or protected)\n1\n");
  EXPECT_NE(result.errors.find("permission denied: its memory belongs to user root"), std::string::npos)
      << result.errors;
}

}  // namespace
}  // namespace glassheap
