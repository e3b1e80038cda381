// Tested by tests/tools/view/table_test.cc.

#include "tools/view/table.h"

#include <algorithm>
#include <utility>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

std::string Padded(const std::string& cell, Align align, size_t width) {
  const size_t used = DisplayWidth(cell);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return align == Align::kLeft ? cell + blanks : blanks + cell;
}

}  // namespace

Table::Table(std::vector<Column> columns, TableStyle style) : columns_(std::move(columns)), style_(std::move(style)) {}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    widths.push_back(std::max(column.min_width, style_.show_header ? DisplayWidth(column.header) : 0));
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

std::string Table::Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) const {
  std::string line = style_.indent;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += style_.gap;
    line += Padded(cells[i], columns_[i].align, widths[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return style_.max_width == 0 ? line : FitWidth(line, style_.max_width);
}

std::vector<std::string> Table::Lines() const {
  const std::vector<size_t> widths = Widths();
  std::vector<std::string> lines;
  if (style_.show_header) {
    std::vector<std::string> headers;
    for (const Column& column : columns_) headers.push_back(column.header);
    lines.push_back(Line(headers, widths) + "\n");
  }
  for (const auto& row : rows_) lines.push_back(Line(row, widths) + "\n");
  return lines;
}

std::string Table::Text() const {
  std::string text;
  for (const std::string& line : Lines()) text += line;
  return text;
}

}  // namespace glassheap::tools
