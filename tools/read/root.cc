// Tested by tests/tools/read/root_test.cc.

#include "tools/read/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace glassheap::tools {
namespace {

constexpr int kFileFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kDirectoryFlags = O_RDONLY | O_CLOEXEC | O_DIRECTORY;
constexpr size_t kFirstRead = 4096;  // /proc hands out a page at a time;
                                     // status, stat and statm fit in one

// Reads from fd to its end or to max_bytes, reusing the buffer's capacity. Of one record: the end is where a read comes short,
// and need not be asked for. Returns 0 or errno.
int ReadAll(int fd, std::string& buffer, size_t max_bytes, bool one_record = false) {
  size_t used = 0;
  buffer.resize(std::min(kFirstRead, max_bytes));
  while (used < max_bytes) {
    if (used == buffer.size()) buffer.resize(std::min(used * 2, max_bytes));
    const ssize_t got = ::read(fd, buffer.data() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (one_record && used < buffer.size()) break;
  }
  buffer.resize(used);
  return 0;
}

int ReadAt(int directory, const char* name, std::string& buffer, size_t max_bytes, bool one_record = false) {
  const FileDescriptor fd(::openat(directory, name, kFileFlags));
  return fd.valid() ? ReadAll(fd.get(), buffer, max_bytes, one_record) : errno;
}

// path: of the name, for messages.
Result<std::string> TextAt(int directory, const char* name, std::string path, size_t max_bytes, bool one_record) {
  std::string text;
  if (const int error = ReadAt(directory, name, text, max_bytes, one_record)) {
    return Error::FromErrno(std::move(path), error);
  }
  return text;
}

Result<std::string> ReadLinkAt(int directory, const char* name, std::string path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(directory, name, target, sizeof target);
  if (length < 0) return Error::FromErrno(std::move(path), errno);
  return std::string(target, static_cast<size_t>(length));
}

Result<std::vector<std::string>> ListAt(int directory, const char* name, std::string path) {
  FileDescriptor fd(::openat(directory, name, kDirectoryFlags));
  if (!fd.valid()) return Error::FromErrno(std::move(path), errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (stream == nullptr) return Error::FromErrno(std::move(path), errno);
  fd.Release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view found = entry->d_name;
    if (found != "." && found != "..") names.emplace_back(found);
  }
  return names;
}

}  // namespace

Result<std::string> Directory::ReadFile(const char* name, size_t max_bytes) const {
  return TextAt(fd_.get(), name, PathOf(name), max_bytes, false);
}

int Directory::ReadInto(const char* name, std::string& buffer, size_t max_bytes) const {
  return ReadAt(fd_.get(), name, buffer, max_bytes);
}

Result<std::string> Directory::ReadRecord(const char* name) const {
  return TextAt(fd_.get(), name, PathOf(name), kMaxFileBytes, true);
}

int Directory::ReadRecordInto(const char* name, std::string& buffer, size_t max_bytes) const {
  return ReadAt(fd_.get(), name, buffer, max_bytes, true);
}

ssize_t Directory::ReadOnce(const char* name, std::span<char> room) const {
  const FileDescriptor fd(::openat(fd_.get(), name, kFileFlags));
  if (!fd.valid()) return -errno;
  for (;;) {
    const ssize_t got = ::read(fd.get(), room.data(), room.size());
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}

Result<std::string> Directory::ReadLink(const char* name) const { return ReadLinkAt(fd_.get(), name, PathOf(name)); }

Result<std::vector<std::string>> Directory::List(const char* name) const {
  return ListAt(fd_.get(), name, PathOf(name));
}

Result<Directory> Directory::OpenDirectory(const char* name) const {
  FileDescriptor fd(::openat(fd_.get(), name, kDirectoryFlags));
  if (!fd.valid()) return Error::FromErrno(PathOf(name), errno);
  return Directory(std::move(fd), PathOf(name));
}

Result<FileDescriptor> Directory::Open(const char* name, int flags) const {
  FileDescriptor fd(::openat(fd_.get(), name, flags | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return Error::FromErrno(PathOf(name), errno);
  return fd;
}

Result<size_t> Directory::WriteFile(const char* name, std::string_view text) const {
  const FileDescriptor fd(::openat(fd_.get(), name, O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return Error::FromErrno(PathOf(name), errno);
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  if (written < 0) return Error::FromErrno(PathOf(name), errno);
  return static_cast<size_t>(written);
}

Root::Root(std::string prefix) : prefix_(std::move(prefix)) {
  if (prefix_.empty() || prefix_.back() != '/') prefix_ += '/';
}

Root Root::FromEnvironment() {
  const char* prefix = ::getenv("GLASSHEAP_ROOT");
  return Root(prefix != nullptr && *prefix != '\0' ? prefix : "/");
}

std::string Root::PathOf(std::string_view path) const {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return prefix_ + std::string(path);
}

Result<std::string> Root::ReadFile(std::string_view path, size_t max_bytes) const {
  const std::string full = PathOf(path);
  return TextAt(AT_FDCWD, full.c_str(), full, max_bytes, false);
}

Result<std::string> Root::ReadRecord(std::string_view path) const {
  const std::string full = PathOf(path);
  return TextAt(AT_FDCWD, full.c_str(), full, kMaxFileBytes, true);
}

Result<std::string> Root::ReadLink(std::string_view path) const {
  const std::string full = PathOf(path);
  return ReadLinkAt(AT_FDCWD, full.c_str(), full);
}

Result<std::vector<std::string>> Root::List(std::string_view path) const {
  const std::string full = PathOf(path);
  return ListAt(AT_FDCWD, full.c_str(), full);
}

Result<Directory> Root::OpenDirectory(std::string_view path) const {
  std::string full = PathOf(path);
  FileDescriptor fd(::open(full.c_str(), kDirectoryFlags));
  if (!fd.valid()) return Error::FromErrno(full, errno);
  return Directory(std::move(fd), std::move(full));
}

Result<FileDescriptor> Root::Open(std::string_view path, int flags) const {
  const std::string full = PathOf(path);
  FileDescriptor fd(::open(full.c_str(), flags | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return Error::FromErrno(full, errno);
  return fd;
}

}  // namespace glassheap::tools
