// Reads the files of /proc that may wait for the process they are about: cmdline and smaps_rollup take its mmap lock, and
// fault in its pages. A thread does it, and the caller waits only so long.
//
// A thread that is stuck in a read is left behind, with that request alone; another goes on with the rest. It ends when
// its read does, or with this process.
//
// Thread safety: one caller.

#ifndef GLASSHEAP_TOOLS_READ_SLOW_READER_H_
#define GLASSHEAP_TOOLS_READ_SLOW_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/read/root.h"

namespace glassheap::tools {

class SlowReader {
 public:
  struct Request {
    uint64_t id;
    std::shared_ptr<const Directory> directory;
    std::string name;
    size_t max_bytes;
  };
  struct Answer {
    uint64_t id = 0;
    int error = 0;  // errno; ETIMEDOUT: given up
    std::string text = {};
    double seconds = 0;  // that the read took
  };
  // Returns 0 or errno. Tests put their own in.
  using Read = std::function<int(const Request& request, std::string& text)>;

  SlowReader();
  explicit SlowReader(Read read);
  ~SlowReader();
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;

  void Ask(std::vector<Request> requests);

  // Answers so far. Waits until every request has its answer; a single read that takes longer than patience is given up.
  std::vector<Answer> Collect(std::chrono::milliseconds patience);

  // Answers so far, without waiting; a read that has taken longer than patience is given up.
  std::vector<Answer> CollectReady(std::chrono::milliseconds patience);

  // Answers that come within so long. Gives up nothing.
  std::vector<Answer> CollectWithin(std::chrono::milliseconds time);

  size_t waiting() const { return waiting_; }    // requests without an answer
  size_t left_behind() const { return stuck_; }  // threads; past kMaxStuck nothing is read any more

  static constexpr size_t kMaxStuck = 8;

 private:
  struct Shared;

  static void Work(std::shared_ptr<Shared> shared, Read read);
  void Start();
  bool GiveUpWhenLate(std::chrono::milliseconds patience, std::vector<Answer>& answers);

  Read read_;
  std::shared_ptr<Shared> shared_;  // null: no thread yet
  std::vector<Answer> refused_;     // once there are too many stuck threads
  size_t waiting_ = 0;
  size_t stuck_ = 0;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_SLOW_READER_H_
