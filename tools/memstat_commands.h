// The commands of memstat, one file each. Each takes what was typed and returns
// the exit code.

#ifndef GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
#define GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/read/root.h"
#include "tools/view/free_table.h"

namespace glassheap::tools {

inline constexpr char kMemstat[] = "memstat";

// memstat
struct SystemOptions {
  FreeFormat format;
  std::optional<double> seconds;  // between repetitions; 1 when only count was given
  std::optional<long> count;
  bool json = false;
};
int SystemCommand(const Root& root, const SystemOptions& options);

// memstat heap
struct HeapOptions {
  std::string target;  // pid or name
  bool classes = false;
  bool threads = false;
  bool json = false;
};
int HeapCommand(const Root& root, const HeapOptions& options);

// memstat run
struct RunOptions {
  std::vector<std::string> command;
  std::optional<std::string> report_file;
  bool json = false;
};
int RunCommandAndReport(const RunOptions& options);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
