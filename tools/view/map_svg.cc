// Tested by tests/tools/view/map_text_test.cc.

#include "tools/view/map_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "tools/view/sanitize.h"
#include "tools/view/svg.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr double kMargin = 16;
constexpr double kHead = 64;
constexpr double kAddressWidth = 140;
constexpr double kBlockWidth = 220;
constexpr double kTextWidth = 620;
constexpr size_t kPathCharacters = 42;   // what kTextWidth has room for
constexpr double kGap = 20;              // of addresses that nothing is mapped at
constexpr double kLeast = 16;            // one line of text
constexpr double kPerDoubling = 2;       // more for each doubling of the size, from a page on
constexpr uint64_t kShownGap = 1 << 20;  // smaller ones are not worth a break
constexpr size_t kMaxBlocks = 2000;      // a picture that a browser still opens

// In the order of SpaceKind.
constexpr const char* kColors[] = {
    svg_color::kRed,  svg_color::kOrange, svg_color::kYellow, svg_color::kYellow, svg_color::kGreen,
    svg_color::kBlue, svg_color::kSky,    svg_color::kGreen,  svg_color::kPink,   svg_color::kGrey,
    svg_color::kSky,  svg_color::kPink,   svg_color::kDark,   svg_color::kDark,   svg_color::kGrey,
};
static_assert(std::size(kColors) == std::size(kSpaceKinds));

double Height(const SpaceBlock& block) {
  const int doublings = std::bit_width(block.size() / 4096);
  return kLeast + kPerDoubling * std::max(doublings - 1, 0);
}

// The end of a path tells files apart; its beginning need not fit.
std::string PathEnd(const std::string& path) {
  const std::string safe = SanitizeText(path);
  if (safe.size() <= kPathCharacters) return safe;
  size_t cut = safe.size() - kPathCharacters;
  while (cut < safe.size() && (safe[cut] & 0xc0) == 0x80) ++cut;  // not within a character
  return "..." + safe.substr(cut);
}

bool HasGap(const SpaceBlock& low, const SpaceBlock& high) { return high.start - low.end >= kShownGap; }

double TotalHeight(const std::vector<SpaceBlock>& blocks) {
  double height = kHead + kMargin;
  for (size_t i = 0; i < blocks.size(); ++i) {
    height += Height(blocks[i]);
    if (i > 0 && HasGap(blocks[i - 1], blocks[i])) height += kGap;
  }
  return height;
}

void DrawBlock(Svg& svg, const SpaceBlock& block, double y) {
  const double height = Height(block);
  const double x = kMargin + kAddressWidth;
  const char* color = kColors[static_cast<size_t>(block.kind)];
  svg.Rectangle(x, y, kBlockWidth, height - 1, svg_color::kPale);
  const double share =
      block.size() == 0 ? 0 : static_cast<double>(block.rss.value_or(0)) / static_cast<double>(block.size());
  svg.Rectangle(x, y, kBlockWidth * std::min(share, 1.0), height - 1, color, SpaceKindLabel(block.kind));
  const double baseline = y + height / 2 + 4;
  svg.Text(kMargin, baseline, fmt::format("{:016x}", block.start), {.size = 11, .color = svg_color::kGrey});
  const std::string rss = block.rss ? FineBytes(*block.rss) : "-";
  svg.Text(x + kBlockWidth + 10, baseline,
           fmt::format("{:<18}{:>8}  resident {:>7}  {}", SpaceKindLabel(block.kind), FineBytes(block.size()), rss,
                       PathEnd(block.path)),
           {.size = 11});
}

void DrawGap(Svg& svg, const SpaceBlock& low, const SpaceBlock& high, double y) {
  svg.Text(kMargin + kAddressWidth + 8, y + kGap / 2 + 4, ": " + FineBytes(high.start - low.end) + " of nothing",
           {.size = 11, .color = svg_color::kGrey});
}

}  // namespace

std::string MapSvg(const AddressSpace& space) {
  std::vector<SpaceBlock> blocks = JoinMappings(space.mappings, space.kinds);
  const size_t omitted = blocks.size() - std::min(blocks.size(), kMaxBlocks);
  blocks.resize(blocks.size() - omitted);
  const std::string title = fmt::format("{} ({})", space.name, space.pid);
  Svg svg(2 * kMargin + kAddressWidth + kBlockWidth + kTextWidth, TotalHeight(blocks), title);
  svg.Text(kMargin, 26, title, {.size = 16, .bold = true});
  std::string subtitle = fmt::format("{} mappings, page tables {}; filled: resident", space.mappings.size(),
                                     space.page_tables ? FineBytes(*space.page_tables) : "-");
  if (omitted > 0) subtitle += fmt::format("; {} blocks at the top left out", omitted);
  svg.Text(kMargin, 46, subtitle, {.size = 12});
  double y = kHead;
  for (size_t i = blocks.size(); i-- > 0;) {
    DrawBlock(svg, blocks[i], y);
    y += Height(blocks[i]);
    if (i == 0 || !HasGap(blocks[i - 1], blocks[i])) continue;
    DrawGap(svg, blocks[i - 1], blocks[i], y);
    y += kGap;
  }
  return svg.Text();
}

}  // namespace glassheap::tools
