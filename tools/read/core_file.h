// A core dump, as far as it tells about the heap of the process that died: who it was, what killed it, and its stats
// region, which is among the memory it left (a memfd counts as shared anonymous memory: bit 1 of
// /proc/PID/coredump_filter, set by default).
//
// The file may be anything: cut off, hostile, another machine's. Every count is bounded, nothing is mapped.
//
// ELF by <elf.h> and no library: four structs are read, and what reads hostile files should be small enough to fuzz.

#ifndef GLASSHEAP_TOOLS_READ_CORE_FILE_H_
#define GLASSHEAP_TOOLS_READ_CORE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/read/byte_source.h"
#include "tools/read/region_image.h"
#include "tools/read/result.h"

namespace glassheap::tools {

struct CoreSegment {
  uint64_t address = 0;
  uint64_t offset = 0;  // in the file
  uint64_t size = 0;    // of what is in the file
  bool writable = false;
};

struct CoreFile {
  std::string name;            // comm: any bytes
  std::string arguments;       // the first 80 bytes of the command line: any bytes
  std::optional<int> signal;   // that killed it; absent: dumped alive
  std::optional<int64_t> pid;  // as the process itself saw it
  std::vector<CoreSegment> segments;
};

// Errors name no file: why is "not a core dump: ..." and what to do.
Result<CoreFile> ParseCore(const ByteSource& source);

// The region of the process itself. Errors as of RegionImage::Parse; kErrorNoRegion when there is none; kErrorInherited
// when there is only its parent's.
Result<RegionImage> RegionOfCore(const ByteSource& source, const CoreFile& core);

struct CoreRegion {
  CoreFile core;
  RegionImage region;
};

// Both, of a file by name.
Result<CoreRegion> ReadCore(const std::string& path);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_CORE_FILE_H_
