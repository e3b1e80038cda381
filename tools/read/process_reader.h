// Every process of a Root, read again and again at little cost.
//
// A refresh lists /proc once and reads, per process, only the files that were
// asked for. /proc/PID stays open between refreshes: what is read through it
// can only be the same process, so a reused pid is seen as a new process
// without comparing start times. Command lines are kept and read again when the
// name changes, and else every 16th refresh.
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

namespace glassheap::tools {

// Files beyond /proc/PID/status; a set of bits.
enum ProcessFile : unsigned {
  kReadStatusOnly = 0,
  kReadStat = 1,
  kReadOomScoreAdj = 2,
  kReadCommandLine = 4,
  kReadRegion = 8,
};

struct ProcessSample {
  pid_t pid = 0;
  uint64_t incarnation = 0;  // differs between two processes that had the same pid
  bool init = false;         // the init that the kernel protects: pid 1, but not a container's
  ProcessStatus status;
  std::optional<ProcessStat> stat;
  std::optional<int> oom_score_adj;
  std::string command_line;           // arguments parted by blanks; empty where there is
                                      // none or it was not asked for
  std::optional<RegionImage> region;  // of a process under glassheap that we may read
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

 private:
  struct Known {
    std::optional<Directory> directory;  // absent: too many are open already
    uint64_t incarnation = 0;
    uint64_t refresh = 0;  // when it was last seen
    bool read_before = false;
    bool init = false;
    std::string name;
    std::string command_line;
    RegionWatch region;
    KeptFile status;
    KeptFile oom_score_adj;
  };

  std::optional<ProcessSample> Sample(pid_t pid, Known& known, unsigned files);
  bool ReadFiles(const Directory& directory, unsigned files, Known& known, ProcessSample& sample);
  bool ReadStatus(const Directory& directory, Known& known, ProcessSample& sample);
  int ReadOften(const Directory& directory, const char* name, Known& known, KeptFile& file);
  void ReadCommandLine(const Directory& directory, Known& known, ProcessSample& sample);
  void Forget(Known& known);
  void ForgetUnseen();

  const Root& root_;
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

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_READER_H_
