// The one table of keys: which keys, what the footer and the help call it, and what it does. The help and the footer
// follow from it.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_BINDINGS_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_BINDINGS_H_

#include <span>

#include "tools/view/top/rows.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

// What an action may look at and change.
struct TopContext {
  const TopFrame& frame;
  const TopRows& rows;
  size_t page;  // rows of the table on the screen
  TopState& state;
};

struct KeyBinding {
  const char* keys;    // names of key_press.h, parted by blanks; the first one is in the footer
  const char* footer;  // one or two words; empty: not in the footer
  const char* help;    // one line
  TopCommand (*action)(TopContext& context);
  bool in_detail;  // works while a process' inside is shown, too
};

std::span<const KeyBinding> KeyBindings();

// Null: no such key.
const KeyBinding* FindBinding(const KeyPress& press);

// The process whose inside is shown, or that of the selected row; nothing on a group, or when there is no row.
std::optional<TopTarget> SelectedTarget(const TopContext& context);

// Moves the selection to a row, within the table.
void Select(size_t row, TopContext& context);

// The next row after the selected one that has the searched text; a message when there is none.
void SearchOn(TopContext& context, bool from_here);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_BINDINGS_H_
