// From a process' pages to what the kernel keeps of them: /proc/PID/pagemap, /proc/kpageflags, /proc/kpagecount
// (Documentation/admin-guide/mm/pagemap.rst). One 64-bit word a page each.
//
// The kernel hides frame numbers from those without CAP_SYS_ADMIN: frame is then absent, and flags and mapped with it.

#ifndef GLASSHEAP_TOOLS_READ_PAGE_FRAMES_H_
#define GLASSHEAP_TOOLS_READ_PAGE_FRAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

inline constexpr uint64_t kKernelPage = 4096;  // x86-64 and arm64 as Debian builds them

struct PageState {
  uint64_t address = 0;  // of its first byte
  bool present = false;
  bool swapped = false;
  bool guard = false;  // no memory, and an access faults (MADV_GUARD_INSTALL); told since Linux 6.15
  bool file_or_shared = false;
  bool exclusive = false;   // mapped once only
  bool soft_dirty = false;  // written since /proc/PID/clear_refs
  std::optional<uint64_t> frame;
  std::optional<uint64_t> swap_offset;  // in pages, in area swap_type
  uint64_t swap_type = 0;
  std::optional<uint64_t> mapped;     // how often the frame is mapped
  std::optional<uint64_t> flag_bits;  // of /proc/kpageflags
};

// One entry of pagemap.
PageState ParsePagemapEntry(uint64_t address, uint64_t entry);

// "uptodate lru anon", by include/uapi/linux/kernel-page-flags.h; bits without a name as "bit42".
std::string PageFlagNames(uint64_t bits);

inline constexpr size_t kMaxPages = 4096;

// count pages from address on, which is rounded down to a page. Fewer at the end of the address space.
// REQUIRES: count <= kMaxPages.
Result<std::vector<PageState>> ReadPages(const Root& root, const Directory& process, uint64_t address, size_t count);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PAGE_FRAMES_H_
