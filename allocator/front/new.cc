// Every operator new and delete.
//
// libstdc++ must not be a dependency: a preloaded library would force it, and some 300 KiB of memory, on every C program.
// What is needed of it is weak, and there whenever a C++ program is.
//
// A program may replace some of the operators. [new.delete] says which of the others then end in its own: the array form in
// the single one, the nothrow and the sized ones in those without. So each of ours goes by what the loader has bound the
// operator below it to, which is ours if nobody else has one. Who replaces only `new` may ask malloc for more than it was
// asked: then a size that is promised to `delete` proves nothing.

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
constexpr Origin kAligned = Origin::kNewAligned;
constexpr Origin kArrayAligned = Origin::kNewArrayAligned;

}  // namespace

// This library's operators, whatever the loader binds their names to.
#define GH_OWN(name) [[gnu::visibility("hidden"), gnu::alias(name)]]
#define GH_OWN_NEW(name) GH_OWN(name) [[gnu::malloc, gnu::alloc_size(1)]]
extern "C" {
GH_OWN_NEW("_Znwm") void* gh_own_new(size_t);
GH_OWN_NEW("_Znam") void* gh_own_new_array(size_t);
GH_OWN_NEW("_ZnwmSt11align_val_t") void* gh_own_new_aligned(size_t, std::align_val_t);
GH_OWN_NEW("_ZnamSt11align_val_t") void* gh_own_new_array_aligned(size_t, std::align_val_t);
GH_OWN("_ZdlPv") void gh_own_delete(void*) noexcept;
GH_OWN("_ZdaPv") void gh_own_delete_array(void*) noexcept;
GH_OWN("_ZdlPvSt11align_val_t") void gh_own_delete_aligned(void*, std::align_val_t) noexcept;
GH_OWN("_ZdaPvSt11align_val_t") void gh_own_delete_array_aligned(void*, std::align_val_t) noexcept;
}
#undef GH_OWN_NEW
#undef GH_OWN

namespace {

// An operator that others end in.
template <typename Function, Function* kName, Function* kOwn>
struct Operator {
  // What its name is bound to.
  static GH_ALWAYS_INLINE Function* Bound() {
    Function* bound = kName;
    asm("" : "+r"(bound));  // the compiler would take it for ours
    return bound;
  }
  static GH_ALWAYS_INLINE bool Replaced() { return __builtin_expect(Bound() != kOwn, 0); }
};

using NewFunction = void*(size_t);
using AlignedNewFunction = void*(size_t, std::align_val_t);
using DeleteFunction = void(void*) noexcept;
using AlignedDeleteFunction = void(void*, std::align_val_t) noexcept;

using Single = Operator<NewFunction, &::operator new, &gh_own_new>;
using Array = Operator<NewFunction, &::operator new[], &gh_own_new_array>;
using AlignedSingle = Operator<AlignedNewFunction, &::operator new, &gh_own_new_aligned>;
using AlignedArray = Operator<AlignedNewFunction, &::operator new[], &gh_own_new_array_aligned>;
using DeleteSingle = Operator<DeleteFunction, &::operator delete, &gh_own_delete>;
using DeleteArray = Operator<DeleteFunction, &::operator delete[], &gh_own_delete_array>;
using AlignedDeleteSingle = Operator<AlignedDeleteFunction, &::operator delete, &gh_own_delete_aligned>;
using AlignedDeleteArray = Operator<AlignedDeleteFunction, &::operator delete[], &gh_own_delete_array_aligned>;

template <typename Operator, typename... Arguments>
GH_NOINLINE void* OrNull(Arguments... arguments) noexcept {
  try {
    return Operator::Bound()(arguments...);
  } catch (...) {
    return nullptr;
  }
}

// Where FastFreeSized goes on when it does not go well.
template <typename Delete>
struct SizedWays {
  static GH_ALWAYS_INLINE bool Forwards() {
    return Delete::Replaced() || DeleteSingle::Replaced() || Single::Replaced() || Array::Replaced();
  }
  GH_NOINLINE static void Slow(void* object, size_t size) {
    if (Forwards()) return Delete::Bound()(object);
    FreeSized(object, size);
  }
};

template <typename Delete>
GH_ALWAYS_INLINE void GiveSized(void* object, size_t size, Origin origin) {
  if constexpr (!kHardened) return FastFreeSized<SizedWays<Delete>>(object, size);
  if (SizedWays<Delete>::Forwards()) return Delete::Bound()(object);
  door::GiveSized(object, size, origin);
}

template <typename Delete>
GH_ALWAYS_INLINE void GiveSizedAligned(void* object, size_t size, std::align_val_t alignment, Origin origin) {
  const bool forwards = Delete::Replaced() || AlignedDeleteSingle::Replaced() || AlignedSingle::Replaced();
  if (forwards || AlignedArray::Replaced()) return Delete::Bound()(object, alignment);
  door::GiveSizedAligned(object, size, origin);
}

// Until then sized delete is slow and looks: the loader may not have bound anything yet.
__attribute__((constructor(101))) void OpenSizedDelete() {
  if (!SizedWays<DeleteArray>::Forwards()) OpenFastSizedDelete();
}

}  // namespace

GH_EXPORT void* operator new(size_t size) { return New(size, kNew); }
GH_EXPORT void* operator new[](size_t size) {
  if (!kHardened || Single::Replaced()) return Single::Bound()(size);
  return New(size, kArray);
}
GH_EXPORT void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (Single::Replaced()) return OrNull<Single>(size);
  return NewNoThrow(size, kNew);
}
GH_EXPORT void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  if (Single::Replaced() || Array::Replaced()) return OrNull<Array>(size);
  return NewNoThrow(size, kArray);
}
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment) { return NewAligned(size, alignment, kAligned); }
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment) {
  if (AlignedSingle::Replaced()) return AlignedSingle::Bound()(size, alignment);
  return NewAligned(size, alignment, kArrayAligned);
}
GH_EXPORT void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  if (AlignedSingle::Replaced()) return OrNull<AlignedSingle>(size, alignment);
  return NewAlignedNoThrow(size, alignment, kAligned);
}
GH_EXPORT void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  if (AlignedSingle::Replaced() || AlignedArray::Replaced()) return OrNull<AlignedArray>(size, alignment);
  return NewAlignedNoThrow(size, alignment, kArrayAligned);
}

GH_EXPORT void operator delete(void* object) noexcept { door::Give(object, kNew); }
GH_EXPORT void operator delete[](void* object) noexcept {
  if (!kHardened || DeleteSingle::Replaced()) return DeleteSingle::Bound()(object);
  door::Give(object, kArray);
}
GH_EXPORT void operator delete(void* object, const std::nothrow_t&) noexcept { DeleteSingle::Bound()(object); }
GH_EXPORT void operator delete[](void* object, const std::nothrow_t&) noexcept { DeleteArray::Bound()(object); }
GH_EXPORT void operator delete(void* object, size_t size) noexcept { GiveSized<DeleteSingle>(object, size, kNew); }
GH_EXPORT void operator delete[](void* object, size_t size) noexcept { GiveSized<DeleteArray>(object, size, kArray); }
GH_EXPORT void operator delete(void* object, std::align_val_t) noexcept { door::Give(object, kAligned); }
GH_EXPORT void operator delete[](void* object, std::align_val_t alignment) noexcept {
  if (AlignedDeleteSingle::Replaced()) return AlignedDeleteSingle::Bound()(object, alignment);
  door::Give(object, kArrayAligned);
}
GH_EXPORT void operator delete(void* object, size_t size, std::align_val_t alignment) noexcept {
  GiveSizedAligned<AlignedDeleteSingle>(object, size, alignment, kAligned);
}
GH_EXPORT void operator delete[](void* object, size_t size, std::align_val_t alignment) noexcept {
  GiveSizedAligned<AlignedDeleteArray>(object, size, alignment, kArrayAligned);
}
GH_EXPORT void operator delete(void* object, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  AlignedDeleteSingle::Bound()(object, alignment);
}
GH_EXPORT void operator delete[](void* object, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  AlignedDeleteArray::Bound()(object, alignment);
}
