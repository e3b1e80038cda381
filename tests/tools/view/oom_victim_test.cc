#include "tools/view/oom_victim.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace glassheap::tools {
namespace {

OomDeath Death(pid_t pid, const std::string& name, int64_t badness) {
  OomDeath death;
  death.process.pid = pid;
  death.process.name = name;
  death.process.user = "ann";
  death.process.oom_score_adj = 0;
  death.process.badness = badness;
  death.frees_bytes = 4096;
  return death;
}

OomForecast Forecast() {
  OomForecast forecast;
  forecast.domain.limit = 1 << 30;
  forecast.deaths = {Death(42, "a\x1b[31m\nb", 8192), Death(43, "next", -4096)};
  forecast.candidates = 2;
  return forecast;
}

std::string NotesOf(const OomForecast& forecast) {
  std::string all;
  for (const std::string& note : OomForecastNotes(forecast)) all += note + "\n";
  return all;
}

TEST(OomVictimText, IsATableAndHarmless) {
  EXPECT_EQ(OomVictimText(Forecast()),
            "when memory runs out (whole machine: 1.00Gi)\n"
            "       PID USER ADJ BADNESS  FREES COMMAND\n"
            "victim  42 ann    0  8.00Ki 4.00Ki [a\\x1b[31m\\x0ab]\n"
            "  then  43 ann    0 -4.00Ki 4.00Ki [next]\n"
            "2 processes may be chosen, 0 are spared (init, or oom_score_adj -1000)\n");
}

TEST(OomVictimText, Nobody) { EXPECT_NE(OomVictimText(OomForecast()).find("nobody can be killed"), std::string::npos); }

TEST(OomVictimText, WhoDiesWithIt) {
  OomForecast forecast = Forecast();
  forecast.deaths[0].also = {50, 51};
  EXPECT_NE(OomVictimText(forecast).find("(and 2 that share its memory)"), std::string::npos);
  forecast.deaths[0].kill_group = "/a\n";
  EXPECT_NE(OomVictimText(forecast).find("(and 2 more of /a\\x0a, which dies whole)"), std::string::npos);
}

TEST(OomForecastNotes, SaysWhatTheAdministratorSet) {
  OomForecast forecast = Forecast();
  EXPECT_EQ(NotesOf(forecast), "");
  forecast.policy.panic_on_oom = 1;
  EXPECT_EQ(NotesOf(forecast), "nobody is killed: vm.panic_on_oom is 1, so the machine panics\n");
  forecast.policy.kill_allocating_task = true;
  EXPECT_NE(NotesOf(forecast).find("whoever asks for memory at that moment is killed, not the victim above"),
            std::string::npos);
  forecast.allocating = 7;
  EXPECT_NE(NotesOf(forecast).find("is killed, so pid 7"), std::string::npos);
}

TEST(OomForecastNotes, SaysThatOthersAreHidden) {
  OomForecast forecast = Forecast();
  forecast.others_hidden = true;
  EXPECT_NE(NotesOf(forecast).find("the victim may be one of them: run as root"), std::string::npos);
}

TEST(OomForecastNotes, OfACgroup) {
  OomForecast forecast = Forecast();
  forecast.domain.kind = OomDomain::Kind::kCgroup;
  forecast.domain.name = "/a";
  forecast.policy = {1, true, true};
  forecast.tighter = "/";
  EXPECT_EQ(NotesOf(forecast),
            "nobody is killed: memory.oom_control has oom_kill_disable; processes wait\n"
            "vm.panic_on_oom is 1: when the whole machine runs out it panics; here the kernel kills\n"
            "its ancestor / has less room left and is full before it: see --cgroup /\n");
  forecast.policy.panic_on_oom = 2;
  EXPECT_NE(NotesOf(forecast).find("vm.panic_on_oom is 2, so the machine panics"), std::string::npos);
}

TEST(OomForecastNotes, WhoElseKills) {
  OomForecast forecast = Forecast();
  forecast.guards = {{9, "earlyoom", "acts early", 42, "a\x1b"}};
  EXPECT_EQ(NotesOf(forecast), "earlyoom (pid 9) runs here and acts early; it would end pid 42 (a\\x1b)\n");
}

TEST(OomVictimJson, IsTheContract) {
  OomForecast forecast = Forecast();
  forecast.deaths[0].also = {50};
  const auto json = nlohmann::json::parse(OomVictimJson(forecast));
  EXPECT_EQ(json["schema"], "glassheap.victim/1");
  EXPECT_EQ(json["scope"], "machine");
  EXPECT_EQ(json["limit"], 1 << 30);
  EXPECT_EQ(json["victim"]["pid"], 42);
  EXPECT_EQ(json["victim"]["command"], "a\x1b[31m\nb");
  EXPECT_EQ(json["victim"]["badness_bytes"], 8192);
  EXPECT_EQ(json["victim"]["frees_bytes"], 4096);
  EXPECT_EQ(json["victim"]["also"], std::vector<int>{50});
  EXPECT_EQ(json["next"][0]["badness_bytes"], -4096);
  const auto nobody = nlohmann::json::parse(OomVictimJson(OomForecast()));
  EXPECT_TRUE(nobody["victim"].is_null());
  EXPECT_TRUE(nobody["limit"].is_null());
}

}  // namespace
}  // namespace glassheap::tools
