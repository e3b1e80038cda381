// Tested by tests/tools/model/oom_test.cc.

#include "tools/model/oom.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

bool NeverKilled(const OomTerms& terms) { return terms.unkillable || !terms.rss || terms.score_adj <= kOomScoreAdjMin; }

int64_t AdjustmentPages(int score_adj, const OomScope& scope) {
  return score_adj * static_cast<int64_t>(scope.total_pages / 1000);
}

}  // namespace

std::optional<int64_t> OomBadnessPages(const OomTerms& terms, const OomScope& scope) {
  if (NeverKilled(terms)) return std::nullopt;
  const uint64_t pages =
      *terms.rss / scope.page_bytes + terms.swap / scope.page_bytes + terms.page_tables / scope.page_bytes;
  return static_cast<int64_t>(pages) + AdjustmentPages(terms.score_adj, scope);
}

int64_t OomScore(std::optional<int64_t> badness_pages, const OomScope& scope) {
  if (!badness_pages || scope.total_pages == 0) return 0;
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
