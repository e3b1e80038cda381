// OOM kills as the kernel's log tells them.
//
//   memory: usage 49152kB, limit 49152kB, failcnt 1170                          (of a memory cgroup)
//   oom-kill:constraint=CONSTRAINT_MEMCG,...,oom_memcg=/a,task_memcg=/a/b,task=NAME,pid=42,uid=0       (since 5.0)
//   Task in /a/b killed as a result of limit of /a                                                     (before)
//   Memory cgroup out of memory: Killed process 42 (NAME) total-vm:58712kB, anon-rss:48740kB, ...
//
// Names are chosen by the process: they are looked for from the end of what the kernel wrote around them. A pure
// parser; it keeps what belongs to the next kill.

#ifndef GLASSHEAP_TOOLS_READ_OOM_LOG_H_
#define GLASSHEAP_TOOLS_READ_OOM_LOG_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glassheap::tools {

// Sizes in bytes. Absent: the kernel did not say.
struct OomKill {
  std::optional<pid_t> pid;           // in the first pid namespace
  std::string name;                   // any bytes; empty where it is not known
  std::optional<std::string> cgroup;  // that was full; absent: the whole machine was, or some nodes
  std::optional<std::string> task_cgroup;
  std::optional<uint64_t> limit;
  std::optional<uint64_t> anon;
  std::optional<uint64_t> file;
  std::optional<uint64_t> shmem;
  std::optional<uint64_t> page_tables;
  std::optional<uid_t> uid;
  std::optional<int> oom_score_adj;
};

class OomLog {
 public:
  // The text of one record. A kill when it tells of one.
  std::optional<OomKill> Take(std::string_view text);

 private:
  OomKill next_;  // what is known of the kill that is about to be told
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_OOM_LOG_H_
