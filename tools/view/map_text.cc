// Tested by tests/tools/view/map_text_test.cc.

#include "tools/view/map_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kBarWidth = 10;
constexpr uint64_t kShownGap = uint64_t{1} << 30;  // smaller gaps are not worth a line
constexpr uint64_t kUpperHalf = uint64_t{1} << 63;

std::string Bytes(const std::optional<uint64_t>& bytes) { return bytes ? FineBytes(*bytes) : "-"; }

// At least one mark for what is there at all.
std::string Bar(const std::optional<uint64_t>& part, uint64_t whole) {
  if (!part || *part == 0 || whole == 0) return "";
  const double share = static_cast<double>(*part) / static_cast<double>(whole);
  const auto marks = static_cast<uint64_t>(share * kBarWidth + 0.5);
  return std::string(std::clamp<uint64_t>(marks, 1, kBarWidth), '#');
}

std::string Address(uint64_t address) { return fmt::format("{:016x}", address); }

std::string File(const SpaceBlock& block) {
  const std::string path = SanitizeText(block.path);
  if (block.mappings < 2 || block.kind == SpaceKind::kThreadStack) return path;
  return path + (path.empty() ? "" : "  ") + fmt::format("({} mappings)", block.mappings);
}

std::vector<std::string> Cells(const SpaceBlock& block) {
  const std::string permissions = block.permissions.empty() ? "mixed" : block.permissions;
  return {Address(block.start),
          FineBytes(block.size()),
          Bytes(block.rss),
          Bytes(block.dirty),
          Bytes(block.swap),
          permissions,
          SpaceKindLabel(block.kind),
          Bar(block.rss, block.size()),
          File(block)};
}

// One block for each mapping.
std::vector<SpaceBlock> EachMapping(const AddressSpace& space) {
  std::vector<SpaceBlock> blocks;
  const std::span<const Mapping> mappings = space.mappings;
  const std::span<const SpaceKind> kinds = space.kinds;
  for (size_t i = 0; i < mappings.size(); ++i) {
    blocks.push_back(JoinMappings(mappings.subspan(i, 1), kinds.subspan(i, 1)).front());
  }
  return blocks;
}

std::string PictureTable(const std::vector<SpaceBlock>& blocks) {
  Table table({{"ADDRESS"},
               {"SIZE"},
               {"RSS"},
               {"DIRTY"},
               {"SWAP"},
               {"PERM", Align::kLeft},
               {"WHAT", Align::kLeft},
               {"RESIDENT", Align::kLeft, kBarWidth},
               {"FILE", Align::kLeft}},
              {.indent = "  "});
  uint64_t last = 0;
  for (const SpaceBlock& block : blocks) {
    const uint64_t gap = block.start - std::min(last, block.start);
    if (gap >= kShownGap)
      table.AddRow({":", FineBytes(gap), "", "", "", "", block.start < kUpperHalf ? "nothing" : "the kernel's"});
    table.AddRow(Cells(block));
    last = block.end;
  }
  return table.Text();
}

// What blocks of one kind add up to. JoinMappings left a figure absent where a mapping did not say; so does this.
SpaceBlock Sum(const std::vector<SpaceBlock>& blocks, std::optional<SpaceKind> kind, uint64_t& size) {
  SpaceBlock sum;
  sum.rss = sum.dirty = sum.swap = sum.huge = 0;
  const auto add = [](std::optional<uint64_t>& total, const std::optional<uint64_t>& figure) {
    total = total && figure ? std::optional(*total + *figure) : std::nullopt;
  };
  for (const SpaceBlock& block : blocks) {
    if (kind && block.kind != *kind) continue;
    size += block.size();
    sum.mappings += block.mappings;
    add(sum.rss, block.rss);
    add(sum.dirty, block.dirty);
    add(sum.swap, block.swap);
    add(sum.huge, block.huge);
  }
  return sum;
}

std::string SumsTable(const std::vector<SpaceBlock>& blocks) {
  Table table({{"WHAT", Align::kLeft},
               {"MAPPINGS"},
               {"SIZE"},
               {"RSS"},
               {"DIRTY"},
               {"SWAP"},
               {"HUGE"},
               {"SHARE OF RSS", Align::kLeft}},
              {.indent = "  "});
  uint64_t whole_size = 0;
  const SpaceBlock whole = Sum(blocks, std::nullopt, whole_size);
  const auto row = [&](const char* label, const SpaceBlock& sum, uint64_t size) {
    table.AddRow({label, std::to_string(sum.mappings), FineBytes(size), Bytes(sum.rss), Bytes(sum.dirty),
                  Bytes(sum.swap), Bytes(sum.huge), Bar(sum.rss, whole.rss.value_or(0))});
  };
  for (const SpaceKindName& kind : kSpaceKinds) {
    uint64_t size = 0;
    const SpaceBlock sum = Sum(blocks, kind.kind, size);
    if (sum.mappings > 0) row(kind.label, sum, size);
  }
  row("all", whole, whole_size);
  return table.Text();
}

std::string Where(const PageState& page) {
  if (page.present) return page.exclusive ? "present, mapped once" : "present";
  if (page.guard) return "guard";
  return page.swapped ? "swapped out" : "not there";
}

std::string Frame(const PageState& page) {
  if (page.swap_offset) return fmt::format("swap {}:{:#x}", page.swap_type, *page.swap_offset);
  if (page.frame) return fmt::format("{:#x}", *page.frame);
  return page.present ? "hidden" : "-";
}

}  // namespace

std::string MapText(const AddressSpace& space, const MapTextOptions& options) {
  const std::vector<SpaceBlock> blocks =
      options.every_mapping ? EachMapping(space) : JoinMappings(space.mappings, space.kinds);
  return fmt::format("{} ({})   {} mappings   page tables {}\n", SanitizeText(space.name), space.pid,
                     space.mappings.size(), Bytes(space.page_tables)) +
         PictureTable(blocks) + SumsTable(blocks);
}

std::string PagesText(const AddressSpace& space, const std::vector<PageState>& pages) {
  Table table({{"ADDRESS"},
               {"STATE", Align::kLeft},
               {"FRAME", Align::kLeft},
               {"MAPPED"},
               {"WHAT", Align::kLeft},
               {"FLAGS", Align::kLeft}},
              {.indent = "  "});
  bool hidden = false;
  for (const PageState& page : pages) {
    const auto at = std::ranges::find_if(space.mappings, [&](const Mapping& mapping) {
      return mapping.start <= page.address && page.address < mapping.end;
    });
    const char* what = at == space.mappings.end()
                           ? "nothing"
                           : SpaceKindLabel(space.kinds[static_cast<size_t>(at - space.mappings.begin())]);
    hidden |= page.present && !page.frame;
    table.AddRow({Address(page.address), Where(page), Frame(page), page.mapped ? std::to_string(*page.mapped) : "-",
                  what, page.flag_bits ? PageFlagNames(*page.flag_bits) : "-"});
  }
  const std::string note = hidden ? "  the kernel shows frame numbers to CAP_SYS_ADMIN only (root)\n" : "";
  return fmt::format("{} ({})\n", SanitizeText(space.name), space.pid) + table.Text() + note;
}

}  // namespace glassheap::tools
