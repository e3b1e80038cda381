// Tested by tests/tools/read/region_reader_test.cc.

#include "tools/read/region_reader.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace glassheap::tools {
namespace {

constexpr int kMaxRetries = 8;  // of a row that is being written
constexpr int kNeededSeals = F_SEAL_SHRINK | F_SEAL_GROW;

// What fstat and fstatfs tell, which O_PATH allows too. Returns the size.
Result<size_t> CheckKindAndSize(int fd) {
  struct stat status;
  struct statfs file_system;
  if (::fstat(fd, &status) != 0 || ::fstatfs(fd, &file_system) != 0) return UnreadableRegion(std::strerror(errno));
  if (!S_ISREG(status.st_mode) || file_system.f_type != TMPFS_MAGIC) return UnreadableRegion("not a file in memory");
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < sizeof(abi::RegionHeader) || size > abi::kMaxRegionSize) {
    return UnreadableRegion("its size is " + std::to_string(size) + " bytes");
  }
  return static_cast<size_t>(size);
}

uint64_t Sequence(std::span<const std::byte> row) {
  uint64_t sequence;
  std::memcpy(&sequence, row.data(), sizeof sequence);
  return sequence;
}

// A copy of a row is whole when its sequence number is even and a second copy is
// the same. Byte for byte: one read may take the row's words in any order, the
// sequence number last. The region's copy is checked against a fresh one, which
// replaces it until two agree.
bool IsWhole(std::span<const std::byte> row, std::span<const std::byte> again) {
  return Sequence(row) % 2 == 0 && std::memcmp(row.data(), again.data(), row.size()) == 0;
}

bool SettleRow(const ByteSource& source, std::span<std::byte> row, uint64_t offset) {
  std::vector<std::byte> again(row.size());
  for (int retry = 0; retry <= kMaxRetries; ++retry) {
    if (!source.Read(offset, again)) return false;
    if (IsWhole(row, again)) return true;
    std::memcpy(row.data(), again.data(), row.size());
  }
  return false;
}

size_t RowsInUse(const RegionImage& image, const RegionSection& section) {
  return section.kind == abi::SectionKind::kClasses ? image.class_count() : section.row_count;
}

// Reads a section's rows once more and settles the rows whose sequence moved.
// Adds those that would not settle.
void SettleSection(const ByteSource& source, RegionImage& image, const RegionSection& section,
                   std::vector<RegionImage::RowName>& unsettled) {
  const size_t rows = RowsInUse(image, section);
  std::vector<std::byte> again(rows * section.row_size);
  const bool whole = source.Read(section.offset, again);
  for (size_t i = 0; i < rows; ++i) {
    if (!whole) {
      unsettled.push_back({section.kind, i});
      continue;
    }
    const std::span<std::byte> row = image.RowBytes(section, i);
    const std::span<const std::byte> fresh = std::span(again).subspan(i * section.row_size, section.row_size);
    if (IsWhole(row, fresh)) continue;
    if (!SettleRow(source, row, section.RowOffset(i))) unsettled.push_back({section.kind, i});
  }
}

std::vector<std::byte> Copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

Result<size_t> CheckRegionFile(int fd) {
  Result<size_t> size = CheckKindAndSize(fd);
  if (!size) return size;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kNeededSeals) != kNeededSeals) return UnreadableRegion("it is not sealed");
  return size;
}

Result<FileDescriptor> ReopenRegion(int path_fd) {
  const Result<size_t> size = CheckKindAndSize(path_fd);
  if (!size) return size.error();
  const std::string path = "/proc/self/fd/" + std::to_string(path_fd);
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return Error::FromErrno("region", errno);
  return fd;
}

Result<RegionImage> ReadRegion(int fd) {
  const Result<size_t> size = CheckRegionFile(fd);
  if (!size) return size.error();
  return ReadRegion(FileBytes(fd, *size));
}

Result<RegionImage> ReadRegion(const ByteSource& source) {
  std::vector<std::byte> bytes(source.size());
  bytes.resize(source.ReadSome(0, bytes));
  Result<RegionImage> image = RegionImage::Parse(std::move(bytes));
  if (!image) return image;
  RegionImage::Reading reading;
  const RegionSection& global = *image->Section(abi::SectionKind::kGlobal);
  reading.global_before = Copy(image->RowBytes(global, 0));
  for (const RegionSection& section : image->sections()) {
    if (section.has_sequence) SettleSection(source, *image, section, reading.unsettled);
  }
  reading.global_after.resize(global.row_size);
  if (!source.Read(global.offset, reading.global_after)) reading.global_after = reading.global_before;
  image->set_reading(std::move(reading));
  return image;
}

}  // namespace glassheap::tools
