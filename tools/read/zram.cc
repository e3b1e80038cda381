// Tested by tests/tools/read/zram_test.cc.

#include "tools/read/zram.h"

#include <charconv>

namespace glassheap::tools {
namespace {

constexpr int kUsedTotal = 2;  // "orig_data_size compr_data_size mem_used_total ..."

std::optional<uint64_t> ThirdNumber(std::string_view text) {
  uint64_t value = 0;
  for (int i = 0; i <= kUsedTotal; ++i) {
    const size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  return value;
}

}  // namespace

std::optional<uint64_t> ReadZramBytes(const Root& root) {
  const Result<std::vector<std::string>> devices = root.List("sys/block");
  if (!devices) return std::nullopt;
  std::optional<uint64_t> sum;
  for (const std::string& device : *devices) {
    if (!device.starts_with("zram")) continue;
    const Result<std::string> text = root.ReadFile("sys/block/" + device + "/mm_stat", 4096);
    const std::optional<uint64_t> bytes = text ? ThirdNumber(*text) : std::nullopt;
    if (bytes) sum = sum.value_or(0) + *bytes;
  }
  return sum;
}

}  // namespace glassheap::tools
