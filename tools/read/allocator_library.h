// The one list of allocators that memstat knows by name, and where each one's library is on this machine.

#ifndef GLASSHEAP_TOOLS_READ_ALLOCATOR_LIBRARY_H_
#define GLASSHEAP_TOOLS_READ_ALLOCATOR_LIBRARY_H_

#include <array>
#include <string>
#include <vector>

#include "tools/read/preload_library.h"
#include "tools/read/result.h"

namespace glassheap::tools {

// One row per allocator. Of several files the first that is found counts.
struct AllocatorRow {
  const char* name;
  bool ours;                         // searched for where libglassheap.so is; others in the system's directories
  std::array<const char*, 4> files;  // of the library; none: libc's own malloc
  const char* how_to_get;            // for the error when it is not there
};

inline constexpr AllocatorRow kAllocators[] = {
    {"glibc", false, {}, ""},
    {"jemalloc", false, {"libjemalloc.so.2"}, "apt-get install libjemalloc2"},
    {"tcmalloc", false, {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4"}, "apt-get install libtcmalloc-minimal4"},
    {"mimalloc",
     false,
     {"libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so.2.0"},
     "apt-get install libmimalloc2.0"},
    {"glassheap", true, {"libglassheap.so"}, "bazel build -c opt //allocator:libglassheap.so"},
    {"hardened", true, {"libglassheap_hardened.so"}, "bazel build -c opt //allocator:libglassheap_hardened.so"},
    {"block", true, {"libglassheap_block.so"}, "bazel build -c opt //allocator:libglassheap_block.so"},
};

inline constexpr char kGlassheap[] = "glassheap";
inline constexpr char kHardened[] = "hardened";

// True if the environment has GLASSHEAP_HARDENED, and it is neither empty nor 0.
bool HardenedWanted();

struct Allocator {
  std::string name;
  std::string library;  // absolute; empty: nothing is preloaded
};

struct AllocatorSearch {
  PreloadSearch ours;
  std::vector<std::string> system_directories;

  static AllocatorSearch FromProcess();
};

// A name of the table, or NAME=/path/of/a/library.so. Errors say what was looked for, and which names there are.
Result<Allocator> FindAllocator(const std::string& text, const AllocatorSearch& search);

// All of the table that this machine has, in its order.
std::vector<Allocator> FindAllAllocators(const AllocatorSearch& search);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_ALLOCATOR_LIBRARY_H_
