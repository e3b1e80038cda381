// What `oomscore explain` and `oomscore unit` print.

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_EXPLAIN_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_EXPLAIN_H_

#include <string>
#include <string_view>

#include "tools/model/oom_explanation.h"

namespace glassheap::tools {

std::string OomExplanationText(const OomExplanation& explanation);
std::string OomExplanationJson(const OomExplanation& explanation);  // glassheap.oom_explain/1

// The systemd drop-in, the docker flag and the Kubernetes note that make score_adj last.
std::string OomUnitText(std::string_view name, std::string_view cgroups, int score_adj);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_EXPLAIN_H_
