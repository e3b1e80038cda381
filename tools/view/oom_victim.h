// What `oomscore victim` prints.

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_VICTIM_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_VICTIM_H_

#include <string>
#include <vector>

#include "tools/model/oom_forecast.h"

namespace glassheap::tools {

// "whole machine", "memory nodes 0-1", "memory cgroup /a", with their size.
std::string OomDomainText(const OomDomain& domain);

// What may make it come out otherwise, a sentence each; sanitized.
std::vector<std::string> OomForecastNotes(const OomForecast& forecast);

std::string OomVictimText(const OomForecast& forecast);

// Schema glassheap.victim/1.
std::string OomVictimJson(const OomForecast& forecast);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_VICTIM_H_
