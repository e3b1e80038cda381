// Tested by tests/tools/view/run_text_test.cc.

#include "tools/view/run_text.h"

#include <string.h>

#include <cstdint>
#include <vector>

#include "tools/view/history_text.h"
#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMaxCommand = 60;   // columns
constexpr double kWorthTelling = 5;  // seconds of history, of a command that ended by itself

std::string HowItEnded(const RunReport& report) {
  if (report.term_signal) return "was killed by " + SignalName(*report.term_signal);
  return "exited " + std::to_string(report.exit_status.value_or(0));
}

// A script given as an argument has line ends: they are blanks here.
std::string OneLine(std::string command) {
  for (char& c : command) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return SanitizeText(command);
}

// "redis-server exited 0 after 61.2 s (user 48.1 s, system 6.3 s), peak
// RSS 1.21Gi, 412 k faults"
std::string Summary(const RunReport& report) {
  std::string text = FitWidth(OneLine(report.command), kMaxCommand) + " " + HowItEnded(report) + " after " +
                     HumanSeconds(report.wall_seconds) + " (user " + HumanSeconds(report.user_seconds) + ", system " +
                     HumanSeconds(report.system_seconds) + "), peak RSS " + FineBytes(report.max_rss) + ", " +
                     HumanCount(report.minor_faults + report.major_faults) + " faults";
  if (report.major_faults > 0) text += " (" + HumanCount(report.major_faults) + " from disk)";
  return text;
}

std::string Share(int64_t part, int64_t whole) {
  if (part < 0 || whole <= 0) return "-";
  return Percent(static_cast<uint64_t>(part), static_cast<uint64_t>(whole));
}

// The cells of one column pair.
void AddCells(std::vector<std::string>& row, const HeapTiers& tiers, int64_t HeapTiers::*value, bool share) {
  row.push_back(FineSignedBytes(tiers.*value));
  row.push_back(share ? Share(tiers.*value, tiers.mapped) : "");
}

void AddTierRow(Table& table, const std::string& label, int64_t HeapTiers::*value, bool share, const char* note,
                const RunReport& report) {
  std::vector<std::string> row = {label};
  if (report.peak) AddCells(row, report.peak->tiers, value, share);
  AddCells(row, report.heap->now, value, share);
  row.push_back(note);
  table.AddRow(std::move(row));
}

// REQUIRES: report.heap.
std::string Tiers(const RunReport& report) {
  std::vector<Column> columns = {{"", Align::kLeft}};
  if (report.peak) columns.insert(columns.end(), {{"at its peak"}, {""}});
  columns.insert(columns.end(), {{"at its end"}, {""}, {"", Align::kLeft}});
  Table table(std::move(columns), {.indent = "  "});
  AddTierRow(table, "mapped", &HeapTiers::mapped, true, "", report);
  for (const Tier& tier : kTiers) {
    AddTierRow(table, std::string("  ") + tier.label, tier.value, true, tier.note, report);
  }
  AddTierRow(table, "  residual", &HeapTiers::residual, false, "", report);
  return table.Text();
}

// Of a command that was killed, everything there is: nobody can ask it again.
std::string History(const RunReport& report) {
  if (report.history.size() < 2) return "";
  const double seconds = report.history.back().seconds - report.history.front().seconds;
  if (!report.term_signal && seconds < kWorthTelling) return "";
  return "  " + HistoryText(report.history, {.rows = report.term_signal ? 12u : 6u, .last = "the end"});
}

// A heap that never had a page but its own: that there is nothing in it is no news of the program.
bool NothingTaken(const HeapTiers& tiers) { return tiers.mapped == tiers.metadata + tiers.region_slack; }

constexpr char kNothingTaken[] =
    "  nothing was allocated from it: what a program takes from a malloc of its own, as browsers have, is not in "
    "here\n";

std::string Others(uint64_t count) {
  return "  and " + std::to_string(count) + (count == 1 ? " other process" : " other processes") +
         " of its tree ran under glassheap\n";
}

}  // namespace

std::string SignalName(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string HeapAtEndText(const RunReport& report) { return Tiers(report) + History(report); }

std::string RunText(const RunReport& report) {
  const bool hardened = report.heap && report.heap->hardened;
  std::string text = std::string(hardened ? "glassheap, hardened: " : "glassheap: ") + Summary(report);
  if (report.peak) text += ", heap peak after " + HumanSeconds(report.peak->seconds);
  text += "\n";
  if (!report.preloaded) text += "  glassheap did not get in: " + SanitizeText(report.not_preloaded_because) + "\n";
  if (report.preloaded && !report.heap) text += "  its heap could not be read\n";
  if (report.heap && NothingTaken(report.heap->now)) text += kNothingTaken;
  if (report.heap) text += HeapAtEndText(report);
  if (report.other_processes > 0) text += Others(report.other_processes);
  return text;
}

}  // namespace glassheap::tools
