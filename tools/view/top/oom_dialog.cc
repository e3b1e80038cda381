// Tested by tests/tools/view/top/oom_dialog_test.cc.

#include "tools/view/top/oom_dialog.h"

#include <algorithm>

#include "tools/model/machine.h"
#include "tools/model/oom_preview.h"
#include "tools/model/oom_setting.h"
#include "tools/view/sanitize.h"
#include "tools/view/top/prompt.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

using Kind = TopCommand::Kind;
const TopCommand kRedraw{Kind::kRedraw, {}, 0, {}};

// What is typed, or what is set while nothing is.
Result<OomSetting> Wanted(const OomDialog& dialog) {
  if (dialog.typed.empty()) return OomSetting{dialog.score_adj, std::nullopt};
  return dialog.legacy ? ParseLegacyAdj(dialog.typed) : ParseScoreAdj(dialog.typed);
}

std::string Rank(const Process& process, uint64_t ranked) {
  if (!process.rank) return "never killed";
  return "rank " + std::to_string(*process.rank) + " of " + std::to_string(ranked);
}

std::string Badness(const Process& process) { return process.badness ? FineSignedBytes(*process.badness) : "none"; }

StyledLine Line(const char* label, const Process& process, uint64_t ranked) {
  const int adj = process.oom_score_adj.value_or(0);
  std::string text = std::string(label) + "  oom_score_adj " + std::to_string(adj) + "   oom_adj " +
                     std::to_string(LegacyFromScoreAdj(adj)) + "   badness " + Badness(process) + "   ";
  return {{text}, {Rank(process, ranked), Style::kStrong}};
}

// The value up or down by a step of the scale in use.
void Step(int steps, OomDialog& dialog) {
  const Result<OomSetting> wanted = Wanted(dialog);
  const int from = dialog.legacy ? LegacyFromScoreAdj(wanted ? wanted->score_adj : 0) : wanted ? wanted->score_adj : 0;
  const int to = dialog.legacy ? std::clamp(from + (steps > 0 ? 1 : -1), kOomAdjMin, kOomAdjMax)
                               : std::clamp(from + steps, kOomScoreAdjMin, kOomScoreAdjMax);
  dialog.typed = std::to_string(to);
}

void Preview(const OomSetting& setting, const OomDialog& dialog, const TopFrame& frame, Panel& panel) {
  const auto preview =
      PreviewAdjustment(frame.processes, dialog.target.pid, setting.score_adj, WholeMachine(frame.machine.memory));
  if (!preview) {
    panel.lines.push_back({{"the kernel never kills it, whatever its adjustment, or it has ended", Style::kWarning}});
    return;
  }
  panel.lines.push_back(Line("now ", preview->before, preview->ranked));
  panel.lines.push_back(Line("then", preview->after, preview->ranked));
  if (preview->first_after) {
    panel.lines.push_back({{"then killed first: pid " + std::to_string(preview->first_after->pid) + " " +
                            SanitizeText(preview->first_after->name)}});
  }
  const int reads_back = LegacyFromScoreAdj(setting.score_adj);
  if (setting.legacy && *setting.legacy != reads_back) {
    panel.lines.push_back({{"oom_adj " + std::to_string(*setting.legacy) + " is written as " +
                                std::to_string(setting.score_adj) + " and reads back as " + std::to_string(reads_back),
                            Style::kDim}});
  }
}

}  // namespace

TopCommand HandleOomDialog(const KeyPress& press, TopContext& context) {
  OomDialog& dialog = std::get<OomDialog>(context.state.overlay);
  switch (press.key) {
    case Key::kEscape:
      context.state.overlay = {};
      return kRedraw;
    case Key::kTab:
      dialog.legacy = !dialog.legacy;
      dialog.typed.clear();
      return kRedraw;
    case Key::kUp:
      Step(+1, dialog);
      return kRedraw;
    case Key::kDown:
      Step(-1, dialog);
      return kRedraw;
    case Key::kPageUp:
      Step(+100, dialog);
      return kRedraw;
    case Key::kPageDown:
      Step(-100, dialog);
      return kRedraw;
    default:
      break;
  }
  if (press.key != Key::kEnter) {
    EditLine(press, dialog.typed);
    return kRedraw;
  }
  const Result<OomSetting> wanted = Wanted(dialog);
  if (!wanted) return kRedraw;  // the panel says why
  const TopCommand command{Kind::kSetOom, dialog.target, wanted->score_adj, {}};
  const bool unchanged = dialog.typed.empty();
  context.state.overlay = {};
  return unchanged ? kRedraw : command;
}

Panel OomPanel(const OomDialog& dialog, const TopFrame& frame) {
  Panel panel;
  panel.heading = "OOM adjustment of pid " + std::to_string(dialog.target.pid) + " " + SanitizeText(dialog.target.name);
  panel.lines.push_back(
      {{dialog.legacy ? "oom_adj (-17 never ... 15): " : "oom_score_adj (-1000 never ... 1000): ", Style::kKey},
       {SanitizeText(dialog.typed) + "_"}});
  const Result<OomSetting> wanted = Wanted(dialog);
  if (wanted) {
    Preview(*wanted, dialog, frame, panel);
  } else if (dialog.typed != "-") {
    panel.lines.push_back({{SanitizeText(wanted.error().Text()), Style::kWarning}});
  }
  panel.lines.push_back({{"Up Down PgUp PgDn: step   Tab: the other scale   Enter: write   Esc: back", Style::kDim}});
  return panel;
}

}  // namespace glassheap::tools
