// Tested by tests/tools/model/oom_test.cc.

#include "tools/model/oom.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace glassheap::tools {
namespace {

bool NeverKilled(const OomTerms& terms) { return terms.unkillable || !terms.rss || terms.score_adj <= kOomScoreAdjMin; }

int64_t AdjustmentPages(int score_adj, const OomScope& scope) {
  return score_adj * static_cast<int64_t>(scope.total_pages / 1000);
}

using Version = std::pair<int, int>;

std::optional<Version> VersionOf(std::string_view release) {
  Version version;
  const char* const end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, version.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, version.second).ec != std::errc()) return std::nullopt;
  return version;
}

}  // namespace

OomRule OomRuleOf(std::string_view release) {
  const auto version = VersionOf(release);
  return !version || *version >= Version{5, 9} ? OomRule::kSince5_9 : OomRule::kBefore5_9;
}

bool CountsExactly(std::string_view release) {
  const auto version = VersionOf(release);
  return version && *version >= Version{6, 16};
}

std::optional<int64_t> OomBadnessPages(const OomTerms& terms, const OomScope& scope) {
  if (NeverKilled(terms)) return std::nullopt;
  const uint64_t pages =
      *terms.rss / scope.page_bytes + terms.swap / scope.page_bytes + terms.page_tables / scope.page_bytes;
  const int64_t sum = static_cast<int64_t>(pages) + AdjustmentPages(terms.score_adj, scope);
  return scope.rule == OomRule::kBefore5_9 ? std::max<int64_t>(sum, 1) : sum;
}

int64_t OomScore(std::optional<int64_t> badness_pages, const OomScope& scope) {
  if (!badness_pages || scope.total_pages == 0) return 0;
  if (scope.rule == OomRule::kBefore5_9) return *badness_pages * 1000 / static_cast<int64_t>(scope.total_pages);
  return (1000 + *badness_pages * 1000 / static_cast<int64_t>(scope.total_pages)) * 2 / 3;
}

int64_t OomAdjustmentBytes(int score_adj, const OomScope& scope) {
  return AdjustmentPages(score_adj, scope) * static_cast<int64_t>(scope.page_bytes);
}

int ScoreAdjFromLegacy(int legacy) {
  if (legacy == kOomAdjMax) return kOomScoreAdjMax;
  return legacy * kOomScoreAdjMax / -kOomAdjMin;
}

int LegacyFromScoreAdj(int score_adj) {
  if (score_adj == kOomScoreAdjMax) return kOomAdjMax;
  return std::min(kOomAdjMax, score_adj * -kOomAdjMin / kOomScoreAdjMax);
}

}  // namespace glassheap::tools
