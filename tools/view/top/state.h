// What memtop shows and how: values only. A frame is what was read, the state is what the user made of it. Handle() of
// top/screen.h takes events and changes the state; Draw() makes a Screen of both.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_STATE_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_STATE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/process.h"
#include "tools/model/process_detail.h"
#include "tools/model/process_group.h"
#include "tools/model/series.h"
#include "tools/view/bars.h"
#include "tools/view/key_press.h"
#include "tools/view/process_columns.h"
#include "tools/view/process_filter.h"

namespace glassheap::tools {

// The last minutes of the machine, for the head.
struct TopHistory {
  Series used;      // bytes
  Series swapped;   // bytes
  Series pressure;  // percent, "some" over 10 s
  Series live;      // bytes, of all heaps
};

// Where a replay stands.
struct ReplayPlace {
  size_t frame = 0;
  size_t frames = 0;
  bool running = false;
};

struct TopFrame {
  Machine machine;
  std::vector<Process> processes;  // by pid
  TopHistory history;
  std::optional<ProcessDetail> detail;  // of the process whose inside is shown
  std::optional<ReplayPlace> replay;
  std::string recording;  // the file; empty: none
};

enum class MeterStyle { kBars, kFigures, kNone };

// What can be saved.
struct TopSettings {
  ProcessFields fields;
  ProcessSort sort;
  ByteScale scale = ByteScale::kHuman;
  GroupBy group = GroupBy::kNone;
  MeterStyle meters = MeterStyle::kBars;
  double delay_seconds = 2;
  bool tree = false;
  bool threads = false;
  bool kernel_threads = true;
  bool color = true;
};

// One process, whatever becomes of its pid.
struct TopTarget {
  pid_t pid = 0;
  uint64_t incarnation = 0;
  std::string name;  // any bytes
};

// A line that is being typed.
enum class PromptKind { kSearch, kTextFilter, kFieldFilter, kUser, kDelay, kRecord, kPid };
struct Prompt {
  PromptKind kind;
  std::string typed;
};

// A list to choose from.
enum class MenuKind { kSort, kSignal, kFilters };
struct MenuItem {
  std::string value;  // what it stands for
  std::string text;
};
struct Menu {
  MenuKind kind;
  std::vector<MenuItem> items;
  size_t selected = 0;
  TopTarget target = {};    // of kSignal
  std::string digits = {};  // of kSignal: a number that is being typed
};

struct ColumnChooser {
  size_t selected = 0;
};

struct OomDialog {
  TopTarget target;
  int score_adj = 0;  // as it is now
  bool legacy = false;
  std::string typed;
};

struct HelpPage {
  size_t row = 0;
};

using Overlay = std::variant<std::monostate, Prompt, Menu, ColumnChooser, OomDialog, HelpPage>;

struct DetailView {
  TopTarget target;
  size_t pane = 0;
  size_t row = 0;
};

// What b puts back.
struct TableLook {
  ProcessFields fields;
  ProcessSort sort;
};

struct TopState {
  TopSettings settings;
  std::optional<TableLook> before_heaps;  // while the heaps' columns are shown
  Glyphs glyphs = Glyphs::kAscii;

  std::vector<ProcessFilter> filters;
  std::string text_filter;
  std::string user;         // only this one's
  std::vector<pid_t> pids;  // only these; empty: all
  std::string search;
  std::set<pid_t> collapsed;  // of the tree

  size_t selected = 0;  // row of the table
  size_t first_row = 0;
  size_t first_field = 0;  // fields before it are scrolled out, but for the first
  std::optional<TopTarget> followed;
  bool paused = false;

  Overlay overlay;
  std::optional<DetailView> detail;

  std::string message;  // in place of the keys, until the next key
  bool message_is_error = false;
};

// What the screen asks of the world. The answer comes back as state.message.
struct TopCommand {
  enum class Kind { kNone, kRedraw, kRefresh, kQuit, kStop, kSignal, kSetOom, kSave, kRecord, kMeasure, kSeek };
  Kind kind = Kind::kNone;
  TopTarget target = {};
  int number = 0;    // the signal; oom_score_adj; frames to go back or forth
  std::string text;  // the file to record into
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_STATE_H_
