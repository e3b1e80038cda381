// The program's doors to what libc does with blocks of bytes, in the hardened library: a block that runs out of its object
// dies here, at the call (bounds.h). What is written there would show when the object beside it is freed, or never.
//
// Calls that the compiler makes instructions of do not come by here, nor do libc's own.
//
// Async-signal-safe, safe before main and in the child of a vfork, as the functions they stand before. The names are given by
// label: what the compiler knows of memcpy is not to be known of these, least of all that they could be made of each other.

#include <cstddef>

#include "allocator/base/macros.h"
#include "allocator/front/hardened/bounds.h"
#include "allocator/front/hardened/libc_blocks.h"

// libc's end of a program built with _FORTIFY_SOURCE; not in every libc.
extern "C" __attribute__((weak, noreturn)) void __chk_fail();

namespace glassheap::hardened {
namespace {

// One of the two may be in a large object.
GH_NOINLINE void* MoveAnything(void* to, const void* from, size_t n) {
  CheckRange(to, n, Access::kWrite);
  CheckRange(from, n, Access::kRead);
  return libc_blocks::Move(to, from, n);
}

// Ends in a call of another and does not go on behind one, which would save more registers.
GH_NOINLINE void* MoveInHeap(void* to, const void* from, size_t n) {
  if (n == 0) return to;
  const uint32_t to_entry = EntryOf(to), from_entry = EntryOf(from);
  if (to_entry != 0) {
    CheckSmallRange<Access::kWrite>(to, n, to_entry);
  } else if (InHeap(to)) {
    return MoveAnything(to, from, n);
  }
  if (from_entry != 0) {
    CheckSmallRange<Access::kRead>(from, n, from_entry);
  } else if (InHeap(from)) {
    return MoveAnything(to, from, n);
  }
  return libc_blocks::Move(to, from, n);
}

// memcpy is memmove: programs bound to the first memcpy of x86-64's libc may rely on it.
GH_ALWAYS_INLINE void* Move(void* to, const void* from, size_t n) {
  if (InHeap(to) || InHeap(from)) return MoveInHeap(to, from, n);
  return libc_blocks::Move(to, from, n);
}

GH_NOINLINE void* SetAnything(void* at, int byte, size_t n) {
  CheckRange(at, n, Access::kWrite);
  return libc_blocks::Set(at, byte, n);
}

GH_NOINLINE void* SetInHeap(void* at, int byte, size_t n) {
  if (n == 0) return at;
  const uint32_t entry = EntryOf(at);
  if (entry == 0) return SetAnything(at, byte, n);
  CheckSmallRange<Access::kWrite>(at, n, entry);
  return libc_blocks::Set(at, byte, n);
}

GH_ALWAYS_INLINE void* Set(void* at, int byte, size_t n) {
  if (InHeap(at)) return SetInHeap(at, byte, n);
  return libc_blocks::Set(at, byte, n);
}

// room: as far as the compiler could see.
GH_ALWAYS_INLINE void CheckRoom(size_t n, size_t room) {
  if (__builtin_expect(n <= room, 1)) return;
  if (__chk_fail != nullptr) __chk_fail();
  __builtin_trap();
}

}  // namespace
}  // namespace glassheap::hardened

using namespace glassheap::hardened;

extern "C" {

GH_EXPORT void* Memcpy(void* to, const void* from, size_t n) noexcept __asm__("memcpy");
GH_EXPORT void* Memmove(void* to, const void* from, size_t n) noexcept __asm__("memmove");
GH_EXPORT void* Mempcpy(void* to, const void* from, size_t n) noexcept __asm__("mempcpy");
GH_EXPORT void* InternalMempcpy(void* to, const void* from, size_t n) noexcept __asm__("__mempcpy");
GH_EXPORT void* Memset(void* at, int byte, size_t n) noexcept __asm__("memset");
GH_EXPORT void Bzero(void* at, size_t n) noexcept __asm__("bzero");
GH_EXPORT void ExplicitBzero(void* at, size_t n) noexcept __asm__("explicit_bzero");
GH_EXPORT void* MemcpyChk(void* to, const void* from, size_t n, size_t room) noexcept __asm__("__memcpy_chk");
GH_EXPORT void* MemmoveChk(void* to, const void* from, size_t n, size_t room) noexcept __asm__("__memmove_chk");
GH_EXPORT void* MempcpyChk(void* to, const void* from, size_t n, size_t room) noexcept __asm__("__mempcpy_chk");
GH_EXPORT void* MemsetChk(void* at, int byte, size_t n, size_t room) noexcept __asm__("__memset_chk");
GH_EXPORT void ExplicitBzeroChk(void* at, size_t n, size_t room) noexcept __asm__("__explicit_bzero_chk");

void* Memcpy(void* to, const void* from, size_t n) noexcept { return Move(to, from, n); }
void* Memmove(void* to, const void* from, size_t n) noexcept { return Move(to, from, n); }
void* Mempcpy(void* to, const void* from, size_t n) noexcept { return static_cast<char*>(Move(to, from, n)) + n; }
void* InternalMempcpy(void* to, const void* from, size_t n) noexcept { return Mempcpy(to, from, n); }
void* Memset(void* at, int byte, size_t n) noexcept { return Set(at, byte, n); }
void Bzero(void* at, size_t n) noexcept { Set(at, 0, n); }
void ExplicitBzero(void* at, size_t n) noexcept { Set(at, 0, n); }

void* MemcpyChk(void* to, const void* from, size_t n, size_t room) noexcept {
  CheckRoom(n, room);
  return Move(to, from, n);
}
void* MemmoveChk(void* to, const void* from, size_t n, size_t room) noexcept {
  CheckRoom(n, room);
  return Move(to, from, n);
}
void* MempcpyChk(void* to, const void* from, size_t n, size_t room) noexcept {
  CheckRoom(n, room);
  return static_cast<char*>(Move(to, from, n)) + n;
}
void* MemsetChk(void* at, int byte, size_t n, size_t room) noexcept {
  CheckRoom(n, room);
  return Set(at, byte, n);
}
void ExplicitBzeroChk(void* at, size_t n, size_t room) noexcept {
  CheckRoom(n, room);
  Set(at, 0, n);
}

}  // extern "C"
