#include "tests/support/oomscore_call.h"

#include <gtest/gtest.h>

#include <fstream>

namespace glassheap::testing {

ShellResult CallOomscore(const std::string& arguments) { return Shell(Program("tools/oomscore") + " " + arguments); }

void ExpectOomscoreError(const std::string& arguments, int status, const std::string& line) {
  const ShellResult result = CallOomscore(arguments);
  EXPECT_EQ(result.status, status) << arguments;
  EXPECT_EQ(result.out, "") << arguments;
  EXPECT_EQ(result.err, "oomscore: " + line + "\n") << arguments;
}

int ScoreAdjOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/oom_score_adj");
  int value = -2000;
  file >> value;
  return value;
}

}  // namespace glassheap::testing
