// Tested by tests/tools/read/user_file_test.cc.

#include "tools/read/user_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMaxConfigBytes = 64 << 10;

std::string Variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<Error> Distrust(const std::string& path, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return Error{path, "not a regular file; it is not read"};
  if (file.st_uid != ::geteuid() && file.st_uid != 0) return Error{path, "belongs to another user; it is not read"};
  if (file.st_mode & (S_IWGRP | S_IWOTH)) return Error{path, "others may write it (chmod go-w); it is not read"};
  if (static_cast<size_t>(file.st_size) > kMaxConfigBytes) return Error{path, "larger than 64 KiB; it is not read"};
  return std::nullopt;
}

std::optional<Error> WriteAll(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::FromErrno(path, errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return Error::FromErrno(path, errno);
  return std::nullopt;
}

// A link stays a link: what it leads to is replaced.
std::string Resolve(const std::string& path) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
  return error ? path : resolved.string();
}

}  // namespace

std::string UserConfigPath(std::string_view name) {
  std::string folder = Variable("XDG_CONFIG_HOME");
  if (folder.empty() || folder.front() != '/') {
    const std::string home = Variable("HOME");
    if (home.empty() || home.front() != '/') return "";
    folder = home + "/.config";
  }
  return folder + "/glassheap/" + std::string(name);
}

Result<std::string> ReadUserConfig(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return Error::FromErrno(path, errno);
  struct stat file;
  if (::fstat(fd.get(), &file) != 0) return Error::FromErrno(path, errno);
  if (auto error = Distrust(path, file)) return *std::move(error);
  std::string text(kMaxConfigBytes, '\0');
  const ssize_t got = ::pread(fd.get(), text.data(), text.size(), 0);
  if (got < 0) return Error::FromErrno(path, errno);
  text.resize(static_cast<size_t>(got));
  return text;
}

std::optional<Error> WriteUserConfig(const std::string& path, std::string_view text) {
  const std::string target = Resolve(path);
  std::error_code made;
  std::filesystem::create_directories(std::filesystem::path(target).parent_path(), made);
  std::string fresh = target + ".XXXXXX";
  const FileDescriptor fd(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!fd.valid()) return Error::FromErrno(target, errno);
  ::fchmod(fd.get(), 0644);
  auto error = WriteAll(fd.get(), target, text);
  if (!error && ::rename(fresh.c_str(), target.c_str()) != 0) error = Error::FromErrno(target, errno);
  if (error) ::unlink(fresh.c_str());
  return error;
}

}  // namespace glassheap::tools
