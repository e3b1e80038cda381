// The one table of columns about a process. A column is one row of it: the JSON
// key, the heading, the help, the sort order, the files it needs and the value
// follow from there, in oomscore and in memtop alike.

#ifndef GLASSHEAP_TOOLS_VIEW_PROCESS_COLUMNS_H_
#define GLASSHEAP_TOOLS_VIEW_PROCESS_COLUMNS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/model/process.h"
#include "tools/read/result.h"
#include "tools/view/bars.h"

namespace glassheap::tools {

// Absent, a number or a text. Texts are as the process wrote them: not safe.
using ProcessValue = std::variant<std::monostate, int64_t, double, std::string>;

enum class ProcessUnit {
  kText,
  kNumber,
  kBytes,           // may be negative
  kBytesPerMinute,  // printed with its sign
  kBytesPerSecond,
  kPerSecond,
  kPercent,  // one decimal
  kSeconds,  // of processor time, or of age
};

// What a column costs beyond the status file; a set of bits.
enum ProcessNeed : unsigned {
  kNeedsNothing = 0,
  kNeedsStat = 1,
  kNeedsOom = 2,
  kNeedsCommandLine = 4,
  kNeedsHeap = 8,
  kNeedsCgroup = 16,
  kNeedsPss = 32,
  kNeedsThreads = 64,
  kNeedsFresh = 128,  // what may change while the process' memory does not
};

struct ProcessColumn {
  std::string_view key;      // JSON, --fields, -o
  std::string_view heading;  // of the printed column
  std::string_view help;     // one line
  ProcessUnit unit;
  unsigned needs;      // ProcessNeed bits
  bool largest_first;  // how people want it sorted
  ProcessValue (*value)(const Process& process);
  void (*store)(Process& process, const ProcessValue& value) = nullptr;  // for a replay; null: it follows from others
  ProcessValue (*shown)(const Process& process) = nullptr;               // to people, where it differs
  StyledLine (*bar)(const Process& process, Glyphs glyphs) = nullptr;    // to people, in place of it: kBarCells wide
};

inline constexpr size_t kBarCells = 10;

std::span<const ProcessColumn> ProcessColumns();

// By key or heading, or as top and htop call it, in any case. Null when there is none.
const ProcessColumn* FindProcessColumn(std::string_view name);

using ProcessFields = std::vector<const ProcessColumn*>;

// "pid,rss,command". An error names the field that does not exist.
Result<ProcessFields> ParseProcessFields(std::string_view list);

// All of the needs of some columns.
unsigned NeedsOf(const ProcessFields& fields);

// One line per column: key, heading, help.
std::string ProcessColumnsHelp();

struct ProcessSort {
  const ProcessColumn* column = nullptr;
  bool largest_first = true;
};

// "rss", "+rss" (largest first), "-rss" (smallest first), as top's -o.
Result<ProcessSort> ParseProcessSort(std::string_view text);

// Absent values come last in either direction; equals keep their order.
void SortProcesses(std::vector<Process>& processes, const ProcessSort& sort);

enum class ByteScale { kHuman, kKi, kMi, kGi };

// For people: "3.94Gi", "+18.0Mi", "-" where absent. Texts are sanitized.
std::string ProcessText(const ProcessColumn& column, const Process& process, ByteScale scale = ByteScale::kHuman);

// Absent ones come last in either direction.
bool ComesBefore(const ProcessValue& a, const ProcessValue& b, bool largest_first);

bool IsText(const ProcessColumn& column);

// Texts and bars to the left, numbers to the right.
bool IsLeftAligned(const ProcessColumn& column);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_PROCESS_COLUMNS_H_
