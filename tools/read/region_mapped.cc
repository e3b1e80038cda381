// Tested by tests/tools/read/region_mapped_test.cc and tests/end_to_end/visibility_test.cc.

#include "tools/read/region_mapped.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/read/mappings.h"
#include "tools/read/region_reader.h"
#include "tools/read/remote_memory.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMaxCandidates = 4096;  // mappings that are looked into

struct Traces {
  bool library = false;  // libglassheap is loaded
  std::vector<Mapping> files;
  std::vector<Mapping> anonymous;  // of a region's size
};

bool IsRegionFile(const Mapping& mapping) {
  const std::string name = abi::kRegionName;
  return mapping.path == "/memfd:" + name + " (deleted)" || mapping.path == "[anon_shmem:" + name + "]";
}

bool MayBePrivateRegion(const Mapping& mapping) {
  return mapping.inode == 0 && mapping.Writable() && !mapping.Shared() &&
         (mapping.path.empty() || mapping.path.starts_with("[anon:")) && mapping.size() >= sizeof(abi::RegionHeader) &&
         mapping.size() <= abi::kMaxRegionSize;
}

Traces FindTraces(const std::vector<Mapping>& mappings) {
  Traces traces;
  for (const Mapping& mapping : mappings) {
    if (mapping.path.find("libglassheap") != std::string::npos) traces.library = true;
    if (IsRegionFile(mapping)) traces.files.push_back(mapping);
    if (MayBePrivateRegion(mapping) && traces.anonymous.size() < kMaxCandidates) traces.anonymous.push_back(mapping);
  }
  return traces;
}

std::optional<AttachedRegion> OpenMapped(const Directory& process, const Mapping& mapping) {
  char name[64];
  std::snprintf(name, sizeof name, "map_files/%" PRIx64 "-%" PRIx64, mapping.start, mapping.end);
  const Result<FileDescriptor> path = process.Open(name, O_PATH);
  if (!path) return std::nullopt;
  Result<FileDescriptor> fd = ReopenRegion(path->get());
  if (!fd) return std::nullopt;
  Result<RegionImage> image = ReadRegion(fd->get());
  if (!image) return std::nullopt;
  return AttachedRegion{*std::move(fd), *std::move(image)};
}

using Magic = std::array<std::byte, sizeof abi::kRegionMagic>;

// Those of the mappings that begin as a region does.
std::vector<Mapping> WithMagic(RemoteMemory& memory, const std::vector<Mapping>& mappings) {
  std::vector<Magic> starts(mappings.size());
  std::vector<RemotePiece> pieces;
  for (size_t i = 0; i < mappings.size(); ++i) pieces.push_back({mappings[i].start, sizeof(Magic), starts[i].data()});
  memory.ReadMany(pieces);
  std::vector<Mapping> found;
  for (size_t i = 0; i < mappings.size(); ++i) {
    if (std::memcmp(starts[i].data(), abi::kRegionMagic, sizeof(Magic)) == 0) found.push_back(mappings[i]);
  }
  return found;
}

using Copies = std::vector<std::vector<std::byte>>;

// Nothing when the process may not be read.
std::optional<Copies> CopyRegions(pid_t pid, const Traces& traces) {
  RemoteMemory memory(pid);
  std::vector<Mapping> places = traces.files;
  const std::vector<Mapping> anonymous = WithMagic(memory, traces.anonymous);
  places.insert(places.end(), anonymous.begin(), anonymous.end());
  Copies copies;
  for (const Mapping& place : places) {
    std::vector<std::byte> bytes(std::min<uint64_t>(place.size(), abi::kMaxRegionSize));
    if (memory.Read(place.start, bytes.data(), bytes.size())) copies.push_back(std::move(bytes));
  }
  if (memory.denied()) return std::nullopt;
  return copies;
}

Error Inherited(const RegionImage& image) {
  return {"no region of its own yet",
          "it is a fork of pid " + std::to_string(image.header().pid) + " and has not allocated since",
          kErrorInherited};
}

Result<AttachedRegion> OwnRegion(Copies copies, pid_t innermost_pid) {
  std::optional<Error> failure;
  for (std::vector<std::byte>& bytes : copies) {
    Result<RegionImage> image = RegionImage::Parse(std::move(bytes));
    if (image && image->header().pid == static_cast<uint64_t>(innermost_pid)) {
      return AttachedRegion{FileDescriptor(), *std::move(image)};
    }
    failure = image ? Inherited(*image) : image.error();
  }
  if (failure) return *std::move(failure);
  return Error{"hidden region", "it runs under glassheap, which could not publish anything", kErrorUnreadable};
}

}  // namespace

Result<AttachedRegion> AttachMappedRegion(const Directory& process, pid_t pid, pid_t innermost_pid) {
  const Result<std::vector<Mapping>> mappings = ReadMappings(process, false);
  if (!mappings) return mappings.error();
  Traces traces = FindTraces(*mappings);
  if (!traces.library && traces.files.empty()) {
    return Error{"not a glassheap process", "start it with `memstat run -- COMMAND`", kErrorNoRegion};
  }
  for (const Mapping& mapping : traces.files) {
    std::optional<AttachedRegion> region = OpenMapped(process, mapping);
    if (region && region->image.header().pid == static_cast<uint64_t>(innermost_pid)) return *std::move(region);
  }
  std::optional<Copies> copies =
      WithinDeadline<Copies>(kMappedDeadline, [pid, traces] { return CopyRegions(pid, traces); });
  if (copies) return OwnRegion(*std::move(copies), innermost_pid);
  return Error{"hidden region",
               "it runs under glassheap and keeps no file of its region open; to read it out of its memory takes "
               "CAP_SYS_PTRACE",
               kErrorUnreadable};
}

}  // namespace glassheap::tools
