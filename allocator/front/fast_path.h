// malloc and free of small objects, when all goes well: no call, no lock, no atomic operation.
//
//   malloc: size -> list (one table) -> the newest object -> its mark must be there -> take it, clear the mark
//   free:   address -> list (one table) -> it must be at a multiple of the size, and not the newest -> mark it, put it on top
//
// free does not read the object: in a churn of 200,000 objects that load cost a quarter of the time. A double free is
// therefore found by malloc, which never hands a free object out twice, unless it is of the newest object or comes by the
// slow path.
//
// Everything else is behind one of the Slow functions (slow_path.h): larger sizes, empty or full lists, threads without
// a cache, hooks (which empty the tables), and misuse.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_
#define GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/racy.h"
#include "allocator/front/slow_path.h"
#include "allocator/front/thread_state.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/size_classes.h"

namespace glassheap {

inline constexpr size_t kMaxFastSize = kMaxGridSize;

// Size -> offset of its list in a ThreadCache. All 0 while hooks are installed: list 0 is always empty.
using FastTable = std::array<uint16_t, kMaxFastSize + 1>;
extern constinit FastTable fast_table __attribute__((visibility("hidden")));
GH_ALWAYS_INLINE uint16_t FastOffset(size_t size) { return LoadRacy(&fast_table[size]); }

// Makes the compiler forget what it knows of a word in memory, so that the next use of it is one instruction that reads
// or changes it there, where two and a register would be used. Emits nothing.
template <typename Word>
GH_ALWAYS_INLINE void Reread(Word* word) {
  asm("" : "+m"(*word));
}

// Has the object where a function returns it, so that it need not be moved there. Emits nothing.
GH_ALWAYS_INLINE void InResultRegister(void*& object) {
#if defined(__x86_64__)
  asm("" : "+a"(object));
#else
  asm("" : "+r"(object));
#endif
}

// The newest object of a list, or nullptr if the list is empty or the object was tampered with, and then nothing has
// happened. The object leaves the list before its mark is cleared: a signal handler that allocates and frees in between
// finds a list that is whole. One instruction could test and clear the mark, but then the list's newest object would have
// none while a handler looks.
GH_ALWAYS_INLINE void* TakeNewest(FreeList* list) {
  void** top = list->top;
  void* object = *top;
  InResultRegister(object);
  FirstWord* first = static_cast<FirstWord*>(object);
  if (__builtin_expect(*first != kFreeMark, 0)) return nullptr;
  __builtin_prefetch(top[1], 1);  // the next one's turn comes soon, and its line may be far: 8 % of a mixed batch
  Reread(&list->top);
  ++list->top;
  Reread(&list->top);
  *first = 0;
  return object;
}

// Where malloc goes on when it does not go well. operator new has ways of its own: see new.cc.
struct MallocWays {
  static void* Medium(size_t size) { return MallocMedium(size); }
  static void* Countdown(size_t size) { return MallocCountdown(size); }
  static void* Slow(size_t size) { return MallocSlow(size); }
};

template <typename Ways = MallocWays>
GH_ALWAYS_INLINE void* MallocFromList(size_t size, uint32_t offset) {
  if constexpr (kIntrospection) {
    thread_state.countdown -= static_cast<int64_t>(size);
    if (__builtin_expect(thread_state.countdown < 0, 0)) return Ways::Countdown(size);
  }
  void* object = TakeNewest(thread_state.cache->ListAt(offset));
  if (__builtin_expect(object == nullptr, 0)) return Ways::Slow(size);
  return object;
}

template <typename Ways = MallocWays>
GH_ALWAYS_INLINE void* FastMalloc(size_t size) {
  if (__builtin_expect(size > kMaxFastSize, 0)) return Ways::Medium(size);
  return MallocFromList<Ways>(size, FastOffset(size));
}

// The same with an alignment, a power of two (see AlignedClassOf); nullptr when it is not that easy, and then nothing has
// happened.
GH_ALWAYS_INLINE void* TryAligned(size_t alignment, size_t size) {
  const size_t rounded = (size + alignment - 1) & ~(alignment - 1);
  if (__builtin_expect(size - 1 >= kMaxFastSize || rounded > kMaxFastSize, 0)) return nullptr;
  if constexpr (kIntrospection) {
    if (__builtin_expect(thread_state.countdown < static_cast<int64_t>(size), 0)) return nullptr;
  }
  void* object = TakeNewest(thread_state.cache->ListAt(FastOffset(rounded)));
  if constexpr (kIntrospection) {
    if (__builtin_expect(object != nullptr, 1)) thread_state.countdown -= static_cast<int64_t>(size);
  }
  return object;
}

// REQUIRES: entry is the page map's for the object.
GH_ALWAYS_INLINE void FreeToList(void* object, uint32_t entry) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  FreeList* list = thread_state.cache->ListAt(PageMap::ListOffset(entry));
  const uint64_t remainder = address * list->inverse;
  Reread(&list->inverse);
  if (__builtin_expect(remainder >= list->inverse, 0)) return FreeMedium(object);
  void** top = list->top;
  if (__builtin_expect(*top == object, 0)) return FreeSlow(object);
  if (__builtin_expect(top == list->limit, 0)) return FreeSlow(object);
  *static_cast<FirstWord*>(object) = kFreeMark;
  top[-1] = object;
  Reread(&list->top);
  --list->top;
}

GH_ALWAYS_INLINE void FastFree(void* object) {
  FreeToList(object, heap.pages.FastEntry(reinterpret_cast<uintptr_t>(object)));
}

// Sizes from here on are not for FastFreeSized: kMaxFastSize + 1, or 0 while the program may have an operator delete of its
// own (new.cc).
extern constinit size_t fast_sized_limit __attribute__((visibility("hidden")));
inline void OpenFastSizedDelete() { fast_sized_limit = kMaxFastSize + 1; }

// Sized delete: the promised size must lead to the list that the address leads to. Aligned and larger objects, whose size
// may say less than their class, are for Ways::Slow.
template <typename Ways>
GH_ALWAYS_INLINE void FastFreeSized(void* object, size_t size) {
  const uint32_t entry = heap.pages.FastEntry(reinterpret_cast<uintptr_t>(object));
  if (__builtin_expect(size >= fast_sized_limit || FastOffset(size) != PageMap::ListOffset(entry), 0)) {
    return Ways::Slow(object, size);
  }
  FreeToList(object, entry);
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_
