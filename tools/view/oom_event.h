// What `oomscore watch` prints of a kill: one line for people, or one of JSON (glassheap.oom_event/1).

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_EVENT_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_EVENT_H_

#include <string>

#include "tools/model/oom_event.h"

namespace glassheap::tools {

std::string OomEventText(const OomEvent& event);      // in local time
std::string OomEventJsonLine(const OomEvent& event);  // ended by '\n', as the text

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_EVENT_H_
