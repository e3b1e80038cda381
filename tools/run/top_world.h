// Where memtop's frames come from, and who does what its screen asks for: this machine, or a recording of one.

#ifndef GLASSHEAP_TOOLS_RUN_TOP_WORLD_H_
#define GLASSHEAP_TOOLS_RUN_TOP_WORLD_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/read/result.h"
#include "tools/read/root.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

class TopWorld {
 public:
  virtual ~TopWorld() = default;

  // The next frame, for this state: what it does not show is not read. in_view: pids on the screen. A frame keeps its
  // history from one refresh to the next.
  virtual std::optional<Error> Refresh(const TopState& state, const std::vector<pid_t>& in_view, TopFrame& frame) = 0;

  // kSignal, kSetOom, kSave, kRecord, kMeasure, kSeek. What became of it is put into state.message.
  virtual void Do(const TopCommand& command, TopFrame& frame, TopState& state) = 0;
};

struct LiveOptions {
  bool batch = false;       // measure whatever is asked for, at once; leave out what only a screen shows
  bool with_head = true;    // the head is shown: it sums up the heaps
  std::string config_path;  // where W saves; empty: nowhere
  std::string record;       // a file that every frame is written into; empty: none
};

// An error when the recording cannot be begun. REQUIRES: root outlives it.
Result<std::unique_ptr<TopWorld>> MakeLiveWorld(const Root& root, const LiveOptions& options);

Result<std::unique_ptr<TopWorld>> MakeReplayWorld(const std::string& path);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_TOP_WORLD_H_
