// Many idle processes: `crowd N` forks N children, says "ready" and waits until its stdin closes; then they end.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

void StartChild(pid_t parent) {
  if (::fork() != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it ended before that
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? ::atoi(argv[1]) : 0;
  if (count <= 0) {
    ::fputs("usage: crowd N\n", stderr);
    return 2;
  }
  const pid_t parent = ::getpid();
  for (int i = 0; i < count; ++i) StartChild(parent);
  ::puts("ready");
  ::fflush(stdout);
  while (::getchar() != EOF) {
  }
  return 0;  // PR_SET_PDEATHSIG ends the children
}
