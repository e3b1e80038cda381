// The only opener of paths. Every reader is given a Root, so that a captured
// tree (testdata/hosts/NAME) stands in for the machine: Root("/") reads
// /proc/meminfo, Root("testdata/hosts/x") reads testdata/hosts/x/proc/meminfo.
//
// Thread safety: const methods may be called from many threads.
//
// Invariants:
//   (1) Paths given to a Root are relative to it: "proc/meminfo". A leading '/'
//   is allowed and ignored. (2) Everything is opened O_CLOEXEC, and files
//   O_NONBLOCK|O_NOCTTY, so that a FIFO or a terminal in the tree cannot
//       stop a reader or become its terminal.
//   (3) A read is bounded. A file larger than the bound is cut there, silently:
//   callers choose bounds that no honest
//       file of the kernel reaches.
//   (4) Errors name the path as the user knows it: with the prefix.

#ifndef GLASSHEAP_TOOLS_READ_ROOT_H_
#define GLASSHEAP_TOOLS_READ_ROOT_H_

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/read/file_descriptor.h"
#include "tools/read/result.h"

namespace glassheap::tools {

inline constexpr size_t kMaxFileBytes = size_t{1} << 20;

// A directory held open, such as /proc/42: what is read through it belongs to
// the same process even if the pid is reused meanwhile (reads then fail with
// ESRCH or ENOENT).
class Directory {
 public:
  Directory(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  // Names are relative to the directory: "status", "task/42/stat".
  Result<std::string> ReadFile(const char* name, size_t max_bytes = kMaxFileBytes) const;

  // As ReadFile, into a buffer that is kept by the caller: no allocation once
  // it is large enough. Returns 0 or errno.
  int ReadInto(const char* name, std::string& buffer, size_t max_bytes = kMaxFileBytes) const;

  // The same for files that the kernel makes as one record (fs/seq_file.c, single_open; every file of a cgroup): meminfo,
  // status, stat, cgroup, pressure. One read(2) fewer. Not for files of many records (mountinfo, maps, vmstat), where a
  // read may come short before the end.
  Result<std::string> ReadRecord(const char* name) const;
  int ReadRecordInto(const char* name, std::string& buffer, size_t max_bytes = kMaxFileBytes) const;

  // With one read(2), into memory of the caller's: for the files of /proc that are one record (status, statm, stat,
  // oom_score_adj), read of thousands of processes. Returns the number of bytes, room.size() when there may be more;
  // or -errno.
  ssize_t ReadOnce(const char* name, std::span<char> room) const;

  Result<std::string> ReadLink(const char* name) const;
  Result<std::vector<std::string>> List(const char* name = ".") const;  // without "." and "..", unsorted
  Result<Directory> OpenDirectory(const char* name) const;
  Result<FileDescriptor> Open(const char* name, int flags) const;

  // One write(2) of the whole text, as the files of /proc want it.
  Result<size_t> WriteFile(const char* name, std::string_view text) const;

  std::string PathOf(const char* name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  std::string path_;  // for messages only
};

class Root {
 public:
  explicit Root(std::string prefix = "/");

  // GLASSHEAP_ROOT when it is set and not empty, else "/".
  static Root FromEnvironment();

  Result<std::string> ReadFile(std::string_view path, size_t max_bytes = kMaxFileBytes) const;
  Result<std::string> ReadRecord(std::string_view path) const;  // as Directory's
  Result<std::string> ReadLink(std::string_view path) const;
  Result<std::vector<std::string>> List(std::string_view path) const;
  Result<Directory> OpenDirectory(std::string_view path) const;
  Result<FileDescriptor> Open(std::string_view path, int flags) const;

  std::string PathOf(std::string_view path) const;
  bool is_machine() const { return prefix_ == "/"; }  // false: a captured tree, so ask the kernel nothing

 private:
  std::string prefix_;  // ends with '/'
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_ROOT_H_
