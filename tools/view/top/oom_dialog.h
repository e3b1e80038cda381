// Adjusting who is killed first: a value is typed on either scale, and the place it would give is shown before it is
// written.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_OOM_DIALOG_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_OOM_DIALOG_H_

#include "tools/view/top/bindings.h"
#include "tools/view/top/panel.h"

namespace glassheap::tools {

// REQUIRES: the overlay is an OomDialog.
TopCommand HandleOomDialog(const KeyPress& press, TopContext& context);

Panel OomPanel(const OomDialog& dialog, const TopFrame& frame);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_OOM_DIALOG_H_
