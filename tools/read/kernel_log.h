// The kernel's log, record by record: /dev/kmsg. Needs to be root or CAP_SYSLOG where kernel.dmesg_restrict is set.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_READ_KERNEL_LOG_H_
#define GLASSHEAP_TOOLS_READ_KERNEL_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/read/file_descriptor.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct KernelLogRecord {
  double seconds = 0;  // since boot, on the kernel's own clock
  std::string text;    // any printable bytes: the kernel writes others as \xNN
};

// "6,1234,5678901,-;text". Nothing when it is not one.
std::optional<KernelLogRecord> ParseKernelLogRecord(std::string_view record);

class KernelLog {
 public:
  enum class From { kOldest, kNow };
  static Result<KernelLog> Open(const Root& root, From from);

  // Nothing when there is no further record at this moment. Records that were overwritten before we came to them are
  // passed over, and counted.
  std::optional<KernelLogRecord> Next();

  uint64_t lost() const { return lost_; }  // at least so many times there was a gap
  int fd() const { return fd_.get(); }     // readable when there is a record

 private:
  explicit KernelLog(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
  uint64_t lost_ = 0;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_KERNEL_LOG_H_
