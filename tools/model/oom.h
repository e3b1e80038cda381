// How the kernel chooses whom to kill when memory runs out: its own sum, in its
// own integer arithmetic.
//
//   badness = RSS + swap + page tables, in pages
//             + oom_score_adj * (total / 1000)
//   never   : init, kernel threads, no memory of its own, oom_score_adj -1000
//   score   : (1000 + badness * 1000 / total) * 2 / 3, and 0 for never:
//             what /proc/PID/oom_score prints
//   total   : pages of RAM + swap; inside a memory cgroup those of its limit
//
// The score has steps of 1.5/1000 of the machine; ranking is by badness, which
// has none. Divisions cut towards zero, as C does and the kernel with it.
//
// That is since Linux 5.9. Before it, a sum below one page counted as one page,
// of equals the earlier was killed, and
//
//   score   : badness * 1000 / total
//
// Until 4.16 what has CAP_SYS_ADMIN was let off 3 % of its memory: not counted
// here.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

inline constexpr int kOomScoreAdjMin = -1000;  // never killed
inline constexpr int kOomScoreAdjMax = 1000;
inline constexpr int kOomAdjMin = -17;  // never killed
inline constexpr int kOomAdjMax = 15;

enum class OomRule { kSince5_9, kBefore5_9 };

// Whether /proc/PID/status counts to the last page (since 6.16), and not only what each processor has handed in.
// Of the release too; false where it is not understood.
bool CountsExactly(std::string_view release);

// By "6.18.44-fc" of uname or proc/sys/kernel/osrelease. Since5_9 where it is not understood.
OomRule OomRuleOf(std::string_view release);

// What badness is measured against.
struct OomScope {
  uint64_t total_pages = 0;
  uint64_t page_bytes = 4096;
  OomRule rule = OomRule::kSince5_9;
};

// Of one process.
struct OomTerms {
  bool unkillable = false;        // init or a kernel thread
  std::optional<uint64_t> rss{};  // absent: no memory of its own
  uint64_t swap = 0;
  uint64_t page_tables = 0;
  int score_adj = 0;
};

// In pages; nothing when the kernel never kills it. Negative when the
// adjustment outweighs the memory, since 5.9.
std::optional<int64_t> OomBadnessPages(const OomTerms& terms, const OomScope& scope);

// What /proc/PID/oom_score prints for that badness.
int64_t OomScore(std::optional<int64_t> badness_pages, const OomScope& scope);

// What an adjustment weighs, in bytes.
int64_t OomAdjustmentBytes(int score_adj, const OomScope& scope);

// The legacy scale /proc/PID/oom_adj (-17..15) as the kernel maps it. Most
// values do not survive the way there and back: -16 is written as -941, which
// reads as -15. REQUIRES: kOomAdjMin <= legacy <= kOomAdjMax.
int ScoreAdjFromLegacy(int legacy);
// REQUIRES: kOomScoreAdjMin <= score_adj <= kOomScoreAdjMax.
int LegacyFromScoreAdj(int score_adj);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_H_
