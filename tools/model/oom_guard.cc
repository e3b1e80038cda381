// Tested by tests/tools/model/oom_guard_test.cc.

#include "tools/model/oom_guard.h"

#include <regex.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <span>

#include "tools/model/oom.h"

namespace glassheap::tools {
namespace {

constexpr int64_t kPreference = 300;  // of earlyoom's --prefer and --avoid

// A regular expression that somebody else's program was given: one that does not compile matches nothing.
class NamePattern {
 public:
  explicit NamePattern(const std::string& text)
      : valid_(!text.empty() && ::regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
  ~NamePattern() {
    if (valid_) ::regfree(&regex_);
  }
  NamePattern(const NamePattern&) = delete;
  NamePattern& operator=(const NamePattern&) = delete;

  bool Matches(const std::string& name) const { return valid_ && ::regexec(&regex_, name.c_str(), 0, nullptr, 0) == 0; }

 private:
  regex_t regex_{};
  bool valid_;
};

// "10" or "10,5": the first number.
void TakePercent(std::string_view text, double& percent) {
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) percent = value;
}

struct EarlyoomOption {
  std::string_view name;
  bool has_value;
  void (*take)(EarlyoomSettings& settings, const std::string& value);
};

constexpr EarlyoomOption kEarlyoomOptions[] = {
    {"-m", true, [](auto& s, auto& v) { TakePercent(v, s.memory_percent); }},
    {"-s", true, [](auto& s, auto& v) { TakePercent(v, s.swap_percent); }},
    {"-M", true, [](auto&, auto&) {}},
    {"-S", true, [](auto&, auto&) {}},
    {"-r", true, [](auto&, auto&) {}},
    {"-N", true, [](auto&, auto&) {}},
    {"--prefer", true, [](auto& s, auto& v) { s.prefer = v; }},
    {"--avoid", true, [](auto& s, auto& v) { s.avoid = v; }},
    {"--ignore", true, [](auto& s, auto& v) { s.ignore = v; }},
    {"--sort-by-rss", false, [](auto& s, auto&) { s.by_rss = true; }},
    {"--ignore-root-user", false, [](auto& s, auto&) { s.spares_root = true; }},
    {"--dryrun", false, [](auto& s, auto&) { s.dry_run = true; }},
};

const EarlyoomOption* FindOption(std::string_view name) {
  const auto found = std::ranges::find(kEarlyoomOptions, name, &EarlyoomOption::name);
  return found == std::end(kEarlyoomOptions) ? nullptr : &*found;
}

int64_t EarlyoomScore(const Process& process, const EarlyoomSettings& settings, const NamePattern& prefer,
                      const NamePattern& avoid) {
  if (settings.by_rss) return static_cast<int64_t>(process.rss.value_or(0));
  int64_t score = process.oom_score.value_or(0);
  if (prefer.Matches(process.name)) score += kPreference;
  if (avoid.Matches(process.name)) score -= kPreference;
  return score;
}

bool EarlyoomSpares(const Process& process, const EarlyoomSettings& settings, const NamePattern& ignore) {
  if (process.pid <= 2 || process.kernel_thread || !process.rss) return true;
  if (process.oom_score_adj.value_or(0) <= kOomScoreAdjMin) return true;
  if (settings.spares_root && process.user == "root") return true;
  return IsOomGuard(process.name) || ignore.Matches(process.name);
}

std::string Percent(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%g %%", percent);
  return text;
}

std::string EarlyoomRule(const EarlyoomSettings& settings) {
  std::string rule = "acts when available memory is at most " + Percent(settings.memory_percent) +
                     " and free swap at most " + Percent(settings.swap_percent);
  if (settings.dry_run) rule += " (started with --dryrun: it only says so)";
  return rule;
}

std::string OomdRule(const OomdSettings& settings) {
  return "kills whole cgroups, not one process: those it watches (oomctl lists them) when their memory pressure is "
         "above " +
         settings.pressure_limit + " for " + settings.pressure_duration + ", or when memory and swap are both above " +
         settings.swap_used_limit;
}

bool TakeLine(std::string_view line, std::string_view key, std::string& value) {
  if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != '=') return false;
  value = line.substr(key.size() + 1);
  return true;
}

}  // namespace

EarlyoomSettings ParseEarlyoom(const std::vector<std::string>& arguments) {
  EarlyoomSettings settings;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const size_t equals = arguments[i].starts_with("--") ? arguments[i].find('=') : std::string::npos;
    const EarlyoomOption* option = FindOption(std::string_view(arguments[i]).substr(0, equals));
    if (option == nullptr) continue;
    std::string value;
    if (equals != std::string::npos) {
      value = arguments[i].substr(equals + 1);
    } else if (option->has_value && i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    option->take(settings, value);
  }
  return settings;
}

const Process* EarlyoomVictim(const std::vector<Process>& processes, const EarlyoomSettings& settings) {
  const NamePattern prefer(settings.prefer), avoid(settings.avoid), ignore(settings.ignore);
  const Process* victim = nullptr;
  int64_t most = 0;
  for (const Process& process : processes) {
    if (EarlyoomSpares(process, settings, ignore)) continue;
    const int64_t score = EarlyoomScore(process, settings, prefer, avoid);
    const bool worse = victim == nullptr || score > most || (score == most && *process.rss > *victim->rss);
    if (!worse) continue;
    victim = &process;
    most = score;
  }
  return victim;
}

OomdSettings ParseOomdConf(std::string_view text) {
  OomdSettings settings;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    TakeLine(line, "SwapUsedLimit", settings.swap_used_limit);
    TakeLine(line, "DefaultMemoryPressureLimit", settings.pressure_limit);
    TakeLine(line, "DefaultMemoryPressureDurationSec", settings.pressure_duration);
  }
  return settings;
}

bool IsOomGuard(std::string_view name) {
  // The kernel cuts names after 15 bytes; these are shorter.
  return name == "earlyoom" || name == "systemd-oomd" || name == "nohang" || name == "oomd";
}

OomGuard DescribeGuard(const Process& guard, const std::vector<std::string>& arguments, std::string_view oomd_conf,
                       const std::vector<Process>& processes) {
  OomGuard described{guard.pid, guard.name, "", std::nullopt};
  if (guard.name == "earlyoom") {
    const EarlyoomSettings settings = ParseEarlyoom(arguments);
    described.rule = EarlyoomRule(settings);
    const Process* victim = EarlyoomVictim(processes, settings);
    if (victim != nullptr) described.victim = victim->pid;
    if (victim != nullptr) described.victim_name = victim->name;
  } else if (guard.name == "nohang") {
    described.rule = "kills by rules of its own (nohang --config), before the kernel has to";
  } else {
    described.rule = OomdRule(ParseOomdConf(oomd_conf));
  }
  return described;
}

}  // namespace glassheap::tools
