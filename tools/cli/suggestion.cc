// Tested by tests/tools/cli/suggestion_test.cc.

#include "tools/cli/suggestion.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

constexpr size_t kLongestWord = 64;  // of ours; what is longer is no slip of the finger

size_t AllowedDistance(std::string_view word) {
  const size_t letters = word.size() - std::min(word.find_first_not_of('-'), word.size());
  return std::max<size_t>(letters / 3, letters > 2 ? 1 : 0);
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  // Rows of the table of distances between the beginnings of a and b: the last but one, the last, the one at hand.
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> NearestWord(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.size() > kLongestWord) return std::nullopt;
  std::optional<std::string> nearest;
  size_t least = AllowedDistance(typed) + 1;
  for (const std::string& word : words) {
    const size_t distance = EditDistance(typed, word);
    if (distance >= least) continue;
    least = distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace glassheap::tools
