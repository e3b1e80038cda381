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
GH_NOINLINE void* NewWithHandler(size_t size, size_t alignment, Origin origin, bool may_throw) {
  for (;;) {
    const std::new_handler handler = CurrentHandler();
    if (handler == nullptr) {
      if (!may_throw) return nullptr;
      ThrowBadAlloc();
    }
    handler();
    if (void* object = door::TakeAligned(alignment, size, origin)) return object;
  }
}

void* OrHandler(void* object, size_t size) {
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandler(size, 1, Origin::kNew, true);
}

// Only the slow ways may come back with nothing, so that the fast path need not look.
struct NewWays {
  GH_NOINLINE static void* Medium(size_t size) { return OrHandler(MallocMedium(size), size); }
  GH_NOINLINE static void* Countdown(size_t size) { return OrHandler(MallocCountdown(size), size); }
  GH_NOINLINE static void* Slow(size_t size) { return OrHandler(MallocSlow(size), size); }
};

GH_ALWAYS_INLINE void* New(size_t size, Origin origin) {
  if constexpr (!kHardened) return FastMalloc<NewWays>(size);
  void* object = door::Take(size, origin);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandler(size, 1, origin, true);
}

GH_ALWAYS_INLINE void* NewAligned(size_t size, std::align_val_t align, Origin origin) {
  const size_t alignment = static_cast<size_t>(align);
  void* object = door::TakeAligned(alignment, size, origin);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandler(size, alignment, origin, true);
}

// A handler that throws must not get past a nothrow operator.
GH_NOINLINE void* NewWithHandlerNoThrow(size_t size, size_t alignment, Origin origin) noexcept {
  try {
    return NewWithHandler(size, alignment, origin, false);
  } catch (...) {
    return nullptr;
  }
}

GH_ALWAYS_INLINE void* NewNoThrow(size_t size, Origin origin) noexcept {
  void* object = door::Take(size, origin);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandlerNoThrow(size, 1, origin);
}

GH_ALWAYS_INLINE void* NewAlignedNoThrow(size_t size, std::align_val_t align, Origin origin) noexcept {
  const size_t alignment = static_cast<size_t>(align);
  void* object = door::TakeAligned(alignment, size, origin);
  return __builtin_expect(object != nullptr, 1) ? object : NewWithHandlerNoThrow(size, alignment, origin);
}

constexpr Origin kNew = Origin::kNew;
constexpr Origin kArray = Origin::kNewArray;

}  // namespace

GH_EXPORT void* operator new(size_t size) { return New(size, kNew); }
GH_EXPORT void* operator new[](size_t size) { return New(size, kArray); }
GH_EXPORT void* operator new(size_t size, const std::nothrow_t&) noexcept { return NewNoThrow(size, kNew); }
GH_EXPORT void* operator new[](size_t size, const std::nothrow_t&) noexcept { return NewNoThrow(size, kArray); }
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment) { return NewAligned(size, alignment, kNew); }
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment) { return NewAligned(size, alignment, kArray); }
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewAlignedNoThrow(size, alignment, kNew);
}
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewAlignedNoThrow(size, alignment, kArray);
}

GH_EXPORT void operator delete(void* object) noexcept { door::Give(object, kNew); }
GH_EXPORT void operator delete[](void* object) noexcept { door::Give(object, kArray); }
GH_EXPORT void operator delete(void* object, const std::nothrow_t&) noexcept { door::Give(object, kNew); }
GH_EXPORT void operator delete[](void* object, const std::nothrow_t&) noexcept { door::Give(object, kArray); }
GH_EXPORT void operator delete(void* object, size_t size) noexcept { door::GiveSized(object, size, kNew); }
GH_EXPORT void operator delete[](void* object, size_t size) noexcept { door::GiveSized(object, size, kArray); }
GH_EXPORT void operator delete(void* object, std::align_val_t) noexcept { door::Give(object, kNew); }
GH_EXPORT void operator delete[](void* object, std::align_val_t) noexcept { door::Give(object, kArray); }
GH_EXPORT void operator delete(void* object, size_t size, std::align_val_t) noexcept {
  door::GiveSizedAligned(object, size, kNew);
}
GH_EXPORT void operator delete[](void* object, size_t size, std::align_val_t) noexcept {
  door::GiveSizedAligned(object, size, kArray);
}
GH_EXPORT void operator delete(void* object, std::align_val_t, const std::nothrow_t&) noexcept {
  door::Give(object, kNew);
}
GH_EXPORT void operator delete[](void* object, std::align_val_t, const std::nothrow_t&) noexcept {
  door::Give(object, kArray);
}
