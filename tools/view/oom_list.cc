// Tested by tests/tools/view/oom_list_test.cc.

#include "tools/view/oom_list.h"

#include <algorithm>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr char kTableFields[] =
    "rank,pid,user,oom_score,oom_score_adj,oom_adj,badness_bytes,rss,swap,page_tables,heap_live,heap_releasable,cgroup,"
    "command_line";
constexpr char kJsonFields[] =
    "rank,pid,ppid,user,command,command_line,oom_score,oom_score_adj,oom_adj,badness_bytes,rss,swap,page_tables,"
    "heap_live,heap_cached,heap_releasable,cgroup";
constexpr size_t kCgroupColumns = 28;

// A column of this list alone.
constexpr ProcessColumn kReleasable = {
    "heap_releasable",
    "RELEASABLE",
    "glassheap: free pages that could go back to the kernel at once",
    ProcessUnit::kBytes,
    kNeedsHeap,
    true,
    [](const Process& process) { return process.heap ? ProcessValue(process.heap->page_heap_free) : ProcessValue(); }};

Column ColumnOf(const ProcessColumn& column) {
  return Column{std::string(column.heading), IsLeftAligned(column) ? Align::kLeft : Align::kRight};
}

// The end of a path says more than its start.
std::string FitPath(const std::string& path) {
  return path.size() <= kCgroupColumns ? path : "+" + path.substr(path.size() - kCgroupColumns + 1);
}

// A process may have no badness because it is never killed or because its
// adjustment could not be read: only the first is "never".
std::string CellText(const ProcessColumn& column, const Process& process) {
  if (column.key == "badness_bytes" && !process.badness && process.oom_score) return "never";
  const std::string text = ProcessText(column, process);
  return column.key == "cgroup" ? FitPath(text) : text;
}

std::string Around(const std::string& command, const OomRowNote& note) {
  const std::string branch = note.depth == 0 ? "" : std::string(2 * (note.depth - 1), ' ') + "\\_ ";
  const std::string same =
      note.shares_with ? "   (the same memory as pid " + std::to_string(*note.shares_with) + ")" : "";
  return branch + command + same;
}

}  // namespace

ProcessFields OomTableFields() { return *ParseOomFields(kTableFields); }

ProcessFields OomJsonFields() { return *ParseOomFields(kJsonFields); }

Result<ProcessFields> ParseOomFields(std::string_view list) {
  ProcessFields fields;
  for (;;) {
    const size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (name == kReleasable.key || name == kReleasable.heading) {
      fields.push_back(&kReleasable);
    } else {
      const Result<ProcessFields> one = ParseProcessFields(name);
      if (!one) return one.error();
      fields.push_back(one->front());
    }
    if (comma == std::string_view::npos) return fields;
    list.remove_prefix(comma + 1);
  }
}

ProcessFields WithoutEmptyHeaps(ProcessFields fields, const std::vector<Process>& processes) {
  const bool heaps = std::ranges::any_of(processes, [](const Process& process) { return process.heap.has_value(); });
  if (!heaps) std::erase_if(fields, [](const ProcessColumn* field) { return (field->needs & kNeedsHeap) != 0; });
  return fields;
}

std::string OomHeadline(const SystemMemory& memory) {
  const std::string swap = memory.swap_total == 0 ? ", no swap" : " + " + FineBytes(memory.swap_total) + " swap";
  return "who would be killed first (whole machine: " + FineBytes(memory.total) + swap + ")\n";
}

std::string OomChangesText(const std::vector<OomChange>& changes, const OomSetting& setting, bool dry_run) {
  std::string text;
  for (const OomChange& change : changes) text += SanitizeText(DescribeChange(change, setting, dry_run)) + "\n";
  return text;
}

std::string OomTable(const std::vector<Process>& processes, const ProcessFields& fields, size_t max_width,
                     const std::vector<OomRowNote>& notes) {
  std::vector<Column> columns;
  for (const ProcessColumn* field : fields) columns.push_back(ColumnOf(*field));
  TableStyle style;
  style.gap = " ";
  style.max_width = max_width;
  Table table(std::move(columns), style);
  for (size_t i = 0; i < processes.size(); ++i) {
    std::vector<std::string> cells;
    cells.reserve(fields.size());
    for (const ProcessColumn* field : fields) cells.push_back(CellText(*field, processes[i]));
    if (i < notes.size()) cells.back() = Around(cells.back(), notes[i]);
    table.AddRow(std::move(cells));
  }
  return table.Text();
}

}  // namespace glassheap::tools
