// Tested by tests/tools/read/region_image_test.cc and region_hostile_test.cc.

#include "tools/read/region_image.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace glassheap::tools {
namespace {

static_assert(kErrorNoRegion == ENODATA && kErrorInherited == ESTALE && kErrorUnreadable == EBADMSG);

using Bytes = std::vector<std::byte>;

// No honest region comes near these; below them no product overflows.
constexpr uint32_t kMaxToc = 64;
constexpr uint32_t kMaxRows = 1 << 16;
constexpr uint32_t kMaxRowSize = 4096;
constexpr uint32_t kMaxDescriptors = 256;
constexpr uint32_t kMinPage = 4096;
constexpr uint32_t kMaxPage = 2 << 20;

bool Fits(uint64_t offset, uint64_t count, uint64_t size, uint64_t total) {
  return offset <= total && count * size <= total - offset;  // callers bound count and size: no overflow
}

// REQUIRES: offset + sizeof(T) <= bytes.size().
template <typename T>
T Load(const Bytes& bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <size_t kSize>
std::optional<std::string_view> Text(const char (&field)[kSize]) {
  const char* end = static_cast<const char*>(std::memchr(field, '\0', kSize));
  if (end == nullptr) return std::nullopt;
  return std::string_view(field, end);
}

bool IsName(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<Error> CheckHeader(const abi::RegionHeader& header, size_t size) {
  if (std::memcmp(header.magic, abi::kRegionMagic, sizeof header.magic) != 0) return UnreadableRegion("no magic");
  if (header.layout_version != abi::kLayoutVersion) {
    return UnreadableRegion("layout version " + std::to_string(header.layout_version) + ", this tool reads " +
                            std::to_string(abi::kLayoutVersion));
  }
  if (header.generation == 0) return UnreadableRegion("it is still being made");
  if (header.header_size < sizeof header || header.header_size > size) return UnreadableRegion("header size");
  if (header.total_size < header.header_size || header.total_size > size) return UnreadableRegion("total size");
  if (!std::has_single_bit(header.page_size) || header.page_size < kMinPage || header.page_size > kMaxPage) {
    return UnreadableRegion("page size");
  }
  if (header.toc_count > kMaxToc ||
      !Fits(header.toc_offset, header.toc_count, sizeof(abi::TocEntry), header.total_size)) {
    return UnreadableRegion("table of contents outside the region");
  }
  return std::nullopt;
}

std::optional<Error> CheckTocEntry(const abi::TocEntry& entry, uint64_t total) {
  if (entry.row_size == 0 || entry.row_size % 8 != 0 || entry.row_size > kMaxRowSize)
    return UnreadableRegion("row size");
  if (entry.row_count > kMaxRows || entry.offset % 8 != 0 ||
      !Fits(entry.offset, entry.row_count, entry.row_size, total)) {
    return UnreadableRegion("section outside the region");
  }
  if (entry.descriptor_count > kMaxDescriptors ||
      !Fits(entry.descriptor_offset, entry.descriptor_count, sizeof(abi::CounterDescriptor), total)) {
    return UnreadableRegion("descriptors outside the region");
  }
  return std::nullopt;
}

Result<RegionCounter> ParseCounter(const abi::CounterDescriptor& descriptor, const abi::TocEntry& entry) {
  const std::optional<std::string_view> name = Text(descriptor.name);
  const std::optional<std::string_view> help = Text(descriptor.help);
  if (!name || !IsName(*name) || !help || !IsPrintable(*help)) return UnreadableRegion("name of a counter");
  const uint32_t first = entry.has_sequence != 0 ? 8 : 0;
  if (descriptor.offset % 8 != 0 || descriptor.offset < first || descriptor.offset + 8u > entry.row_size) {
    return UnreadableRegion("counter outside its row");
  }
  return RegionCounter{descriptor};
}

Result<RegionSection> ParseSection(const Bytes& bytes, const abi::TocEntry& entry, uint64_t total) {
  if (std::optional<Error> error = CheckTocEntry(entry, total)) return *std::move(error);
  RegionSection section = {static_cast<abi::SectionKind>(entry.kind),
                           entry.has_sequence != 0,
                           entry.row_size,
                           entry.row_count,
                           entry.offset,
                           {}};
  section.counters.reserve(entry.descriptor_count);
  for (uint32_t i = 0; i < entry.descriptor_count; ++i) {
    const uint64_t at = entry.descriptor_offset + i * sizeof(abi::CounterDescriptor);
    Result<RegionCounter> counter = ParseCounter(Load<abi::CounterDescriptor>(bytes, at), entry);
    if (!counter) return counter.error();
    section.counters.push_back(*std::move(counter));
  }
  return section;
}

std::optional<Error> CheckSections(const RegionImage& image) {
  for (const RegionSection& section : image.sections()) {
    const auto same = [&](const RegionSection& other) { return other.kind == section.kind; };
    if (std::count_if(image.sections().begin(), image.sections().end(), same) > 1) {
      return UnreadableRegion("a section twice");
    }
  }
  const RegionSection* global = image.Section(abi::SectionKind::kGlobal);
  const RegionSection* peak = image.Section(abi::SectionKind::kPeak);
  const RegionSection* classes = image.Section(abi::SectionKind::kClasses);
  const RegionSection* threads = image.Section(abi::SectionKind::kThreads);
  if (global == nullptr || classes == nullptr || threads == nullptr) return UnreadableRegion("a section is missing");
  if (global->row_count == 0 || (peak != nullptr && peak->row_count == 0))
    return UnreadableRegion("a section is empty");
  if (image.class_count() > classes->row_count) return UnreadableRegion("more classes than rows");
  return std::nullopt;
}

}  // namespace

Error UnreadableRegion(std::string why) { return Error{"unreadable region", std::move(why), kErrorUnreadable}; }

const RegionCounter* RegionSection::Find(std::string_view name) const {
  const auto is_it = [&](const RegionCounter& counter) {
    return name.size() < sizeof counter.name && std::memcmp(counter.name, name.data(), name.size()) == 0 &&
           counter.name[name.size()] == '\0';
  };
  const auto found = std::find_if(counters.begin(), counters.end(), is_it);
  return found == counters.end() ? nullptr : &*found;
}

Result<RegionImage> RegionImage::Parse(std::vector<std::byte> bytes) {
  if (bytes.size() < sizeof(abi::RegionHeader)) return UnreadableRegion("shorter than its header");
  RegionImage image;
  image.header_ = Load<abi::RegionHeader>(bytes, 0);
  if (std::optional<Error> error = CheckHeader(image.header_, bytes.size())) return *std::move(error);
  for (uint32_t i = 0; i < image.header_.toc_count; ++i) {
    const uint64_t at = image.header_.toc_offset + i * sizeof(abi::TocEntry);
    Result<RegionSection> section = ParseSection(bytes, Load<abi::TocEntry>(bytes, at), image.header_.total_size);
    if (!section) return section.error();
    image.sections_.push_back(*std::move(section));
  }
  image.bytes_ = std::move(bytes);
  if (std::optional<Error> error = CheckSections(image)) return *std::move(error);
  return image;
}

std::string RegionImage::version() const {
  const std::optional<std::string_view> text = Text(header_.version);
  return text && IsPrintable(*text) ? std::string(*text) : "";
}

const RegionSection* RegionImage::Section(abi::SectionKind kind) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(), [&](const auto& s) { return s.kind == kind; });
  return found == sections_.end() ? nullptr : &*found;
}

uint64_t RegionImage::Value(const RegionSection& section, size_t row, const RegionCounter& counter) const {
  return Load<uint64_t>(bytes_, section.RowOffset(row) + counter.offset);
}

bool RegionImage::IsUnsettled(abi::SectionKind kind, size_t row) const {
  return std::any_of(unsettled_.begin(), unsettled_.end(),
                     [&](const RowName& name) { return name.kind == kind && name.row == row; });
}

void RegionImage::set_reading(Reading reading) {
  unsettled_ = std::move(reading.unsettled);
  global_before_ = std::move(reading.global_before);
  global_after_ = std::move(reading.global_after);
}

uint64_t RegionImage::GrewWhileRead(const RegionCounter& counter) const {
  const uint64_t end = counter.offset + sizeof(uint64_t);
  if (global_before_.size() < end || global_after_.size() < end) return 0;
  return Load<uint64_t>(global_after_, counter.offset) - Load<uint64_t>(global_before_, counter.offset);
}

std::span<std::byte> RegionImage::RowBytes(const RegionSection& section, size_t row) {
  return std::span(bytes_).subspan(section.RowOffset(row), section.row_size);
}

}  // namespace glassheap::tools
