// Every process of a Root, read again and again at little cost.
//
// A refresh lists /proc once and reads, per process, only the files that were
// asked for. /proc/PID stays open between refreshes: what is read through it
// can only be the same process, so a reused pid is seen as a new process
// without comparing start times. Command lines and control groups are kept and
// read again when the name changes, and else every 16th refresh. Command lines
// are memory of the process, so reading one may wait for it: that is given up
// after kCommandLinePatience and not tried again.
//
// Thread safety: none; one reader a thread.
//
// Invariants:
//   (1) A process that vanishes in the middle of a read has no sample; that is
//       no error.
//   (2) A process whose status may not be read (hidepid=1) is counted in
//       hidden() and has no sample.
//   (3) At most half of the file descriptors the process may have are kept.

#ifndef GLASSHEAP_TOOLS_READ_PROCESS_READER_H_
#define GLASSHEAP_TOOLS_READ_PROCESS_READER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/read/kept_file.h"
#include "tools/read/process_stat.h"
#include "tools/read/process_status.h"
#include "tools/read/region_watch.h"
#include "tools/read/root.h"
#include "tools/read/slow_reader.h"

namespace glassheap::tools {

// Files beyond /proc/PID/status; a set of bits.
enum ProcessFile : unsigned {
  kReadStatusOnly = 0,
  kReadStat = 1,
  kReadOomScoreAdj = 2,
  kReadCommandLine = 4,
  kReadRegion = 8,
  kReadCgroup = 16,
  kReadThreads = 32,
  // The status may be that of an earlier refresh, as long as statm has not changed: see kStatusRefreshes.
  kReadStatusWhenChanged = 64,
};

// statm is a tenth of the work of status, and changes whenever a process maps, unmaps, touches or loses memory, which
// is also what makes or ends a heap. What may be late by so many refreshes: the state, the name where it was set by
// prctl, the user, the number of threads.
inline constexpr uint64_t kStatusRefreshes = 8;

inline constexpr std::chrono::milliseconds kCommandLinePatience{100};

struct ThreadSample {
  pid_t tid = 0;
  std::string name;  // any bytes
  char state = '?';
};

struct ProcessSample {
  pid_t pid = 0;
  uint64_t incarnation = 0;  // differs between two processes that had the same pid
  bool init = false;         // the init that the kernel protects: pid 1, but not a container's
  ProcessStatus status;
  bool status_is_kept = false;  // of an earlier refresh
  std::optional<ProcessStat> stat;
  std::optional<int> oom_score_adj;
  std::string command_line;           // arguments parted by blanks; empty where there is
                                      // none or it was not asked for
  std::string cgroup;                 // that counts its memory; as command_line
  std::optional<RegionImage> region;  // of a process under glassheap that we may read
  std::vector<ThreadSample> threads;  // when there is more than one
  RegionSight region_sight = RegionSight::kNone;  // of this refresh; kNone when it was not due
};

class ProcessReader {
 public:
  explicit ProcessReader(const Root& root);

  // All processes that can be seen, by pid. `files` is a set of
  // ProcessFile. An error only when /proc itself cannot be listed.
  Result<std::vector<ProcessSample>> ReadAll(unsigned files);

  // One process; nothing when it is not there or hidden.
  std::optional<ProcessSample> ReadOne(pid_t pid, unsigned files);

  size_t hidden() const { return hidden_; }

  // Of the process that had this incarnation when it was last read; null when it has ended since.
  std::shared_ptr<const Directory> DirectoryOf(pid_t pid, uint64_t incarnation);

 private:
  struct Known {
    std::shared_ptr<const Directory> directory;  // null: too many are open already
    uint64_t incarnation = 0;
    uint64_t refresh = 0;  // when it was last seen
    bool read_before = false;
    bool init = false;
    std::string name;
    std::string command_line;
    std::string cgroup;
    bool asked = false;  // for its command line
    bool stuck = false;  // its command line could not be read in time
    bool has_region = false;
    RegionWatch region;
    KeptFile status;
    KeptFile statm;
    KeptFile oom_score_adj;
    std::string last_statm;
    ProcessStatus last_status;  // when last_statm is not empty
  };

  std::optional<ProcessSample> Sample(pid_t pid, Known& known, unsigned files);
  bool ReadFiles(const std::shared_ptr<const Directory>& directory, unsigned files, Known& known,
                 ProcessSample& sample);
  bool ReadStatus(const Directory& directory, unsigned files, Known& known, ProcessSample& sample);
  bool IsUnchanged(const Directory& directory, Known& known, pid_t pid);
  int ReadOften(const Directory& directory, const char* name, Known& known, KeptFile& file);
  bool IsDue(const Known& known, const ProcessSample& sample) const;
  void ReadCgroup(const Directory& directory, Known& known, ProcessSample& sample);
  void ReadThreads(const Directory& directory, ProcessSample& sample);
  void ReadCommandLines(std::vector<ProcessSample>& samples);
  void Forget(Known& known);
  void ForgetUnseen();

  const Root& root_;
  SlowReader slow_;
  std::vector<SlowReader::Request> command_lines_;  // to be read, by pid
  std::unordered_map<pid_t, Known> known_;
  std::string buffer_;  // for every file in turn
  uint64_t refresh_ = 0;
  uint64_t incarnations_ = 0;
  size_t open_directories_ = 0;
  bool keep_files_;  // those of a captured tree may be replaced
  size_t max_open_directories_;
  size_t hidden_ = 0;
};

// "/proc/PID/cmdline" as one line: NULs become blanks. At most kMaxCommandLine
// bytes of it.
inline constexpr size_t kMaxCommandLine = 4096;
std::string JoinCommandLine(std::string_view text);

// "/proc/PID/cgroup": the path of the group that counts memory: of the memory controller (v1), else of the unified
// hierarchy (v2). Empty when there is neither.
std::string MemoryCgroupPath(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_READER_H_
