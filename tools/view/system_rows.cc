// Tested by tests/tools/view/system_rows_test.cc.

#include "tools/view/system_rows.h"

#include <cstdio>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

std::string CellOrDash(const std::optional<uint64_t>& bytes, const FreeFormat& format) {
  return bytes ? FreeCell(static_cast<int64_t>(*bytes), format) : "-";
}

// Within a sentence: always with a unit.
std::string Human(uint64_t bytes, const FreeFormat& format) { return HumanBytes(bytes, format.system); }

std::string Signed(int64_t bytes, const FreeFormat& format) { return SignedCell(bytes, format, /*plus=*/true); }

std::string Format(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string WhoseLimit(const std::optional<std::string>& path) {
  return path ? SanitizeText(*path) : "a cgroup above that cannot be seen from here";
}

std::string SwapPart(const CgroupMemory& cgroup, const FreeFormat& format) {
  if (!cgroup.swap_limit) return "";
  if (*cgroup.swap_limit == 0) return "   no swap";
  const std::string used = cgroup.swap_usage ? Human(*cgroup.swap_usage, format) + " of " : "at most ";
  return "   swap " + used + Human(*cgroup.swap_limit, format);
}

std::string CgroupNotes(const CgroupMemory& cgroup, const FreeFormat& format) {
  std::string text;
  if (cgroup.limit) text += "   " + WhoseLimit(cgroup.limit_path);
  if (cgroup.limit && cgroup.working_set) text += "   " + Percent(*cgroup.working_set, *cgroup.limit);
  if (cgroup.remaining && cgroup.remaining_path != cgroup.limit_path) {
    text += "   least remains in " + WhoseLimit(cgroup.remaining_path);
  }
  if (cgroup.high) text += "   slowed above " + Human(*cgroup.high, format);
  text += SwapPart(cgroup, format);
  if (cgroup.oom_kills.value_or(0) > 0) text += "   OOM kills " + std::to_string(*cgroup.oom_kills);
  return text;
}

std::string Averages(double avg10, double avg60, const std::optional<double>& avg300) {
  std::string text = Format("%.1f %% (10 s)", avg10) + Format("  %.1f %% (60 s)", avg60);
  if (avg300) text += Format("  %.1f %% (300 s)", *avg300);
  return text;
}

std::string PressureRow(const Pressure& pressure, std::string_view label) {
  return FreeRow(label, {}) + "   some " + Averages(pressure.some_avg10, pressure.some_avg60, pressure.some_avg300) +
         "   full " + Averages(pressure.full_avg10, pressure.full_avg60, pressure.full_avg300) +
         (label.empty() ? "   (cgroup)\n" : "\n");
}

// The root cgroup's are the machine's own.
bool SameCounters(const std::optional<Pressure>& machine, const Pressure& cgroup) {
  return machine && machine->some_total_us == cgroup.some_total_us && machine->full_total_us == cgroup.full_total_us;
}

std::string StallPart(const SystemDelta& delta) {
  if (!delta.some_us || !delta.full_us) return "";
  return "   stalled " + Format("%.1f ms some, ", static_cast<double>(*delta.some_us) / 1e3) +
         Format("%.1f ms full", static_cast<double>(*delta.full_us) / 1e3);
}

}  // namespace

std::string CgroupRow(const CgroupMemory& cgroup, const FreeFormat& format) {
  if (!cgroup.limit && !cgroup.high) return "";
  return FreeRow("Cgroup:", {CellOrDash(cgroup.limit, format), CellOrDash(cgroup.working_set, format),
                             CellOrDash(cgroup.remaining, format)}) +
         CgroupNotes(cgroup, format) + "\n";
}

std::string PressureRows(const SystemReport& report) {
  std::string text;
  if (report.pressure) text += PressureRow(*report.pressure, "Pressure:");
  if (report.cgroup && report.cgroup->pressure && !SameCounters(report.pressure, *report.cgroup->pressure)) {
    text += PressureRow(*report.cgroup->pressure, "");
  }
  return text;
}

std::string EventsRow(const SystemReport& report, const SystemDelta* delta, const FreeFormat& format) {
  if (!report.oom_kills && !report.swapped_in) return "";
  const auto bytes = [&](const std::optional<uint64_t>& value) { return value ? Human(*value, format) : "-"; };
  const auto count = [](const std::optional<uint64_t>& value) { return value ? std::to_string(*value) : "-"; };
  std::string text = FreeRow("Events:", {}) + "   swapped in " + bytes(report.swapped_in) + ", out " +
                     bytes(report.swapped_out) + "   OOM kills " + count(report.oom_kills) + " since boot";
  if (delta != nullptr) {
    text += "   in the last " + Format("%.1f s: ", delta->seconds) + bytes(delta->swapped_in) + ", " +
            bytes(delta->swapped_out) + ", " + count(delta->oom_kills) + StallPart(*delta);
  }
  return text + "\n";
}

std::string DeltaRows(const SystemDelta& delta, const FreeFormat& format) {
  const FreeColumns& m = delta.columns;
  std::vector<std::string> cells;
  for (const int64_t value : {m.total, m.used, m.free, m.shared}) cells.push_back(Signed(value, format));
  if (format.wide) {
    cells.push_back(Signed(m.buffers, format));
    cells.push_back(Signed(m.cache, format));
  } else {
    cells.push_back(Signed(m.buffers + m.cache, format));
  }
  cells.push_back(Signed(m.available, format));
  std::string text = FreeRow("Mem +/-:", cells) + "\n";
  text +=
      FreeRow("Swap +/-:", {Signed(m.swap_total, format), Signed(m.swap_used, format), Signed(m.swap_free, format)}) +
      "\n";
  if (delta.cgroup_working_set) text += FreeRow("Cg +/-:", {"", Signed(*delta.cgroup_working_set, format)}) + "\n";
  return text;
}

}  // namespace glassheap::tools
