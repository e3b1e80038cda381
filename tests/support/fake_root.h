// A tree of files in a temporary folder that stands in for the machine: a Root
// on it reads what the test wrote. Gone when the FakeRoot is.

#ifndef GLASSHEAP_TESTS_SUPPORT_FAKE_ROOT_H_
#define GLASSHEAP_TESTS_SUPPORT_FAKE_ROOT_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/read/root.h"

namespace glassheap::tools {

// One process in a row: what makes it different from an idle one. Sizes in KiB,
// as the kernel prints them.
struct FakeProcess {
  pid_t pid = 0;
  std::string name = "idle";
  uint64_t rss_kib = 0;
  uint64_t swap_kib = 0;
  uint64_t page_tables_kib = 0;
  int oom_score_adj = 0;
  uid_t uid = 0;
  std::string command_line = {};  // NULs between the arguments
  pid_t ppid = 1;
  bool kernel_thread = false;
  char state = 'S';
  uint64_t start_ticks = 100;
};

class FakeRoot {
 public:
  FakeRoot();
  ~FakeRoot();
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  // Paths are relative: "proc/meminfo". Folders are made as needed.
  void Write(std::string_view path, std::string_view text);
  void Remove(std::string_view path);
  std::string PathOf(std::string_view path) const;

  // proc/PID/{status,stat,oom_score_adj,cmdline}.
  void AddProcess(const FakeProcess& process);
  // proc/meminfo with the two lines that badness needs.
  void SetMemory(uint64_t ram_kib, uint64_t swap_kib);

  const Root& root() const { return root_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Root root_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TESTS_SUPPORT_FAKE_ROOT_H_
