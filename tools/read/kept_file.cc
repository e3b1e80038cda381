// Tested by tests/tools/read/kept_file_test.cc.

#include "tools/read/kept_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace glassheap::tools {
namespace {

constexpr size_t kUsualBytes = 4096;  // of a status file, with room to spare

}  // namespace

int KeptFile::ReadInto(const Directory& directory, const char* name, std::string& buffer) {
  if (!fd_.valid()) {
    Result<FileDescriptor> fd = directory.Open(name, O_RDONLY | O_NONBLOCK);
    if (!fd) return fd.error().errno_value;
    fd_ = *std::move(fd);
  }
  for (size_t size = std::max(buffer.capacity(), kUsualBytes);; size *= 2) {
    buffer.resize(std::min(size, kMaxFileBytes));
    const ssize_t got = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return errno;
    const bool whole = static_cast<size_t>(got) < buffer.size() || buffer.size() == kMaxFileBytes;
    if (!whole) continue;
    buffer.resize(static_cast<size_t>(got));
    return 0;
  }
}

}  // namespace glassheap::tools
