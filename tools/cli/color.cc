// Tested by tests/tools/cli/color_test.cc.

#include "tools/cli/color.h"

#include <stdlib.h>
#include <unistd.h>

namespace glassheap::tools {
namespace {

std::string_view Variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<ColorMode> ParseColorMode(std::string_view text) {
  if (text == "auto") return ColorMode::kAuto;
  if (text == "always") return ColorMode::kAlways;
  if (text == "never") return ColorMode::kNever;
  return std::nullopt;
}

bool UseColor(ColorMode mode, int fd) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  if (!Variable("NO_COLOR").empty()) return false;
  const std::string_view term = Variable("TERM");
  return !term.empty() && term != "dumb" && ::isatty(fd) == 1;
}

}  // namespace glassheap::tools
