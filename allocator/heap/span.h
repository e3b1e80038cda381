// A run of pages, and what it is used for.
//
// Owner by state: kFree: the page heap (its lock). kSmall: the central cache of its class (that class's lock).
// kLarge: the program, through one object; fields do not change until it is freed. kMetadata: the arena, for ever.
//
// Invariants:
//   (1) kFree: page map points to the span from its first and last page.
//   (2) kSmall: page map points to it from every page; allocated + free bits + (capacity - fresh) = capacity.
//   (3) kLarge, kMetadata: page map points to it from its first and last page; a large
//       object starts at its first byte.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_SPAN_H_
#define GLASSHEAP_ALLOCATOR_HEAP_SPAN_H_

#include <cstdint>

#include "allocator/base/types.h"

namespace glassheap {

// The first word of a free object may alias anything the program stored there.
typedef uint64_t __attribute__((may_alias)) FirstWord;

// The first word of every free small object in a thread or transfer cache (heap.h). A 32-bit number with its sign
// extended, so that it is part of the instruction that writes or tests it; as a pointer it is the kernel's, and faults.
inline constexpr uint64_t kFreeMark = 0xffff'ffff'f4ee'f4eeu;

// Marks a slot that comes from its span, whose first word is 0 or the mark. False: it is neither, somebody wrote there. One
// instruction reads and writes, for a page that has no memory yet: a read that comes first is a page fault of its own.
inline bool MarkFree(void* slot) {
  FirstWord* const first = static_cast<FirstWord*>(slot);
  *first += kFreeMark;
  asm("" : "+m"(*first));
  if (__builtin_expect(*first == kFreeMark, 1)) return true;
  if (*first != kFreeMark + kFreeMark) return false;
  *first = kFreeMark;
  return true;
}

enum class SpanState : uint8_t { kFree, kSmall, kLarge, kMetadata };

struct Span {
  uint32_t first_page;
  uint32_t page_count;
  // Neighbours in a list; kFree spans of more than 128 pages: children in the ordered set.
  Span* prev;
  Span* next;
  union {
    // kSmall: one bit per slot that was allocated before and is free now. Handed out with the span, so that free() never
    // needs memory; fresh metadata has no page behind it before the first such slot.
    uint64_t* free_bits;
    // kLarge: so many of its first pages were moved here (PageHeap::MoveMemory) and are a mapping of their own.
    uint64_t moved_pages;
  };
  uint16_t allocated;       // kSmall: slots that are out: live, or in a thread or transfer cache
  uint16_t capacity;        // kSmall: slots. kLarge, hardened: log2 of the pages before the object
  uint16_t fresh;           // kSmall: slots handed out at least once; those from here on never were
  uint16_t first_object;    // kSmall: bytes from the first page to slot 0 (grid classes)
  uint32_t resident_pages;  // kFree: pages that may have memory
  uint8_t size_class;       // kSmall
  SpanState state;
  uint8_t bucket;        // kSmall: which list of its central cache it is in
  bool zeroed;           // its memory was known to be zero when the page heap gave it out
  uint64_t inline_bits;  // kSmall: free_bits points here when capacity <= 64. kLarge: the object's size, hardened: and origin
  uint32_t empty_pages;  // kSmall: system pages whose memory was given back while their slots are all free, a bit each
  bool touched;          // kSmall: slots came or went since ReleaseEmptyPages looked last
  bool cached;           // kLarge: freed, and kept in a thread's large cache
  bool guarded;          // kLarge: some of its pages may have no access (hardened library)
  bool closed;           // kLarge: none of them has

  PageId first() const { return PageId(first_page); }
  Length length() const { return Length(page_count); }
  PageId end() const { return first() + length(); }
  uint16_t free_slots() const { return static_cast<uint16_t>(capacity - allocated); }
};
static_assert(sizeof(Span) == 64, "one cache line, and 0.2 % of a 32 KiB span");

// A doubly linked list through prev and next.
class SpanList {
 public:
  constexpr SpanList() = default;
  bool empty() const { return head_ == nullptr; }
  Span* front() const { return head_; }

  void PushFront(Span* span) {
    span->prev = nullptr;
    span->next = head_;
    if (head_ != nullptr) head_->prev = span;
    head_ = span;
  }

  void Remove(Span* span) {
    if (span->prev != nullptr) {
      span->prev->next = span->next;
    } else {
      head_ = span->next;
    }
    if (span->next != nullptr) span->next->prev = span->prev;
    span->prev = span->next = nullptr;
  }

 private:
  Span* head_ = nullptr;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_SPAN_H_
