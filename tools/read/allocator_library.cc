// Tested by tests/tools/read/allocator_library_test.cc.

#include "tools/read/allocator_library.h"

#include <elf.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

namespace glassheap::tools {
namespace {

std::string KnownNames() {
  std::string names;
  for (const AllocatorRow& row : kAllocators) names += std::string(names.empty() ? "" : ", ") + row.name;
  return names;
}

std::vector<std::string> Candidates(const AllocatorRow& row, const AllocatorSearch& search) {
  std::vector<std::string> candidates;
  for (const char* file : row.files) {
    if (file == nullptr) continue;
    if (row.ours) {
      for (std::string& path : PreloadCandidates(search.ours, file)) candidates.push_back(std::move(path));
    }
    if (row.ours) continue;
    for (const std::string& directory : search.system_directories) candidates.push_back(directory + "/" + file);
  }
  return candidates;
}

Result<Allocator> FindRow(const AllocatorRow& row, const AllocatorSearch& search) {
  if (row.files[0] == nullptr) return Allocator{row.name, ""};
  if (std::string(row.name) == kGlassheap) {  // with GLASSHEAP_LIB, and its own error
    Result<std::string> path = FindPreloadLibrary(search.ours);
    return path ? Result<Allocator>(Allocator{row.name, *std::move(path)}) : path.error();
  }
  const std::vector<std::string> candidates = Candidates(row, search);
  for (const std::string& candidate : candidates) {
    const Result<std::string> path = UsablePreload(candidate);
    if (path) return Allocator{row.name, *path};
    if (path.error().errno_value == 0) return path.error();
  }
  std::string why = "not found; get it with `" + std::string(row.how_to_get) + "`, or name it: " + row.name +
                    "=/path/of/it.so; looked for";
  for (const std::string& candidate : candidates) why += " " + candidate;
  return Error{row.name, std::move(why)};
}

// JSON keys, table cells and file names are made of it.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '+';
  });
}

// The dynamic loader would warn of another, and run the command without it.
bool IsSharedLibrary(const std::string& path) {
  Elf64_Ehdr header = {};
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof(header));
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_type == ET_DYN;
}

Result<Allocator> FindPath(const std::string& name, const std::string& path) {
  if (!IsName(name)) return Error{name, "a name has 1 to 32 letters, digits, or _ - . +"};
  Result<std::string> usable = UsablePreload(path);
  if (!usable) return usable.error();
  if (!IsSharedLibrary(*usable)) return Error{path, "not a shared library of 64 bits, which can be preloaded"};
  return Allocator{name, *std::move(usable)};
}

}  // namespace

bool HardenedWanted() {
  const char* value = ::getenv("GLASSHEAP_HARDENED");
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

AllocatorSearch AllocatorSearch::FromProcess() {
#if defined(__aarch64__)
  constexpr char kMultiarch[] = "/usr/lib/aarch64-linux-gnu";
#else
  constexpr char kMultiarch[] = "/usr/lib/x86_64-linux-gnu";
#endif
  return {PreloadSearch::FromProcess(), {"/usr/local/lib", kMultiarch, "/usr/lib64", "/usr/lib"}};
}

Result<Allocator> FindAllocator(const std::string& text, const AllocatorSearch& search) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos) return FindPath(text.substr(0, equals), text.substr(equals + 1));
  for (const AllocatorRow& row : kAllocators) {
    if (text == row.name) return FindRow(row, search);
  }
  return Error{text, "no allocator known by this name; there are " + KnownNames() + ", and NAME=/path/of/it.so"};
}

std::vector<Allocator> FindAllAllocators(const AllocatorSearch& search) {
  std::vector<Allocator> found;
  for (const AllocatorRow& row : kAllocators) {
    if (Result<Allocator> one = FindRow(row, search)) found.push_back(*std::move(one));
  }
  return found;
}

}  // namespace glassheap::tools
