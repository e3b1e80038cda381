// Tested by tests/tools/model/oom_explanation_test.cc.

#include "tools/model/oom_explanation.h"

#include <algorithm>

#include "tools/model/process_table.h"

namespace glassheap::tools {
namespace {

// The highest adjustment a with own + a * weight < other.
std::optional<int> HighestBelow(int64_t own, int64_t other, int64_t weight) {
  if (weight <= 0) return std::nullopt;
  const int64_t room = other - 1 - own;
  const int64_t highest = room >= 0 ? room / weight : -((-room + weight - 1) / weight);
  if (highest <= kOomScoreAdjMin) return std::nullopt;
  return static_cast<int>(std::min<int64_t>(highest, kOomScoreAdjMax));
}

OomChangeNeeded NeededToBeBehind(const Process& process, const Process& other, const OomScope& scope) {
  const auto page = static_cast<int64_t>(scope.page_bytes);
  const int64_t adjusted = OomAdjustmentBytes(process.oom_score_adj.value_or(0), scope);
  const int64_t own = (*process.badness - adjusted) / page;
  return {other, HighestBelow(own, *other.badness / page, OomAdjustmentBytes(1, scope) / page),
          *process.badness - *other.badness + page};
}

const Process* Ranked(const std::vector<Process>& processes, uint64_t rank) {
  const auto found = std::ranges::find(processes, std::optional(rank), &Process::rank);
  return found == processes.end() ? nullptr : &*found;
}

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What sets it by itself, as is known of it.
struct KnownProgram {
  std::string_view name;
  int score_adj;
};
constexpr KnownProgram kSetThemselves[] = {{"sshd", -1000},   {"systemd-udevd", -1000}, {"(udev-worker)", -1000},
                                           {"auditd", -1000}, {"multipathd", -1000},    {"lvmetad", -1000}};
constexpr std::string_view kBrowsers[] = {"chrome",      "chromium",        "firefox",
                                          "Web Content", "Isolated Web Co", "electron"};

std::string OriginInKubernetes(std::string_view cgroups) {
  if (Has(cgroups, "besteffort")) return "Kubernetes: pods of the class BestEffort get 1000";
  if (Has(cgroups, "burstable")) {
    return "Kubernetes: pods of the class Burstable get 3 to 999, the less the more memory they request";
  }
  return "Kubernetes: pods of the class Guaranteed get -997";
}

bool InContainer(std::string_view cgroups) {
  for (const std::string_view mark : {"docker", "containerd", "libpod", "crio", "lxc"}) {
    if (Has(cgroups, mark)) return true;
  }
  return false;
}

std::string OriginOfParent(const OomOriginClues& clues) {
  if (!clues.parent || !clues.parent->oom_score_adj) return "set for it by itself or by another process";
  const Process& parent = *clues.parent;
  const std::string whom = "its parent, pid " + std::to_string(parent.pid) + " (" + parent.name + ")";
  if (*parent.oom_score_adj == clues.score_adj) return "most likely inherited: " + whom + ", has the same";
  return "set for it by itself or by another process: " + whom + ", has " + std::to_string(*parent.oom_score_adj);
}

}  // namespace

std::optional<OomStanding> StandingOf(std::vector<Process> processes, pid_t pid, const OomDomain& domain) {
  for (Process& process : processes) process.rank.reset();
  RankProcesses(processes);
  const auto found = std::ranges::find(processes, pid, &Process::pid);
  if (found == processes.end()) return std::nullopt;
  OomStanding standing;
  standing.domain = domain;
  standing.process = *found;
  standing.adjustment_bytes = OomAdjustmentBytes(found->oom_score_adj.value_or(0), domain.scope);
  standing.hundred_bytes = OomAdjustmentBytes(100, domain.scope);
  for (const Process& process : processes) standing.ranked += process.rank.has_value();
  if (!found->rank) return standing;
  if (const Process* behind = Ranked(processes, *found->rank + 1)) {
    standing.below = NeededToBeBehind(*found, *behind, domain.scope);
  }
  if (*found->rank > 1) standing.first = *Ranked(processes, 1);
  return standing;
}

std::string GuessOomOrigin(const OomOriginClues& clues) {
  if (clues.score_adj == 0) return "";
  for (const KnownProgram& known : kSetThemselves) {
    if (known.name == clues.name && known.score_adj == clues.score_adj)
      return "most likely its own doing: it sets this when it starts";
  }
  if (Has(clues.cgroups, "kubepods")) return OriginInKubernetes(clues.cgroups);
  if (InContainer(clues.cgroups)) {
    return "most likely the container's: --oom-score-adj of docker or podman, or what the runtime itself has";
  }
  const bool browser = std::ranges::find(kBrowsers, clues.name) != std::end(kBrowsers);
  if (browser && clues.score_adj > 0) return "most likely its own doing: browsers raise it for their tabs";
  const bool session = IsUserUnit(clues.cgroups);
  if (session && (clues.score_adj == 100 || clues.score_adj == 200)) {
    return "systemd's default for a user's units: user@.service starts at 100, what it starts in the background at 200";
  }
  const auto unit = UnitOfCgroups(clues.cgroups);
  const bool by_systemd = clues.parent && clues.parent->pid == 1;
  if (unit && unit->ends_with(".service") && by_systemd) {
    return "most likely its unit's: OOMScoreAdjust= of " + *unit + " (systemctl show -p OOMScoreAdjust " + *unit + ")";
  }
  return OriginOfParent(clues);
}

std::optional<std::string> UnitOfCgroups(std::string_view cgroups) {
  std::optional<std::string> unit;
  while (!cgroups.empty()) {
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
    for (std::string_view path = line; !path.empty() && !unit; path = path.substr(0, path.rfind('/'))) {
      if (path.rfind('/') == std::string_view::npos) break;
      const std::string_view part = path.substr(path.rfind('/') + 1);
      if (part.ends_with(".service") || part.ends_with(".scope")) unit = std::string(part);
    }
  }
  return unit;
}

bool IsUserUnit(std::string_view cgroups) { return Has(cgroups, "/user@"); }

}  // namespace glassheap::tools
