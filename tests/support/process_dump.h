// A core dump of a living process, made by hand: no ptrace, no signal, and no say of the machine's core_pattern in it.

#ifndef GLASSHEAP_TESTS_SUPPORT_PROCESS_DUMP_H_
#define GLASSHEAP_TESTS_SUPPORT_PROCESS_DUMP_H_

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace glassheap::testing {

// What the process can write to, mappings of up to 64 MiB, as if `signal` had killed it. Empty when its memory may not be
// read. The process should be at rest.
std::vector<std::byte> DumpProcess(pid_t pid, int signal);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_PROCESS_DUMP_H_
