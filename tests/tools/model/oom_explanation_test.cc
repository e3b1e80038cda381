#include "tools/model/oom_explanation.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr uint64_t kPage = 4096;

OomDomain Machine() {
  OomDomain domain;
  domain.scope.total_pages = 100'000;  // an adjustment of 1 weighs 100 pages
  domain.limit = 100'000 * kPage;
  return domain;
}

Process Sized(pid_t pid, int64_t pages, int adj = 0) {
  Process process;
  process.pid = pid;
  process.name = "p" + std::to_string(pid);
  process.rss = static_cast<uint64_t>(pages) * kPage;
  process.oom_score_adj = adj;
  const auto badness = OomBadnessPages(
      {.unkillable = false, .rss = process.rss, .swap = 0, .page_tables = 0, .score_adj = adj}, Machine().scope);
  if (badness) process.badness = *badness * static_cast<int64_t>(kPage);
  return process;
}

// The adjustment that is named is enough, and one more is not.
void ExpectJustEnough(int64_t pages, int adj, int64_t other_pages) {
  const auto standing = StandingOf({Sized(1, other_pages), Sized(2, pages, adj)}, 2, Machine());
  ASSERT_TRUE(standing && standing->below && standing->below->score_adj) << pages;
  const int enough = *standing->below->score_adj;
  EXPECT_LT(*Sized(2, pages, enough).badness, *Sized(1, other_pages).badness) << pages;
  EXPECT_GE(*Sized(2, pages, enough + 1).badness, *Sized(1, other_pages).badness) << pages;
}

TEST(StandingOf, NamesTheAdjustmentThatIsJustEnough) {
  ExpectJustEnough(5000, 0, 4000);
  ExpectJustEnough(5000, 0, 5000);
  ExpectJustEnough(100, 300, 5000);
  ExpectJustEnough(4099, 0, 4000);
  ExpectJustEnough(4001, 0, 4000);
}

TEST(StandingOf, NamesTheMemoryThatIsJustEnough) {
  const auto standing = StandingOf({Sized(1, 4000), Sized(2, 5000)}, 2, Machine());
  ASSERT_TRUE(standing && standing->below);
  EXPECT_EQ(standing->below->less_bytes, 1001 * 4096);
  EXPECT_EQ(standing->below->other.pid, 1);
  EXPECT_EQ(standing->process.rank, 1u);
  EXPECT_EQ(standing->ranked, 2u);
  EXPECT_FALSE(standing->first) << "it is the first";
}

TEST(StandingOf, SometimesOnlyNeverIsEnough) {
  const auto standing = StandingOf({Sized(1, 1, -990), Sized(2, 90'000)}, 2, Machine());
  ASSERT_TRUE(standing && standing->below);
  EXPECT_FALSE(standing->below->score_adj);
}

TEST(StandingOf, TheOthers) {
  const auto last = StandingOf({Sized(1, 10), Sized(2, 5)}, 2, Machine());
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->below) << "nobody is behind it";
  EXPECT_EQ(last->first->pid, 1);
  const auto never = StandingOf({Sized(1, 10), Sized(2, 5, -1000)}, 2, Machine());
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->process.rank);
  EXPECT_FALSE(StandingOf({Sized(1, 10)}, 2, Machine()));
}

TEST(StandingOf, WeighsTheAdjustment) {
  const auto standing = StandingOf({Sized(1, 10, -300)}, 1, Machine());
  EXPECT_EQ(standing->adjustment_bytes, -300 * 100 * 4096);
  EXPECT_EQ(standing->hundred_bytes, 100 * 100 * 4096);
}

std::string Origin(std::string_view name, int adj, std::string_view cgroups, std::optional<Process> parent = {}) {
  return GuessOomOrigin({name, adj, cgroups, std::move(parent)});
}

TEST(GuessOomOrigin, ByWhatIsKnownOfIt) {
  EXPECT_EQ(Origin("x", 0, "0::/"), "");
  EXPECT_NE(Origin("sshd", -1000, "0::/").find("its own doing"), std::string::npos);
  EXPECT_NE(Origin("chrome", 300, "0::/").find("browsers"), std::string::npos);
  EXPECT_NE(Origin("x", 1000, "0::/kubepods.slice/kubepods-besteffort.slice/y").find("BestEffort get 1000"),
            std::string::npos);
  EXPECT_NE(Origin("x", 500, "0::/docker/1234").find("the container's"), std::string::npos);
  EXPECT_NE(Origin("x", 100, "0::/user.slice/user-1.slice/user@1.service/app.slice/a.service").find("starts at 100"),
            std::string::npos);
  const Process init = Sized(1, 1);
  EXPECT_NE(Origin("x", -500, "0::/system.slice/db.service", init).find("OOMScoreAdjust= of db.service"),
            std::string::npos);
}

TEST(GuessOomOrigin, ByItsParent) {
  EXPECT_EQ(Origin("x", 7, "0::/", Sized(9, 1, 7)), "most likely inherited: its parent, pid 9 (p9), has the same");
  EXPECT_EQ(Origin("x", 7, "0::/", Sized(9, 1, 0)),
            "set for it by itself or by another process: its parent, pid 9 (p9), has 0");
  EXPECT_EQ(Origin("x", 7, ""), "set for it by itself or by another process");
}

TEST(UnitOfCgroups, TheInnermostOfALine) {
  EXPECT_EQ(UnitOfCgroups("0::/system.slice/api.service/workers\n"), "api.service");
  EXPECT_EQ(UnitOfCgroups("4:memory:/\n1:name=systemd:/user.slice/session-2.scope\n"), "session-2.scope");
  EXPECT_FALSE(UnitOfCgroups("0::/\n"));
  EXPECT_FALSE(UnitOfCgroups(""));
  EXPECT_FALSE(UnitOfCgroups("no path.service"));
}

}  // namespace
}  // namespace glassheap::tools
