// Tested by tests/tools/read/shared_memory_test.cc.

#include "tools/read/shared_memory.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace glassheap::tools {
namespace {

enum class Order { kSame, kLess, kGreater, kUnknown };

// The kernel orders address spaces by a number that it keeps to itself.
Order Compare(pid_t a, pid_t b) {
  switch (::syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0)) {
    case 0:
      return Order::kSame;
    case 1:
      return Order::kLess;
    case 2:
      return Order::kGreater;
    default:
      return Order::kUnknown;
  }
}

}  // namespace

std::vector<uint64_t> IdentifySharedMemory(const std::vector<pid_t>& pids) {
  std::vector<uint64_t> ids(pids.size(), 0);
  std::vector<size_t> known;  // indices of different address spaces, in the kernel's order
  for (size_t i = 0; i < pids.size(); ++i) {
    size_t first = 0, last = known.size();
    bool add = true;
    while (first < last && add) {
      const size_t middle = first + (last - first) / 2;
      const Order order = Compare(pids[i], pids[known[middle]]);
      if (order == Order::kSame) ids[i] = ids[known[middle]] = known[middle] + 1;
      if (order == Order::kSame || order == Order::kUnknown) add = false;
      if (order == Order::kLess) last = middle;
      if (order == Order::kGreater) first = middle + 1;
    }
    if (add) known.insert(known.begin() + static_cast<ptrdiff_t>(first), i);
  }
  return ids;
}

}  // namespace glassheap::tools
