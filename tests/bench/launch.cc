// launch RESULT -- CMD [ARG...]   runs CMD and writes what it cost to RESULT
//
// One JSON line: wall, user and system seconds, peak RSS, faults and how it
// ended; of CMD and of the children it waited for. Small and linked
// statically, because a process inherits the peak RSS of the one that started
// it: measured from Python, nothing would take less than Python.

#include <errno.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cstdio>
#include <cstring>

namespace {

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

double Seconds(const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; }

void Write(FILE* out, double wall, int status, const rusage& usage) {
  const double user = Seconds(usage.ru_utime);
  const double system = Seconds(usage.ru_stime);
  fprintf(out,
          "{\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"system_seconds\":%.6f,"
          "\"peak_rss_kb\":%ld,\"minor_faults\":%ld,\"exit_status\":%d,"
          "\"term_signal\":%d}\n",
          wall, user + system, system, usage.ru_maxrss, usage.ru_minflt, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int Fail(const char* what, int error) {
  fprintf(stderr, "launch: %s: %s\n", what, strerror(error));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || strcmp(argv[2], "--") != 0) {
    fprintf(stderr, "usage: launch RESULT -- CMD [ARG...]\n");
    return 2;
  }
  const double started = Now();
  pid_t child;
  const int error = posix_spawnp(&child, argv[3], nullptr, nullptr, argv + 3, environ);
  if (error != 0) return Fail(argv[3], error);
  int status;
  rusage usage;
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return Fail("wait4", errno);
  }
  const double wall = Now() - started;
  FILE* out = fopen(argv[1], "w");
  if (out == nullptr) return Fail(argv[1], errno);
  Write(out, wall, status, usage);
  return fclose(out) == 0 ? 0 : Fail(argv[1], errno);
}
