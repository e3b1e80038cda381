// What every main shares: exit codes, the one form of an error line, and output
// that notices when it cannot be written.
//
//   0 done   1 it failed while running   2 it was called wrongly
//
// Errors go to stderr as `NAME: what: why`, one line each, through the
// sanitizer. A reader that goes away (a broken pipe) is no error and ends the
// tool with 0, silently.

#ifndef GLASSHEAP_TOOLS_CLI_PROGRAM_H_
#define GLASSHEAP_TOOLS_CLI_PROGRAM_H_

#include <functional>
#include <optional>
#include <string_view>

#include "tools/read/result.h"

namespace glassheap::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
// Of a command that could not be started, as shells have them.
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

inline constexpr char kVersion[] = "0.1.0";

// Runs a main's body. Reserves the standard streams, and turns whatever
// exception escapes into one error line and kExitFailure.
int RunProgram(std::string_view name, const std::function<int()>& body);

// One line on stderr.
void PrintError(std::string_view name, const Error& error);

// The same, and the exit code to return.
int Failed(std::string_view name, const Error& error, int exit_code = kExitFailure);
int Misused(std::string_view name, const Error& error);  // kExitUsage

// Writes all of text to stdout, or to another descriptor. Nothing when it was
// written; else the exit code to end with: kExitOk for a broken pipe,
// kExitFailure (and an error line) for anything else.
std::optional<int> WriteOutput(std::string_view name, std::string_view text, int fd = 1);

// All of text to fd; a broken pipe is EPIPE, not a signal. Returns 0 or errno.
int WriteFully(int fd, std::string_view text);

// A closed stdin, stdout or stderr is filled with something that refuses to be
// written, so that a file opened later does not get its number. The fillers are
// CLOEXEC: a command that is run still finds the stream closed.
void ReserveStandardStreams();

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_PROGRAM_H_
