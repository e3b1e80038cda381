// Preloaded into a program, it makes that program's main() run many times for one start: each request is a command
// line, run in a forked child. Starting free costs 2.2 ms, most of it in the dynamic linker; a fork 0.3 ms.
//
// Requests come from descriptor kRequests, a count of bytes and then that many: NUL-ended words. A wait status goes to
// kAnswers. The end of requests is the end.

#include "tests/end_to_end/fork_server.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace {

using Main = int (*)(int, char**, char**);
Main real_main;

bool ReadAll(void* to, size_t size) {
  for (size_t got = 0; got < size;) {
    const ssize_t n = ::read(kRequests, static_cast<char*>(to) + got, size - got);
    if (n <= 0) return false;
    got += static_cast<size_t>(n);
  }
  return true;
}

int RunChild(char* words, size_t size, char** environment) {
  ::close(kRequests);
  ::close(kAnswers);
  char* arguments[64] = {};
  int count = 0;
  for (size_t at = 0; at < size && count < 63; at += std::strlen(words + at) + 1) arguments[count++] = words + at;
  return real_main(count, arguments, environment);
}

int Serve(int, char**, char** environment) {
  static char words[4096];
  for (uint32_t size = 0; ReadAll(&size, sizeof size) && size <= sizeof words && ReadAll(words, size);) {
    const pid_t child = ::fork();
    if (child == 0) return RunChild(words, size, environment);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (::write(kAnswers, &status, sizeof status) != sizeof status) break;
  }
  ::_exit(0);
}

}  // namespace

extern "C" int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*rtld_fini)(),
                                 void* stack_end) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  real_main = main;
  const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(Serve, argc, argv, init, fini, rtld_fini, stack_end);
}
