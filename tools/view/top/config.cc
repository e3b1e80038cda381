// Tested by tests/tools/view/top/config_test.cc.

#include "tools/view/top/config.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "tools/view/sanitize.h"
#include "tools/view/top/prompt.h"

namespace glassheap::tools {
namespace {

constexpr const char* kScales[] = {"human", "KiB", "MiB", "GiB"};
constexpr const char* kMeters[] = {"bars", "figures", "none"};

std::string FieldsText(const ProcessFields& fields) {
  std::string text;
  for (const ProcessColumn* field : fields) text += (text.empty() ? "" : ",") + std::string(field->key);
  return text;
}

std::string DelayText(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", seconds);
  return text;
}

std::string BoolText(bool value) { return value ? "yes" : "no"; }

std::optional<Error> TakeBool(std::string_view text, bool& value) {
  if (text != "yes" && text != "no") return Error{std::string(text), "yes or no is wanted"};
  value = text == "yes";
  return std::nullopt;
}

// One of a list of names; the enumerators are in its order.
template <typename Enum, size_t kCount>
std::optional<Error> TakeName(const char* const (&names)[kCount], std::string_view text, Enum& value) {
  std::string all;
  for (size_t i = 0; i < kCount; ++i) {
    if (text == names[i]) {
      value = static_cast<Enum>(i);
      return std::nullopt;
    }
    all += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return Error{std::string(text), "one of " + all + " is wanted"};
}

// One row: how a setting is written and read.
struct Setting {
  const char* key;
  std::string (*text)(const TopSettings& settings);
  std::optional<Error> (*take)(std::string_view text, TopSettings& settings);
};

using S = TopSettings&;
using CS = const TopSettings&;
using T = std::string_view;
using E = std::optional<Error>;

constexpr Setting kSettings[] = {
    {"columns", [](CS s) { return FieldsText(s.fields); },
     [](T text, S s) -> E {
       const Result<ProcessFields> fields = ParseProcessFields(text);
       if (!fields) return fields.error();
       s.fields = *fields;
       return {};
     }},
    {"sort", [](CS s) { return (s.sort.largest_first ? "+" : "-") + std::string(s.sort.column->key); },
     [](T text, S s) -> E {
       const Result<ProcessSort> sort = ParseProcessSort(text);
       if (!sort) return sort.error();
       s.sort = *sort;
       return {};
     }},
    {"units", [](CS s) { return std::string(kScales[static_cast<size_t>(s.scale)]); },
     [](T text, S s) { return TakeName(kScales, text, s.scale); }},
    {"meters", [](CS s) { return std::string(kMeters[static_cast<size_t>(s.meters)]); },
     [](T text, S s) { return TakeName(kMeters, text, s.meters); }},
    {"group", [](CS s) { return std::string(NameOf(s.group)); },
     [](T text, S s) -> E {
       const auto by = ParseGroupBy(text);
       if (!by) return Error{std::string(text), "one of none, user, command, cgroup is wanted"};
       s.group = *by;
       return {};
     }},
    {"delay", [](CS s) { return DelayText(s.delay_seconds); },
     [](T text, S s) -> E {
       const Result<double> delay = ParseDelay(std::string(text));
       if (!delay) return delay.error();
       s.delay_seconds = *delay;
       return {};
     }},
    {"tree", [](CS s) { return BoolText(s.tree); }, [](T text, S s) { return TakeBool(text, s.tree); }},
    {"threads", [](CS s) { return BoolText(s.threads); }, [](T text, S s) { return TakeBool(text, s.threads); }},
    {"kernel_threads", [](CS s) { return BoolText(s.kernel_threads); },
     [](T text, S s) { return TakeBool(text, s.kernel_threads); }},
    {"color", [](CS s) { return BoolText(s.color); }, [](T text, S s) { return TakeBool(text, s.color); }},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::optional<Error> TakeLine(std::string_view line, TopSettings& settings) {
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return Error{std::string(line), "key = value is wanted"};
  const std::string_view key = Trim(line.substr(0, equals));
  const auto found = std::ranges::find_if(kSettings, [&](const Setting& setting) { return key == setting.key; });
  if (found == std::end(kSettings)) return Error{std::string(key), "no such setting"};
  return found->take(Trim(line.substr(equals + 1)), settings);
}

}  // namespace

std::string ConfigText(const TopSettings& settings) {
  std::string text = "# Of memtop; W writes it anew.\n";
  for (const Setting& setting : kSettings) text += std::string(setting.key) + " = " + setting.text(settings) + "\n";
  return text;
}

std::vector<Error> ReadConfig(std::string_view text, TopSettings& settings) {
  std::vector<Error> errors;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.empty() || line.front() == '#') continue;
    if (const auto error = TakeLine(line, settings)) {
      errors.push_back({"line " + std::to_string(number), SanitizeText(error->Text())});
    }
  }
  return errors;
}

}  // namespace glassheap::tools
