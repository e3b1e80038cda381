// Tested by tests/tools/run/system_memory_test.cc.

#include "tools/run/system_memory.h"

#include <string>

namespace glassheap::tools {

Result<Meminfo> ReadMeminfo(const Root& root) {
  const Result<std::string> text = root.ReadRecord("proc/meminfo");
  if (!text) {
    const char* way_out = root.is_machine() ? "; is /proc mounted?" : "; --root wants a directory with proc/ in it";
    return Error{text.error().what, text.error().why + way_out, text.error().errno_value};
  }
  const Meminfo meminfo = ParseMeminfo(*text);
  if (meminfo.total && meminfo.free) return meminfo;
  return Error{root.PathOf("proc/meminfo"), "it has no MemTotal or no MemFree line"};
}

Result<SystemMemory> ReadSystemMemory(const Root& root) {
  const Result<Meminfo> meminfo = ReadMeminfo(root);
  if (!meminfo) return meminfo.error();
  SystemMemory memory = *MakeSystemMemory(*meminfo);
  const std::string release = root.ReadFile("proc/sys/kernel/osrelease").optional().value_or("");
  memory.oom_rule = OomRuleOf(release);
  memory.exact_counts = CountsExactly(release);
  return memory;
}

}  // namespace glassheap::tools
