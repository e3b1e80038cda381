// Tested by tests/tools/view/process_columns_test.cc.

#include "tools/view/process_columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "tools/view/sanitize.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

ProcessValue From(std::optional<uint64_t> value) {
  if (!value) return {};
  return static_cast<int64_t>(*value);
}
ProcessValue From(std::optional<int64_t> value) { return value ? ProcessValue(*value) : ProcessValue(); }
ProcessValue From(std::optional<int> value) { return value ? ProcessValue(int64_t{*value}) : ProcessValue(); }
ProcessValue From(std::optional<double> value) { return value ? ProcessValue(*value) : ProcessValue(); }
ProcessValue From(const std::string& text) { return text.empty() ? ProcessValue() : ProcessValue(text); }

ProcessValue HeapValue(const Process& process, int64_t ProcessHeap::*figure) {
  return process.heap ? ProcessValue((*process.heap).*figure) : ProcessValue();
}

ProcessValue RssAndSwap(const Process& process) {
  if (!process.rss) return {};
  return From(std::optional<uint64_t>(*process.rss + process.swap.value_or(0)));
}

ProcessValue ShownCommandLine(const Process& process) {
  return process.command_line.empty() ? ProcessValue("[" + process.name + "]") : ProcessValue(process.command_line);
}

using P = const Process&;

// clang-format off
constexpr ProcessColumn kColumns[] = {
    {"pid", "PID", "process id", ProcessUnit::kNumber, kNeedsNothing, false, [](P p) { return ProcessValue(int64_t{p.pid}); }},
    {"ppid", "PPID", "process id of the parent", ProcessUnit::kNumber, kNeedsNothing, false, [](P p) { return From(p.ppid); }},
    {"user", "USER", "effective user", ProcessUnit::kText, kNeedsNothing, false, [](P p) { return From(p.user); }},
    {"state", "S", "R runs, S sleeps, D waits for a device, T stopped, Z has ended", ProcessUnit::kText, kNeedsNothing, false, [](P p) { return ProcessValue(std::string(1, p.state)); }},
    {"threads", "THR", "threads", ProcessUnit::kNumber, kNeedsNothing, true, [](P p) { return From(p.threads); }},
    {"rank", "RANK", "place in the kernel's order of killing; none: never killed", ProcessUnit::kNumber, kNeedsOom, false, [](P p) { return From(p.rank); }},
    {"oom_score", "SCORE", "the kernel's oom_score, 0 to 2000, steps of 1.5/1000 of memory", ProcessUnit::kNumber, kNeedsOom, true, [](P p) { return From(p.oom_score); }},
    {"oom_score_adj", "ADJ", "adjustment in 1/1000 of memory, -1000 (never killed) to 1000", ProcessUnit::kNumber, kNeedsOom, true, [](P p) { return From(p.oom_score_adj); }},
    {"oom_adj", "OOM_ADJ", "the same on the legacy scale, -17 (never killed) to 15", ProcessUnit::kNumber, kNeedsOom, true, [](P p) { return From(p.oom_adj); }},
    {"badness_bytes", "BADNESS", "ranked by this: RSS + swap + page tables + adjustment's weight", ProcessUnit::kBytes, kNeedsOom, true, [](P p) { return From(p.badness); }},
    {"rss", "RSS", "resident memory", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.rss); }},
    {"rss_anon", "ANON", "resident memory of its own", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.rss_anon); }},
    {"rss_file", "FILE", "resident pages of files", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.rss_file); }},
    {"rss_shmem", "SHMEM", "resident shared memory", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.rss_shmem); }},
    {"swap", "SWAP", "swapped out", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.swap); }},
    {"rss_swap", "RSS+SWAP", "resident and swapped out together", ProcessUnit::kBytes, kNeedsNothing, true, RssAndSwap},
    {"page_tables", "PAGETBL", "page tables", ProcessUnit::kBytes, kNeedsNothing, true, [](P p) { return From(p.page_tables); }},
    {"growth_per_minute", "GROWTH/min", "change of RSS + swap per minute, over the last minute at most", ProcessUnit::kBytesPerMinute, kNeedsNothing, true, [](P p) { return From(p.growth_per_minute); }},
    {"minor_faults_per_second", "MINFLT/s", "page faults without I/O, per second", ProcessUnit::kPerSecond, kNeedsStat, true, [](P p) { return From(p.minor_faults_per_second); }},
    {"major_faults_per_second", "MAJFLT/s", "page faults with I/O, per second", ProcessUnit::kPerSecond, kNeedsStat, true, [](P p) { return From(p.major_faults_per_second); }},
    {"heap_live", "LIVE", "glassheap: bytes the program holds", ProcessUnit::kBytes, kNeedsHeap, true, [](P p) { return HeapValue(p, &ProcessHeap::live); }},
    {"heap_cached", "CACHED", "glassheap: free, kept in thread and transfer caches, page heap", ProcessUnit::kBytes, kNeedsHeap, true, [](P p) { return HeapValue(p, &ProcessHeap::cached); }},
    {"heap_fragmented", "FRAG", "glassheap: free slots of spans in use, and their tails", ProcessUnit::kBytes, kNeedsHeap, true, [](P p) { return HeapValue(p, &ProcessHeap::fragmented); }},
    {"heap_released", "RELEASED", "glassheap: address space without memory", ProcessUnit::kBytes, kNeedsHeap, true, [](P p) { return HeapValue(p, &ProcessHeap::released); }},
    {"heap_mapped", "MAPPED", "glassheap: address space of the heap", ProcessUnit::kBytes, kNeedsHeap, true, [](P p) { return HeapValue(p, &ProcessHeap::mapped); }},
    {"heap_allocated_per_second", "ALLOC/s", "glassheap: bytes asked for, per second", ProcessUnit::kBytesPerSecond, kNeedsHeap, true, [](P p) { return From(p.allocated_per_second); }},
    {"command", "NAME", "name of the command", ProcessUnit::kText, kNeedsNothing, false, [](P p) { return ProcessValue(p.name); }},
    {"command_line", "COMMAND", "command with its arguments; [name] where there are none", ProcessUnit::kText, kNeedsCommandLine, false, [](P p) { return From(p.command_line); }, ShownCommandLine},
};
// clang-format on

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string NumberText(double number, ProcessUnit unit) {
  const auto whole = static_cast<int64_t>(std::llround(number));
  switch (unit) {
    case ProcessUnit::kBytes:
      return FineSignedBytes(whole);
    case ProcessUnit::kBytesPerSecond:
      return whole == 0 ? "0" : HumanSignedBytes(whole);
    case ProcessUnit::kBytesPerMinute:
      return whole == 0 ? "0" : (whole > 0 ? "+" : "") + HumanSignedBytes(whole);
    default:
      return std::to_string(whole);
  }
}

double NumberOf(const ProcessValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  return std::get<double>(value);
}

bool Less(const ProcessValue& a, const ProcessValue& b) {
  if (const auto* text = std::get_if<std::string>(&a)) return *text < std::get<std::string>(b);
  return NumberOf(a) < NumberOf(b);
}

bool Absent(const ProcessValue& value) { return std::holds_alternative<std::monostate>(value); }

Error NoSuchField(std::string_view name) {
  return Error{name.empty() ? "''" : std::string(name), "no such field; --fields help lists them"};
}

}  // namespace

std::span<const ProcessColumn> ProcessColumns() { return kColumns; }

const ProcessColumn* FindProcessColumn(std::string_view name) {
  // As it is written first: COMMAND is a heading, command another's key.
  for (const ProcessColumn& column : kColumns) {
    if (column.key == name || column.heading == name) return &column;
  }
  const std::string lower = LowerCase(name);
  for (const ProcessColumn& column : kColumns) {
    if (column.key == lower || LowerCase(column.heading) == lower) return &column;
  }
  return nullptr;
}

Result<ProcessFields> ParseProcessFields(std::string_view list) {
  ProcessFields fields;
  for (;;) {
    const size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    const ProcessColumn* column = FindProcessColumn(name);
    if (column == nullptr) return NoSuchField(name);
    fields.push_back(column);
    if (comma == std::string_view::npos) return fields;
    list.remove_prefix(comma + 1);
  }
}

unsigned NeedsOf(const ProcessFields& fields) {
  unsigned needs = kNeedsNothing;
  for (const ProcessColumn* column : fields) needs |= column->needs;
  return needs;
}

std::string ProcessColumnsHelp() {
  size_t keys = 0, headings = 0;
  for (const ProcessColumn& column : kColumns) {
    keys = std::max(keys, column.key.size());
    headings = std::max(headings, column.heading.size());
  }
  std::string help;
  for (const ProcessColumn& column : kColumns) {
    help += std::string(column.key) + std::string(keys - column.key.size() + 2, ' ');
    help += std::string(column.heading) + std::string(headings - column.heading.size() + 2, ' ');
    help += std::string(column.help) + "\n";
  }
  return help;
}

Result<ProcessSort> ParseProcessSort(std::string_view text) {
  const char sign = text.empty() ? '\0' : text.front();
  if (sign == '+' || sign == '-') text.remove_prefix(1);
  const ProcessColumn* column = FindProcessColumn(text);
  if (column == nullptr) return NoSuchField(text);
  if (sign == '+') return ProcessSort{column, true};
  if (sign == '-') return ProcessSort{column, false};
  return ProcessSort{column, column->largest_first};
}

void SortProcesses(std::vector<Process>& processes, const ProcessSort& sort) {
  std::vector<std::pair<ProcessValue, size_t>> keys;
  keys.reserve(processes.size());
  for (size_t i = 0; i < processes.size(); ++i) keys.emplace_back(sort.column->value(processes[i]), i);
  std::stable_sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
    if (Absent(a.first) || Absent(b.first)) return !Absent(a.first) && Absent(b.first);
    return sort.largest_first ? Less(b.first, a.first) : Less(a.first, b.first);
  });
  std::vector<Process> sorted;
  sorted.reserve(processes.size());
  for (const auto& [value, index] : keys) sorted.push_back(std::move(processes[index]));
  processes = std::move(sorted);
}

std::string ProcessText(const ProcessColumn& column, const Process& process) {
  const ProcessValue value = column.shown != nullptr ? column.shown(process) : column.value(process);
  if (Absent(value)) return "-";
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "-" : SanitizeText(*text);
  return NumberText(NumberOf(value), column.unit);
}

bool IsText(const ProcessColumn& column) { return column.unit == ProcessUnit::kText; }

}  // namespace glassheap::tools
