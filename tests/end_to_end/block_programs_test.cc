// The real programs of programs/ on the block heap, with smaller inputs: the same output and exit status as under libc's
// malloc.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

namespace fs = std::filesystem;

// What is made smaller, by the script's name: text, and what stands for it.
const std::multimap<std::string, std::pair<std::string, std::string>> kSmaller = {
    {"bash_script", {"{1..20000}", "{1..4000}"}},
    {"cxx_exceptions_and_threads", {"i < 3000", "i < 500"}},
    {"perl_script", {"(1..100000)", "(1..20000)"}},
    {"python_json_of_20_mb_with_malloc", {"range(190000)", "range(19000)"}},
    {"python_json_of_20_mb_with_malloc", {"20000000", "2000000"}},
    {"python_threads", {"range(40000)", "range(10000)"}},
    {"redis_set_get_and_bgsave", {"-n 100000", "-n 5000"}},
    {"sqlite_million_rows", {"1000000", "100000"}},
};

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
  std::stringstream stream;
  stream << file.rdbuf();
  std::string text = stream.str();
  const auto [first, last] = kSmaller.equal_range(name);
  for (auto row = first; row != last; ++row) {
    const size_t at = text.find(row->second.first);
    if (at == std::string::npos) return "echo the script has changed: no " + row->second.first + "; exit 99";
    text.replace(at, row->second.first.size(), row->second.second);
  }
  return text;
}

class BlockPrograms : public testing::TestWithParam<std::string> {};

TEST_P(BlockPrograms, SameOnTheBlockHeap) {
  const std::string script = Script(GetParam());
  const Result plain = RunScript(Way::kPlain, script);
  ASSERT_FALSE(plain.timed_out);
  ASSERT_TRUE(WIFEXITED(plain.wait_status) && WEXITSTATUS(plain.wait_status) != 99) << plain.output << plain.errors;
  ASSERT_NE(plain.output, "") << "the script itself failed: " << plain.errors;
  const Result block = RunScript(Way::kBlock, script);
  EXPECT_FALSE(block.timed_out);
  EXPECT_EQ(block.wait_status, plain.wait_status) << block.errors;
  EXPECT_EQ(block.output, plain.output) << block.errors;
  EXPECT_EQ(block.errors.find("glassheap_block: "), std::string::npos) << block.errors;
}

INSTANTIATE_TEST_SUITE_P(All, BlockPrograms, testing::ValuesIn(Names()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace glassheap
