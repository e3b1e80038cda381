// The exact tier: how many objects lie in each thread's cache right now, read
// out of the process itself. Needs the right to attach (process_vm_readv);
// where that is missing a reader keeps to what threads last published.
//
// A hostile target can make process_vm_readv wait for ever (userfaultfd), so
// the reading is done by a thread of its own and given up at a deadline. A
// thread that is stuck is left behind; it ends with the process.

#ifndef GLASSHEAP_TOOLS_READ_EXACT_TIER_H_
#define GLASSHEAP_TOOLS_READ_EXACT_TIER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/read/region_image.h"

namespace glassheap::tools {

struct ThreadLists {
  uint64_t tid;
  std::vector<uint64_t> lengths;  // objects, by class; [0] is 0
};

inline constexpr std::chrono::milliseconds kExactTierDeadline{250};

// One entry for each row of THREADS in use. A thread that ended meanwhile, or
// whose lists make no sense, is left out. Nothing when the process may not be
// read, or the deadline passed. pid is the process as we see it.
std::optional<std::vector<ThreadLists>> ReadThreadLists(pid_t pid, const RegionImage& image,
                                                        std::chrono::milliseconds deadline = kExactTierDeadline);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_EXACT_TIER_H_
