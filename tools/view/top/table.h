// The table of processes: on a screen as far as it fits, as text for a pipe, as CSV.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_TABLE_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_TABLE_H_

#include <optional>
#include <span>
#include <string>

#include "tools/view/screen.h"
#include "tools/view/top/rows.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

ProcessFields TopDefaultFields();
ProcessFields TopJsonFields();
ProcessFields TopHeapFields();  // what b shows: the heaps

// The fields that fit into width, with at least some of the last one, which takes what is left. The others give way in
// the order of their importance.
ProcessFields FieldsThatFit(const ProcessFields& fields, std::span<const TopRow> rows, ByteScale scale, size_t width);

// The heading and so many rows of the table from state.first_row, at a row of the screen.
void DrawTable(const TopRows& rows, const TopState& state, size_t first_screen_row, size_t page, Screen& screen);

// The column of the heading at a place of the screen, for the mouse.
const ProcessColumn* HeadingAt(const TopRows& rows, const TopState& state, size_t page, size_t width, size_t column);

// All rows and fields as text. max_width 0: lines are not cut.
std::string TableText(const TopRows& rows, const TopSettings& settings, size_t max_width);

// Raw values: bytes as whole numbers, an empty cell where there is none; texts as RFC 4180 wants them. The heading is the
// fields' keys, with "time" before them.
std::string TableCsvHeading(const ProcessFields& fields);
std::string TableCsv(const TopRows& rows, const ProcessFields& fields, double realtime_seconds);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_TABLE_H_
