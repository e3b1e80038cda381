// /proc/meminfo as every command reads it, and the same words where it cannot be read.

#ifndef GLASSHEAP_TOOLS_RUN_SYSTEM_MEMORY_H_
#define GLASSHEAP_TOOLS_RUN_SYSTEM_MEMORY_H_

#include "tools/model/system.h"
#include "tools/read/meminfo.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// Has MemTotal and MemFree. Errors: no such file, or no such lines in it, and what may be the matter.
Result<Meminfo> ReadMeminfo(const Root& root);

// With what the kernel's release tells besides: its rule of badness, and whether it counts exactly. Errors as above.
Result<SystemMemory> ReadSystemMemory(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_SYSTEM_MEMORY_H_
