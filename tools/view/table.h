// A table as a value: columns, rows of cells, and one function that lays it
// out. Columns are as wide as their widest cell; trailing blanks are cut. Cells
// are printed as given: foreign text must have been through SanitizeText.

#ifndef GLASSHEAP_TOOLS_VIEW_TABLE_H_
#define GLASSHEAP_TOOLS_VIEW_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace glassheap::tools {

enum class Align { kLeft, kRight };

struct Column {
  std::string header;
  Align align = Align::kRight;
  size_t min_width = 0;
};

struct TableStyle {
  std::string indent = {};  // before each line
  std::string gap = "  ";   // between columns
  bool show_header = true;
  size_t max_width = 0;  // cut lines to so many columns; 0: do not cut
};

class Table {
 public:
  explicit Table(std::vector<Column> columns, TableStyle style = {});

  // Missing cells are empty. REQUIRES: cells.size() <= number of columns.
  void AddRow(std::vector<std::string> cells);

  // Lines, each ended by '\n'.
  std::vector<std::string> Lines() const;
  std::string Text() const;

  size_t row_count() const { return rows_.size(); }

 private:
  std::vector<size_t> Widths() const;
  std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) const;

  std::vector<Column> columns_;
  TableStyle style_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TABLE_H_
