// Sizes as the files of /proc print them: "VmRSS:     1684 kB". A pure parser.

#ifndef GLASSHEAP_TOOLS_READ_KIBIBYTES_H_
#define GLASSHEAP_TOOLS_READ_KIBIBYTES_H_

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

// "     1684 kB", what follows a line's colon, in bytes. Nothing for any other unit, or for more than 64 bits of bytes.
inline std::optional<uint64_t> ParseKibibytes(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t kibibytes = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, kibibytes);
  if (error != std::errc() || std::string_view(end, static_cast<size_t>(last - end)) != " kB") return std::nullopt;
  return kibibytes <= UINT64_MAX / 1024 ? std::optional(kibibytes * 1024) : std::nullopt;
}

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_KIBIBYTES_H_
