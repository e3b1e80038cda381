// Bytes that are read by offset: a file, or memory in tests. Never mapped: a file that is cut off meanwhile is a short read.

#ifndef GLASSHEAP_TOOLS_READ_BYTE_SOURCE_H_
#define GLASSHEAP_TOOLS_READ_BYTE_SOURCE_H_

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace glassheap::tools {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual uint64_t size() const = 0;

  // Fills `to` as far as there are bytes from `offset` on; returns how many.
  virtual size_t ReadSome(uint64_t offset, std::span<std::byte> to) const = 0;

  // False when not all of it is there.
  bool Read(uint64_t offset, std::span<std::byte> to) const { return ReadSome(offset, to) == to.size(); }
  template <typename T>
  bool ReadObject(uint64_t offset, T& to) const {
    return Read(offset, std::as_writable_bytes(std::span(&to, 1)));
  }
};

class FileBytes : public ByteSource {
 public:
  // The descriptor stays the caller's.
  FileBytes(int fd, uint64_t size) : fd_(fd), size_(size) {}

  uint64_t size() const override { return size_; }

  size_t ReadSome(uint64_t offset, std::span<std::byte> to) const override {
    size_t used = 0;
    while (used < to.size() && offset <= INT64_MAX - to.size()) {
      const ssize_t got = ::pread(fd_, to.data() + used, to.size() - used, static_cast<off_t>(offset + used));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      used += static_cast<size_t>(got);
    }
    return used;
  }

 private:
  int fd_;
  uint64_t size_;
};

class MemoryBytes : public ByteSource {
 public:
  explicit MemoryBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

  uint64_t size() const override { return bytes_.size(); }

  size_t ReadSome(uint64_t offset, std::span<std::byte> to) const override {
    if (offset >= bytes_.size()) return 0;
    const size_t size = std::min<size_t>(to.size(), bytes_.size() - offset);
    std::copy_n(bytes_.data() + offset, size, to.data());  // not memcpy: there may be nowhere to copy nothing to
    return size;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_BYTE_SOURCE_H_
