// oomscore as it is called, and what it must say when it is called wrongly.

#ifndef GLASSHEAP_TESTS_SUPPORT_OOMSCORE_CALL_H_
#define GLASSHEAP_TESTS_SUPPORT_OOMSCORE_CALL_H_

#include <sys/types.h>

#include <string>

#include "tests/support/shell.h"

namespace glassheap::testing {

ShellResult CallOomscore(const std::string& arguments);

// Expects this exit status, "oomscore: LINE" on stderr, and nothing on stdout.
void ExpectOomscoreError(const std::string& arguments, int status, const std::string& line);

// What the file says; -2000 when it cannot be read.
int ScoreAdjOf(pid_t pid);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_OOMSCORE_CALL_H_
