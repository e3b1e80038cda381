// Tested by tests/tools/model/oom_setting_test.cc.

#include "tools/model/oom_setting.h"

#include <algorithm>
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
constexpr Scale kRelativeScale = {"--by", kOomScoreAdjMin - kOomScoreAdjMax, kOomScoreAdjMax - kOomScoreAdjMin};

std::string Range(const Scale& scale) {
  const char* never = scale.min < kOomScoreAdjMin ? "" : " (never killed)";
  return std::string(scale.name) + " goes from " + std::to_string(scale.min) + never + " to " +
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

std::string FromTo(const char* name, int before, int after, bool foretold) {
  if (before == after) return std::string(name) + (foretold ? " would stay " : " stays ") + std::to_string(after);
  return std::string(name) + (foretold ? " would change from " : " changed from ") + std::to_string(before) + " to " +
         std::to_string(after);
}

std::string EndOfScale(const OomSetting& setting, int before) {
  const int wanted = before + setting.score_adj;
  if (!setting.relative || (wanted >= kOomScoreAdjMin && wanted <= kOomScoreAdjMax)) return "";
  return "; that is the end of the scale";
}

}  // namespace

Result<OomSetting> ParseScoreAdj(std::string_view text) {
  const Result<int> value = ParseOn(kScoreScale, text);
  if (!value) return value.error();
  return OomSetting{*value, std::nullopt, false};
}

Result<OomSetting> ParseLegacyAdj(std::string_view text) {
  const Result<int> value = ParseOn(kLegacyScale, text);
  if (!value) return value.error();
  return OomSetting{ScoreAdjFromLegacy(*value), *value, false};
}

Result<OomSetting> ParseRelativeAdj(std::string_view text) {
  const bool plus = text.size() > 1 && text.front() == '+' && text[1] != '-';
  const Result<int> value = ParseOn(kRelativeScale, plus ? text.substr(1) : text);
  if (!value) return value.error();
  return OomSetting{*value, std::nullopt, true};
}

int AdjustmentToWrite(const OomSetting& setting, int before) {
  if (!setting.relative) return setting.score_adj;
  return std::clamp(before + setting.score_adj, kOomScoreAdjMin, kOomScoreAdjMax);
}

std::string DescribeChange(const OomChange& change, const OomSetting& setting, bool foretold) {
  const int reads_back = LegacyFromScoreAdj(change.after);
  std::string line = "pid " + std::to_string(change.pid) + " (" + change.name +
                     "): " + FromTo("oom_score_adj", change.before, change.after, foretold) + ", " +
                     FromTo("oom_adj", LegacyFromScoreAdj(change.before), reads_back, foretold) +
                     EndOfScale(setting, change.before);
  if (setting.legacy && *setting.legacy != reads_back) {
    line += "; " + std::to_string(*setting.legacy) + " was asked for, is written as " +
            std::to_string(setting.score_adj) + " and does not read back";
  }
  const int written = AdjustmentToWrite(setting, change.before);
  if (change.after != written) {
    line += "; the kernel kept " + std::to_string(change.after) + " where " + std::to_string(written) + " was written";
  }
  return line;
}

}  // namespace glassheap::tools
