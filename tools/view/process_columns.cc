// Tested by tests/tools/view/process_columns_test.cc.

#include "tools/view/process_columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <optional>
#include <type_traits>

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

// The other way. What does not fit the member is left out.
template <typename Number>
void Into(std::optional<Number>& member, const ProcessValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) member = static_cast<Number>(*whole);
  if (const auto* number = std::get_if<double>(&value)) member = static_cast<Number>(*number);
}
void Into(std::string& member, const ProcessValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) member = *text;
}

using P = const Process&;

constexpr int64_t kMostOfABar = int64_t{1} << 60;  // three of them add up

// A column that is a member: how it is read and, by a replay, stored.
template <auto kMember>
ProcessValue Get(P process) {
  return From(process.*kMember);
}
template <auto kMember>
void Set(Process& process, const ProcessValue& value) {
  Into(process.*kMember, value);
}

template <auto kMember>
ProcessValue GetHeap(P process) {
  return process.heap ? ProcessValue(static_cast<int64_t>((*process.heap).*kMember)) : ProcessValue();
}
template <auto kMember>
void SetHeap(Process& process, const ProcessValue& value) {
  const auto* whole = std::get_if<int64_t>(&value);
  if (whole == nullptr) return;
  if (!process.heap) process.heap.emplace();
  (*process.heap).*kMember = static_cast<std::remove_reference_t<decltype((*process.heap).*kMember)>>(*whole);
}

ProcessValue Pid(P process) { return process.pid == 0 ? ProcessValue() : ProcessValue(int64_t{process.pid}); }
void SetPid(Process& process, const ProcessValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) process.pid = static_cast<pid_t>(*whole);
}

ProcessValue State(P process) { return process.pid == 0 ? ProcessValue() : std::string(1, process.state); }
void SetState(Process& process, const ProcessValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && !text->empty()) process.state = text->front();
}

ProcessValue RssAndSwap(P process) {
  if (!process.rss) return {};
  return From(std::optional<uint64_t>(*process.rss + process.swap.value_or(0)));
}

ProcessValue Shared(P process) {
  if (!process.rss_file || !process.rss_shmem) return {};
  return From(std::optional<uint64_t>(*process.rss_file + *process.rss_shmem));
}

ProcessValue Members(P process) { return static_cast<int64_t>(process.members); }

ProcessValue ShownCommandLine(P process) {
  return process.command_line.empty() ? ProcessValue("[" + process.name + "]") : ProcessValue(process.command_line);
}

// What the heap holds: of the bytes that are not given back, how many are live.
ProcessValue LivePercent(P process) {
  if (!process.heap) return {};
  const auto part = [](int64_t bytes) { return static_cast<double>(std::max<int64_t>(bytes, 0)); };
  const double held = part(process.heap->live) + part(process.heap->cached) + part(process.heap->fragmented);
  return held > 0 ? ProcessValue(100 * part(process.heap->live) / held) : ProcessValue();
}
StyledLine HeapBar(P process, Glyphs glyphs) {
  if (!process.heap) return {{"-"}};
  const auto part = [](int64_t bytes) { return static_cast<uint64_t>(std::clamp<int64_t>(bytes, 0, kMostOfABar)); };
  const uint64_t live = part(process.heap->live);
  const uint64_t cached = part(process.heap->cached);
  const uint64_t fragmented = part(process.heap->fragmented);
  return BarCells(
      {{live, Style::kHeap, "#", "█"}, {cached, Style::kCache, ":", "▒"}, {fragmented, Style::kWarning, ".", "░"}},
      live + cached + fragmented, kBarCells, glyphs);
}

using U = ProcessUnit;

// clang-format off
constexpr ProcessColumn kColumns[] = {
    {"pid", "PID", "process id", U::kNumber, kNeedsNothing, false, Pid, SetPid},
    {"ppid", "PPID", "process id of the parent", U::kNumber, kNeedsNothing, false, Get<&Process::ppid>, Set<&Process::ppid>},
    {"user", "USER", "effective user", U::kText, kNeedsNothing, false, Get<&Process::user>, Set<&Process::user>},
    {"state", "S", "R runs, S sleeps, D waits for a device, T stopped, Z has ended", U::kText, kNeedsFresh, false, State, SetState},
    {"threads", "THR", "threads", U::kNumber, kNeedsFresh, true, Get<&Process::threads>, Set<&Process::threads>},
    {"processes", "PROCS", "processes summed up in this row", U::kNumber, kNeedsNothing, true, Members},
    {"rank", "RANK", "place in the kernel's order of killing; none: never killed", U::kNumber, kNeedsOom, false, Get<&Process::rank>, Set<&Process::rank>},
    {"oom_score", "SCORE", "the kernel's oom_score, 0 to 2000, steps of 1.5/1000 of memory", U::kNumber, kNeedsOom, true, Get<&Process::oom_score>, Set<&Process::oom_score>},
    {"oom_score_adj", "ADJ", "adjustment in 1/1000 of memory, -1000 (never killed) to 1000", U::kNumber, kNeedsOom, true, Get<&Process::oom_score_adj>, Set<&Process::oom_score_adj>},
    {"oom_adj", "OOM_ADJ", "the same on the legacy scale, -17 (never killed) to 15", U::kNumber, kNeedsOom, true, Get<&Process::oom_adj>, Set<&Process::oom_adj>},
    {"badness_bytes", "BADNESS", "ranked by this: RSS + swap + page tables + adjustment's weight", U::kBytes, kNeedsOom, true, Get<&Process::badness>, Set<&Process::badness>},
    {"rss", "RSS", "resident memory", U::kBytes, kNeedsNothing, true, Get<&Process::rss>, Set<&Process::rss>},
    {"memory_percent", "%MEM", "resident memory as a share of RAM", U::kPercent, kNeedsNothing, true, Get<&Process::memory_percent>, Set<&Process::memory_percent>},
    {"rss_anon", "ANON", "resident memory of its own", U::kBytes, kNeedsNothing, true, Get<&Process::rss_anon>, Set<&Process::rss_anon>},
    {"rss_file", "FILE", "resident pages of files", U::kBytes, kNeedsNothing, true, Get<&Process::rss_file>, Set<&Process::rss_file>},
    {"rss_shmem", "SHMEM", "resident shared memory", U::kBytes, kNeedsNothing, true, Get<&Process::rss_shmem>, Set<&Process::rss_shmem>},
    {"shared", "SHR", "resident memory that others may share: files and shared memory", U::kBytes, kNeedsNothing, true, Shared},
    {"swap", "SWAP", "swapped out", U::kBytes, kNeedsNothing, true, Get<&Process::swap>, Set<&Process::swap>},
    {"rss_swap", "RSS+SWAP", "resident and swapped out together", U::kBytes, kNeedsNothing, true, RssAndSwap},
    {"page_tables", "PAGETBL", "page tables", U::kBytes, kNeedsNothing, true, Get<&Process::page_tables>, Set<&Process::page_tables>},
    {"pss", "PSS", "RSS, shared pages divided among those that share (costs time)", U::kBytes, kNeedsPss, true, Get<&Process::pss>, Set<&Process::pss>},
    {"uss", "USS", "resident pages that nobody shares (costs time)", U::kBytes, kNeedsPss, true, Get<&Process::uss>, Set<&Process::uss>},
    {"pss_age", "PSS-AGE", "seconds since PSS and USS were measured", U::kSeconds, kNeedsPss, true, Get<&Process::pss_age_seconds>, Set<&Process::pss_age_seconds>},
    {"growth_per_minute", "GROWTH/min", "sustained growth: RSS + swap per minute; ^ it never shrank", U::kBytesPerMinute, kNeedsNothing, true, Get<&Process::growth_per_minute>, Set<&Process::growth_per_minute>},
    {"minor_faults_per_second", "MINFLT/s", "page faults without I/O, per second", U::kPerSecond, kNeedsStat, true, Get<&Process::minor_faults_per_second>, Set<&Process::minor_faults_per_second>},
    {"major_faults_per_second", "MAJFLT/s", "page faults with I/O, per second", U::kPerSecond, kNeedsStat, true, Get<&Process::major_faults_per_second>, Set<&Process::major_faults_per_second>},
    {"cpu_percent", "%CPU", "processor time since the last refresh, of one processor", U::kPercent, kNeedsStat, true, Get<&Process::cpu_percent>, Set<&Process::cpu_percent>},
    {"cpu_seconds", "TIME", "processor time since the start, in seconds", U::kSeconds, kNeedsStat, true, Get<&Process::cpu_seconds>, Set<&Process::cpu_seconds>},
    {"heap_live", "LIVE", "glassheap: bytes the program holds", U::kBytes, kNeedsHeap, true, GetHeap<&ProcessHeap::live>, SetHeap<&ProcessHeap::live>},
    {"heap_cached", "CACHED", "glassheap: free, kept in thread and transfer caches, page heap", U::kBytes, kNeedsHeap, true, GetHeap<&ProcessHeap::cached>, SetHeap<&ProcessHeap::cached>},
    {"heap_fragmented", "FRAG", "glassheap: free slots of spans in use, and their tails", U::kBytes, kNeedsHeap, true, GetHeap<&ProcessHeap::fragmented>, SetHeap<&ProcessHeap::fragmented>},
    {"heap_live_percent", "HEAP", "glassheap: the share that is live: # live : cached . fragmented", U::kPercent, kNeedsHeap, false, LivePercent, nullptr, nullptr, HeapBar},
    {"heap_released", "RELEASED", "glassheap: address space without memory", U::kBytes, kNeedsHeap, true, GetHeap<&ProcessHeap::released>, SetHeap<&ProcessHeap::released>},
    {"heap_mapped", "MAPPED", "glassheap: address space of the heap", U::kBytes, kNeedsHeap, true, GetHeap<&ProcessHeap::mapped>, SetHeap<&ProcessHeap::mapped>},
    {"heap_allocated_per_second", "ALLOC/s", "glassheap: bytes asked for, per second", U::kBytesPerSecond, kNeedsHeap, true, Get<&Process::allocated_per_second>, Set<&Process::allocated_per_second>},
    {"heap_caches", "CACHES", "glassheap: threads that have a cache", U::kNumber, kNeedsHeap, true, GetHeap<&ProcessHeap::caches>, SetHeap<&ProcessHeap::caches>},
    {"cgroup", "CGROUP", "control group that counts its memory", U::kText, kNeedsCgroup, false, Get<&Process::cgroup>, Set<&Process::cgroup>},
    {"command", "NAME", "name of the command", U::kText, kNeedsNothing, false, Get<&Process::name>, Set<&Process::name>},
    {"command_line", "COMMAND", "command with its arguments; [name] where there are none", U::kText, kNeedsCommandLine, false, Get<&Process::command_line>, Set<&Process::command_line>, ShownCommandLine},
};
// clang-format on

// What other tools call them.
struct Alias {
  std::string_view name;
  std::string_view key;
};
constexpr Alias kAliases[] = {
    {"res", "rss"},
    {"used", "rss_swap"},
    {"res+swap", "rss_swap"},
    {"nth", "threads"},
    {"nlwp", "threads"},
    {"ooms", "oom_score"},
    {"oom", "oom_score"},
    {"ooma", "oom_score_adj"},
    {"rsan", "rss_anon"},
    {"rsfd", "rss_file"},
    {"rssh", "rss_shmem"},
    {"vmn", "minor_faults_per_second"},
    {"vmj", "major_faults_per_second"},
    {"minflt", "minor_faults_per_second"},
    {"majflt", "major_faults_per_second"},
    {"cgroups", "cgroup"},
    {"time+", "cpu_seconds"},
    {"adj", "oom_score_adj"},
    {"growth", "growth_per_minute"},
    {"live%", "heap_live_percent"},
};

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// "12.3", in units of so many bytes.
std::string Scaled(double bytes, ByteScale scale) {
  const double unit = std::pow(1024.0, static_cast<double>(scale));
  char text[64];
  std::snprintf(text, sizeof text,
                scale == ByteScale::kKi   ? "%.0f"
                : scale == ByteScale::kMi ? "%.1f"
                                          : "%.2f",
                bytes / unit);
  return text;
}

std::string OneDecimal(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

std::string NumberText(double number, ProcessUnit unit, ByteScale scale) {
  const auto whole = static_cast<int64_t>(std::llround(number));
  switch (unit) {
    case ProcessUnit::kBytes:
      return scale == ByteScale::kHuman ? FineSignedBytes(whole) : Scaled(number, scale);
    case ProcessUnit::kPercent:
    case ProcessUnit::kSeconds:
      return OneDecimal(number);
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
  for (const Alias& alias : kAliases) {
    if (alias.name == lower) return FindProcessColumn(alias.key);
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
  std::stable_sort(keys.begin(), keys.end(),
                   [&](const auto& a, const auto& b) { return ComesBefore(a.first, b.first, sort.largest_first); });
  std::vector<Process> sorted;
  sorted.reserve(processes.size());
  for (const auto& [value, index] : keys) sorted.push_back(std::move(processes[index]));
  processes = std::move(sorted);
}

bool ComesBefore(const ProcessValue& a, const ProcessValue& b, bool largest_first) {
  if (Absent(a) || Absent(b)) return !Absent(a) && Absent(b);
  return largest_first ? Less(b, a) : Less(a, b);
}

std::string ProcessText(const ProcessColumn& column, const Process& process, ByteScale scale) {
  if (column.bar != nullptr) return PlainText(column.bar(process, Glyphs::kAscii));
  const ProcessValue value = column.shown != nullptr ? column.shown(process) : column.value(process);
  if (Absent(value)) return "-";
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "-" : SanitizeText(*text);
  const std::string number = NumberText(NumberOf(value), column.unit, scale);
  return process.shared_counted_often && column.key == "rss" ? "<" + number : number;
}

bool IsText(const ProcessColumn& column) { return column.unit == ProcessUnit::kText; }
bool IsLeftAligned(const ProcessColumn& column) { return IsText(column) || column.bar != nullptr; }

}  // namespace glassheap::tools
