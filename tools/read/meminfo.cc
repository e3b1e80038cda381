// Tested by tests/tools/read/meminfo_test.cc.

#include "tools/read/meminfo.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace glassheap::tools {
namespace {

using Field = std::optional<uint64_t> Meminfo::*;

constexpr struct {
  std::string_view key;
  Field field;
} kFields[] = {
    {"MemTotal", &Meminfo::total},
    {"MemFree", &Meminfo::free},
    {"MemAvailable", &Meminfo::available},
    {"Buffers", &Meminfo::buffers},
    {"Cached", &Meminfo::cached},
    {"Shmem", &Meminfo::shmem},
    {"SReclaimable", &Meminfo::reclaimable_slab},
    {"SwapTotal", &Meminfo::swap_total},
    {"SwapFree", &Meminfo::swap_free},
    {"CommitLimit", &Meminfo::commit_limit},
    {"Committed_AS", &Meminfo::committed},
    {"HighTotal", &Meminfo::high_total},
    {"HighFree", &Meminfo::high_free},
    {"LowTotal", &Meminfo::low_total},
    {"LowFree", &Meminfo::low_free},
    {"AnonPages", &Meminfo::anonymous},
    {"Dirty", &Meminfo::dirty},
    {"Writeback", &Meminfo::writeback},
    {"Slab", &Meminfo::slab},
    {"SUnreclaim", &Meminfo::unreclaimable_slab},
    {"KReclaimable", &Meminfo::kernel_reclaimable},
    {"PageTables", &Meminfo::page_tables},
    {"SecPageTables", &Meminfo::secondary_page_tables},
    {"KernelStack", &Meminfo::kernel_stacks},
    {"Percpu", &Meminfo::per_cpu},
    {"VmallocUsed", &Meminfo::vmalloc_used},
    {"Hugetlb", &Meminfo::hugetlb},
    {"Hugepagesize", &Meminfo::huge_page_bytes},
    {"Zswap", &Meminfo::zswap},
    {"Bounce", &Meminfo::bounce},
    {"Balloon", &Meminfo::balloon},
    {"HardwareCorrupted", &Meminfo::hardware_corrupted},
};

// "   24684096 kB" with the unit " kB", "    12" with "".
std::optional<uint64_t> ParseNumber(std::string_view text, std::string_view unit) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  return error == std::errc() && rest == unit ? std::optional(number) : std::nullopt;
}

std::optional<uint64_t> ParseKibibytes(std::string_view text) {
  const std::optional<uint64_t> kibibytes = ParseNumber(text, " kB");
  if (!kibibytes || *kibibytes > std::numeric_limits<int64_t>::max() / 1024) return std::nullopt;
  return *kibibytes * 1024;
}

void ParseLine(std::string_view line, Meminfo& meminfo) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view value = line.substr(colon + 1);
  for (const auto& [key, field] : kFields) {
    if (line.substr(0, colon) == key) meminfo.*field = ParseKibibytes(value);
  }
  if (line.substr(0, colon) == "HugePages_Total") meminfo.huge_pages_total = ParseNumber(value, "");
}

}  // namespace

Meminfo ParseMeminfo(std::string_view text) {
  Meminfo meminfo;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ParseLine(text.substr(0, end), meminfo);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return meminfo;
}

}  // namespace glassheap::tools
