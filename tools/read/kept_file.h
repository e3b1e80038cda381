// A file of /proc that is read at every refresh: kept open, and read from its
// start again. Opening and closing cost a third of reading status, and three
// quarters of reading oom_score_adj.
//
// A file of a process that has ended reads as ESRCH, even when the pid is in
// use again.

#ifndef GLASSHEAP_TOOLS_READ_KEPT_FILE_H_
#define GLASSHEAP_TOOLS_READ_KEPT_FILE_H_

#include <string>

#include "tools/read/file_descriptor.h"
#include "tools/read/root.h"

namespace glassheap::tools {

class KeptFile {
 public:
  // Opens name in the directory the first time. Returns 0 or errno.
  int ReadInto(const Directory& directory, const char* name, std::string& buffer);

  void Close() { fd_.Close(); }

 private:
  FileDescriptor fd_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_KEPT_FILE_H_
