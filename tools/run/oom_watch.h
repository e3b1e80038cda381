// OOM kills as they happen: from the kernel's log where it may be read, else from the kernel's counters and from who has
// vanished.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_RUN_OOM_WATCH_H_
#define GLASSHEAP_TOOLS_RUN_OOM_WATCH_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/model/oom_event.h"
#include "tools/read/kernel_log.h"
#include "tools/read/oom_log.h"
#include "tools/read/process_reader.h"
#include "tools/read/users.h"
#include "tools/run/region_keeper.h"

namespace glassheap::tools {

class OomWatch {
 public:
  // From now on. use_log false: as if the log might not be read.
  explicit OomWatch(const Root& root, bool use_log = true);

  // What has happened since the last call. Looks at all processes at most once in so many seconds: the heap of one that
  // started and died between two looks is not known.
  std::vector<OomEvent> Take(double look_seconds);

  // To wait on: readable when the log has something; -1 where there is no log.
  int fd() const { return log_ ? log_->fd() : -1; }

  // Why the log is not read; empty when it is.
  const std::string& why_no_log() const { return why_no_log_; }

 private:
  struct Seen {
    std::string name;
    std::string cgroup;  // of its memory
    std::optional<uid_t> uid;
    uint64_t memory = 0;  // RSS and swap
    int oom_score_adj = 0;
  };
  using Counters = std::map<std::string, uint64_t>;  // of kills, by cgroup; "" is the machine

  void Look();
  void ReadCounters(const std::unordered_map<pid_t, Seen>& seen);
  std::string CgroupOf(pid_t pid) const;
  void TakeFromLog(std::vector<OomEvent>& events);
  void TakeFromCounters(const std::unordered_map<pid_t, Seen>& before, const Counters& old,
                        std::vector<OomEvent>& events);
  OomEvent Counted(const std::string& cgroup, uint64_t kills, const std::unordered_map<pid_t, Seen>& before) const;
  void Complete(OomEvent& event);

  const Root& root_;
  std::optional<KernelLog> log_;
  std::string why_no_log_;
  OomLog parser_;
  ProcessReader reader_;
  Users users_;
  RegionKeeper regions_;
  std::unordered_map<pid_t, Seen> seen_;
  Counters counters_;
  double looked_ = 0;
};

// What the log still has of the past, the oldest first. An error when it may not be read.
Result<std::vector<OomEvent>> PastOomKills(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_OOM_WATCH_H_
