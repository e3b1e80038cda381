// A line that is being typed at the foot of the screen, and what it does when it is done. Searches and text filters act
// while they are typed.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_PROMPT_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_PROMPT_H_

#include <string>

#include "tools/view/top/bindings.h"

namespace glassheap::tools {

// REQUIRES: the overlay is a Prompt.
TopCommand HandlePrompt(const KeyPress& press, TopContext& context);

// "Search: redis_"
StyledLine PromptLine(const Prompt& prompt);

// One character of typed text: Backspace, ^U, ^W, or text. False when the key is none of these.
bool EditLine(const KeyPress& press, std::string& typed);

// "1.5" or "1,5": a positive number of seconds, at least 0.05.
Result<double> ParseDelay(std::string text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_PROMPT_H_
