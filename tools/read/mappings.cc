// Tested by tests/tools/read/mappings_test.cc.

#include "tools/read/mappings.h"

#include <algorithm>
#include <charconv>

#include "tools/read/kibibytes.h"

namespace glassheap::tools {
namespace {

using Figure = std::optional<uint64_t> Mapping::*;

constexpr struct {
  std::string_view key;
  Figure figure;
} kFigures[] = {
    {"Rss", &Mapping::rss},
    {"Pss", &Mapping::pss},
    {"Shared_Dirty", &Mapping::shared_dirty},
    {"Private_Dirty", &Mapping::private_dirty},
    {"Anonymous", &Mapping::anonymous},
    {"AnonHugePages", &Mapping::huge},
    {"ShmemPmdMapped", &Mapping::huge},
    {"FilePmdMapped", &Mapping::huge},
    {"Shared_Hugetlb", &Mapping::huge},
    {"Private_Hugetlb", &Mapping::huge},
    {"Swap", &Mapping::swap},
    {"Locked", &Mapping::locked},
};

void SkipBlanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

template <typename Number>
bool Take(std::string_view& text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool TakeCharacter(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view TakeWord(std::string_view& text) {
  SkipBlanks(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// "7f00-7f21 rw-p 00000000 00:00 0    [heap]"
std::optional<Mapping> ParseHeader(std::string_view line) {
  Mapping mapping;
  if (!Take(line, mapping.start, 16) || !TakeCharacter(line, '-') || !Take(line, mapping.end, 16)) return std::nullopt;
  mapping.permissions = TakeWord(line);
  if (mapping.permissions.size() != 4 || mapping.start >= mapping.end) return std::nullopt;
  SkipBlanks(line);
  if (!Take(line, mapping.offset, 16)) return std::nullopt;
  mapping.device = TakeWord(line);
  SkipBlanks(line);
  if (!Take(line, mapping.inode, 10)) return std::nullopt;
  SkipBlanks(line);
  mapping.path = line;
  return mapping;
}

void AddFigure(Mapping& mapping, Figure figure, std::string_view value) {
  const std::optional<uint64_t> bytes = ParseKibibytes(value);
  if (!bytes) return;
  mapping.*figure = (mapping.*figure).value_or(0) + *bytes;  // huge pages are in several lines
}

void ParseField(std::string_view line, Mapping& mapping) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view key = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  if (key == "VmFlags") {
    SkipBlanks(value);
    mapping.flags = value.substr(0, value.find_last_not_of(' ') + 1);
    return;
  }
  for (const auto& row : kFigures) {
    if (key == row.key) return AddFigure(mapping, row.figure, value);
  }
}

// Fields begin with a capital, addresses are in lower case.
bool IsField(std::string_view line) { return !line.empty() && line.front() >= 'A' && line.front() <= 'Z'; }

}  // namespace

bool Mapping::HasFlag(std::string_view flag) const {
  std::string_view rest = flags;
  while (!rest.empty()) {
    if (TakeWord(rest) == flag) return true;
    SkipBlanks(rest);
  }
  return false;
}

std::optional<uint64_t> Mapping::dirty() const {
  if (!shared_dirty && !private_dirty) return std::nullopt;
  return shared_dirty.value_or(0) + private_dirty.value_or(0);
}

std::vector<Mapping> ParseMappings(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (IsField(line)) {
      if (!mappings.empty()) ParseField(line, mappings.back());
    } else if (std::optional<Mapping> mapping = ParseHeader(line)) {
      mappings.push_back(*std::move(mapping));
    }
  }
  return mappings;
}

Result<std::vector<Mapping>> ReadMappings(const Directory& process, bool with_figures) {
  const Result<std::string> text = process.ReadFile(with_figures ? "smaps" : "maps", kMaxSmapsBytes);
  if (!text) return text.error();
  return ParseMappings(*text);
}

}  // namespace glassheap::tools
