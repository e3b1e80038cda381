// A process' address space as the textbook draws it: text, data, bss, heap, the mmap area with its libraries, stacks,
// vdso, from low to high. Pure: no I/O.
//
// What a mapping is for is not written on it. The rules, and how sure they are:
//   by name        [heap] [stack] [vdso] [vvar] [vsyscall], the program's and a library's files, the stats region
//   by the region  whatever lies in the window that glassheap grows its heap in
//   by shape       bss: anonymous memory that begins where the program's or a library's data ends (not more of it than
//                  the library has in its file: the kernel joins what was mapped there later); a glibc arena: private memory at a
//                  multiple of 64 MiB, up to which it is reserved (malloc/arena.c, HEAP_MAX_SIZE); a thread's stack:
//                  memory above a guard without rights (nptl/allocatestack.c), or one that a stack pointer points into

#ifndef GLASSHEAP_TOOLS_MODEL_ADDRESS_SPACE_H_
#define GLASSHEAP_TOOLS_MODEL_ADDRESS_SPACE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/read/mappings.h"

namespace glassheap::tools {

enum class SpaceKind {
  kText,
  kConstants,
  kData,
  kBss,
  kBrkHeap,
  kGlassheap,
  kGlassheapStats,
  kGlibcArena,
  kLibrary,
  kFile,
  kAnonymous,
  kShared,
  kThreadStack,
  kStack,
  kKernel,
};

// The one list of kinds, in the order of SpaceKind. Every view walks it.
struct SpaceKindName {
  SpaceKind kind;
  const char* key;    // in JSON
  const char* label;  // for people
};

inline constexpr SpaceKindName kSpaceKinds[] = {
    {SpaceKind::kText, "text", "text"},
    {SpaceKind::kConstants, "constants", "constants"},
    {SpaceKind::kData, "data", "data"},
    {SpaceKind::kBss, "bss", "bss"},
    {SpaceKind::kBrkHeap, "brk_heap", "heap (brk)"},
    {SpaceKind::kGlassheap, "glassheap", "glassheap's heap"},
    {SpaceKind::kGlassheapStats, "glassheap_stats", "glassheap's stats"},
    {SpaceKind::kGlibcArena, "glibc_arena", "glibc arena"},
    {SpaceKind::kLibrary, "library", "library"},
    {SpaceKind::kFile, "file", "file"},
    {SpaceKind::kAnonymous, "anonymous", "anonymous"},
    {SpaceKind::kShared, "shared", "shared memory"},
    {SpaceKind::kThreadStack, "thread_stack", "thread stack"},
    {SpaceKind::kStack, "stack", "stack"},
    {SpaceKind::kKernel, "kernel", "kernel"},
};

const char* SpaceKindKey(SpaceKind kind);
const char* SpaceKindLabel(SpaceKind kind);

struct AddressRange {
  uint64_t start = 0;
  uint64_t end = 0;
  bool Contains(uint64_t address) const { return start <= address && address < end; }
};

// What there is to tell mappings apart by, beside themselves.
struct SpaceHints {
  std::string program;                   // /proc/PID/exe; empty: not known
  std::optional<AddressRange> heap;      // the window of glassheap's heap, from its region
  std::vector<uint64_t> stack_pointers;  // of its threads
};

// One kind a mapping, in their order. REQUIRES: mappings are in ascending order.
std::vector<SpaceKind> ClassifyMappings(std::span<const Mapping> mappings, const SpaceHints& hints);

// Neighbours that belong together: the segments of a library, a stack and its guard, an arena and its reserve.
struct SpaceBlock {
  SpaceKind kind = SpaceKind::kAnonymous;
  uint64_t start = 0;
  uint64_t end = 0;
  std::string permissions;  // of all of them but guards and reserves; empty: not the same
  std::string path;         // foreign text
  size_t mappings = 0;
  // Sums; absent when one of them did not say.
  std::optional<uint64_t> rss;
  std::optional<uint64_t> dirty;
  std::optional<uint64_t> swap;
  std::optional<uint64_t> huge;

  uint64_t size() const { return end - start; }
};

std::vector<SpaceBlock> JoinMappings(std::span<const Mapping> mappings, std::span<const SpaceKind> kinds);

struct AddressSpace {
  pid_t pid = 0;
  std::string name;  // comm; foreign text
  std::optional<uint64_t> page_tables;
  std::vector<Mapping> mappings;
  std::vector<SpaceKind> kinds;  // of each mapping
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_ADDRESS_SPACE_H_
