// One refresh of memtop: reads what the columns need, and nothing else.

#ifndef GLASSHEAP_TOOLS_RUN_TOP_SAMPLER_H_
#define GLASSHEAP_TOOLS_RUN_TOP_SAMPLER_H_

#include <sys/types.h>

#include <optional>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/process_reader.h"
#include "tools/read/root.h"
#include "tools/read/users.h"

namespace glassheap::tools {

// Memory, load and pressure; what is missing of the latter two is absent. An error when there is no meminfo. In a captured
// tree the clock that does not jump is the tree's uptime, where it has one: rates between two captures are then exact.
Result<Machine> SampleMachine(const Root& root);

struct TopSample {
  Machine machine;
  std::vector<Process> processes;  // by pid
};

class TopSampler {
 public:
  // REQUIRES: root outlives the sampler.
  explicit TopSampler(const Root& root);

  // files: ProcessFile bits.
  Result<TopSample> Sample(unsigned files);

  std::optional<uid_t> FindUser(std::string_view name) const { return users_.Find(name); }
  const std::string& UserName(uid_t uid) { return users_.Name(uid); }

  const Root& root() const { return root_; }
  ProcessReader& reader() { return reader_; }
  Users& users() { return users_; }

 private:
  const Root& root_;
  ProcessReader reader_;
  ProcessTable table_;
  Users users_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_TOP_SAMPLER_H_
