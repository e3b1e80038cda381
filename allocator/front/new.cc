// Every operator new and delete.
//
// libstdc++ must not be a dependency: a preloaded library would force it, and some 300 KiB of memory, on every C program.
// What is needed of it is weak, and there whenever a C++ program is.

#include <malloc.h>

#include <cerrno>
#include <cstddef>
#include <new>

#include "allocator/base/check.h"
#include "allocator/base/macros.h"
#include "allocator/front/door.h"

namespace std {
[[gnu::weak]] void __throw_bad_alloc();
[[gnu::weak]] new_handler get_new_handler() noexcept;
}  // namespace std

// The personality and the catch of the nothrow operators, likewise.
asm(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n");

using namespace glassheap;

namespace {

std::new_handler CurrentHandler() { return std::get_new_handler != nullptr ? std::get_new_handler() : nullptr; }

[[noreturn]] void ThrowBadAlloc() {
  if (std::__throw_bad_alloc != nullptr) std::__throw_bad_alloc();
  Die(Message().Text("glassheap: operator new: out of memory, and no libstdc++ to throw std::bad_alloc"));
}

// The loop of [new.delete.single]: ask, let the handler find memory, ask again.
GH_NOINLINE void* NewWithHandler(size_t size, size_t alignment, bool may_throw) {
  for (;;) {
    const std::new_handler handler = CurrentHandler();
    if (handler == nullptr) {
      if (!may_throw) return nullptr;
      ThrowBadAlloc();
    }
    handler();
    if (void* object = MallocAligned(alignment, size)) return object;
  }
}

void* OrHandler(void* object, size_t size) {
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandler(size, 1, true);
}

// Only the slow ways may come back with nothing, so that the fast path need not look.
struct NewWays {
  GH_NOINLINE static void* Medium(size_t size) { return OrHandler(MallocMedium(size), size); }
  GH_NOINLINE static void* Countdown(size_t size) { return OrHandler(MallocCountdown(size), size); }
  GH_NOINLINE static void* Slow(size_t size) { return OrHandler(MallocSlow(size), size); }
};

GH_ALWAYS_INLINE void* NewAligned(size_t size, std::align_val_t alignment) {
  void* object = MallocAligned(static_cast<size_t>(alignment), size);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandler(size, static_cast<size_t>(alignment), true);
}

// A handler that throws must not get past a nothrow operator.
GH_NOINLINE void* NewWithHandlerNoThrow(size_t size, size_t alignment) noexcept {
  try {
    return NewWithHandler(size, alignment, false);
  } catch (...) {
    return nullptr;
  }
}

GH_ALWAYS_INLINE void* NewNoThrow(size_t size) noexcept {
  void* object = FastMalloc(size);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandlerNoThrow(size, 1);
}

GH_ALWAYS_INLINE void* NewAlignedNoThrow(size_t size, std::align_val_t alignment) noexcept {
  void* object = MallocAligned(static_cast<size_t>(alignment), size);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandlerNoThrow(size, static_cast<size_t>(alignment));
}

}  // namespace

GH_EXPORT void* operator new(size_t size) { return FastMalloc<NewWays>(size); }
GH_EXPORT void* operator new[](size_t size) { return FastMalloc<NewWays>(size); }
GH_EXPORT void* operator new(size_t size, const std::nothrow_t&) noexcept { return NewNoThrow(size); }
GH_EXPORT void* operator new[](size_t size, const std::nothrow_t&) noexcept { return NewNoThrow(size); }
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment) { return NewAligned(size, alignment); }
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment) { return NewAligned(size, alignment); }
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewAlignedNoThrow(size, alignment);
}
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewAlignedNoThrow(size, alignment);
}

GH_EXPORT void operator delete(void* object) noexcept { FastFree(object); }
GH_EXPORT void operator delete[](void* object) noexcept { FastFree(object); }
GH_EXPORT void operator delete(void* object, const std::nothrow_t&) noexcept { FastFree(object); }
GH_EXPORT void operator delete[](void* object, const std::nothrow_t&) noexcept { FastFree(object); }
GH_EXPORT void operator delete(void* object, size_t size) noexcept { FastFreeSized(object, size); }
GH_EXPORT void operator delete[](void* object, size_t size) noexcept { FastFreeSized(object, size); }
GH_EXPORT void operator delete(void* object, std::align_val_t) noexcept { FastFree(object); }
GH_EXPORT void operator delete[](void* object, std::align_val_t) noexcept { FastFree(object); }
GH_EXPORT void operator delete(void* object, size_t size, std::align_val_t) noexcept { FastFreeSized(object, size); }
GH_EXPORT void operator delete[](void* object, size_t size, std::align_val_t) noexcept { FastFreeSized(object, size); }
GH_EXPORT void operator delete(void* object, std::align_val_t, const std::nothrow_t&) noexcept { FastFree(object); }
GH_EXPORT void operator delete[](void* object, std::align_val_t, const std::nothrow_t&) noexcept { FastFree(object); }
