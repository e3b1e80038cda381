// The program's doors to its descriptors, where they could shut ours.
//
// The region's descriptor is how anyone sees in (abi/stats_region.h). Daemons, shells and sandboxes close every number they
// do not know, ours with the rest, and the process would be dark from then on. Making the region anew would take system
// calls at a moment that we do not choose, and a seccomp filter may kill for them. So the calls that close by number step
// over ours: for the program it is as if the number were not in use. A program that gives the number to a file of its own
// gets it, and the region moves away.
//
// What comes by raw system call is not seen here. The mapping stays, and readers with more rights find it.
//
// Async-signal-safe and safe in the child of a vfork, as the functions they stand before.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "allocator/base/macros.h"
#include "allocator/base/system_call.h"
#include "allocator/front/next_function.h"
#include "allocator/heap/heap.h"

namespace glassheap {
namespace {

constinit Next<int(int)> next_close;
constinit Next<int(unsigned, unsigned, int)> next_close_range;
constinit Next<void(int)> next_closefrom;
constinit Next<int(int, int)> next_dup2;
constinit Next<int(int, int, int)> next_dup3;

__attribute__((constructor(101))) void FindAll() {
  next_close.Find("close");
  next_close_range.Find("close_range");
  next_closefrom.Find("closefrom");
  next_dup2.Find("dup2");
  next_dup3.Find("dup3");
}

int CloseRange(unsigned first, unsigned last, int flags) {
  if (next_close_range) return next_close_range.function(first, last, flags);
  return FromKernel(SystemCall(SYS_close_range, first, last, flags));
}

// Both sides of `hole`. REQUIRES: first <= hole <= last.
int CloseAround(unsigned first, unsigned hole, unsigned last, int flags) {
  if (first < hole && CloseRange(first, hole - 1, flags) != 0) return -1;
  return hole < last ? CloseRange(hole + 1, last, flags) : 0;
}

}  // namespace
}  // namespace glassheap

using namespace glassheap;

extern "C" GH_EXPORT int close(int fd) {
  if (heap.stats.OwnsFd(fd)) return 0;
  if (next_close) return next_close.function(fd);
  return FromKernel(SystemCall(SYS_close, fd));
}

extern "C" GH_EXPORT int close_range(unsigned first, unsigned last, int flags) noexcept {
  const int ours = heap.stats.OwnedFdIn(first, last);
  if (ours < 0) return CloseRange(first, last, flags);
  return CloseAround(first, static_cast<unsigned>(ours), last, flags);
}

extern "C" GH_EXPORT void closefrom(int first) noexcept {
  const unsigned from = first < 0 ? 0 : static_cast<unsigned>(first);
  const int ours = heap.stats.OwnedFdIn(from, ~0u);
  const int error = errno;
  if (ours >= 0 && CloseAround(from, static_cast<unsigned>(ours), ~0u, 0) == 0) return;
  errno = error;
  // Before Linux 5.9 there is no close_range: libc goes through /proc.
  if (next_closefrom) return next_closefrom.function(first);
  CloseRange(from, ~0u, 0);
}

extern "C" GH_EXPORT int dup2(int from, int to) noexcept {
  if (from != to && heap.stats.OwnsFd(to)) heap.stats.MoveFd();
  if (next_dup2) return next_dup2.function(from, to);
#if defined(SYS_dup2)
  return FromKernel(SystemCall(SYS_dup2, from, to));
#else
  return from == to ? FromKernel(SystemCall(SYS_fcntl, from, F_GETFD)) < 0 ? -1 : to
                    : FromKernel(SystemCall(SYS_dup3, from, to, 0));
#endif
}

extern "C" GH_EXPORT int dup3(int from, int to, int flags) noexcept {
  if (from != to && heap.stats.OwnsFd(to)) heap.stats.MoveFd();
  if (next_dup3) return next_dup3.function(from, to, flags);
  return FromKernel(SystemCall(SYS_dup3, from, to, flags));
}
