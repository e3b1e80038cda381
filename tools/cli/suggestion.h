// What somebody probably meant who typed `haep` or `--hardend`.

#ifndef GLASSHEAP_TOOLS_CLI_SUGGESTION_H_
#define GLASSHEAP_TOOLS_CLI_SUGGESTION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glassheap::tools {

// Letters to insert, remove, replace or swap with their neighbour to make one of the other: the restricted
// Damerau-Levenshtein distance.
size_t EditDistance(std::string_view a, std::string_view b);

// The word of `words` that is nearest to `typed`, the first of several; nothing if more than a third of its letters differ,
// and more than one.
std::optional<std::string> NearestWord(std::string_view typed, const std::vector<std::string>& words);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_SUGGESTION_H_
