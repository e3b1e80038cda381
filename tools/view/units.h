// Bytes as people read them. Pure functions; JSON never passes through here, it
// carries raw bytes.

#ifndef GLASSHEAP_TOOLS_VIEW_UNITS_H_
#define GLASSHEAP_TOOLS_VIEW_UNITS_H_

#include <cstdint>
#include <optional>
#include <string>

namespace glassheap::tools {

// kBinary: powers of 1024, "Ki Mi Gi". kDecimal: powers of 1000, "K M G".
enum class UnitSystem { kBinary, kDecimal };

// As `free -h`: at most three digits and a unit, "0B", "512B", "8.6Mi", "23Gi".
// One decimal is rounded, an integer is cut off.
std::string HumanBytes(uint64_t bytes, UnitSystem system = UnitSystem::kBinary);

// Three digits, for sums a reader may want to check: "1.19Gi", "88.0Mi",
// "412Ki", "96B", "0".
std::string FineBytes(uint64_t bytes);
std::string FineSignedBytes(int64_t bytes);

// HumanBytes with a sign, for differences: "-1.1Mi".
std::string HumanSignedBytes(int64_t bytes, UnitSystem system = UnitSystem::kBinary);

// "-" when there is no value.
std::string HumanBytes(std::optional<uint64_t> bytes, UnitSystem system = UnitSystem::kBinary);

// bytes / base^exponent, cut off: what free prints without -h. exponent 0:
// bytes, 1: Ki or K, ... 5: Pi or P.
uint64_t ScaleBytes(uint64_t bytes, int exponent, UnitSystem system = UnitSystem::kBinary);

// "85.7 %"; "-" when whole is 0.
std::string Percent(uint64_t part, uint64_t whole);

// "412", "412 k", "4.1 M": counts of events in a sentence.
std::string HumanCount(uint64_t count);

// "0.42 s", "61.2 s", "14 min 3 s", "3 d 4 h".
std::string HumanSeconds(double seconds);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_UNITS_H_
