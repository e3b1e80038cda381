// Where libglassheap.so is: GLASSHEAP_LIB when it is set, else beside the tool,
// in ../lib, or in Bazel's output.

#ifndef GLASSHEAP_TOOLS_READ_PRELOAD_LIBRARY_H_
#define GLASSHEAP_TOOLS_READ_PRELOAD_LIBRARY_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/read/result.h"

namespace glassheap::tools {

inline constexpr char kPreloadLibraryName[] = "libglassheap.so";
inline constexpr char kPreloadLibraryVariable[] = "GLASSHEAP_LIB";

struct PreloadSearch {
  std::optional<std::string> wanted;  // GLASSHEAP_LIB; nothing else is tried then
  std::string tool_directory;         // of the running tool, links resolved
  std::string working_directory;

  static PreloadSearch FromProcess();
};

// The places in the order they are tried. Another library of ours than libglassheap.so is looked for beside the one that
// GLASSHEAP_LIB names.
std::vector<std::string> PreloadCandidates(const PreloadSearch& search,
                                           const std::string& library = kPreloadLibraryName);

// The absolute path of a library that LD_PRELOAD can carry. The error has an errno when there is no such file.
Result<std::string> UsablePreload(const std::string& path);

// An absolute path that LD_PRELOAD can carry. The error says where it was
// looked for.
Result<std::string> FindPreloadLibrary(const PreloadSearch& search);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PRELOAD_LIBRARY_H_
