// Tested by tests/tools/memstat_run_test.cc.

#include "tools/cli/report_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace glassheap::tools {
namespace {

std::optional<int> OpenAlready(const std::string& path) {
  if (path.empty() || path == "/dev/stderr") return STDERR_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const char* end = path.data() + path.size();
    const auto [rest, error] = std::from_chars(path.data() + folder.size(), end, fd);
    if (error == std::errc() && rest == end) return fd;
  }
  return std::nullopt;
}

}  // namespace

Result<ReportFile> ReportFile::Open(const std::string& path) {
  if (const std::optional<int> fd = OpenAlready(path)) {
    return ReportFile(FileDescriptor(::fcntl(*fd, F_DUPFD_CLOEXEC, 3)), true);
  }
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
  if (fd.valid()) return ReportFile(std::move(fd), false);
  return Error{"--report " + path, std::string(std::strerror(errno)) + "; give a file in a directory you may write to",
               errno};
}

int ReportFile::Begin() const {
  if (!fd_.valid()) return -1;
  struct stat status;
  if (!was_open_ && ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode)) (void)!::ftruncate(fd_.get(), 0);
  return fd_.get();
}

}  // namespace glassheap::tools
