// Tested by tests/tools/view/units_test.cc.

#include "tools/view/units.h"

#include <cstdio>
#include <string_view>

namespace glassheap::tools {
namespace {

constexpr std::string_view kLetters = "KMGTPE";
constexpr size_t kMaxDigits = 3;  // of free -h: "999B", "8.6", "23"

std::string Print(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double BaseOf(UnitSystem system) { return system == UnitSystem::kBinary ? 1024.0 : 1000.0; }

std::string Suffix(size_t step, UnitSystem system) {
  std::string suffix(1, kLetters[step]);
  if (system == UnitSystem::kBinary) suffix += 'i';
  return suffix;
}

std::string TwoParts(uint64_t large, const char* large_unit, uint64_t small, const char* small_unit) {
  return std::to_string(large) + " " + large_unit + " " + std::to_string(small) + " " + small_unit;
}

}  // namespace

std::string HumanBytes(uint64_t bytes, UnitSystem system) {
  const std::string plain = std::to_string(bytes);
  if (plain.size() <= kMaxDigits) return plain + "B";
  double scaled = static_cast<double>(bytes);
  for (size_t step = 0; step < kLetters.size(); ++step) {
    scaled /= BaseOf(system);
    const std::string tenths = Print("%.1f", scaled);
    if (tenths.size() <= kMaxDigits) return tenths + Suffix(step, system);
    const std::string whole = std::to_string(static_cast<uint64_t>(scaled));
    if (whole.size() <= kMaxDigits) return whole + Suffix(step, system);
  }
  return plain + "B";
}

std::string FineBytes(uint64_t bytes) {
  if (bytes == 0) return "0";
  double scaled = static_cast<double>(bytes);
  if (scaled < 1000) return std::to_string(bytes) + "B";
  size_t step = 0;
  for (scaled /= 1024; scaled >= 999.5 && step + 1 < kLetters.size(); ++step) scaled /= 1024;
  const char* format = scaled < 9.995 ? "%.2f" : scaled < 99.95 ? "%.1f" : "%.0f";
  return Print(format, scaled) + Suffix(step, UnitSystem::kBinary);
}

std::string FineSignedBytes(int64_t bytes) {
  if (bytes >= 0) return FineBytes(static_cast<uint64_t>(bytes));
  return "-" + FineBytes(-static_cast<uint64_t>(bytes));
}

std::string HumanSignedBytes(int64_t bytes, UnitSystem system) {
  if (bytes >= 0) return HumanBytes(static_cast<uint64_t>(bytes), system);
  return "-" + HumanBytes(-static_cast<uint64_t>(bytes), system);
}

std::string HumanBytes(std::optional<uint64_t> bytes, UnitSystem system) {
  return bytes ? HumanBytes(*bytes, system) : "-";
}

uint64_t ScaleBytes(uint64_t bytes, int exponent, UnitSystem system) {
  const uint64_t base = system == UnitSystem::kBinary ? 1024 : 1000;
  for (int i = 0; i < exponent; ++i) bytes /= base;
  return bytes;
}

std::string Percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return Print("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string HumanCount(uint64_t count) {
  if (count < 10'000) return std::to_string(count);
  if (count < 1'000'000) return std::to_string(count / 1000) + " k";
  return Print("%.1f M", static_cast<double>(count) / 1e6);
}

std::string HumanSeconds(double seconds) {
  if (seconds < 10) return Print("%.2f s", seconds);
  if (seconds < 100) return Print("%.1f s", seconds);
  const uint64_t whole = static_cast<uint64_t>(seconds);
  if (whole < 3600) return TwoParts(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return TwoParts(whole / 3600, "h", whole % 3600 / 60, "min");
  return TwoParts(whole / 86400, "d", whole % 86400 / 3600, "h");
}

}  // namespace glassheap::tools
