// Where a report goes that is written after something long: opened before, so that a wrong name costs nothing.
//
// What a file holds stays there until the report is written; a name of what is open already (/dev/stdout, /dev/fd/3) is
// that, with its position: opened anew, it would be written over from its beginning.

#ifndef GLASSHEAP_TOOLS_CLI_REPORT_FILE_H_
#define GLASSHEAP_TOOLS_CLI_REPORT_FILE_H_

#include <string>
#include <utility>

#include "tools/read/file_descriptor.h"
#include "tools/read/result.h"

namespace glassheap::tools {

class ReportFile {
 public:
  // An empty path is stderr. The error says errno and the way out; that stderr is closed is none.
  static Result<ReportFile> Open(const std::string& path);

  // Empties a regular file that was opened by its name, and returns where to write; negative: stderr is closed, and
  // nobody wants to read it.
  int Begin() const;

 private:
  ReportFile(FileDescriptor fd, bool was_open) : fd_(std::move(fd)), was_open_(was_open) {}

  FileDescriptor fd_;
  bool was_open_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_REPORT_FILE_H_
