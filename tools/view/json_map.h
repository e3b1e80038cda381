// memstat map's JSON. Keys and units are a contract: integers are bytes, null is what is not available; addresses are
// strings in hexadecimal, as numbers beyond 2^53 are not safe with every reader. One line, ended by '\n'.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_MAP_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_MAP_H_

#include <string>
#include <vector>

#include "tools/model/address_space.h"
#include "tools/read/page_frames.h"

namespace glassheap::tools {

std::string MapJson(const AddressSpace& space);                                         // glassheap.map/1
std::string PagesJson(const AddressSpace& space, const std::vector<PageState>& pages);  // glassheap.pages/1

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_MAP_H_
