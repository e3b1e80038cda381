#include "tests/support/fake_core.h"

#include <elf.h>
#include <sys/procfs.h>

#include <cstring>

#include "tests/support/fake_region.h"

namespace glassheap::testing {
namespace {

using Bytes = std::vector<std::byte>;

void Append(Bytes& bytes, const void* from, size_t size) {
  const auto* first = static_cast<const std::byte*>(from);
  bytes.insert(bytes.end(), first, first + size);
}

template <typename T>
void AppendNote(Bytes& bytes, uint32_t type, const T& body) {
  const Elf64_Nhdr header = {5, sizeof body, type};
  Append(bytes, &header, sizeof header);
  Append(bytes, "CORE\0\0\0", 8);
  Append(bytes, &body, sizeof body);
  while (bytes.size() % 4 != 0) bytes.push_back(std::byte{0});
}

Bytes Notes(int pid, int signal) {
  elf_prstatus status = {};
  status.pr_cursig = static_cast<short>(signal);
  status.pr_pid = pid + 7;  // a thread
  elf_prpsinfo process = {};
  process.pr_pid = pid;
  std::strcpy(process.pr_fname, "fake");
  std::strcpy(process.pr_psargs, "fake --now ");
  Bytes bytes;
  AppendNote(bytes, NT_PRSTATUS, status);
  AppendNote(bytes, NT_PRPSINFO, process);
  return bytes;
}

Elf64_Phdr Segment(uint32_t type, uint64_t address, uint64_t offset, uint64_t size) {
  Elf64_Phdr segment = {};
  segment.p_type = type;
  segment.p_flags = PF_R | PF_W;
  segment.p_vaddr = address;
  segment.p_offset = offset;
  segment.p_filesz = segment.p_memsz = size;
  return segment;
}

}  // namespace

Bytes MakeFakeCore(int pid, int signal, const std::vector<FakeSegment>& segments) {
  const Bytes notes = Notes(pid, signal);
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_CORE;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phoff = sizeof header;
  header.e_phnum = static_cast<uint16_t>(segments.size() + 1);
  Bytes core;
  Append(core, &header, sizeof header);
  uint64_t offset = sizeof header + header.e_phnum * sizeof(Elf64_Phdr);
  const auto add = [&](uint32_t type, uint64_t address, uint64_t size) {
    const Elf64_Phdr segment = Segment(type, address, offset, size);
    Append(core, &segment, sizeof segment);
    offset += size;
  };
  add(PT_NOTE, 0, notes.size());
  for (const FakeSegment& segment : segments) add(PT_LOAD, segment.address, segment.bytes.size());
  Append(core, notes.data(), notes.size());
  for (const FakeSegment& segment : segments) Append(core, segment.bytes.data(), segment.bytes.size());
  return core;
}

Bytes MakeFakeCoreWithHeap(int pid, int signal) {
  constexpr uint64_t kAddress = 0x7f0000001000;
  const auto region = MakeFakeHeap(static_cast<uint64_t>(pid));
  region->header.region_address = kAddress;
  region->history[0].time = 1'000'000'000;
  return MakeFakeCore(pid, signal, {{0x400000, Bytes(5000)}, {kAddress, BytesOf(*region)}});
}

}  // namespace glassheap::testing
