// A /proc that lies: random mutations of what memstat reads of the machine, of empty files, of binary ones and of one
// that is 100 MB long. Nothing crashes, what is missing is absent, and no control character is printed.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_root.h"
#include "tests/support/random.h"
#include "tools/read/zram.h"
#include "tools/run/system_survey.h"
#include "tools/view/json_system.h"
#include "tools/view/system_rows.h"
#include "tools/view/what_text.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Random;

constexpr const char* kFiles[] = {
    "proc/meminfo",
    "proc/vmstat",
    "proc/pressure/memory",
    "proc/self/cgroup",
    "proc/self/mountinfo",
    "sys/fs/cgroup/system.slice/api.service/memory.max",
    "sys/fs/cgroup/system.slice/api.service/memory.high",
    "sys/fs/cgroup/system.slice/api.service/memory.current",
    "sys/fs/cgroup/system.slice/api.service/memory.stat",
    "sys/fs/cgroup/system.slice/api.service/memory.events",
    "sys/fs/cgroup/system.slice/api.service/memory.pressure",
    "sys/fs/cgroup/system.slice/memory.max",
    "sys/fs/cgroup/system.slice/memory.current",
};

std::string Original(const char* file) {
  const auto text = Root("testdata/hosts/cgroup-v2-nested").ReadFile(file);
  return text ? *text : "";
}

constexpr std::string_view kWords[] = {"18446744073709551615",
                                       "-1",
                                       "0",
                                       "max",
                                       "nan",
                                       "99999999999999999999999",
                                       "/../..",
                                       " kB",
                                       "\x1b[31m",
                                       "0::/",
                                       " - cgroup2 ",
                                       "avg10=",
                                       "memory",
                                       "9223372036854775807"};

std::string Binary(Random& random, size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.Next());
  return text;
}

std::string Mutated(std::string text, Random& random) {
  if (random.OneIn(12)) return "";
  if (random.OneIn(12)) return Binary(random, random.Below(5000));
  for (size_t changes = random.Below(8); changes > 0 && !text.empty(); --changes) {
    const size_t at = random.Below(text.size());
    switch (random.Below(5)) {
      case 0:
        text[at] = static_cast<char>(random.Next());
        break;
      case 1:
        text.erase(at, random.Below(40));
        break;
      case 2:
        text.insert(at, kWords[random.Below(std::size(kWords))]);
        break;
      case 3:
        text.insert(at, text.substr(random.Below(text.size()), random.Below(200)));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

bool HasControl(const std::string& text) {
  for (const unsigned char c : text) {
    if ((c < ' ' && c != '\n') || c == 0x7f) return true;
  }
  return false;
}

std::string AllText(const SystemReport& report, const SystemDelta& delta, const Root& root) {
  std::string text;
  for (const FreeFormat& format : {FreeFormat{}, FreeFormat{.human = true, .wide = true, .low_high = true}}) {
    text += FreeTable(report.columns, format) + DeltaRows(delta, format) + EventsRow(report, &delta, format);
    if (report.cgroup) text += CgroupRow(*report.cgroup, format);
    text += PressureRows(report) + HeapsRow(report.heaps, format);
    text += WhatText(*MakeMemoryUse(report.meminfo, ReadZramBytes(root)), report.columns,
                     *MakeUsedFormulas(report.meminfo), format);
  }
  return text;
}

// What memstat prints, in every form.
void LookAt(const Root& root) {
  const Result<SystemReport> report = SurveySystem(root);
  if (!report) {
    EXPECT_FALSE(report.error().Text().empty());
    return;
  }
  SystemReport before = *report;
  before.columns = {};
  const SystemDelta delta = MakeSystemDelta(before, *report);
  EXPECT_FALSE(HasControl(AllText(*report, delta, root)));
  EXPECT_TRUE(nlohmann::json::accept(SystemJson(*report, &delta)));
}

TEST(HostileProc, RandomMutations) {
  FakeRoot fake;
  Random random;
  for (const char* file : kFiles) fake.Write(file, Original(file));
  for (int round = 0; round < 1500; ++round) {
    const char* file = kFiles[random.Below(std::size(kFiles))];
    fake.Write(file, random.OneIn(3) ? Original(file) : Mutated(Original(file), random));
    LookAt(fake.root());
    if (HasFailure()) FAIL() << "round " << round << " changed " << file;
  }
}

TEST(HostileProc, EachFileMissingEmptyAndADirectory) {
  FakeRoot fake;
  for (const char* file : kFiles) fake.Write(file, Original(file));
  for (const char* file : kFiles) {
    fake.Remove(file);
    LookAt(fake.root());
    fake.Write(file, "");
    LookAt(fake.root());
    fake.Remove(file);
    fake.Write(std::string(file) + "/inside", "x");
    LookAt(fake.root());
    fake.Remove(file);
    fake.Write(file, Original(file));
  }
  EXPECT_TRUE(SurveySystem(fake.root()));
}

// A reader stops after a mebibyte, or what its file may have.
TEST(HostileProc, AHundredMegabytes) {
  FakeRoot fake;
  for (const char* file : kFiles) fake.Write(file, Original(file));
  const std::string line = "Bogus:    1 kB\n";
  std::string text;
  while (text.size() < 100'000'000) text += line;
  for (const char* file : {"proc/meminfo", "proc/self/cgroup", "proc/pressure/memory", "proc/vmstat",
                           "sys/fs/cgroup/system.slice/api.service/memory.stat"}) {
    fake.Write(file, text);
    LookAt(fake.root());
    fake.Write(file, Original(file));
  }
  fake.Write("proc/meminfo", Original("proc/meminfo") + text);
  EXPECT_TRUE(SurveySystem(fake.root()));
}

}  // namespace
}  // namespace glassheap::tools
