// Tested by tests/tools/view/oom_list_test.cc.

#include "tools/view/oom_list.h"

#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr char kTableFields[] =
    "rank,pid,user,oom_score,oom_score_adj,oom_adj,badness_bytes,rss,swap,page_"
    "tables,command_line";
constexpr char kJsonFields[] =
    "rank,pid,user,command,command_line,oom_score,oom_score_adj,oom_adj,"
    "badness_bytes,rss,swap,page_tables,heap_live,heap_cached";

Column ColumnOf(const ProcessColumn& column) {
  return Column{std::string(column.heading), IsText(column) ? Align::kLeft : Align::kRight};
}

// A process may have no badness because it is never killed or because its
// adjustment could not be read: only the first is "never".
std::string CellText(const ProcessColumn& column, const Process& process) {
  if (column.key == "badness_bytes" && !process.badness && process.oom_score) return "never";
  return ProcessText(column, process);
}

std::string HeapRemark(const Process& process) {
  if (!process.heap || process.heap->page_heap_free <= 0) return "";
  return "   (heap: " + FineSignedBytes(process.heap->page_heap_free) + " could be released first)";
}

}  // namespace

ProcessFields OomTableFields() { return *ParseProcessFields(kTableFields); }
ProcessFields OomJsonFields() { return *ParseProcessFields(kJsonFields); }

std::string OomHeadline(const SystemMemory& memory) {
  const std::string swap = memory.swap_total == 0 ? ", no swap" : " + " + FineBytes(memory.swap_total) + " swap";
  return "who would be killed first (whole machine: " + FineBytes(memory.total) + swap + ")\n";
}

std::string OomChangesText(const std::vector<OomChange>& changes, const OomSetting& setting, bool dry_run) {
  std::string text;
  for (const OomChange& change : changes) text += SanitizeText(DescribeChange(change, setting, dry_run)) + "\n";
  return text;
}

std::string OomTable(const std::vector<Process>& processes, size_t max_width) {
  const ProcessFields fields = OomTableFields();
  std::vector<Column> columns;
  for (const ProcessColumn* field : fields) columns.push_back(ColumnOf(*field));
  TableStyle style;
  style.gap = " ";
  style.max_width = max_width;
  Table table(std::move(columns), style);
  for (const Process& process : processes) {
    std::vector<std::string> cells;
    for (const ProcessColumn* field : fields) cells.push_back(CellText(*field, process));
    cells.back() += HeapRemark(process);
    table.AddRow(std::move(cells));
  }
  return table.Text();
}

}  // namespace glassheap::tools
