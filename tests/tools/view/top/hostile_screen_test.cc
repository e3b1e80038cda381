// What processes choose: their names, arguments, users, control groups, threads, mapped files and all of their region.
// Whatever they choose, a screen holds printable characters only, and every row is as wide as it.

#include <gtest/gtest.h>

#include <climits>

#include "tests/support/random.h"
#include "tests/support/top_frame.h"
#include "tools/view/sanitize.h"
#include "tools/view/top/bindings.h"
#include "tools/view/top/detail.h"
#include "tools/view/top/screen.h"

namespace glassheap::tools {
namespace {

using testing::PressOf;
using testing::Random;

const std::string kTexts[] = {
    "",
    "\x1b[2J\x1b[1;1H",         // clears, goes home
    "\x1b]0;owned\x07",         // sets the title, rings the bell
    "\x1b[?1049l\x1b[?25h",     // leaves the other screen
    "\x1b(0\x0e\x0f",           // line drawing instead of letters
    "\x1bP\x1b\\\x1b_x\x1b\\",  // DCS, APC
    "\x9b"
    "2J\xc2\x9b"
    "2J",                        // CSI in eight bits, and in UTF-8
    "a\rb\nc\td\be\vf\fg\x7fh",  // moves
    std::string("nul\0nul", 7),
    "\xff\xfe\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80",  // no UTF-8
    "\xe2\x80\xaegnp.exe\xe2\x81\xa6\xe2\x80\x8b",       // right to left, isolates, zero width
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",              // wide
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",  // emoji, joined; flags
    "\xcc\x81\xcc\x82",                                                              // marks with nothing to stand on
    "\xee\x80\x80\xf3\xa0\x80\xa1\xef\xbf\xbf",                                      // private, tags, noncharacters
    "%s%n%1000d",
};

std::string Zalgo() {
  std::string text = "z";
  for (int i = 0; i < 500; ++i) text += "\xcc\x81";
  return text + "\xe6\x97\xa5\xcc\x81\xcc\x81";
}

std::string HostileText(Random& random) {
  std::string text;
  for (size_t parts = random.Below(4); parts-- > 0;) text += kTexts[random.Below(std::size(kTexts))];
  if (random.OneIn(8)) text += Zalgo();
  if (random.OneIn(8)) text += std::string(random.Below(5000), static_cast<char>(random.Next()));
  return text;
}

int64_t HostileFigure(Random& random) {
  constexpr int64_t kFigures[] = {0, 1, -1, 4096, INT64_MAX, INT64_MIN, INT64_MIN + 1, int64_t{1} << 56};
  return random.OneIn(3) ? static_cast<int64_t>(random.Next()) : kFigures[random.Below(std::size(kFigures))];
}
uint64_t HostileCount(Random& random) { return static_cast<uint64_t>(HostileFigure(random)); }

HeapTiers HostileTiers(Random& random) {
  HeapTiers tiers;
  for (const Tier& tier : kTiers) tiers.*tier.value = HostileFigure(random);
  tiers.mapped = HostileFigure(random);
  tiers.residual = HostileFigure(random);
  return tiers;
}

void MakeHostile(Process& process, Random& random) {
  process.user = HostileText(random);
  process.name = HostileText(random);
  process.command_line = HostileText(random);
  process.cgroup = HostileText(random);
  process.state = static_cast<char>(random.Next());
  process.rss = HostileCount(random);
  process.swap = HostileCount(random);
  process.growth_per_minute = static_cast<double>(HostileFigure(random));
  process.allocated_per_second = random.OneIn(4) ? 1e300 : static_cast<double>(HostileFigure(random));
  process.heap = ProcessHeap{.live = HostileFigure(random),
                             .cached = HostileFigure(random),
                             .fragmented = HostileFigure(random),
                             .released = HostileFigure(random),
                             .page_heap_free = HostileFigure(random),
                             .mapped = HostileFigure(random),
                             .allocated_total = HostileCount(random),
                             .caches = HostileCount(random)};
  process.thread_list = {{1, HostileText(random), '\x1b', HostileCount(random), 1e300}};
}

AddressSpace HostileSpace(Random& random) {
  AddressSpace space;
  space.name = HostileText(random);
  uint64_t address = 4096;
  for (int i = 0; i < 8; ++i) {
    Mapping mapping;
    mapping.start = address;
    mapping.end = address + 4096 * (1 + random.Below(1000));
    mapping.path = HostileText(random);
    mapping.rss = random.Below(1 << 20);
    address = mapping.end + random.Below(2) * 4096;
    space.mappings.push_back(mapping);
  }
  space.kinds = ClassifyMappings(space.mappings, {});
  return space;
}

// The figures that model/ lets through: those of a resident view are the kernel's, within the bounds of a page count.
ProcessDetail HostileDetail(const Process& process, Random& random) {
  ProcessDetail detail;
  detail.process = process;
  detail.heap.emplace();
  detail.heap->now = HostileTiers(random);
  detail.heap->split_bound = HostileCount(random);
  for (int i = 0; i < 3; ++i) {
    HeapClass one{};
    one.size = HostileCount(random);
    one.spans = HostileCount(random);
    one.slots = HostileCount(random);
    one.live_objects = HostileFigure(random);
    one.central_objects = HostileCount(random);
    detail.heap->classes.push_back(one);
    HeapThread thread{};
    thread.tid = HostileCount(random);
    thread.thread_cache_free = HostileCount(random);
    thread.allocated_bytes_total = HostileCount(random);
    detail.heap->threads.push_back(thread);
  }
  detail.space = HostileSpace(random);
  for (int i = 0; i < 4; ++i) {
    HistoryEntry entry;
    entry.seconds = i * 1e9;
    for (const Tier& tier : kTiers) entry.tiers.*tier.value = static_cast<int64_t>(random.Next() >> 8);
    entry.tiers.mapped = static_cast<int64_t>(random.Next() >> 8);
    entry.allocated_total = HostileCount(random);
    detail.heap_history.push_back(entry);
  }
  if (random.OneIn(2)) detail.resident.emplace();
  detail.why_no_resident = HostileText(random);
  detail.rss.Add(1, static_cast<double>(HostileFigure(random)));
  return detail;
}

class HostileScreenTest : public ::testing::Test {
 protected:
  HostileScreenTest() {
    frame_ = testing::MakeTopFrame();
    for (Process& process : frame_.processes) MakeHostile(process, random_);
    frame_.detail = HostileDetail(frame_.processes[1], random_);
    frame_.recording = HostileText(random_);
  }

  void Press(const std::string& name) {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size_, state_);
    Handle(PressOf(name), frame_, rows, size_, state_);
  }

  void ExpectHarmless(const std::string& view) {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size_, state_);
    const Screen screen = Draw(frame_, rows, state_, size_);
    for (size_t row = 0; row < screen.height(); ++row) {
      size_t width = 0;
      for (size_t column = 0; column < screen.width(); ++column) {
        const std::string& cell = screen.At(row, column).text;
        width += DisplayWidth(cell);
        ASSERT_EQ(SanitizeText(cell), cell) << view << ", row " << row;
        ASSERT_LE(cell.size(), 16u) << view;
      }
      ASSERT_EQ(width, screen.width()) << view << ", row " << row << ":\n" << screen.Text();
    }
  }

  Random random_;
  ScreenSize size_{120, 30};
  TopFrame frame_;
  TopState state_ = testing::MakeTopState();
};

TEST_F(HostileScreenTest, EveryViewOfTheTable) {
  for (const char* fields : {"pid,user,rss,command_line", "cgroup,state,command,user,heap_live_percent,command_line",
                             "user,pid,command_line,cgroup,command"}) {
    for (const char* view : {"Home", "t", "g", "H", "h", "f", "k", "a", "s", "F", "b", "c", "e", "m", "o", "u", "r"}) {
      state_ = testing::MakeTopState();
      state_.settings.fields = *ParseProcessFields(fields);
      Press("End");
      Press(view);
      ExpectHarmless(view);
    }
  }
}

TEST_F(HostileScreenTest, EveryPaneOfTheInside) {
  for (size_t pane = 0; pane < DetailPanes().size(); ++pane) {
    for (const size_t width : {120, 80, 40, 7}) {
      size_ = {width, 30};
      state_ = testing::MakeTopState();
      Press("Enter");
      ASSERT_TRUE(state_.detail);
      state_.detail->pane = pane;
      ExpectHarmless(DetailPanes()[pane].title);
      frame_.detail->heap.reset();
      frame_.detail->why_no_heap = HostileText(random_);
      frame_.detail->why_no_map = HostileText(random_);
      ExpectHarmless(DetailPanes()[pane].title);
      frame_.detail = HostileDetail(frame_.processes[1], random_);
    }
  }
}

TEST_F(HostileScreenTest, WhatIsSaidOfAProcess) {
  for (const std::string& text : kTexts) {
    state_ = testing::MakeTopState();
    state_.message = text;
    ExpectHarmless("message");
    state_.message.clear();
    state_.text_filter = text;
    state_.user = text;
    ExpectHarmless("filters");
    state_.overlay = OomDialog{{1, 1, text}, 0, false, text};
    ExpectHarmless("adjust");
    state_.overlay = Prompt{PromptKind::kSearch, text};
    ExpectHarmless("prompt");
  }
}

TEST_F(HostileScreenTest, AnythingAtAll) {
  for (int round = 0; round < 80; ++round) {
    size_ = {1 + random_.Below(150), 1 + random_.Below(40)};
    for (Process& process : frame_.processes) MakeHostile(process, random_);
    frame_.detail = HostileDetail(frame_.processes[random_.Below(frame_.processes.size())], random_);
    const auto& bindings = KeyBindings();
    const std::string keys = bindings[random_.Below(bindings.size())].keys;
    Press(keys.substr(0, keys.find(' ')));
    ExpectHarmless("round " + std::to_string(round) + " after " + keys);
  }
}

}  // namespace
}  // namespace glassheap::tools
