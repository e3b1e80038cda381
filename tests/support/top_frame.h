// A frame of memtop made by hand: a redis under glassheap, a postgres, a hostile name, a kernel thread and twenty workers.

#ifndef GLASSHEAP_TESTS_SUPPORT_TOP_FRAME_H_
#define GLASSHEAP_TESTS_SUPPORT_TOP_FRAME_H_

#include "tools/view/top/state.h"

namespace glassheap::testing {

tools::TopFrame MakeTopFrame();
tools::TopState MakeTopState();
tools::Process MakeTopProcess(pid_t pid, const char* user, uint64_t mib, const char* command_line);

// "q", "F4", "^O", "Enter" as the key table has them, or a single character of UTF-8.
tools::KeyPress PressOf(const std::string& name);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_TOP_FRAME_H_
