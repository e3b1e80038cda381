// Tested by tests/tools/oomscore_explain_test.cc.

#include "tools/view/oom_explain.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tools/view/oom_victim.h"
#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBarColumns = 30;

std::string Signed(int number) { return (number > 0 ? "+" : "") + std::to_string(number); }

std::string Named(const Process& process) {
  return "pid " + std::to_string(process.pid) + " (" + SanitizeText(process.name) + ")";
}

// One term of the sum. '-' where it counts for the process.
struct Term {
  const char* name;
  int64_t bytes;
  std::string remark;
};

std::string BarOf(int64_t bytes, int64_t largest) {
  if (largest <= 0 || bytes == 0) return "";
  const double share = static_cast<double>(std::llabs(bytes)) / static_cast<double>(largest);
  const auto columns = std::max<size_t>(1, static_cast<size_t>(share * kBarColumns + 0.5));
  return std::string(columns, bytes > 0 ? '#' : '-');
}

std::vector<Term> TermsOf(const OomStanding& standing) {
  const Process& process = standing.process;
  const int adj = process.oom_score_adj.value_or(0);
  const auto bytes = [](std::optional<uint64_t> value) { return static_cast<int64_t>(value.value_or(0)); };
  return {{"resident", bytes(process.rss), ""},
          {"swap", bytes(process.swap), ""},
          {"page tables", bytes(process.page_tables), ""},
          {"adjustment", standing.adjustment_bytes,
           adj == 0 ? "(0; +100 would count as " + FineSignedBytes(standing.hundred_bytes) + ")"
                    : "(" + Signed(adj) + " counts as " + FineSignedBytes(standing.adjustment_bytes) + ")"}};
}

std::string TermsText(const OomStanding& standing) {
  int64_t largest = 0;
  const std::vector<Term> terms = TermsOf(standing);
  for (const Term& term : terms) largest = std::max<int64_t>(largest, std::llabs(term.bytes));
  Table table({{"", Align::kLeft}, {""}, {"", Align::kLeft}}, TableStyle{.indent = "  ", .show_header = false});
  for (const Term& term : terms) {
    const std::string bar = BarOf(term.bytes, largest);
    table.AddRow(
        {term.name, FineSignedBytes(term.bytes), bar + (bar.empty() || term.remark.empty() ? "" : " ") + term.remark});
  }
  return table.Text();
}

std::string PlaceText(const OomStanding& standing) {
  if (!standing.process.rank) return "never killed";
  return "rank " + std::to_string(*standing.process.rank) + " of " + std::to_string(standing.ranked) +
         "; the kernel counts " + FineSignedBytes(*standing.process.badness) + " against it";
}

int64_t HeldBytes(const Process& process) {
  return static_cast<int64_t>(process.rss.value_or(0) + process.swap.value_or(0) + process.page_tables.value_or(0));
}

std::string NeededText(const OomStanding& standing) {
  if (!standing.below) return "";
  const OomChangeNeeded& needed = *standing.below;
  std::string text = standing.process.rank == 1 ? "to stop being the first" : "to stop being ahead of the next";
  text += ", behind " + Named(needed.other) + ": ";
  text += needed.score_adj ? "oom_score_adj " + std::to_string(*needed.score_adj) + " or less"
                           : "only oom_score_adj -1000 is low enough";
  if (needed.less_bytes > HeldBytes(standing.process)) return text + "; to give back all its memory is not enough\n";
  return text + ", or " + FineSignedBytes(needed.less_bytes) + " less memory\n";
}

std::string FirstText(const OomStanding& standing) {
  if (!standing.first) return "";
  return Named(*standing.first) + " is killed first: " + FineSignedBytes(*standing.first->badness) +
         " count against it\n";
}

std::string WhyNever(const Process& process) {
  if (process.oom_score_adj == kOomScoreAdjMin) return "oom_score_adj is -1000: the kernel never kills it\n";
  if (!process.rss) return "it has ended and has no memory of its own: there is nothing to kill\n";
  return "init: the kernel never kills it\n";
}

Json StandingJson(const OomStanding& standing) {
  const Process& process = standing.process;
  Json json = {{"limit", standing.domain.limit ? Json(*standing.domain.limit) : Json(nullptr)},
               {"rank", process.rank ? Json(*process.rank) : Json(nullptr)},
               {"ranked", standing.ranked},
               {"badness_bytes", process.badness ? Json(*process.badness) : Json(nullptr)},
               {"adjustment_bytes", standing.adjustment_bytes},
               {"to_be_behind", nullptr}};
  if (standing.below) {
    json["to_be_behind"] = {
        {"pid", standing.below->other.pid},
        {"oom_score_adj", standing.below->score_adj ? Json(*standing.below->score_adj) : Json(nullptr)},
        {"less_bytes", standing.below->less_bytes}};
  }
  return json;
}

constexpr std::string_view kUnitCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.@\\-";

// A process, or whoever makes a cgroup, chooses this name, and the lines below are there to be pasted into a shell: only
// what systemd allows in the name of a unit is kept, and a backslash, which systemd uses to escape, is quoted.
std::string PasteableUnit(std::string_view name) {
  std::string unit(name);
  for (char& letter : unit) {
    if (kUnitCharacters.find(letter) == std::string_view::npos) letter = '_';
  }
  return unit.find('\\') == std::string::npos ? unit : "'" + unit + "'";
}

std::string DropInFor(std::string_view name, bool user, int score_adj) {
  const std::string unit = PasteableUnit(name);
  const std::string folder = user ? "~/.config/systemd/user/" : "/etc/systemd/system/";
  const std::string manager = user ? "systemctl --user " : "systemctl ";
  return "# systemd: " + folder + unit + ".d/oom.conf\n[Service]\nOOMScoreAdjust=" + std::to_string(score_adj) +
         "\n# then: " + manager + "daemon-reload && " + manager + "restart " + unit + "\n";
}

}  // namespace

std::string OomExplanationText(const OomExplanation& explanation) {
  const OomStanding& machine = explanation.machine;
  const Process& process = machine.process;
  std::string text = SanitizeText(process.name) + " (" + std::to_string(process.pid) + "): " + PlaceText(machine) +
                     "\n" + TermsText(machine);
  if (!explanation.origin.empty()) {
    text += "oom_score_adj " + std::to_string(process.oom_score_adj.value_or(0)) + ": " +
            SanitizeText(explanation.origin) + "\n";
  }
  text += process.rank ? FirstText(machine) + NeededText(machine) : WhyNever(process);
  if (!explanation.cgroup) return text;
  const OomStanding& cgroup = *explanation.cgroup;
  const int adj = process.oom_score_adj.value_or(0);
  const std::string weight = adj == 0 ? "+100 would count as " + FineSignedBytes(cgroup.hundred_bytes)
                                      : Signed(adj) + " counts as " + FineSignedBytes(cgroup.adjustment_bytes);
  text += "when its " + OomDomainText(cgroup.domain) + "\n  is full: " + PlaceText(cgroup) + "; " + weight + " there\n";
  if (cgroup.process.rank) {
    for (const std::string& line : {FirstText(cgroup), NeededText(cgroup)}) text += line.empty() ? "" : "  " + line;
  }
  return text;
}

std::string OomExplanationJson(const OomExplanation& explanation) {
  const Process& process = explanation.machine.process;
  const auto bytes = [](const std::optional<uint64_t>& value) { return value ? Json(*value) : Json(nullptr); };
  const Json json = {
      {"schema", "glassheap.oom_explain/1"},
      {"pid", process.pid},
      {"command", SanitizeUtf8(process.name)},
      {"rss", bytes(process.rss)},
      {"swap", bytes(process.swap)},
      {"page_tables", bytes(process.page_tables)},
      {"oom_score_adj", process.oom_score_adj ? Json(*process.oom_score_adj) : Json(nullptr)},
      {"origin", explanation.origin.empty() ? Json(nullptr) : Json(SanitizeUtf8(explanation.origin))},
      {"machine", StandingJson(explanation.machine)},
      {"cgroup", nullptr},
  };
  Json whole = json;
  if (explanation.cgroup) {
    whole["cgroup"] = StandingJson(*explanation.cgroup);
    whole["cgroup"]["path"] = SanitizeUtf8(explanation.cgroup->domain.name);
  }
  return whole.dump() + "\n";
}

std::string OomUnitText(std::string_view name, std::string_view cgroups, int score_adj) {
  const auto found = UnitOfCgroups(cgroups);
  const bool service = found && found->ends_with(".service");
  const std::string adj = std::to_string(score_adj);
  std::string text;
  if (!service) {
    text += found ? "# it runs in " + SanitizeText(*found) + ", which is no service: make one, and then\n"
                  : "# it runs in no systemd unit: make a service for it, and then\n";
  }
  const std::string made = (name.empty() ? "NAME" : std::string(name)) + ".service";
  text += DropInFor(service ? std::string(*found) : made, IsUserUnit(cgroups), score_adj);
  if (IsUserUnit(cgroups) && score_adj < 100) {
    text +=
        "# below 100 this needs a drop-in of user@.service first: a user's systemd starts at 100 and cannot go lower\n";
  }
  text += "\n# docker, podman\ndocker run --oom-score-adj " + adj + " IMAGE\n# in compose.yaml: oom_score_adj: " + adj +
          "\n";
  text +=
      "\n# Kubernetes sets it by the class of the pod and offers no field for it:\n"
      "#   Guaranteed (requests equal limits) -997, Burstable 3 to 999 by its memory request, BestEffort 1000\n";
  return text;
}

}  // namespace glassheap::tools
