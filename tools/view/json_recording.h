// A recording's lines: frames of memtop as JSON, each one whole or as what has changed since the one before. A whole frame
// is a line of `memtop --json`, so that such output can be replayed as well.
//
//   {"schema":"glassheap.top/1",        "time":T, "system":{...}, "processes":[{"pid":1, ...}, ...]}
//   {"schema":"glassheap.top_change/1", "time":T, "system":{...}, "changed":[{"pid":1, "rss":2}], "gone":[7]}
//
// Of a change, null means that the figure is no longer there. Pure.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_RECORDING_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_RECORDING_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/process.h"
#include "tools/read/result.h"

namespace glassheap::tools {

// Every recording begins so; of the lines, whole frames do.
inline constexpr std::string_view kWholeFrame = "{\"schema\":\"glassheap.top/1\"";
inline constexpr std::string_view kChangedFrame = "{\"schema\":\"glassheap.top_change/1\"";

class FrameEncoder {
 public:
  FrameEncoder();
  ~FrameEncoder();

  // One line. Whole at first, and every 60th time, so that a reader can begin there.
  std::string Encode(const Machine& machine, const std::vector<Process>& processes);

 private:
  struct Rows;
  std::unique_ptr<Rows> rows_;
  unsigned since_whole_ = 0;
};

struct RecordedFrame {
  Machine machine;
  std::vector<Process> processes;  // by pid
};

class FrameDecoder {
 public:
  FrameDecoder();
  ~FrameDecoder();

  // Lines in their order, beginning with a whole frame. Errors say what is wrong with the line.
  Result<RecordedFrame> Decode(std::string_view line);

 private:
  struct Rows;
  std::unique_ptr<Rows> rows_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_RECORDING_H_
