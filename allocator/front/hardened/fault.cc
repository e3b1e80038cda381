#include "allocator/front/hardened/fault.h"

#include <signal.h>

#include "allocator/base/system_call.h"
#include "allocator/front/hardened/guarded_pool.h"
#include "allocator/front/hardened/zero_size.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {
namespace {

constinit struct sigaction previous = {};

// An address so close to the heap, and not mapped, is one that ran out of an object: the window has nothing else there.
constexpr uintptr_t kNear = kGiB;

bool IsNearHeap(const void* address) {
  const uintptr_t begin = heap.pages.heap_base() - kNear;
  const uintptr_t end = heap.pages.heap_base() + heap.pages.limit() * kPageSize + kNear;
  return reinterpret_cast<uintptr_t>(address) - begin < end - begin;
}

void ReportIfOurs(const void* address, bool mapped) {
  if (GuardedPool::Contains(address)) {
    const Misuse misuse = GuardedPool::SizeAt(address) == 0 ? Misuse::kAccessAfterFree : Misuse::kAccessOutside;
    ReportMisuse(misuse, address, heap.pages);
  }
  if (ZeroSize::Contains(address)) {
    ReportMisuse(ZeroSize::FreedAt(address) ? Misuse::kAccessAfterFree : Misuse::kAccessOutside, address, heap.pages);
  }
  const Span* span = heap.pages.FindSpanAround(reinterpret_cast<uintptr_t>(address));
  if (span == nullptr && !mapped && IsNearHeap(address)) ReportMisuse(Misuse::kAccessOutside, address, heap.pages);
  if (span == nullptr || span->state != SpanState::kLarge || !span->guarded) return;
  ReportMisuse(span->cached ? Misuse::kAccessAfterFree : Misuse::kAccessOutside, address, heap.pages);
}

// A page without access is one of another protection (ACCERR) or has the kernel's guard marker (MAPERR).
void OnFault(int, siginfo_t* info, void*) {
  if (info->si_code == SEGV_ACCERR || info->si_code == SEGV_MAPERR)
    ReportIfOurs(info->si_addr, info->si_code == SEGV_ACCERR);
  sigaction(SIGSEGV, &previous, nullptr);  // returning faults again, with what was there before
  // Nothing will fault again where somebody sent it: kill, raise.
  if (info->si_code <= 0) SystemCall(SYS_tgkill, SystemCall(SYS_getpid), SystemCall(SYS_gettid), SIGSEGV);
}

}  // namespace

void InstallFaultHandler() {
  if (sigaction(SIGSEGV, nullptr, &previous) != 0 || previous.sa_handler != SIG_DFL) return;
  struct sigaction action = {};
  action.sa_sigaction = &OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
}

}  // namespace glassheap::hardened
