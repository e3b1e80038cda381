// Every fault under each library, and what came of it, against the table in README.md: the table is true,
// and both change together. GLASSHEAP_UPDATE_GOLDEN=$PWD bazel run //tests/misuse:faults_test writes it anew.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr char kBegin[] = "<!-- faults: begin -->\n";
constexpr char kEnd[] = "<!-- faults: end -->\n";

struct Cell {
  std::string kind, name, size;
};

std::string Runfile(const std::string& path) { return std::filesystem::current_path().string() + "/" + path; }

struct Outcome {
  int status = 0;
  std::string text;
};

Outcome Run(const std::vector<std::string>& arguments, const std::string& preload) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    alarm(60);
    if (!preload.empty()) setenv("LD_PRELOAD", preload.c_str(), 1);
    std::vector<char*> words;
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  close(ends[1]);
  Outcome outcome;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    outcome.text.append(buffer.data(), static_cast<size_t>(n));
  }
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

std::vector<Cell> Cells() {
  std::istringstream list(Run({Runfile("tests/misuse/faults"), "--list"}, "").text);
  std::vector<Cell> cells;
  for (Cell cell; list >> cell.kind >> cell.name >> cell.size;) cells.push_back(cell);
  return cells;
}

// What the table says: "line", "signal" (a fault without a line), "held" (no effect), "missed", "TWICE".
std::string Verdict(const Cell& cell, const std::string& library) {
  const Outcome outcome = Run({Runfile("tests/misuse/faults"), cell.name, cell.size}, Runfile(library));
  if (WIFSIGNALED(outcome.status)) {
    if (WTERMSIG(outcome.status) == SIGALRM) return "HANGS";
    return outcome.text.find("glassheap: ") != std::string::npos ? "line" : "signal";
  }
  switch (WEXITSTATUS(outcome.status)) {
    case 0:
      return "missed";
    case 3:
      return "TWICE";
    case 5:
      return "held";
    default:
      return "exit " + std::to_string(WEXITSTATUS(outcome.status));
  }
}

struct Tally {
  int cells = 0, lines = 0, stopped = 0, twice = 0;

  void Add(const std::string& verdict) {
    ++cells;
    lines += verdict == "line";
    stopped += verdict == "line" || verdict == "signal" || verdict == "held";
    twice += verdict == "TWICE";
  }
};

constexpr const char* kLibraries[] = {"allocator/libglassheap.so", "allocator/libglassheap_hardened.so"};

struct Results {
  // kind -> per library
  std::map<std::string, std::array<Tally, 2>> tallies;
  std::string table;
};

Results RunAll() {
  Results results;
  std::map<std::string, std::array<std::string, 2>> rows;
  std::vector<std::pair<std::string, std::string>> order;  // kind, name
  for (const Cell& cell : Cells()) {
    if (rows.count(cell.name) == 0) order.push_back({cell.kind, cell.name});
    for (size_t i = 0; i < 2; ++i) {
      const std::string verdict = Verdict(cell, kLibraries[i]);
      results.tallies[cell.kind][i].Add(verdict);
      std::string& text = rows[cell.name][i];
      text += (text.empty() ? "" : ", ") + verdict;
    }
  }
  std::string kind;
  for (const auto& [row_kind, name] : order) {
    if (row_kind != kind) {
      kind = row_kind;
      results.table +=
          (results.table.empty() ? "" : "\n") + ("| " + kind) + " | default | hardened |\n| --- | --- | --- |\n";
    }
    results.table += "| `" + name + "` | " + rows[name][0] + " | " + rows[name][1] + " |\n";
  }
  for (const auto& [name, tally] : results.tallies) {
    results.table += "\n" + name + ": of " + std::to_string(tally[0].cells) + " programs the default library stops " +
                     std::to_string(tally[0].stopped) + " (" + std::to_string(tally[0].lines) +
                     " with a line), the hardened " + std::to_string(tally[1].stopped) + " (" +
                     std::to_string(tally[1].lines) + ").\n";
  }
  return results;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Faults, AreStoppedAsTheTableSays) {
  const Results results = RunAll();
  const auto& matrix = results.tallies.at("matrix");
  EXPECT_EQ(matrix[0].cells, 57);
  EXPECT_GE(matrix[0].lines, 45) << "the default library's target";
  EXPECT_GE(matrix[1].lines, 55) << "the hardened library's target";
  int stopped[2] = {}, twice[2] = {};
  for (const auto& [kind, tally] : results.tallies) {
    for (int i = 0; i < 2; ++i) {
      stopped[i] += tally[i].stopped;
      if (kind != "reuse") twice[i] += tally[i].twice;
    }
  }
  EXPECT_EQ(twice[0] + twice[1], 0) << "one block in two hands";
  EXPECT_GE(stopped[0], 75);
  EXPECT_GE(stopped[1], 100);

  const char* workspace = getenv("GLASSHEAP_UPDATE_GOLDEN");
  const std::string path = (workspace != nullptr ? std::string(workspace) : Runfile("")) + "/tests/misuse/README.md";
  const std::string text = ReadFile(path);
  const size_t begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << path;
  ASSERT_NE(end, std::string::npos) << path;
  const size_t from = begin + sizeof(kBegin) - 1;
  if (workspace != nullptr) {
    std::ofstream(path) << text.substr(0, from) << results.table << text.substr(end);
    return;
  }
  EXPECT_EQ(text.substr(from, end - from), results.table);
}

// A line may name the wrong thing: these did.
TEST(Faults, AreCalledWhatTheyAre) {
  const struct {
    const char *name, *size, *line;
  } kCases[] = {
      {"overflow_with_zeros", "24", "write past the end of an object: "},
      {"overflow_with_zeros", "4096", "write past the end of an object: "},
      {"overflow_far", "4096", "write past the end of an object: "},
      {"overflow_far", "300000", "write past the end of an object: "},
      {"overflow_of_1024_by_32", "24", "write past the end of an object: "},
      {"overflow_measured", "300000", "write past the end of an object: "},
      {"overflow_by_1m", "24", "access outside an object: "},
      {"overflow_by_1m", "4096", "access outside an object: "},
      {"read_of_size_zero", "24", "access outside an object: "},
      {"write_of_new_array_of_zero", "24", "access outside an object: "},
      {"write_of_freed_size_zero", "24", "access to a freed object: "},
      {"free_of_interior_of_size_zero", "24", "free of a pointer into an object: "},
      {"free_of_never_carved", "24", "free of a pointer that is not an allocated object: "},
      {"write_after_free_first_word_then_frees", "24", "write after free, or double free: "},
      {"memcpy_past_the_end", "24", "write past the end of an object: "},
      {"memcpy_past_the_end", "300000", "write past the end of an object: "},
      {"memcpy_before_the_start", "4096", "write before the start of an object: "},
      {"memcpy_from_past_the_end", "4096", "read past the end of an object: "},
      {"memset_past_the_end", "24", "write past the end of an object: "},
      {"memcpy_to_freed", "4096", "access to a freed object: "},
  };
  for (const auto& expected : kCases) {
    const Outcome outcome =
        ::Run({Runfile("tests/misuse/faults"), expected.name, expected.size}, Runfile(kLibraries[1]));
    EXPECT_TRUE(WIFSIGNALED(outcome.status)) << expected.name;
    EXPECT_EQ(outcome.text.find(std::string("glassheap: ") + expected.line), 0u) << outcome.text;
  }
}

}  // namespace
