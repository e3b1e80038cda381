#include "tools/view/what_text.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

const std::vector<MemoryUseRow> kRows = {{"anonymous", "anonymous", 300 << 10, "heaps"},
                                         {"zram", "zram", std::nullopt, "compressed"},
                                         {"hugetlb", "huge pages", 0, "set aside"},
                                         {"unaccounted", "unaccounted", 0, "no counter"}};
const std::vector<UsedFormula> kFormulas = {{"htop", "total - free - cache", "htop", 200 << 10}};

FreeColumns Columns(int64_t total) {
  FreeColumns columns;
  columns.total = total;
  columns.used = 250 << 10;
  columns.free = 100 << 10;
  columns.available = 150 << 10;
  return columns;
}

TEST(WhatText, LeavesOutWhatIsNothing) {
  EXPECT_EQ(WhatText(kRows, Columns(400 << 10), kFormulas, {}),
            "where memory is\n"
            "  anonymous                       300    75.0 %   heaps\n"
            "  unaccounted                       0     0.0 %   no counter\n"
            "total                             400   100.0 %   the sum of all these (MemTotal)\n"
            "\n"
            "\"used\" is all but free and the cache that would be given back (available - free)\n"
            "  would be given back              50    12.5 %\n"
            "  used                            250    62.5 %\n"
            "\n"
            "what is called \"used\"\n"
            "  total - free - cache                                200    50.0 %   htop\n");
}

TEST(WhatText, TakesTheUnitsOfTheTable) {
  EXPECT_NE(
      WhatText(kRows, Columns(400 << 10), kFormulas, {.human = true}).find("  anonymous                     300Ki"),
      std::string::npos);
  EXPECT_NE(WhatText(kRows, {}, kFormulas, {}).find("       -"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
