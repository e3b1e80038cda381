// A heap over the last minutes, as a table and a sentence.

#ifndef GLASSHEAP_TOOLS_VIEW_HISTORY_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_HISTORY_TEXT_H_

#include <string>

#include "tools/model/history.h"

namespace glassheap::tools {

// "live grew 180Mi in the last 10 min, sustained". Empty when there is too
// little history to say so.
std::string GrowthSentence(const HeapHistory& history);

struct HistoryTextOptions {
  size_t rows = 12;          // at most, evenly over the time; at least 2
  const char* last = "now";  // what the last entry is
};

// What live and the other tiers were, oldest first. Empty when there are fewer
// than two entries.
std::string HistoryText(const HeapHistory& history, const HistoryTextOptions& options = {});

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_HISTORY_TEXT_H_
