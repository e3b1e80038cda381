// An input is a way to spoil a region: its first byte chooses what is spoilt and how, the rest are bytes or changes.
//
//   0  the bytes themselves are the region
//   1  a small region that is right, with changes
//   2  a core dump of a process with that region, with changes
//   3  a full region as the allocator lays it out, with changes. Slow: only when the other six bits of the first byte are
//      0; else as 1
//
// Of bit 2: the region changes while it is read, by one of the changes after each read. When the top four bits are 0 its text
// and JSON views are looked at too.
//
// A change is 4 bytes: where (16 bits, spread over the size), how wide and what (8 bits), and a byte. Most words of a region
// are counters, so most changes leave it readable and lie about something.

#include "tests/fuzz/region_fuzz.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/fake_core.h"
#include "tests/support/fake_region.h"
#include "tools/model/heap.h"
#include "tools/model/history.h"
#include "tools/model/process_heap.h"
#include "tools/read/byte_source.h"
#include "tools/read/core_file.h"
#include "tools/read/region_reader.h"
#include "tools/view/heap_text.h"
#include "tools/view/history_text.h"
#include "tools/view/json.h"

namespace glassheap::testing {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kFewRows = 5;
constexpr size_t kChange = 4;  // bytes of input
constexpr uint64_t kAddress = 0x7f0000001000;

[[noreturn]] void Die(const char* why) {
  std::fprintf(stderr, "region_fuzz: %s\n", why);
  std::abort();
}

template <typename T>
T Load(const Bytes& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

uint64_t Append(Bytes& to, const Bytes& from, uint64_t offset, uint64_t size) {
  const uint64_t at = to.size();
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(offset),
            from.begin() + static_cast<ptrdiff_t>(offset + size));
  return at;
}

// The descriptors of a section.
void AppendShort(Bytes& to, const Bytes& from, const abi::TocEntry& entry) {
  for (uint32_t i = 0; i < entry.descriptor_count; ++i) {
    auto one = Load<abi::CounterDescriptor>(from, entry.descriptor_offset + i * sizeof(abi::CounterDescriptor));
    std::memset(one.help + 8, 0, sizeof one.help - 8);
    const auto* first = reinterpret_cast<const std::byte*>(&one);
    to.insert(to.end(), first, first + sizeof one);
  }
}

// The same region with few rows in each section and short help: a hundred times as many executions.
Bytes Compact(const Bytes& full) {
  auto header = Load<abi::RegionHeader>(full, 0);
  std::vector<abi::TocEntry> toc(header.toc_count);
  std::memcpy(toc.data(), full.data() + header.toc_offset, toc.size() * sizeof toc[0]);
  Bytes small(sizeof header + toc.size() * sizeof toc[0]);
  std::map<uint32_t, uint32_t> moved;  // descriptors are shared
  for (abi::TocEntry& entry : toc) {
    const auto [place, is_new] = moved.try_emplace(entry.descriptor_offset, static_cast<uint32_t>(small.size()));
    if (is_new) AppendShort(small, full, entry);
    entry.descriptor_offset = place->second;
    entry.row_count = std::min(entry.row_count, kFewRows);
    entry.offset = Append(small, full, entry.offset, uint64_t{entry.row_size} * entry.row_count);
  }
  header.toc_offset = sizeof header;
  header.total_size = small.size();
  std::memcpy(small.data(), &header, sizeof header);
  std::memcpy(small.data() + sizeof header, toc.data(), toc.size() * sizeof toc[0]);
  return small;
}

Bytes FullRegion() {
  const auto region = MakeFakeHeap(42);
  region->header.region_address = kAddress;
  for (uint64_t i = 0; i < kFewRows - 1; ++i) {
    region->history[i].time = (i + 1) * 1'000'000'000;
    region->history[i].live_bytes = i << 20;
  }
  return BytesOf(*region);
}

const Bytes& Base(int mode) {
  static const Bytes full = FullRegion();
  static const Bytes small = Compact(full);
  static const Bytes core = MakeFakeCore(42, 6, {{0x400000, Bytes(64)}, {kAddress, small}});
  return mode == 1 ? small : mode == 2 ? core : full;
}

// Numbers at which counts and offsets turn.
uint64_t Interesting(uint8_t choice, uint8_t byte) {
  constexpr std::array<uint64_t, 8> kValues = {
      0,          UINT64_MAX,          uint64_t{1} << 56, (uint64_t{1} << 56) + 1,
      UINT32_MAX, uint64_t{INT64_MAX}, uint64_t{1} << 31, 0x20};
  return (choice & 8) != 0 ? kValues[choice % 8] : uint64_t{byte} << (choice % 8 * 7);
}

// REQUIRES: input.size() >= kChange.
void Change(Bytes& bytes, std::span<const uint8_t> input) {
  if (bytes.empty()) return;
  const uint64_t value = Interesting(input[2], input[3]);
  const size_t width = size_t{1} << (input[2] >> 4 & 3);
  // Bit 6: in the first 4 KiB, where what leads to everything else is.
  const size_t reach = (input[2] & 64) != 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
  size_t at = (size_t{input[0]} << 8 | input[1]) * reach >> 16;
  if ((input[2] & 128) != 0) at &= ~size_t{7};
  std::memcpy(bytes.data() + at, &value, std::min(width, bytes.size() - at));
}

Bytes Spoilt(const Bytes& base, std::span<const uint8_t> input) {
  Bytes bytes = base;
  for (; input.size() >= kChange; input = input.subspan(kChange)) Change(bytes, input);
  // What is left: cut off there.
  if (input.size() == 3) {
    bytes.resize((size_t{input[0]} << 16 | size_t{input[1]} << 8 | input[2]) % (bytes.size() + 1));
  }
  return bytes;
}

// A region whose writer goes on meanwhile: what is read again is no longer what it was.
class ChangingBytes : public tools::ByteSource {
 public:
  ChangingBytes(Bytes bytes, std::span<const uint8_t> changes) : bytes_(std::move(bytes)), changes_(changes) {}

  uint64_t size() const override { return bytes_.size(); }

  size_t ReadSome(uint64_t offset, std::span<std::byte> to) const override {
    const size_t got = tools::MemoryBytes(bytes_).ReadSome(offset, to);
    if (changes_.size() < kChange) return got;
    Change(bytes_, changes_);
    changes_ = changes_.subspan(kChange);
    return got;
  }

 private:
  mutable Bytes bytes_;
  mutable std::span<const uint8_t> changes_;
};

void ExpectPrintable(std::string_view text) {
  for (const char c : text) {
    if (c != '\n' && (static_cast<unsigned char>(c) < ' ' || c == 0x7f)) Die("a control character was printed");
  }
}

void LookAtViews(const tools::RegionImage& image, const tools::Heap& heap, const tools::HeapHistory& history) {
  ExpectPrintable(image.version());
  for (const tools::RegionSection& section : image.sections()) {
    for (const tools::RegionCounter& counter : section.counters) {
      ExpectPrintable(counter.Name());
      ExpectPrintable(counter.Help());
    }
  }
  ExpectPrintable(tools::HistoryText(history) + tools::GrowthSentence(history));
  tools::HeapReport report;
  report.heap = heap;
  report.history = history;
  report.status.name = "\x1b[31m";
  ExpectPrintable(tools::HeapText(report, {.classes = true, .threads = true}));
  ExpectPrintable(tools::HeapJson(report));
}

RegionFuzz LookAt(const tools::RegionImage& image, bool views) {
  for (const tools::RegionSection& section : image.sections()) {
    if (section.row_count == 0) continue;
    for (const tools::RegionCounter& counter : section.counters)
      (void)image.Value(section, section.row_count - 1, counter);
  }
  const auto heap = tools::MakeHeap(image);
  if (!heap) return RegionFuzz::kParsed;
  const tools::HeapHistory history = tools::MakeHistory(image, *heap, 5);
  (void)tools::GrowthOfLive(history);
  if (!views) return RegionFuzz::kHeap;
  (void)tools::SummarizeHeap(image);
  LookAtViews(image, *heap, history);
  return RegionFuzz::kHeap;
}

RegionFuzz AsRegion(const tools::ByteSource& source, bool views) {
  const auto image = tools::ReadRegion(source);
  return image ? LookAt(*image, views) : RegionFuzz::kRefused;
}

RegionFuzz AsCore(const Bytes& bytes) {
  const tools::MemoryBytes source(bytes);
  const auto core = tools::ParseCore(source);
  if (!core) return RegionFuzz::kRefused;
  const auto image = tools::RegionOfCore(source, *core);
  return image ? LookAt(*image, false) : RegionFuzz::kRefused;
}

}  // namespace

RegionFuzz FuzzRegion(const uint8_t* data, size_t size) {
  if (size == 0) return RegionFuzz::kRefused;
  const int mode = data[0] & 3;
  const bool full = data[0] == 3;
  const bool changes = (data[0] & 4) != 0;
  const bool views = data[0] < 16;
  const std::span<const uint8_t> input(data + 1, size - 1);
  if (mode == 0) return AsRegion(tools::MemoryBytes(std::as_bytes(input)), views);
  const int base = mode == 3 && !full ? 1 : mode;
  // Half of the changes before, half while it is read.
  const size_t before = changes ? input.size() / 2 / kChange * kChange : input.size();
  Bytes bytes = Spoilt(Base(base), input.first(before));
  if (base == 2) return AsCore(bytes);
  return AsRegion(ChangingBytes(std::move(bytes), input.subspan(before)), views);
}

}  // namespace glassheap::testing
