// The options of `free` as both its parsers have them: memstat_free.cc, which is free to the letter, and
// memstat_system.cc, which has options of its own beside them.

#ifndef GLASSHEAP_TOOLS_FREE_OPTIONS_H_
#define GLASSHEAP_TOOLS_FREE_OPTIONS_H_

#include "tools/view/units.h"

namespace glassheap::tools {

struct FreeUnitOption {
  char letter;  // 0: a long option only
  const char* name;
  int exponent;
  UnitSystem system;
  const char* help;
};

// In the order of free's help.
inline constexpr FreeUnitOption kFreeUnits[] = {
    {'b', "bytes", 0, UnitSystem::kBinary, "show output in bytes"},
    {0, "kilo", 1, UnitSystem::kDecimal, "show output in kilobytes"},
    {0, "mega", 2, UnitSystem::kDecimal, "show output in megabytes"},
    {0, "giga", 3, UnitSystem::kDecimal, "show output in gigabytes"},
    {0, "tera", 4, UnitSystem::kDecimal, "show output in terabytes"},
    {0, "peta", 5, UnitSystem::kDecimal, "show output in petabytes"},
    {'k', "kibi", 1, UnitSystem::kBinary, "show output in kibibytes"},
    {'m', "mebi", 2, UnitSystem::kBinary, "show output in mebibytes"},
    {'g', "gibi", 3, UnitSystem::kBinary, "show output in gibibytes"},
    {0, "tebi", 4, UnitSystem::kBinary, "show output in tebibytes"},
    {0, "pebi", 5, UnitSystem::kBinary, "show output in pebibytes"},
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_FREE_OPTIONS_H_
