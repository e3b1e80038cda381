// Tested by tests/tools/view/oom_victim_test.cc.

#include "tools/view/oom_victim.h"

#include <nlohmann/json.hpp>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;
using Kind = OomDomain::Kind;

constexpr size_t kCommandColumns = 60;  // enough to know it by

std::string CommandOf(const Process& process) {
  const std::string& line = process.command_line;
  return FitWidth(SanitizeText(line.empty() ? "[" + process.name + "]" : line), kCommandColumns);
}

std::string Others(const OomDeath& death) {
  if (death.also.empty()) return "";
  const std::string count = std::to_string(death.also.size());
  if (!death.kill_group) return "   (and " + count + " that share its memory)";
  return "   (and " + count + " more of " + SanitizeText(*death.kill_group) + ", which dies whole)";
}

std::string AdjText(const Process& process) {
  return process.oom_score_adj ? std::to_string(*process.oom_score_adj) : "-";
}

std::string DeathsTable(const std::vector<OomDeath>& deaths) {
  Table table({{""}, {"PID"}, {"USER", Align::kLeft}, {"ADJ"}, {"BADNESS"}, {"FREES"}, {"COMMAND", Align::kLeft}},
              TableStyle{.gap = " "});
  for (size_t i = 0; i < deaths.size(); ++i) {
    const OomDeath& death = deaths[i];
    table.AddRow({i == 0 ? "victim" : "then", std::to_string(death.process.pid), SanitizeText(death.process.user),
                  AdjText(death.process), FineSignedBytes(*death.process.badness), FineBytes(death.frees_bytes),
                  CommandOf(death.process) + Others(death)});
  }
  return table.Text();
}

void AddPolicyNotes(const OomForecast& forecast, std::vector<std::string>& notes) {
  const OomPolicy& policy = forecast.policy;
  const bool cgroup = forecast.domain.kind == Kind::kCgroup;
  const bool machine = forecast.domain.kind == Kind::kMachine;
  if (policy.kill_disabled)
    notes.push_back("nobody is killed: memory.oom_control has oom_kill_disable; processes wait");
  if (policy.panic_on_oom >= 2 || (policy.panic_on_oom == 1 && machine)) {
    notes.push_back("nobody is killed: vm.panic_on_oom is " + std::to_string(policy.panic_on_oom) +
                    ", so the machine panics");
  } else if (policy.panic_on_oom == 1) {
    notes.push_back("vm.panic_on_oom is 1: when the whole machine runs out it panics; here the kernel kills");
  }
  if (policy.kill_allocating_task && !cgroup) {
    notes.push_back(
        "vm.oom_kill_allocating_task is set: whoever asks for memory at that moment is killed, " +
        std::string(forecast.allocating ? "so pid " + std::to_string(*forecast.allocating) : "not the victim above"));
  }
}

void AddDomainNotes(const OomForecast& forecast, std::vector<std::string>& notes) {
  if (forecast.others_hidden) {
    notes.push_back(
        "other users' processes are hidden (/proc is mounted with hidepid), so the victim may be one of them: run as "
        "root");
  }
  if (forecast.domain.kind == Kind::kCgroup && !forecast.domain.limit) {
    notes.push_back("this cgroup has no limit: it is never full; badness is measured against the whole machine");
  }
  if (forecast.tighter) {
    notes.push_back("its ancestor " + SanitizeText(*forecast.tighter) +
                    " has less room left and is full before it: see --cgroup " + SanitizeText(*forecast.tighter));
  }
  if (forecast.on_other_nodes > 0) {
    notes.push_back(std::to_string(forecast.on_other_nodes) + " processes are left out: their cpuset has other nodes");
  }
  if (forecast.nodes_matter && !forecast.allocating && forecast.domain.kind == Kind::kMachine) {
    notes.push_back(
        "some processes are bound to other memory nodes: when one node runs out it may be another; ask with "
        "--allocating PID");
  }
}

std::string GuardNote(const OomGuard& guard) {
  std::string note =
      SanitizeText(guard.name) + " (pid " + std::to_string(guard.pid) + ") runs here and " + SanitizeText(guard.rule);
  if (guard.victim) {
    note += "; it would end pid " + std::to_string(*guard.victim) + " (" + SanitizeText(guard.victim_name) + ")";
  }
  return note;
}

Json DeathJson(const OomDeath& death) {
  return {{"pid", death.process.pid},
          {"command", SanitizeUtf8(death.process.name)},
          {"badness_bytes", *death.process.badness},
          {"frees_bytes", death.frees_bytes},
          {"also", death.also},
          {"kill_group", death.kill_group ? Json(SanitizeUtf8(*death.kill_group)) : Json(nullptr)}};
}

std::string ScopeJson(const OomDomain& domain) {
  if (domain.kind == Kind::kMachine) return "machine";
  return domain.kind == Kind::kNodes ? "nodes " + domain.name : SanitizeUtf8(domain.name);
}

}  // namespace

std::string OomDomainText(const OomDomain& domain) {
  const std::string size = domain.limit ? FineBytes(*domain.limit) : "no limit";
  std::string text = "whole machine: " + size;
  if (domain.kind == Kind::kNodes) text = "memory nodes " + domain.name + ": " + size;
  if (domain.kind == Kind::kCgroup) text = "memory cgroup " + SanitizeText(domain.name) + ": " + size;
  if (domain.limit && domain.usage) text += ", " + FineBytes(*domain.usage) + " in use";
  return text;
}

std::vector<std::string> OomForecastNotes(const OomForecast& forecast) {
  std::vector<std::string> notes;
  AddPolicyNotes(forecast, notes);
  AddDomainNotes(forecast, notes);
  for (const OomGuard& guard : forecast.guards) notes.push_back(GuardNote(guard));
  return notes;
}

std::string OomVictimText(const OomForecast& forecast) {
  std::string text = "when memory runs out (" + OomDomainText(forecast.domain) + ")\n";
  if (forecast.deaths.empty()) {
    text += "nobody can be killed: there is no process that the kernel may choose\n";
  } else {
    text += DeathsTable(forecast.deaths);
  }
  text += std::to_string(forecast.candidates) + (forecast.candidates == 1 ? " process" : " processes") +
          " may be chosen, " + std::to_string(forecast.spared) + (forecast.spared == 1 ? " is" : " are") +
          " spared (init, or oom_score_adj -1000)\n";
  for (const std::string& note : OomForecastNotes(forecast)) text += "note: " + note + "\n";
  return text;
}

std::string OomVictimJson(const OomForecast& forecast) {
  Json next = Json::array();
  for (size_t i = 1; i < forecast.deaths.size(); ++i) next.push_back(DeathJson(forecast.deaths[i]));
  const Json document = {
      {"schema", "glassheap.victim/1"},
      {"scope", ScopeJson(forecast.domain)},
      {"limit", forecast.domain.limit ? Json(*forecast.domain.limit) : Json(nullptr)},
      {"victim", forecast.deaths.empty() ? Json(nullptr) : DeathJson(forecast.deaths[0])},
      {"next", next},
      {"notes", OomForecastNotes(forecast)},
  };
  return document.dump() + "\n";
}

}  // namespace glassheap::tools
