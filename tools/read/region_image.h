// A private copy of a stats region, checked from end to end before anything in
// it is believed.
//
// The region is written by the process it describes, which may be hostile.
// Invariants after Parse succeeded:
//   (1) every section's rows and every counter of a row lie inside the copy,
//   whatever the region claimed (2) names of counters are [a-z0-9_]+, help
//   texts printable ASCII: both can be printed as they are (3) there are
//   GLOBAL, CLASSES and THREADS, each once; PEAK and kinds we do not know are
//   optional
// The values themselves are claims: a reader adds them up with care
// (model/heap).
//
// It names no counter: sections and counters are found through the table of
// contents, so that a newer region can be read.

#ifndef GLASSHEAP_TOOLS_READ_REGION_IMAGE_H_
#define GLASSHEAP_TOOLS_READ_REGION_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/abi/stats_region.h"
#include "tools/read/result.h"

namespace glassheap::tools {

// As the region describes it, name and help checked. Held as it was found: eighty pairs of strings would take longer to make
// than everything else that is done with a region.
struct RegionCounter : abi::CounterDescriptor {
  std::string_view Name() const { return name; }
  std::string_view Help() const { return help; }
};

struct RegionSection {
  abi::SectionKind kind;
  bool has_sequence;
  uint32_t row_size;
  uint32_t row_count;
  uint64_t offset;  // of row 0
  std::vector<RegionCounter> counters;

  // nullptr when the writer has no such counter.
  const RegionCounter* Find(std::string_view name) const;
  uint64_t RowOffset(size_t row) const { return offset + uint64_t{row_size} * row; }
};

class RegionImage {
 public:
  // Errors have kErrorUnreadable and say what is wrong.
  static Result<RegionImage> Parse(std::vector<std::byte> bytes);

  const abi::RegionHeader& header() const { return header_; }
  std::string version() const;  // of the glassheap that writes; printable

  // nullptr when there is none.
  const RegionSection* Section(abi::SectionKind kind) const;
  const std::vector<RegionSection>& sections() const { return sections_; }

  // REQUIRES: row < section.row_count; counter is one of section's.
  uint64_t Value(const RegionSection& section, size_t row, const RegionCounter& counter) const;

  // Rows of CLASSES that stand for a class are 1 .. class_count() - 1.
  size_t class_count() const { return header_.class_count; }

  // The bytes of a row, for the reader that settles them. REQUIRES: row <
  // section.row_count.
  std::span<std::byte> RowBytes(const RegionSection& section, size_t row);

  // Rows whose sequence number did not come to rest while they were read: their
  // words are right one by one and may not belong together.
  size_t unsettled_rows() const { return unsettled_.size(); }
  bool IsUnsettled(abi::SectionKind kind, size_t row) const;
  struct RowName {
    abi::SectionKind kind;
    size_t row;
  };

  // How the reading went: the rows above, and GLOBAL's row as it was before
  // anything else was read and after.
  struct Reading {
    std::vector<RowName> unsettled;
    std::vector<std::byte> global_before;
    std::vector<std::byte> global_after;
  };
  void set_reading(Reading reading);

  // By how much a counter of GLOBAL grew while the region was read; 0 for a
  // copy that was not read from a running process. Wraps for one that fell.
  uint64_t GrewWhileRead(const RegionCounter& counter) const;

 private:
  std::vector<std::byte> bytes_;
  abi::RegionHeader header_ = {};
  std::vector<RegionSection> sections_;
  std::vector<RowName> unsettled_;
  std::vector<std::byte> global_before_;
  std::vector<std::byte> global_after_;
};

// Of Error::errno_value, for failures that are about regions.
inline constexpr int kErrorNoRegion = 61;    // ENODATA: not a glassheap process
inline constexpr int kErrorInherited = 116;  // ESTALE: a forked child that still holds its parent's region
inline constexpr int kErrorUnreadable = 74;  // EBADMSG: there is one, and it is not what it should be

Error UnreadableRegion(std::string why);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_IMAGE_H_
