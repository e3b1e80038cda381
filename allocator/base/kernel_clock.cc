#include "allocator/base/kernel_clock.h"

#include <atomic>

#include "allocator/base/vdso.h"

namespace glassheap {
namespace {

using Function = int (*)(clockid_t, timespec*);

#if defined(__x86_64__)
constexpr char kName[] = "__vdso_clock_gettime";
#else
constexpr char kName[] = "__kernel_clock_gettime";
#endif

constinit std::atomic<Function> function{nullptr};

Function Find() {
  void* const found = FindInVdso(kName);
  const Function result = found == nullptr ? &clock_gettime : reinterpret_cast<Function>(found);
  function.store(result, std::memory_order_relaxed);
  return result;
}

}  // namespace

uint64_t KernelClock(clockid_t clock) {
  const Function known = function.load(std::memory_order_relaxed);
  timespec now = {};
  (known != nullptr ? known : Find())(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace glassheap
