#include "tools/view/table.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"NAME", Align::kLeft}, {"BYTES"}});
  table.AddRow({"a", "12345678"});
  table.AddRow({"longer name", "1"});
  EXPECT_EQ(table.Text(),
            "NAME            BYTES\n"
            "a            12345678\n"
            "longer name         1\n");
}

TEST(Table, WideCharactersLineUp) {
  Table table({{"", Align::kLeft}, {""}}, {.show_header = false});
  table.AddRow({"\xe6\xbc\xa2\xe5\xad\x97", "1"});
  table.AddRow({"abcd", "2"});
  EXPECT_EQ(table.Text(), "\xe6\xbc\xa2\xe5\xad\x97  1\nabcd  2\n");
}

TEST(Table, MissingCellsAreEmptyAndTrailingBlanksAreCut) {
  Table table({{"A", Align::kLeft, 5}, {"B", Align::kLeft}}, {.indent = "  "});
  table.AddRow({"x"});
  EXPECT_EQ(table.Text(), "  A      B\n  x\n");
}

TEST(Table, LinesAreCutToTheTerminal) {
  Table table({{"A", Align::kLeft}}, {.show_header = false, .max_width = 5});
  table.AddRow({"abcdefgh"});
  EXPECT_EQ(table.Text(), "abcd+\n");
}

}  // namespace
}  // namespace glassheap::tools
