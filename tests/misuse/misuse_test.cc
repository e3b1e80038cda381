// Every misuse of programs.cc, for four sizes, with the library linked in and preloaded: the process must die of
// SIGABRT, having written exactly the line that allocator/front/README.md promises. The block functions: with the hardened
// library preloaded.
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

// line: what stands between "glassheap: " and the pointer.
void ExpectLine(const Outcome& outcome, const std::string& line, const std::string& place_and_more) {
  ASSERT_TRUE(WIFSIGNALED(outcome.status)) << "exit status " << WEXITSTATUS(outcome.status) << ": " << outcome.text;
  EXPECT_EQ(WTERMSIG(outcome.status), SIGABRT);
  const std::string whole = "glassheap: " + line + ": " + kPointer + " " + place_and_more + ", thread [0-9]+\n";
  EXPECT_TRUE(std::regex_match(outcome.text, std::regex(whole))) << outcome.text << "does not match\n" << whole;
}

TEST_P(MisuseTest, DiesWithItsLine) {
  const auto& [misuse, size, preloaded] = GetParam();
  ExpectLine(RunCase(misuse.name, size, preloaded), misuse.line,
             (misuse.place.empty() ? PlaceOf(size) : misuse.place) + misuse.more);
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

// ---- the hardened library's block functions ----

Outcome RunHardened(const std::string& name, size_t size) {
  const std::string library = std::filesystem::current_path().string() + "/allocator/libglassheap_hardened.so";
  return RunProgram("tests/misuse/plain_program", library, name, size);
}

// With 8 bytes for the trailer; a large object has a page on either side.
std::string HardenedPlaceOf(size_t size) {
  const std::string span = std::string(", span ") + kPointer + " of [0-9]+ pages\\)";
  const size_t slots[][2] = {{8, 16}, {24, 32}, {1024, 1152}, {4096, 4608}, {20'000, 20'480}};
  for (const auto& [object, slot] : slots) {
    if (object == size) return "\\(size class " + std::to_string(slot) + span;
  }
  return "(\\(object of 319488 bytes" + span + "|\\(in no span in use\\))";
}

struct OutOfBounds {
  std::string name;
  std::string line;
  std::string line_of_large;  // a fault's; empty: the same
  size_t largest = 300'000;
};

void PrintTo(const OutOfBounds& fault, std::ostream* out) { *out << fault.name; }

class BlockFunctionTest : public ::testing::TestWithParam<OutOfBounds> {};

TEST_P(BlockFunctionTest, DiesWithItsLine) {
  for (const size_t size : {8u, 24u, 1024u, 4096u, 20'000u, 300'000u}) {
    const OutOfBounds& fault = GetParam();
    if (size > fault.largest) continue;
    SCOPED_TRACE(size);
    const bool large = size == 300'000 && !fault.line_of_large.empty();
    ExpectLine(RunHardened(fault.name, size), large ? fault.line_of_large : fault.line, HardenedPlaceOf(size));
  }
}

const std::string kOverflow = "write past the end of an object", kReadOverflow = "read past the end of an object";
const std::string kUnderflow = "write before the start of an object", kOutside = "access outside an object";
const std::string kFreed = "access to a freed object";
INSTANTIATE_TEST_SUITE_P(
    All, BlockFunctionTest,
    ::testing::Values(OutOfBounds{"copy_past_the_end", kOverflow, ""}, OutOfBounds{"move_past_the_end", kOverflow, ""},
                      OutOfBounds{"set_past_the_end", kOverflow, ""},
                      OutOfBounds{"copy_from_past_the_end", kReadOverflow, ""},
                      OutOfBounds{"move_from_past_the_end", kReadOverflow, ""},
                      OutOfBounds{"copy_before_the_start", kUnderflow, kOutside},
                      OutOfBounds{"copy_to_freed", kFreed, ""}, OutOfBounds{"copy_from_freed", kFreed, ""},
                      OutOfBounds{"set_freed", kFreed, ""}, OutOfBounds{"copy_to_never_carved", kOutside, "", 24}),
    [](const auto& info) { return info.param.name; });

// What lies before it is the end of another object's slot, or free, or no slot.
TEST(BlockFunction, FromBeforeTheStartDiesWithALine) {
  for (const size_t size : {8u, 24u, 1024u, 4096u, 20'000u, 300'000u}) {
    SCOPED_TRACE(size);
    ExpectLine(RunHardened("copy_from_before_the_start", size),
               "(" + kReadOverflow + "|" + kFreed + "|" + kOutside + ")", HardenedPlaceOf(size));
  }
}

TEST(BlockFunction, WithinItsObjectPasses) {
  for (const size_t size : {8u, 24u, 40u, 1023u, 1024u, 4096u, 20'000u, 32'760u, 32'761u, 300'000u}) {
    const Outcome outcome = RunHardened("copy_within", size);
    EXPECT_EQ(outcome.status, 0) << size;
    EXPECT_EQ(outcome.text, "survived\n") << size;
  }
}

}  // namespace
