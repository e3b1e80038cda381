// Tested by tests/tools/cli/output_file_test.cc.

#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "tools/cli/program.h"
#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

int WriteInPlace(const std::string& path, std::string_view text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  return fd.valid() ? WriteFully(fd.get(), text) : errno;
}

// As open(2) would have made it: the temporary file is private until it is complete.
mode_t NewFileMode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

int WriteAndRename(const std::string& path, std::string_view text, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return errno;
  int error = WriteFully(fd.get(), text);
  if (error == 0 && ::fchmod(fd.get(), mode) != 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(temporary.c_str());
  return error;
}

}  // namespace

std::optional<Error> WriteWholeFile(const std::string& path, std::string_view text) {
  struct stat file = {};
  int error = 0;
  if (::lstat(path.c_str(), &file) != 0) {
    error = errno == ENOENT ? WriteAndRename(path, text, NewFileMode()) : errno;
  } else if (S_ISREG(file.st_mode) && ::access(path.c_str(), W_OK) == 0) {
    error = WriteAndRename(path, text, file.st_mode & 07777);
  } else {
    error = WriteInPlace(path, text);
  }
  if (error == 0) return std::nullopt;
  return Error::FromErrno(path, error);
}

}  // namespace glassheap::tools
