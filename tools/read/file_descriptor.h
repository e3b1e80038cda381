// Owns one file descriptor: closed when it goes out of scope, moved and never
// copied.

#ifndef GLASSHEAP_TOOLS_READ_FILE_DESCRIPTOR_H_
#define GLASSHEAP_TOOLS_READ_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace glassheap::tools {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;  // -1: none
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_FILE_DESCRIPTOR_H_
