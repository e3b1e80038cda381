#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "allocator/base/check.h"
#include "allocator/base/kernel_clock.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/system_call.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

namespace glassheap::os {
namespace {

constinit std::atomic<FaultHook> fault_hook{nullptr};

bool MustFail(Call call, size_t size) {
  FaultHook hook = fault_hook.load(std::memory_order_relaxed);
  return hook != nullptr && hook(call, size);
}

long Map(void* address, size_t size, int extra_flags, int access = PROT_READ | PROT_WRITE) {
  return SystemCall(SYS_mmap, AsArgument(address), static_cast<long>(size), access,
                    MAP_PRIVATE | MAP_ANONYMOUS | extra_flags, -1, 0);
}

// MADV_GUARD_INSTALL and MADV_GUARD_REMOVE, which Debian 12's headers do not know yet.
constexpr int kGuardInstall = 102;
constexpr int kGuardRemove = 103;

constinit std::atomic<bool> guards_used{false};
constinit std::atomic<bool> mprotect_used{false};

bool Advise(void* address, size_t size, int advice) {
  return SystemCall(SYS_madvise, AsArgument(address), static_cast<long>(size), advice) == 0;
}

bool SetAccess(void* address, size_t size, int access) {
  return SystemCall(SYS_mprotect, AsArgument(address), static_cast<long>(size), access) == 0;
}

}  // namespace

void* MapAnywhere(size_t size) {
  if (MustFail(Call::kMapAnywhere, size)) return nullptr;
  const long result = Map(nullptr, size, 0);
  return SystemCallFailed(result) ? nullptr : reinterpret_cast<void*>(result);
}

void* MapWithoutAccess(size_t size) {
  if (MustFail(Call::kMapAnywhere, size)) return nullptr;
  const long result = Map(nullptr, size, MAP_NORESERVE, PROT_NONE);
  return SystemCallFailed(result) ? nullptr : reinterpret_cast<void*>(result);
}

// libc's sbrk, not brk: it remembers where the break is, and programs that call it themselves must find it there.
void* GrowBreak(size_t size) {
  if (MustFail(Call::kMapAnywhere, size)) return nullptr;
  const int saved = errno;
  void* result = sbrk(static_cast<intptr_t>(size));
  errno = saved;
  return result == reinterpret_cast<void*>(-1) ? nullptr : result;
}

Outcome MapAt(void* address, size_t size) {
  if (MustFail(Call::kMapAt, size)) return Outcome::kNoMemory;
  const long result = Map(address, size, MAP_FIXED_NOREPLACE);
  if (result == AsArgument(address)) return Outcome::kDone;
  if (SystemCallFailed(result)) return result == -EEXIST ? Outcome::kTaken : Outcome::kNoMemory;
  // Before Linux 4.17 the flag is a hint: the kernel went elsewhere because the place was taken.
  SystemCall(SYS_munmap, result, static_cast<long>(size));
  return Outcome::kTaken;
}

bool Discard(void* address, size_t size) {
  if (MustFail(Call::kDiscard, size)) return false;
  return Advise(address, size, MADV_DONTNEED);
}

bool Protect(void* address, size_t size) {
  if (MustFail(Call::kProtect, size)) return false;
  if (Advise(address, size, kGuardInstall)) {
    guards_used.store(true, std::memory_order_relaxed);
    return true;
  }
  mprotect_used.store(true, std::memory_order_relaxed);  // an older kernel, or locked memory
  return SetAccess(address, size, PROT_NONE);
}

bool Unprotect(void* address, size_t size) {
  if (MustFail(Call::kUnprotect, size)) return false;
  // A range may have been closed in either way.
  const bool opened = Advise(address, size, kGuardRemove);
  if (opened && !mprotect_used.load(std::memory_order_relaxed)) return true;
  // A sandbox that began meanwhile knows no guards, as sshd's from 9.4 on: only fresh pages have none.
  if (!opened && guards_used.load(std::memory_order_relaxed)) {
    return Map(address, size, MAP_FIXED) == AsArgument(address);
  }
  return SetAccess(address, size, PROT_READ | PROT_WRITE);
}

bool MovePages(void* from, void* to, size_t size) {
  if (MustFail(Call::kMovePages, size)) return false;
  const long bytes = static_cast<long>(size);
  const long moved = SystemCall(SYS_mremap, AsArgument(from), bytes, bytes,
                                MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, AsArgument(to));
  if (moved == AsArgument(to)) return true;
  // The kernel may have unmapped `to` before it saw that it would not do (mm/mremap.c, mremap_to). Its pages were counted
  // until then, so there is room for them; if there is none all the same, somebody else's failure must not become ours.
  const long restored = Map(to, size, MAP_FIXED_NOREPLACE);
  GH_CHECK(restored == AsArgument(to) || restored == -EEXIST);
  return false;
}

bool Renew(void* address, size_t size) {
  return !MustFail(Call::kRenew, size) && Map(address, size, MAP_FIXED) == AsArgument(address);
}

void Unmap(void* address, size_t size) { SystemCall(SYS_munmap, AsArgument(address), static_cast<long>(size)); }

uint64_t CoarseClock() { return KernelClock(CLOCK_MONOTONIC_COARSE); }

Seed ProcessSeed() {
  Seed seed = {{0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u}};
  const void* random = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
  if (random != nullptr) memcpy(&seed, random, sizeof(seed));
  return seed;
}

void SetFaultHook(FaultHook hook) { fault_hook.store(hook, std::memory_order_relaxed); }

}  // namespace glassheap::os
