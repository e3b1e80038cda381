// Every real program of programs/, under libc's malloc and under glassheap: the
// same output and exit status, and a report that adds up. A program is a script
// for `bash -eu` in an empty directory; it prints only what is the same in
// every run.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/end_to_end/report.h"
#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(Runfile("tests/end_to_end/programs"))) {
    names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Script(const std::string& name) {
  std::ifstream file(Runfile("tests/end_to_end/programs/" + name + ".sh"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Programs : public testing::TestWithParam<std::string> {};

TEST_P(Programs, SameUnderGlassheap) {
  const std::string script = Script(GetParam());
  const Result plain = RunScript(Way::kPlain, script);
  ASSERT_FALSE(plain.timed_out);
  ASSERT_TRUE(WIFEXITED(plain.wait_status)) << plain.errors;
  ASSERT_NE(plain.output, "") << "the script itself failed: " << plain.errors;

  const Result ours = RunScript(Way::kMemstat, script);
  EXPECT_FALSE(ours.timed_out);
  EXPECT_EQ(ours.wait_status, plain.wait_status) << ours.errors;
  EXPECT_EQ(ours.output, plain.output) << ours.errors;
  EXPECT_EQ(ours.errors.find("glassheap: "), std::string::npos) << ours.errors;
  ExpectReportAddsUp(ours.report);
}

INSTANTIATE_TEST_SUITE_P(All, Programs, testing::ValuesIn(Names()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace glassheap
