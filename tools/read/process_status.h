// /proc/PID/status: who a process is and what the kernel counts as its memory.
//
// A pure parser. Sizes are in bytes. A line the kernel did not print is absent:
// kernel threads and zombies have no Vm lines, old kernels no Rss lines,
// kernels before 6.8 no Kthread line.

#ifndef GLASSHEAP_TOOLS_READ_PROCESS_STATUS_H_
#define GLASSHEAP_TOOLS_READ_PROCESS_STATUS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glassheap::tools {

struct ProcessStatus {
  std::string name;  // comm as the process set it: the kernel's \n and \\ are
                     // undone, so it may hold anything
  char state = '?';
  std::optional<pid_t> tgid;
  std::optional<pid_t> ppid;
  std::optional<uid_t> uid;            // effective
  std::optional<pid_t> innermost_pid;  // last of NSpid: what getpid() says inside
  std::optional<uint64_t> threads;
  std::optional<uint64_t> rss;
  std::optional<uint64_t> rss_anon;
  std::optional<uint64_t> rss_file;
  std::optional<uint64_t> rss_shmem;
  std::optional<uint64_t> swap;
  std::optional<uint64_t> page_tables;
  bool kernel_thread = false;  // by Kthread:, else: a child of kthreadd without
                               // memory of its own

  bool has_memory() const { return rss.has_value(); }
  bool operator==(const ProcessStatus&) const = default;
};

// Nothing when the text is not a status file (no Name line), as after the
// process has gone.
std::optional<ProcessStatus> ParseProcessStatus(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_STATUS_H_
