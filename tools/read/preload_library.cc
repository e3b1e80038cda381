// Tested by tests/tools/read/preload_library_test.cc.

#include "tools/read/preload_library.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace glassheap::tools {
namespace {

bool IsReadableFile(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), R_OK) == 0;
}

std::optional<std::string> RealPath(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return std::nullopt;
  return std::string(resolved);
}

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

Error NotFound(const std::vector<std::string>& candidates, bool wanted) {
  std::string why = "not found; looked for";
  for (const std::string& candidate : candidates) why += " " + candidate;
  why += wanted ? " because GLASSHEAP_LIB says so"
                : "; build it with `bazel build -c opt "
                  "//allocator:libglassheap.so`, or name it in GLASSHEAP_LIB";
  return Error{kPreloadLibraryName, std::move(why)};
}

}  // namespace

PreloadSearch PreloadSearch::FromProcess() {
  PreloadSearch search;
  if (const char* wanted = ::getenv(kPreloadLibraryVariable); wanted != nullptr && *wanted != '\0') {
    search.wanted = wanted;
  }
  search.tool_directory = DirectoryOf(RealPath("/proc/self/exe").value_or("/usr/bin/memstat"));
  search.working_directory = RealPath(".").value_or("/");
  return search;
}

std::vector<std::string> PreloadCandidates(const PreloadSearch& search, const std::string& library) {
  if (search.wanted && library == kPreloadLibraryName) return {*search.wanted};
  const std::string name = "/" + library;
  std::vector<std::string> candidates;
  if (search.wanted) candidates.push_back(DirectoryOf(*search.wanted) + name);
  for (const char* place : {"", "/../lib", "/../allocator"}) candidates.push_back(search.tool_directory + place + name);
  candidates.push_back(search.working_directory + "/bazel-bin/allocator" + name);
  return candidates;
}

Result<std::string> UsablePreload(const std::string& path) {
  if (!IsReadableFile(path)) return Error{path, "not a file that can be read", ENOENT};
  std::optional<std::string> real = RealPath(path);
  if (!real) return Error::FromErrno(path, errno);
  // The dynamic loader parts LD_PRELOAD at both, and knows no quoting.
  if (real->find_first_of(" :") != std::string::npos) {
    return Error{*real,
                 "LD_PRELOAD cannot carry a path with a blank or a colon; copy the library elsewhere and name it in "
                 "GLASSHEAP_LIB"};
  }
  return *std::move(real);
}

Result<std::string> FindPreloadLibrary(const PreloadSearch& search) {
  const std::vector<std::string> candidates = PreloadCandidates(search);
  for (const std::string& candidate : candidates) {
    Result<std::string> path = UsablePreload(candidate);
    if (path || path.error().errno_value == 0) return path;
  }
  return NotFound(candidates, search.wanted.has_value());
}

}  // namespace glassheap::tools
