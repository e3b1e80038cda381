// Runs bash in an empty directory and keeps what comes of it.

#ifndef GLASSHEAP_TESTS_END_TO_END_SHELL_H_
#define GLASSHEAP_TESTS_END_TO_END_SHELL_H_

#include <string>
#include <vector>

namespace glassheap {

enum class Way {
  kPlain,    // under libc's malloc
  kPreload,  // LD_PRELOAD, by hand
  kBlock,    // the same with the block heap
  kMemstat,  // memstat run --json --report report.json --
};

struct Result {
  bool timed_out = false;
  int wait_status = 0;
  std::string output;
  std::string errors;
  std::string report;  // kMemstat: the JSON
};

// The path of a file that the test depends on.
std::string Runfile(const std::string& path);

// Ends after a bounded time, with everything it started.
Result RunCommand(Way way, const std::vector<std::string>& command);
Result RunScript(Way way, const std::string& script);

}  // namespace glassheap

#endif  // GLASSHEAP_TESTS_END_TO_END_SHELL_H_
