// Memory that compressed block devices (zram) take: /sys/block/zramN/mm_stat.

#ifndef GLASSHEAP_TOOLS_READ_ZRAM_H_
#define GLASSHEAP_TOOLS_READ_ZRAM_H_

#include <cstdint>
#include <optional>

#include "tools/read/root.h"

namespace glassheap::tools {

// Bytes of RAM of all of them, with the allocator's overhead (mem_used_total, Documentation/admin-guide/blockdev/zram.rst).
// Nothing when there is none.
std::optional<uint64_t> ReadZramBytes(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_ZRAM_H_
