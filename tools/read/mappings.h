// /proc/PID/maps and /proc/PID/smaps: the mappings of a process, from low to high.
//
// A pure parser. Sizes are in bytes (proc_pid_smaps(5)). A figure the kernel did not print is absent: all of them in
// maps, some in smaps of older kernels.
//
// Invariants: every mapping has start < end; their order is the text's.

#ifndef GLASSHEAP_TOOLS_READ_MAPPINGS_H_
#define GLASSHEAP_TOOLS_READ_MAPPINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string permissions;  // "rw-p"; s: shared
  uint64_t offset = 0;      // in the file
  std::string device;       // "fe:00"; "00:00" without a file
  uint64_t inode = 0;       // 0 without a file
  std::string path;         // "/usr/bin/x", "[stack]", "" for anonymous memory. Foreign text
  std::optional<uint64_t> rss;
  std::optional<uint64_t> pss;
  std::optional<uint64_t> shared_dirty;
  std::optional<uint64_t> private_dirty;
  std::optional<uint64_t> anonymous;
  std::optional<uint64_t> huge;  // of transparent huge pages of any kind
  std::optional<uint64_t> swap;
  std::optional<uint64_t> locked;
  std::string flags;  // VmFlags: "rd wr mr gd", empty where there are none

  uint64_t size() const { return end - start; }
  bool Readable() const { return permissions.size() > 0 && permissions[0] == 'r'; }
  bool Writable() const { return permissions.size() > 1 && permissions[1] == 'w'; }
  bool Executable() const { return permissions.size() > 2 && permissions[2] == 'x'; }
  bool Shared() const { return permissions.size() > 3 && permissions[3] == 's'; }
  // "gd" is among flags: it grows down, as the main thread's stack does.
  bool HasFlag(std::string_view flag) const;
  std::optional<uint64_t> dirty() const;
};

// Lines that are neither a mapping nor a field of one are skipped.
std::vector<Mapping> ParseMappings(std::string_view text);

// smaps of a process with 50,000 mappings is 36 MB; max_map_count's default of 65,530 needs 48 MB.
inline constexpr size_t kMaxSmapsBytes = size_t{64} << 20;

// With figures: smaps, which walks the page tables (12 ms per GiB of small pages) while it holds the target's mmap
// lock, so only for a process that was asked for by name. Without: maps. Errors as of Directory::ReadFile; EACCES for
// another user's process.
Result<std::vector<Mapping>> ReadMappings(const Directory& process, bool with_figures);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_MAPPINGS_H_
