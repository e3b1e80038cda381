// Tested by tests/tools/read/kernel_log_test.cc.

#include "tools/read/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace glassheap::tools {
namespace {

constexpr size_t kMaxRecord = 8192;  // the kernel's own bound (CONSOLE_EXT_LOG_MAX)

}  // namespace

std::optional<KernelLogRecord> ParseKernelLogRecord(std::string_view record) {
  const size_t semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string_view head = record.substr(0, semicolon);
  for (int field = 0; field < 2; ++field) {
    const size_t comma = head.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    head.remove_prefix(comma + 1);
  }
  uint64_t microseconds = 0;
  if (std::from_chars(head.data(), head.data() + head.size(), microseconds).ec != std::errc()) return std::nullopt;
  std::string_view text = record.substr(semicolon + 1);
  text = text.substr(0, text.find('\n'));  // lines behind it describe a device
  return KernelLogRecord{static_cast<double>(microseconds) * 1e-6, std::string(text)};
}

Result<KernelLog> KernelLog::Open(const Root& root, From from) {
  Result<FileDescriptor> fd = root.Open("dev/kmsg", O_RDONLY | O_NONBLOCK);
  if (!fd) return fd.error();
  ::lseek(fd->get(), 0, from == From::kNow ? SEEK_END : SEEK_SET);
  return KernelLog(*std::move(fd));
}

std::optional<KernelLogRecord> KernelLog::Next() {
  for (;;) {
    char record[kMaxRecord];
    const ssize_t got = ::read(fd_.get(), record, sizeof record);
    if (got <= 0 && errno == EPIPE) ++lost_;
    if (got <= 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (got <= 0) return std::nullopt;
    if (auto parsed = ParseKernelLogRecord({record, static_cast<size_t>(got)})) return parsed;
  }
}

}  // namespace glassheap::tools
