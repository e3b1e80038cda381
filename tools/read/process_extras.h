// What rows of a list show of processes besides their status: command line, cgroup and heap, each read once and only
// where it is asked for. For lists that are read again there is ProcessReader.
//
// A command line is memory of the process, so reading one may wait for it: that is given up after kCommandLinePatience.
// A region is looked for where the allocator puts it (region_probe.h); of a handful of processes, everywhere.

#ifndef GLASSHEAP_TOOLS_READ_PROCESS_EXTRAS_H_
#define GLASSHEAP_TOOLS_READ_PROCESS_EXTRAS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/read/process_reader.h"
#include "tools/read/region_image.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct ExtrasRequest {
  pid_t pid = 0;
  pid_t innermost_pid = 0;  // what getpid() says inside
  bool has_region = true;   // false: it cannot have one, and is not looked through
  uint64_t cgroups = 0;     // the same of two: so is their cgroup, and one of them is read. 0: not known
};

// Empty where there is none, it was not asked for, or the process has ended.
struct ProcessExtras {
  std::string command_line;
  std::string cgroup;  // that counts its memory
  std::optional<RegionImage> region;
};

// One for each request, in order. files: kReadCommandLine, kReadCgroup and kReadRegion of ProcessFile.
std::vector<ProcessExtras> ReadProcessExtras(const Root& root, const std::vector<ExtrasRequest>& requests,
                                             unsigned files);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_EXTRAS_H_
