// Tested by tests/tools/view/top/prompt_test.cc.

#include "tools/view/top/prompt.h"

#include <algorithm>
#include <charconv>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMaxTyped = 200;
constexpr double kShortestDelay = 0.05;
constexpr double kLongestDelay = 1e9;

using Kind = TopCommand::Kind;
const TopCommand kRedraw{Kind::kRedraw, {}, 0, {}};
const TopCommand kRefresh{Kind::kRefresh, {}, 0, {}};

TopCommand Complain(const Error& error, TopContext& context) {
  context.state.message = SanitizeText(error.Text());
  context.state.message_is_error = true;
  return kRedraw;
}

TopCommand Search(const std::string& typed, TopContext& context) {
  context.state.search = typed;
  if (!typed.empty()) SearchOn(context, true);
  return kRedraw;
}
TopCommand FilterText(const std::string& typed, TopContext& context) {
  context.state.text_filter = typed;
  return kRedraw;
}
TopCommand FilterField(const std::string& typed, TopContext& context) {
  if (typed.empty()) return kRedraw;
  const Result<ProcessFilter> filter = ParseProcessFilter(typed);
  if (!filter) return Complain(filter.error(), context);
  context.state.filters.push_back(*filter);
  return kRefresh;  // the field may not have been read until now
}
TopCommand ChooseUser(const std::string& typed, TopContext& context) {
  const bool known = typed.empty() || std::ranges::any_of(context.frame.processes, [&](const Process& process) {
                       return process.user == typed;
                     });
  if (!known) return Complain({typed, "no process of such a user"}, context);
  context.state.user = typed;
  return kRedraw;
}
TopCommand SetDelay(const std::string& typed, TopContext& context) {
  if (typed.empty()) return kRedraw;
  const Result<double> delay = ParseDelay(typed);
  if (!delay) return Complain(delay.error(), context);
  context.state.settings.delay_seconds = *delay;
  return kRefresh;
}
TopCommand StartRecording(const std::string& typed, TopContext&) {
  if (typed.empty()) return kRedraw;
  return {Kind::kRecord, {}, 0, typed};
}
TopCommand GoToPid(const std::string& typed, TopContext& context) {
  const auto& rows = context.rows.rows;
  const auto found = std::ranges::find_if(
      rows, [&](const TopRow& row) { return std::to_string(row.process->pid).starts_with(typed); });
  if (found == rows.end()) return Complain({"pid " + typed, "not in the table"}, context);
  Select(static_cast<size_t>(found - rows.begin()), context);
  return kRedraw;
}

struct PromptRow {
  PromptKind kind;
  const char* label;
  bool while_typed;  // acts at every key
  TopCommand (*done)(const std::string& typed, TopContext& context);
};

constexpr PromptRow kPrompts[] = {
    {PromptKind::kSearch, "Search", true, Search},
    {PromptKind::kTextFilter, "Only with the text", true, FilterText},
    {PromptKind::kFieldFilter, "Only with FIELD>VALUE (rss>100M, user=www, !adj<0)", false, FilterField},
    {PromptKind::kUser, "Only of the user (empty: of all)", false, ChooseUser},
    {PromptKind::kDelay, "Seconds between refreshes", false, SetDelay},
    {PromptKind::kRecord, "Record into the file", false, StartRecording},
    {PromptKind::kPid, "Pid", true, GoToPid},
};

const PromptRow& RowOf(PromptKind kind) { return *std::ranges::find(kPrompts, kind, &PromptRow::kind); }

void DropCharacter(std::string& text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((byte & 0xC0) != 0x80) return;
  }
}

}  // namespace

Result<double> ParseDelay(std::string text) {
  const std::string typed = text.empty() ? "''" : text;
  std::ranges::replace(text, ',', '.');
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(seconds > 0) || seconds > kLongestDelay) return Error{typed, "not a positive number of seconds"};
  return std::max(seconds, kShortestDelay);
}

bool EditLine(const KeyPress& press, std::string& typed) {
  const std::string name = NameOf(press);
  if (press.key == Key::kBackspace) {
    DropCharacter(typed);
  } else if (name == "^U") {
    typed.clear();
  } else if (name == "^W") {
    typed.erase(typed.find_last_not_of(' ') + 1);
    typed.erase(typed.find_last_of(' ') + 1);
  } else if (IsText(press)) {
    if (typed.size() + press.character.size() <= kMaxTyped) typed += press.character;
  } else {
    return false;
  }
  return true;
}

TopCommand HandlePrompt(const KeyPress& press, TopContext& context) {
  const Prompt prompt = std::get<Prompt>(context.state.overlay);
  const PromptRow& row = RowOf(prompt.kind);
  if (press.key == Key::kEscape) {
    if (prompt.kind == PromptKind::kTextFilter) context.state.text_filter.clear();
    context.state.overlay = {};
    return kRedraw;
  }
  if (press.key == Key::kEnter) {
    context.state.overlay = {};
    return row.done(prompt.typed, context);
  }
  std::string typed = prompt.typed;
  if (!EditLine(press, typed)) return kRedraw;
  std::get<Prompt>(context.state.overlay).typed = typed;
  return row.while_typed ? row.done(typed, context) : kRedraw;
}

StyledLine PromptLine(const Prompt& prompt) {
  return {{std::string(RowOf(prompt.kind).label) + ": ", Style::kKey}, {SanitizeText(prompt.typed)}, {"_"}};
}

}  // namespace glassheap::tools
