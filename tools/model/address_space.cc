// Tested by tests/tools/model/address_space_test.cc.

#include "tools/model/address_space.h"

#include <algorithm>
#include <iterator>

#include "allocator/abi/stats_region.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGlibcHeap = 64 * kMiB;  // HEAP_MAX_SIZE on 64-bit machines
constexpr uint64_t kMaxGuard = kMiB;        // guards are a page; programs may ask for more

bool IsAnonymous(const Mapping& mapping) {
  return mapping.path.empty() || mapping.path.starts_with("[anon:") || mapping.path.starts_with("[anon_shmem:");
}

bool IsPrivate(const Mapping& mapping) { return !mapping.Shared(); }

bool IsInaccessible(const Mapping& mapping) { return mapping.permissions.starts_with("---"); }

bool IsFile(const Mapping& mapping) { return mapping.path.starts_with('/'); }

bool IsKernels(const std::string& path) {
  return path.starts_with("[v") || path == "[uprobes]" || path == "[sigpage]" || path == "[vectors]";
}

bool IsSharedMemory(const std::string& path) {
  return path.starts_with("/dev/shm/") || path.starts_with("/SYSV") || path.starts_with("/memfd:") ||
         path.starts_with("/dev/zero");
}

std::string StatsPath() { return std::string("/memfd:") + abi::kRegionName; }

bool NamesLibrary(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.find(".so", slash == std::string::npos ? 0 : slash) != std::string::npos;
}

class Classifier {
 public:
  Classifier(std::span<const Mapping> mappings, const SpaceHints& hints) : mappings_(mappings), hints_(hints) {}

  std::vector<SpaceKind> Run() {
    for (size_t i = 0; i < mappings_.size(); ++i) kinds_.push_back(KindOf(i));
    return std::move(kinds_);
  }

 private:
  const Mapping* Next(size_t i) const {
    const bool touches = i + 1 < mappings_.size() && mappings_[i + 1].start == mappings_[i].end;
    return touches ? &mappings_[i + 1] : nullptr;
  }
  const Mapping* Previous(size_t i) const {
    const bool touches = i > 0 && mappings_[i - 1].end == mappings_[i].start;
    return touches ? &mappings_[i - 1] : nullptr;
  }

  SpaceKind KindOf(size_t i) const {
    const Mapping& mapping = mappings_[i];
    if (mapping.path == "[heap]") return SpaceKind::kBrkHeap;
    if (mapping.path.starts_with("[stack")) return SpaceKind::kStack;
    if (IsKernels(mapping.path)) return SpaceKind::kKernel;
    if (mapping.path.starts_with(StatsPath())) return SpaceKind::kGlassheapStats;
    if (IsFile(mapping)) return FileKind(mapping);
    if (!IsPrivate(mapping)) return SpaceKind::kShared;
    return IsAnonymous(mapping) ? AnonymousKind(i) : SpaceKind::kAnonymous;
  }

  SpaceKind FileKind(const Mapping& mapping) const {
    if (!hints_.program.empty() && mapping.path == hints_.program) return ProgramKind(mapping);
    if (IsSharedMemory(mapping.path)) return SpaceKind::kShared;
    if (mapping.Executable() || NamesLibrary(mapping.path)) return SpaceKind::kLibrary;
    return SpaceKind::kFile;
  }

  static SpaceKind ProgramKind(const Mapping& mapping) {
    if (mapping.Executable()) return SpaceKind::kText;
    return mapping.Writable() ? SpaceKind::kData : SpaceKind::kConstants;
  }

  SpaceKind AnonymousKind(size_t i) const {
    const Mapping& mapping = mappings_[i];
    if (hints_.heap && hints_.heap->Contains(mapping.start)) return SpaceKind::kGlassheap;
    if (HoldsStackPointer(mapping) || IsStackOverGuard(i) || IsGuardOfStack(i)) return SpaceKind::kThreadStack;
    if (IsArena(i) || IsReserveOfArena(i)) return SpaceKind::kGlibcArena;
    return KindBehindData(i).value_or(SpaceKind::kAnonymous);
  }

  // Memory behind the data of the program or of a library: the part of the segment that is not in the file.
  std::optional<SpaceKind> KindBehindData(size_t i) const {
    if (Previous(i) == nullptr || !mappings_[i].Writable() || !mappings_[i - 1].Writable()) return std::nullopt;
    if (kinds_[i - 1] == SpaceKind::kData) return SpaceKind::kBss;
    const bool library = kinds_[i - 1] == SpaceKind::kLibrary && IsFile(mappings_[i - 1]);
    return library && mappings_[i].size() <= SizeOfLibraryBefore(i) ? std::optional(SpaceKind::kLibrary) : std::nullopt;
  }

  uint64_t SizeOfLibraryBefore(size_t i) const {
    size_t first = i - 1;
    while (first > 0 && Previous(first) != nullptr && mappings_[first - 1].path == mappings_[i - 1].path) --first;
    return mappings_[i - 1].end - mappings_[first].start;
  }

  bool HoldsStackPointer(const Mapping& mapping) const {
    return std::ranges::any_of(hints_.stack_pointers,
                               [&](uint64_t at) { return mapping.start <= at && at < mapping.end; });
  }

  bool IsStack(const Mapping& mapping) const {
    return IsAnonymous(mapping) && IsPrivate(mapping) && mapping.Writable() && !mapping.Executable();
  }

  bool IsGuard(const Mapping& mapping) const {
    return IsAnonymous(mapping) && IsInaccessible(mapping) && mapping.size() <= kMaxGuard;
  }

  bool IsStackOverGuard(size_t i) const {
    const Mapping* below = Previous(i);
    return IsStack(mappings_[i]) && below != nullptr && IsGuard(*below) && !IsReserveOfArena(i - 1);
  }

  bool IsGuardOfStack(size_t i) const {
    const Mapping* above = Next(i);
    return IsGuard(mappings_[i]) && !IsReserveOfArena(i) && above != nullptr && IsStack(*above);
  }

  bool IsArena(size_t i) const {
    const Mapping& mapping = mappings_[i];
    if (mapping.start % kGlibcHeap != 0 || !IsStack(mapping)) return false;
    if (mapping.size() == kGlibcHeap) return true;
    const Mapping* reserve = Next(i);
    return reserve != nullptr && IsAnonymous(*reserve) && IsInaccessible(*reserve) &&
           reserve->end == mapping.start + kGlibcHeap;
  }

  bool IsReserveOfArena(size_t i) const {
    return Previous(i) != nullptr && IsInaccessible(mappings_[i]) && IsArena(i - 1);
  }

  std::span<const Mapping> mappings_;
  const SpaceHints& hints_;
  std::vector<SpaceKind> kinds_;
};

void AddTo(std::optional<uint64_t>& sum, const std::optional<uint64_t>& figure) {
  sum = sum && figure ? std::optional(*sum + *figure) : std::nullopt;
}

SpaceBlock Begin(const Mapping& mapping, SpaceKind kind) {
  SpaceBlock block;
  block.kind = kind;
  block.start = block.end = mapping.start;
  block.permissions = mapping.permissions;
  block.path = mapping.path;
  block.rss = block.dirty = block.swap = block.huge = 0;
  return block;
}

void Add(SpaceBlock& block, const Mapping& mapping) {
  block.end = mapping.end;
  ++block.mappings;
  if (!IsInaccessible(mapping) && block.permissions != mapping.permissions) {
    block.permissions = block.permissions.starts_with("---") ? mapping.permissions : "";
  }
  AddTo(block.rss, mapping.rss);
  AddTo(block.dirty, mapping.dirty());
  AddTo(block.swap, mapping.swap);
  AddTo(block.huge, mapping.huge);
}

// A thread's stack begins at its guard, an arena at its memory: these are one each, however many lie side by side.
bool BeginsAnew(const Mapping& mapping, SpaceKind kind) {
  if (kind == SpaceKind::kThreadStack) return IsInaccessible(mapping);
  return kind == SpaceKind::kGlibcArena && !IsInaccessible(mapping);
}

bool Joins(const SpaceBlock& block, const Mapping& mapping, SpaceKind kind) {
  if (block.kind != kind || block.end != mapping.start || BeginsAnew(mapping, kind)) return false;
  return block.path == mapping.path || (kind == SpaceKind::kLibrary && mapping.path.empty());
}

}  // namespace

const char* SpaceKindKey(SpaceKind kind) { return kSpaceKinds[static_cast<size_t>(kind)].key; }
const char* SpaceKindLabel(SpaceKind kind) { return kSpaceKinds[static_cast<size_t>(kind)].label; }

std::vector<SpaceKind> ClassifyMappings(std::span<const Mapping> mappings, const SpaceHints& hints) {
  return Classifier(mappings, hints).Run();
}

std::vector<SpaceBlock> JoinMappings(std::span<const Mapping> mappings, std::span<const SpaceKind> kinds) {
  std::vector<SpaceBlock> blocks;
  for (size_t i = 0; i < mappings.size(); ++i) {
    if (blocks.empty() || !Joins(blocks.back(), mappings[i], kinds[i])) {
      blocks.push_back(Begin(mappings[i], kinds[i]));
    }
    Add(blocks.back(), mappings[i]);
  }
  return blocks;
}

}  // namespace glassheap::tools
