// Tested by tests/tools/read/stack_pointers_test.cc.

#include "tools/read/stack_pointers.h"

#include <charconv>
#include <string>

namespace glassheap::tools {

std::optional<uint64_t> ParseStackPointer(std::string_view text) {
  const size_t last = text.rfind(" 0x");
  if (last == std::string_view::npos) return std::nullopt;
  const size_t before = text.substr(0, last).rfind(" 0x");
  if (before == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(before + 3, last - before - 3);
  uint64_t address = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
  if (error != std::errc() || end != digits.data() + digits.size() || address == 0) return std::nullopt;
  return address;
}

std::vector<uint64_t> ReadStackPointers(const Directory& process) {
  std::vector<uint64_t> pointers;
  const Result<std::vector<std::string>> threads = process.List("task");
  if (!threads) return pointers;
  for (size_t i = 0; i < threads->size() && i < kMaxStackPointers; ++i) {
    const Result<std::string> text = process.ReadFile(("task/" + (*threads)[i] + "/syscall").c_str());
    if (!text) continue;
    if (const std::optional<uint64_t> pointer = ParseStackPointer(*text)) pointers.push_back(*pointer);
  }
  return pointers;
}

}  // namespace glassheap::tools
