// Runs programs from tests: a shell line to its end, or a program in the
// background that a test talks with.

#ifndef GLASSHEAP_TESTS_SUPPORT_SHELL_H_
#define GLASSHEAP_TESTS_SUPPORT_SHELL_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tools/read/file_descriptor.h"

namespace glassheap::testing {

struct ShellResult {
  int status;  // as $? would be: 128 + n for a signal
  std::string out;
  std::string err;
};

// By /bin/sh, in the test's working directory.
ShellResult Shell(const std::string& line);

// What a command is called in Bazel's runfiles: "tools/memstat" -> its path.
std::string Program(const std::string& label_path);

// A program with a pipe from its stdout. Killed and reaped when the object
// goes.
class Background {
 public:
  explicit Background(const std::vector<std::string>& command);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  std::string ReadLine();  // blocks; without the '\n'; what there is at the end
  int Wait();              // the raw wait status
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  tools::FileDescriptor out_;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_SHELL_H_
