// Foreign text made safe to print. Names of processes, command lines and
// strings of a region are chosen by whoever owns the process: they may hold
// escape sequences, newlines, broken UTF-8, or marks that turn the line around.
//
// Everything a tool prints that it did not write itself passes through here
// once, where it enters a view.

#ifndef GLASSHEAP_TOOLS_VIEW_SANITIZE_H_
#define GLASSHEAP_TOOLS_VIEW_SANITIZE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace glassheap::tools {

// For terminals and text files: C0, DEL and C1 controls, invalid UTF-8, bidi
// and zero-width marks, tags, private use and noncharacters become visible:
// "\x1b", "\u{202e}". Everything else is kept. The result is valid UTF-8 on one
// line.
std::string SanitizeText(std::string_view text);

// For JSON strings: invalid UTF-8 becomes U+FFFD; the rest is kept, as JSON
// escapes controls itself.
std::string SanitizeUtf8(std::string_view text);

// How many columns a terminal gives to sanitized text: wide East Asian
// characters and emoji count 2, combining marks 0.
size_t DisplayWidth(std::string_view sanitized);

// The longest start of sanitized text that fits; ends with '+' when something
// was cut, as ps and top do.
std::string FitWidth(std::string_view sanitized, size_t columns);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_SANITIZE_H_
