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
  int score_adj = 0;          // what is written; of a relative setting, by how much
  std::optional<int> legacy;  // what was asked for, on the legacy scale
  bool relative = false;      // to what the process has
};

Result<OomSetting> ParseScoreAdj(std::string_view text);
Result<OomSetting> ParseLegacyAdj(std::string_view text);
// "100", "+100" or "-100": -2000 to 2000.
Result<OomSetting> ParseRelativeAdj(std::string_view text);

// What is written to a process that has `before`. A relative setting stops at the ends of the scale.
int AdjustmentToWrite(const OomSetting& setting, int before);

// What became of one process: old and new on both scales, and a legacy value
// that does not read back as it was written.
struct OomChange {
  pid_t pid = 0;
  std::string name;  // any bytes
  int before = 0;    // oom_score_adj
  int after = 0;
};

// foretold: of a dry run, nothing was changed.
std::string DescribeChange(const OomChange& change, const OomSetting& setting, bool foretold = false);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_SETTING_H_
