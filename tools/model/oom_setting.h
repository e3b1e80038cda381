// An adjustment as a user asks for it, on the kernel's scale or the legacy one.
//
// Parsers take what was typed. Their errors name it and the scale, for a usage
// message: "16: oom_adj goes from -17 (never killed) to 15".

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_SETTING_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_SETTING_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "tools/read/result.h"

namespace glassheap::tools {

struct OomSetting {
  int score_adj = 0;          // what is written
  std::optional<int> legacy;  // what was asked for, on the legacy scale
};

Result<OomSetting> ParseScoreAdj(std::string_view text);
Result<OomSetting> ParseLegacyAdj(std::string_view text);

// What became of one process: old and new on both scales, and a legacy value
// that does not read back as it was written.
struct OomChange {
  pid_t pid = 0;
  std::string name;  // any bytes
  int before = 0;    // oom_score_adj
  int after = 0;
};

std::string DescribeChange(const OomChange& change, const OomSetting& setting);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_SETTING_H_
