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
with open('ready', 'w') as ready: ready.write(str(os.getpid()) + '\n')
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

// As many containers have it: the call is there, and refused.
TEST(Visibility, OfAProgramWhoseSandboxForbidsFilesOfMemory) {
  ExpectLive(Look(Runfile("tests/support/without_memfd") + " $python", "", kHeapOfPid));
}

// The heap, and the descriptors that are the region's.
std::string HeapAndDescriptors() {
  return std::string("ls -l /proc/$pid/fd | sed -n 's/.* \\([0-9]*\\) -> .memfd:glassheap .*/region at \\1/p' >&2\n") +
         kHeapOfPid;
}

void ExpectRegionsAt(const Result& result, const std::string& lines) {
  ExpectLive(result);
  EXPECT_EQ(result.errors, lines);
}

TEST(Visibility, OfAProgramWithFewDescriptors) {
  ExpectRegionsAt(Look("(ulimit -n 300; exec $python)", "", HeapAndDescriptors()), "region at 200\n");
  ExpectRegionsAt(Look("(ulimit -n 60; exec $python)", "", HeapAndDescriptors()), "region at 50\n");
  ExpectLive(Look("(ulimit -n 12; exec $python)", "", kHeapOfPid));
}

// memstat itself may open two files.
TEST(Visibility, FromAShellOfFewDescriptors) {
  const Result result = Look("$python", "", R"sh(
(ulimit -n 5; exec $memstat heap $pid) || echo $?
(ulimit -n 5; exec $memstat) >system
grep -c 'Heaps: .* unreadable [1-9]' system
)sh");
  EXPECT_EQ(result.output, "1\n1\n");
  EXPECT_NE(result.errors.find(": Too many open files\n"), std::string::npos) << result.errors;
}

constexpr char kWithoutProc[] = "unshare --mount sh -c 'umount -l /proc && exec \"$@\"' - ";

bool CannotUnmountProc() {
  const Result result = RunScript(Way::kPlain, std::string(kWithoutProc) + "true");
  return result.wait_status != 0;
}

TEST(Visibility, OfAProgramWithoutProc) {
  if (CannotUnmountProc()) GTEST_SKIP() << "no mount namespace can be had";
  ExpectLive(Look(kWithoutProc + std::string("$python"), "assert not os.path.exists('/proc/self')", kHeapOfPid));
}

// From there nobody can be seen, and that is what is said.
TEST(Visibility, FromWhereThereIsNoProc) {
  if (CannotUnmountProc()) GTEST_SKIP() << "no mount namespace can be had";
  const Result heap = Look("$python", "", kWithoutProc + std::string("$memstat heap $pid || echo $?"));
  EXPECT_EQ(heap.output, "1\n");
  EXPECT_EQ(heap.errors, "memstat: /proc: it is not mounted here, so no process can be seen\n");
  const Result system = RunScript(Way::kPlain, kWithoutProc + Runfile("tools/memstat") + " || echo $?");
  EXPECT_EQ(system.output, "1\n");
  EXPECT_NE(system.errors.find("memstat: /proc/meminfo: "), std::string::npos) << system.errors;
}

TEST(Visibility, AfterAStormOfForks) {
  ExpectRegionsAt(Look("$python",
                       "for i in range(300):\n"
                       "  if not os.fork():\n"
                       "    kept += [b'x' * n for n in range(200)]\n"
                       "    os._exit(0)\n"
                       "  if i % 20 == 19:\n"
                       "    for j in range(20): os.wait()",
                       HeapAndDescriptors()),
                  "region at 900\n");
}

// What python starts programs by.
TEST(Visibility, AfterVforks) {
  ExpectRegionsAt(Look("$python",
                       "import subprocess\n"
                       "for i in range(30): subprocess.run(['/bin/true'], check=True)",
                       HeapAndDescriptors()),
                  "region at 900\n");
}

TEST(Visibility, OfTheChildOfARawClone) {
  ExpectLive(Look("$python",
                  "if ctypes.CDLL(None).syscall(56, signal.SIGCHLD, 0, 0, 0, 0):\n"
                  "  os.wait()\n"
                  "  os._exit(0)",
                  kHeapOfPid));
}

TEST(Visibility, OfAProgramThatBecameAnother) {
  ExpectRegionsAt(Look("$python",
                       "if len(sys.argv) < 3:\n"
                       "  os.execv('/usr/bin/python3', ['python3', 'program.py'] + sys.argv[1:] + ['again'])",
                       HeapAndDescriptors()),
                  "region at 900\n");
}

// A region that is none costs its own row, not those of others.
TEST(Visibility, OfARegionThatCannotBeRead) {
  const Result result = Look("/usr/bin/python3 program.py",
                             "import fcntl\n"
                             "file = os.memfd_create('glassheap', os.MFD_ALLOW_SEALING)\n"
                             "os.write(file, b'\\033[31m' * 4000)\n"
                             "fcntl.fcntl(file, 1033, 6)  # no more growing or shrinking\n"
                             "os.dup2(file, 900)",
                             R"sh(
$memstat heap $pid || echo $?
$memstat --json | grep -q '"unreadable":0' || echo counted
$memstat | grep -c 'Heaps: .* unreadable [1-9]'
env LD_PRELOAD=$GLASSHEAP_LIB sleep 100 &
other=$!
until $memstat heap --json $other 2>/dev/null | grep -o -m 1 '"residual":0' | uniq | grep .; do sleep 0.05; done
kill $other
)sh");
  EXPECT_EQ(result.output, "1\ncounted\n1\n\"residual\":0\n");
  EXPECT_NE(result.errors.find(": unreadable region: no magic\n"), std::string::npos) << result.errors;
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
