// Every misuse of programs.cc, for four sizes, with the library linked in and preloaded: the process must die of
// SIGABRT, having written exactly the line that allocator/front/README.md promises.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace {

constexpr char kPointer[] = "0x[0-9a-f]+";

struct Misuse {
  std::string name;
  std::string line;       // after "glassheap: ", without the pointer
  std::string place;      // empty: by the size
  std::string more;       // behind the place
  bool large_too = true;  // or small objects only
};

const std::vector<Misuse>& Misuses() {
  static const std::string kOutside = "\\(not in the heap\\)";
  static const std::string kNowhere = "\\((not in the heap|in no span in use)\\)";
  static const std::string kDouble = "double free", kInterior = "free of a pointer into an object";
  // Of an object that was not freed last: noticed by free, by the span, or by malloc.
  static const std::string kTwice = "(write after free, or )?double free";
  static const std::string kInvalid = "free of a pointer that is not an allocated object";
  static const std::string kAfter = "write after free, or double free";
  static const std::vector<Misuse> misuses = {
      {"double_free", kDouble, "", ""},
      {"double_free_later", kTwice, "", ""},
      {"double_free_after_traffic", kTwice, "", ""},
      {"double_free_then_flush", kTwice, "", ""},
      {"double_free_by_another_thread", kTwice, "", ""},
      {"double_free_of_another_threads", kTwice, "", ""},
      {"double_free_after_release", "(" + kDouble + "|" + kInvalid + ")", kNowhere, ""},
      {"double_delete", kDouble, "", ""},
      {"interior_free", kInterior, "", ""},
      {"interior_free_far", kInterior, "", ""},
      {"interior_free_odd", kInterior, "", ""},
      {"interior_free_in_span_0", kInterior, "", "", false},
      {"interior_free_in_span_1", kInterior, "", "", false},
      {"interior_free_in_span_2", kInterior, "", "", false},
      {"foreign_free", kInvalid, kOutside, ""},
      {"stack_free", kInvalid, kOutside, ""},
      {"static_free", kInvalid, kOutside, ""},
      {"wild_free", kInvalid, kOutside, ""},
      {"kernel_free", kInvalid, kOutside, ""},
      {"foreign_delete", kInvalid, kOutside, ""},
      {"realloc_freed", "realloc of a freed object", "", ""},
      {"realloc_interior", "realloc of a pointer into an object", "", ""},
      {"realloc_foreign", "realloc of a pointer that is not an allocated object", kOutside, ""},
      {"usable_freed", "malloc_usable_size of a freed object", "", ""},
      {"usable_foreign", "malloc_usable_size of a pointer that is not an allocated object", kOutside, ""},
      {"wrong_sized_delete", "sized delete with a wrong size", "", ", size given [0-9]+"},
      {"write_after_free", kAfter, "", "", false},  // a large object has no mark
      {"write_after_free_later", kAfter, "", "", false},
  };
  return misuses;
}

// Where an object of that size lies, as the line says it; a large one may have left its span when it was freed.
std::string PlaceOf(size_t size) {
  const std::string span = std::string(", span ") + kPointer + " of [0-9]+ pages\\)";
  if (size == 24) return "\\(size class 32" + span;
  if (size == 40) return "\\(size class 48" + span;
  if (size == 4096) return "\\(size class 4096" + span;
  return "(\\(object of 303104 bytes" + span + "|\\(in no span in use\\))";
}

struct Outcome {
  int status = 0;
  std::string text;
};

Outcome RunProgram(const std::string& program, const std::string& preload, const std::string& name, size_t size) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    if (!preload.empty()) setenv("LD_PRELOAD", preload.c_str(), 1);
    execl(program.c_str(), program.c_str(), name.c_str(), std::to_string(size).c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  Outcome outcome;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof(buffer))) > 0;) outcome.text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

struct Parameter {
  Misuse misuse;
  size_t size;
  bool preloaded;

  std::string Name() const { return misuse.name + "_" + std::to_string(size) + (preloaded ? "_preloaded" : "_linked"); }
};

void PrintTo(const Parameter& parameter, std::ostream* out) { *out << parameter.Name(); }

class MisuseTest : public ::testing::TestWithParam<Parameter> {
 protected:
  static Outcome RunCase(const std::string& name, size_t size, bool preloaded) {
    if (!preloaded) return RunProgram("tests/misuse/linked_program", "", name, size);
    const std::string library = std::filesystem::current_path().string() + "/allocator/libglassheap.so";
    return RunProgram("tests/misuse/plain_program", library, name, size);
  }
};

TEST_P(MisuseTest, DiesWithItsLine) {
  const auto& [misuse, size, preloaded] = GetParam();
  const Outcome outcome = RunCase(misuse.name, size, preloaded);
  ASSERT_TRUE(WIFSIGNALED(outcome.status)) << "exit status " << WEXITSTATUS(outcome.status) << ": " << outcome.text;
  EXPECT_EQ(WTERMSIG(outcome.status), SIGABRT);
  const std::string line = "glassheap: " + misuse.line + ": " + kPointer + " " +
                           (misuse.place.empty() ? PlaceOf(size) : misuse.place) + misuse.more + ", thread [0-9]+\n";
  EXPECT_TRUE(std::regex_match(outcome.text, std::regex(line))) << outcome.text << "does not match\n" << line;
}

std::vector<Parameter> Parameters() {
  std::vector<Parameter> parameters;
  for (const Misuse& misuse : Misuses()) {
    for (const size_t size : {24u, 40u, 4096u, 300'000u}) {
      if (size > 4096 && !misuse.large_too) continue;
      parameters.push_back({misuse, size, false});
      parameters.push_back({misuse, size, true});
    }
  }
  return parameters;
}

std::string NameOf(const ::testing::TestParamInfo<Parameter>& info) { return info.param.Name(); }

INSTANTIATE_TEST_SUITE_P(All, MisuseTest, ::testing::ValuesIn(Parameters()), NameOf);

class NoMisuseTest : public MisuseTest {};

TEST_P(NoMisuseTest, Survives) {
  const Outcome outcome = RunCase("none", GetParam().size, GetParam().preloaded);
  EXPECT_TRUE(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0) << outcome.text;
  EXPECT_EQ(outcome.text, "survived\n");
}

INSTANTIATE_TEST_SUITE_P(All, NoMisuseTest,
                         ::testing::Values(Parameter{{"none", "", "", ""}, 24, false},
                                           Parameter{{"none", "", "", ""}, 300'000, true}),
                         NameOf);

}  // namespace
