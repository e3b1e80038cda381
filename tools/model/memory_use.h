// Where all of the machine's memory is, in one sum that closes, and what the programs around call "used". Pure.
//
// Bytes. The kernel keeps no such sum: what no counter of meminfo covers (pages that drivers took, per-file-system
// caches, its own bookkeeping) is the row "unaccounted", computed as the rest. It is shown and never clamped: below 0
// when two counters overlap.
//
// Invariant: the rows of MakeMemoryUse add up to MemTotal exactly.

#ifndef GLASSHEAP_TOOLS_MODEL_MEMORY_USE_H_
#define GLASSHEAP_TOOLS_MODEL_MEMORY_USE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/read/meminfo.h"

namespace glassheap::tools {

struct MemoryUseRow {
  const char* key;               // of JSON
  const char* label;             // of text
  std::optional<int64_t> bytes;  // absent: the kernel does not say; it is then in unaccounted
  const char* note;              // what it is, or how it is computed
};

// zram: of ReadZramBytes. Nothing without MemTotal and MemFree.
std::optional<std::vector<MemoryUseRow>> MakeMemoryUse(const Meminfo& meminfo, std::optional<uint64_t> zram);

// One way to compute "used", and who computes it so.
struct UsedFormula {
  const char* key;
  const char* formula;
  const char* users;
  int64_t bytes;
};

std::optional<std::vector<UsedFormula>> MakeUsedFormulas(const Meminfo& meminfo);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_MEMORY_USE_H_
