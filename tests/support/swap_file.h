// A little swap space of a test's own, for machines that have none. Gone when the object is, and when the test is killed:
// a process of its own waits for that.
//
// Until then it is swap for the whole machine, so a test that makes one runs alone.

#ifndef GLASSHEAP_TESTS_SUPPORT_SWAP_FILE_H_
#define GLASSHEAP_TESTS_SUPPORT_SWAP_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

namespace glassheap::testing {

class SwapFile {
 public:
  // Null, and why_not says why: not allowed, or a file system that cannot (tmpfs, overlayfs).
  static std::unique_ptr<SwapFile> Make(size_t bytes, std::string& why_not);
  ~SwapFile();
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;

 private:
  SwapFile(pid_t keeper, int alive) : keeper_(keeper), alive_(alive) {}

  pid_t keeper_;  // swaps off and takes the file away
  int alive_;     // when nobody has this pipe open any more
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_SWAP_FILE_H_
