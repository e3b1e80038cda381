// What memstat prints below free's table: Cgroup, Pressure, Events, and changes since the report before.

#ifndef GLASSHEAP_TOOLS_VIEW_SYSTEM_ROWS_H_
#define GLASSHEAP_TOOLS_VIEW_SYSTEM_ROWS_H_

#include <string>

#include "tools/model/system_report.h"
#include "tools/view/free_table.h"

namespace glassheap::tools {

// "Cgroup:" when a limit holds: its cells are the limit, the working set and what remains before an OOM kill.
std::string CgroupRow(const CgroupMemory& cgroup, const FreeFormat& format);

// "Pressure:" of the machine and, in a cgroup that counts it, of that. "" when there is none.
std::string PressureRows(const SystemReport& report);

// "Events:" swapped in and out, OOM kills: since boot, and since the report before where there was one.
std::string EventsRow(const SystemReport& report, const SystemDelta* delta, const FreeFormat& format);

// "Mem +/-:" and "Swap +/-:" in the columns of the table.
std::string DeltaRows(const SystemDelta& delta, const FreeFormat& format);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_SYSTEM_ROWS_H_
