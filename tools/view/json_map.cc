// Tested by tests/tools/view/map_text_test.cc.

#include "tools/view/json_map.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string Hex(uint64_t address) { return fmt::format("{:#x}", address); }

Json MappingJson(const Mapping& mapping, SpaceKind kind) {
  return {{"start", Hex(mapping.start)},
          {"end", Hex(mapping.end)},
          {"size", mapping.size()},
          {"kind", SpaceKindKey(kind)},
          {"permissions", mapping.permissions},
          {"offset", mapping.offset},
          {"file", mapping.path.empty() ? Json(nullptr) : Json(SanitizeUtf8(mapping.path))},
          {"rss", OrNull(mapping.rss)},
          {"pss", OrNull(mapping.pss)},
          {"dirty", OrNull(mapping.dirty())},
          {"swap", OrNull(mapping.swap)},
          {"huge", OrNull(mapping.huge)},
          {"locked", OrNull(mapping.locked)}};
}

Json Head(const char* schema, const AddressSpace& space) {
  Json json;
  json["schema"] = schema;
  json["pid"] = space.pid;
  json["command"] = SanitizeUtf8(space.name);
  return json;
}

}  // namespace

std::string MapJson(const AddressSpace& space) {
  Json json = Head("glassheap.map/1", space);
  json["page_tables"] = OrNull(space.page_tables);
  Json mappings = Json::array();
  for (size_t i = 0; i < space.mappings.size(); ++i) {
    mappings.push_back(MappingJson(space.mappings[i], space.kinds[i]));
  }
  json["mappings"] = std::move(mappings);
  return json.dump() + "\n";
}

std::string PagesJson(const AddressSpace& space, const std::vector<PageState>& pages) {
  Json json = Head("glassheap.pages/1", space);
  Json list = Json::array();
  for (const PageState& page : pages) {
    list.push_back({{"address", Hex(page.address)},
                    {"present", page.present},
                    {"swapped", page.swapped},
                    {"guard", page.guard},
                    {"file_or_shared", page.file_or_shared},
                    {"exclusive", page.exclusive},
                    {"soft_dirty", page.soft_dirty},
                    {"frame", OrNull(page.frame)},
                    {"mapped", OrNull(page.mapped)},
                    {"flags", page.flag_bits ? Json(PageFlagNames(*page.flag_bits)) : Json(nullptr)},
                    {"swap_type", page.swap_offset ? Json(page.swap_type) : Json(nullptr)},
                    {"swap_offset", OrNull(page.swap_offset)}});
  }
  json["pages"] = std::move(list);
  return json.dump() + "\n";
}

}  // namespace glassheap::tools
