// Tested by tests/tools/read/core_file_test.cc.

#include "tools/read/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/procfs.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <utility>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

// A process has at most 65,530 mappings by default; a dump has a note per thread.
constexpr uint64_t kMaxSegments = 1 << 20;
constexpr uint64_t kMaxNotesBytes = 64 << 20;
constexpr size_t kMaxCandidates = 64;
constexpr uint64_t kPage = 4096;
constexpr size_t kScanBytes = 1 << 20;

Error NotACore(std::string why) { return Error{"", "not a core dump: " + std::move(why)}; }

template <size_t kSize>
std::string Text(const char (&field)[kSize]) {
  return std::string(field, ::strnlen(field, kSize));
}

std::optional<Error> CheckHeader(const ByteSource& source, Elf64_Ehdr& header) {
  std::array<unsigned char, EI_NIDENT> ident = {};
  if (!source.ReadObject(0, ident)) return NotACore("it is shorter than an ELF header");
  constexpr unsigned char kZstd[] = {0x28, 0xb5, 0x2f, 0xfd};
  constexpr unsigned char kLz4[] = {0x04, 0x22, 0x4d, 0x18};
  if (std::memcmp(ident.data(), kZstd, 4) == 0) return NotACore("it is compressed; unzstd it first");
  if (std::memcmp(ident.data(), kLz4, 4) == 0) return NotACore("it is compressed; unlz4 it first");
  if (std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0) return NotACore("it is not an ELF file");
  if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB) {
    return NotACore("glassheap runs on 64-bit little-endian machines only");
  }
  if (!source.ReadObject(0, header)) return NotACore("it is shorter than an ELF header");
  if (header.e_type != ET_CORE) return NotACore("it is an ELF file of another kind; give the dump, not the program");
  if (header.e_phentsize != sizeof(Elf64_Phdr)) return NotACore("its program headers have an odd size");
  return std::nullopt;
}

// More than 65,534 segments are counted in the first section header.
uint64_t SegmentCount(const ByteSource& source, const Elf64_Ehdr& header) {
  if (header.e_phnum != PN_XNUM) return header.e_phnum;
  Elf64_Shdr section = {};
  return source.ReadObject(header.e_shoff, section) ? section.sh_info : 0;
}

void TakeStatus(std::span<const std::byte> note, CoreFile& core) {
  elf_prstatus status;
  if (note.size() != sizeof status || core.pid) return;  // the first is the thread that died
  std::memcpy(&status, note.data(), sizeof status);
  if (status.pr_cursig > 0) core.signal = status.pr_cursig;
  core.pid = status.pr_pid;
}

void TakeProcess(std::span<const std::byte> note, CoreFile& core) {
  elf_prpsinfo process;
  if (note.size() != sizeof process || !core.name.empty()) return;
  std::memcpy(&process, note.data(), sizeof process);
  core.name = Text(process.pr_fname);
  core.arguments = Text(process.pr_psargs);
  while (core.arguments.ends_with(' ')) core.arguments.pop_back();
}

uint64_t Padded(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

// The process id of the leader is that of the first NT_PRPSINFO; NT_PRSTATUS has the thread's.
void TakePid(std::span<const std::byte> note, std::optional<int64_t>& leader) {
  elf_prpsinfo process;
  if (note.size() != sizeof process || leader) return;
  std::memcpy(&process, note.data(), sizeof process);
  leader = process.pr_pid;
}

void ParseNotes(std::span<const std::byte> notes, CoreFile& core) {
  std::optional<int64_t> leader;
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes.data(), sizeof header);
    const uint64_t body = sizeof header + Padded(header.n_namesz);
    if (body + Padded(header.n_descsz) > notes.size()) break;
    const auto note = notes.subspan(body, header.n_descsz);
    if (header.n_type == NT_PRSTATUS) TakeStatus(note, core);
    if (header.n_type == NT_PRPSINFO) TakeProcess(note, core);
    if (header.n_type == NT_PRPSINFO) TakePid(note, leader);
    notes = notes.subspan(body + Padded(header.n_descsz));
  }
  if (leader) core.pid = leader;
}

void TakeNotes(const ByteSource& source, const Elf64_Phdr& segment, CoreFile& core) {
  if (segment.p_filesz > kMaxNotesBytes) return;
  std::vector<std::byte> notes;
  // In steps: a size that the file does not have costs no memory.
  const uint64_t size = std::min(segment.p_filesz, source.size());
  while (notes.size() < size) {
    const size_t had = notes.size();
    notes.resize(std::min<uint64_t>(size, had + kScanBytes));
    const size_t got = source.ReadSome(segment.p_offset + had, std::span(notes).subspan(had));
    if (got == notes.size() - had) continue;
    notes.resize(had + got);
    break;
  }
  ParseNotes(notes, core);
}

bool HasMagic(const std::byte* at) { return std::memcmp(at, abi::kRegionMagic, sizeof abi::kRegionMagic) == 0; }

// A place in the file where a region may begin, and how much of its segment lies behind it.
struct Candidate {
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t room = 0;
};

using Candidates = std::vector<Candidate>;

void Consider(const CoreSegment& segment, uint64_t skip, Candidates& found) {
  if (found.size() < kMaxCandidates) {
    found.push_back({segment.offset + skip, segment.address + skip, segment.size - skip});
  }
}

// Where a region usually is: at the start of a mapping of its own.
Candidates AtStarts(const ByteSource& source, const CoreFile& core) {
  Candidates found;
  for (const CoreSegment& segment : core.segments) {
    std::array<std::byte, sizeof abi::kRegionMagic> start;
    if (segment.size < sizeof(abi::RegionHeader) || !segment.writable) continue;
    if (source.ReadObject(segment.offset, start) && HasMagic(start.data())) Consider(segment, 0, found);
  }
  return found;
}

void ScanSegment(const ByteSource& source, const CoreSegment& segment, std::vector<std::byte>& buffer,
                 Candidates& found) {
  for (uint64_t done = 0; done < segment.size && found.size() < kMaxCandidates;) {
    const size_t want = std::min<uint64_t>(segment.size - done, buffer.size());
    const size_t got = source.ReadSome(segment.offset + done, std::span(buffer).first(want));
    for (size_t page = 0; page + sizeof abi::kRegionMagic <= got; page += kPage) {
      if (HasMagic(buffer.data() + page)) Consider(segment, done + page, found);
    }
    if (got != want) break;
    done += want;
  }
}

// At any page: dumpers and kernels may join mappings. Segments of a hostile file may overlap: the bytes that are read
// are bounded by twice its size.
Candidates AtAnyPage(const ByteSource& source, const CoreFile& core) {
  Candidates found;
  std::vector<std::byte> buffer(std::min<uint64_t>(kScanBytes, (source.size() + kPage - 1) / kPage * kPage));
  uint64_t budget = 2 * source.size();
  for (const CoreSegment& segment : core.segments) {
    const uint64_t behind = source.size() - std::min(source.size(), segment.offset);
    const uint64_t there = std::min(segment.size, behind);
    if (!segment.writable || there > budget) continue;
    budget -= there;
    ScanSegment(source, segment, buffer, found);
  }
  return found;
}

// A copy of the region at its own address: the program may have copied its bytes elsewhere.
Result<RegionImage> Load(const ByteSource& source, const Candidate& candidate) {
  abi::RegionHeader header;
  if (!source.ReadObject(candidate.offset, header)) return UnreadableRegion("the dump is cut off in it");
  if (header.total_size > abi::kMaxRegionSize || header.total_size > candidate.room) {
    return UnreadableRegion("total size");
  }
  if (header.region_address != candidate.address) return UnreadableRegion("it is a copy");
  std::vector<std::byte> bytes(header.total_size);
  if (!source.Read(candidate.offset, bytes)) return UnreadableRegion("the dump is cut off in it");
  return RegionImage::Parse(std::move(bytes));
}

// The first that is the process' own; else why not.
Result<RegionImage> FirstOwn(const ByteSource& source, const CoreFile& core, const Candidates& candidates) {
  Error error{"",
              "no heap in it: the program did not run under glassheap, or shared memory was left out (bit 1 of "
              "/proc/PID/coredump_filter)",
              kErrorNoRegion};
  for (const Candidate& candidate : candidates) {
    Result<RegionImage> image = Load(source, candidate);
    if (image && (!core.pid || image->header().pid == static_cast<uint64_t>(*core.pid))) return image;
    error = image ? Error{"",
                          "it is a fork of pid " + std::to_string(image->header().pid) +
                              " that had not allocated since: it has no heap of its own",
                          kErrorInherited}
                  : image.error();
  }
  return error;
}

}  // namespace

Result<CoreFile> ParseCore(const ByteSource& source) {
  Elf64_Ehdr header = {};
  if (std::optional<Error> error = CheckHeader(source, header)) return *std::move(error);
  const uint64_t count = SegmentCount(source, header);
  if (count > kMaxSegments) return NotACore("it claims " + std::to_string(count) + " segments");
  CoreFile core;
  for (uint64_t i = 0; i < count; ++i) {
    Elf64_Phdr segment = {};
    if (!source.ReadObject(header.e_phoff + i * sizeof segment, segment)) break;
    if (segment.p_type == PT_NOTE) TakeNotes(source, segment, core);
    const bool sane = segment.p_offset <= INT64_MAX && segment.p_filesz <= INT64_MAX &&
                      segment.p_vaddr <= UINT64_MAX - segment.p_filesz;
    if (segment.p_type != PT_LOAD || segment.p_filesz == 0 || !sane) continue;
    core.segments.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz, (segment.p_flags & PF_W) != 0});
  }
  if (core.segments.empty()) return NotACore("it has no memory in it");
  return core;
}

Result<RegionImage> RegionOfCore(const ByteSource& source, const CoreFile& core) {
  Result<RegionImage> image = FirstOwn(source, core, AtStarts(source, core));
  if (image) return image;
  Result<RegionImage> elsewhere = FirstOwn(source, core, AtAnyPage(source, core));
  return elsewhere ? std::move(elsewhere) : std::move(image);
}

Result<CoreRegion> ReadCore(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Error::FromErrno(path, errno);
  if (!S_ISREG(status.st_mode)) return Error{path, "not a core dump: it is not a file"};
  const FileBytes bytes(fd.get(), static_cast<uint64_t>(status.st_size));
  Result<CoreFile> core = ParseCore(bytes);
  if (!core) return Error{path, core.error().why};
  Result<RegionImage> region = RegionOfCore(bytes, *core);
  if (!region) return Error{path, region.error().Text(), region.error().errno_value};
  return CoreRegion{*std::move(core), *std::move(region)};
}

}  // namespace glassheap::tools
