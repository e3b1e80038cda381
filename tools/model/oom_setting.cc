// Tested by tests/tools/model/oom_setting_test.cc.

#include "tools/model/oom_setting.h"

#include <charconv>

#include "tools/model/oom.h"

namespace glassheap::tools {
namespace {

struct Scale {
  const char* name;
  int min;
  int max;
};

constexpr Scale kScoreScale = {"oom_score_adj", kOomScoreAdjMin, kOomScoreAdjMax};
constexpr Scale kLegacyScale = {"oom_adj", kOomAdjMin, kOomAdjMax};

std::string Range(const Scale& scale) {
  return std::string(scale.name) + " goes from " + std::to_string(scale.min) + " (never killed) to " +
         std::to_string(scale.max);
}

Result<int> ParseOn(const Scale& scale, std::string_view text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const std::string typed = text.empty() ? "''" : std::string(text);
  const bool number = stop == end && !text.empty() && error != std::errc::invalid_argument;
  if (!number) return Error{typed, "not a whole number; " + Range(scale)};
  const bool in_range = error == std::errc() && value >= scale.min && value <= scale.max;
  if (!in_range) return Error{typed, Range(scale)};
  return value;
}

std::string FromTo(const char* name, int before, int after) {
  if (before == after) return std::string(name) + " stays " + std::to_string(after);
  return std::string(name) + " changed from " + std::to_string(before) + " to " + std::to_string(after);
}

}  // namespace

Result<OomSetting> ParseScoreAdj(std::string_view text) {
  const Result<int> value = ParseOn(kScoreScale, text);
  if (!value) return value.error();
  return OomSetting{*value, std::nullopt};
}

Result<OomSetting> ParseLegacyAdj(std::string_view text) {
  const Result<int> value = ParseOn(kLegacyScale, text);
  if (!value) return value.error();
  return OomSetting{ScoreAdjFromLegacy(*value), *value};
}

std::string DescribeChange(const OomChange& change, const OomSetting& setting) {
  const int reads_back = LegacyFromScoreAdj(change.after);
  std::string line = "pid " + std::to_string(change.pid) + " (" + change.name +
                     "): " + FromTo("oom_score_adj", change.before, change.after) + ", " +
                     FromTo("oom_adj", LegacyFromScoreAdj(change.before), reads_back);
  if (setting.legacy && *setting.legacy != reads_back) {
    line += "; " + std::to_string(*setting.legacy) + " was asked for, is written as " +
            std::to_string(setting.score_adj) + " and does not read back";
  }
  if (change.after != setting.score_adj) {
    line += "; the kernel kept " + std::to_string(change.after) + " where " + std::to_string(setting.score_adj) +
            " was written";
  }
  return line;
}

}  // namespace glassheap::tools
