// Lists to choose from: the column to sort by, a signal, a filter to remove, the columns to show.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_CHOOSERS_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_CHOOSERS_H_

#include "tools/view/top/bindings.h"
#include "tools/view/top/panel.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

Menu SortMenu(const TopSettings& settings);
Menu SignalMenu(const TopTarget& target);
Menu FilterMenu(const TopState& state);

// REQUIRES: the overlay is a Menu, or a ColumnChooser.
TopCommand HandleMenu(const KeyPress& press, TopContext& context);
TopCommand HandleColumns(const KeyPress& press, TopContext& context);

Panel MenuPanel(const Menu& menu);
Panel ColumnsPanel(const ColumnChooser& chooser, const TopSettings& settings);

// Up, Down, PgUp, PgDn, Home and End in a list of so many lines; true when it was one of them.
bool MoveInList(const KeyPress& press, size_t count, size_t page, size_t& selected);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_CHOOSERS_H_
