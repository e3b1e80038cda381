// Which processes are wanted: FIELD>VALUE as top's o has it, over the one table of columns.
//
//   FIELD=VALUE  FIELD<VALUE  FIELD>VALUE, and FIELD>=VALUE, FIELD<=VALUE; a ! in front turns it round
//
// '=' looks for text anywhere in a text, and for the same number as shown, in a number. Bytes may carry K, M, G or T
// (of 1024): "rss>1.5G". A process without the value never matches, and always does after !.

#ifndef GLASSHEAP_TOOLS_VIEW_PROCESS_FILTER_H_
#define GLASSHEAP_TOOLS_VIEW_PROCESS_FILTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/view/process_columns.h"

namespace glassheap::tools {

struct ProcessFilter {
  enum class Compare { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

  std::string typed;  // as the user wrote it
  const ProcessColumn* column = nullptr;
  Compare compare = Compare::kEqual;
  bool negated = false;
  std::string text;   // of text columns
  double number = 0;  // of others; bytes
};

// Errors name what was typed, and the form.
Result<ProcessFilter> ParseProcessFilter(std::string_view typed);

// "rss>1G,user=www": all of them.
Result<std::vector<ProcessFilter>> ParseProcessFilters(std::string_view typed);

bool Matches(const ProcessFilter& filter, const Process& process);

// Text as htop's F4: anywhere in the name or the command line, in any case; a '|' parts alternatives.
bool MatchesText(std::string_view wanted, const Process& process);

// In any case of ASCII letters.
bool ContainsText(std::string_view text, std::string_view wanted);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_PROCESS_FILTER_H_
