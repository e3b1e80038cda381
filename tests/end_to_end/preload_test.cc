// The library preloaded by hand, without memstat: as an administrator would.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <string>

#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

TEST(Preload, AWholeShellSession) {
  const char* script =
      "ls / | sort | head -3; seq 10000 | sort -n | tail -1; date +%Y "
      ">/dev/null;"
      "tar cf - /etc/hostname 2>/dev/null | tar tf -; ps -o comm= $$; exit 3";
  const Result plain = RunScript(Way::kPlain, script);
  const Result ours = RunScript(Way::kPreload, script);
  EXPECT_EQ(ours.output, plain.output);
  EXPECT_EQ(ours.errors, plain.errors);
  EXPECT_EQ(ours.wait_status, plain.wait_status);
  EXPECT_EQ(WEXITSTATUS(ours.wait_status), 3);
}

TEST(Preload, UnderALimitOfAddressSpace) {
  const char* script = "ulimit -v 300000; /usr/bin/python3 -c 'print(sum(range(10)))'";
  const Result ours = RunScript(Way::kPreload, script);
  EXPECT_EQ(ours.output, "45\n") << ours.errors;
}

// What the small blocks left is one large block again.
TEST(Preload, PythonSurvivesRunningOutOfMemory) {
  const char* script = R"(ulimit -v 400000
exec /usr/bin/python3 -c '
kept = []
try:
    while True: kept.append(bytearray(100000))
except MemoryError:
    count = len(kept)
    del kept
    print("ran out:", count > 1000, len(bytearray(100000000)))
')";
  const Result ours = RunScript(Way::kPreload, script);
  EXPECT_EQ(ours.output, "ran out: True 100000000\n") << ours.errors;
}

}  // namespace
}  // namespace glassheap
