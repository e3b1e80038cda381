// From an address to what it belongs to, by flat arrays over one window of address space.
//
//   window: | entries, 4 bytes a page | spans, 8 bytes a page | resident bits | metadata | ... | the heap, up to 1 TiB |
//
// Nothing is reserved: the heap and the arrays grow from the bottom of their areas by MapAt, so VSZ, RLIMIT_AS, mlockall
// and strict overcommit see only what is used. The window lies where the kernel places nothing by itself; where another
// mapping is found in the way, the heap steps over it.
//
// Thread safety: written under the page heap's lock, but for SetSmall, OpenPages and ClearSmall, which need only that of the
// span's class; read without. A thread that holds a pointer to an object got it after the entry was written, by whatever made
// the pointer visible to it.
//
// Invariants:
//   (1) entry(page) != 0 only for pages of kSmall spans: the byte offset of the class's list in a ThreadCache, and the
//       page's number within its span. It is 0 until an object that reaches into the page was handed out: so free() tells
//       a pointer further on in the span from an object at no cost.
//   (2) span(page) is right for every page of a kSmall span and for the first and last page of any other; elsewhere it
//       may be stale, so FindSpan() checks the range.
//   (3) resident bit: the page may have memory behind it. A clear bit means it reads as zero.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_PAGE_MAP_H_
#define GLASSHEAP_ALLOCATOR_HEAP_PAGE_MAP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/racy.h"
#include "allocator/base/types.h"
#include "allocator/heap/span.h"
#include "allocator/heap/window_places.h"

namespace glassheap {

class PageMap {
 public:
  static constexpr size_t kMaxPages = kWindowPages;  // 1 TiB

  constexpr PageMap() = default;
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  // Chooses the window. False: no place could be found. Idempotent.
  bool Init(os::Seed seed);

  // Makes the arrays reach to `pages`. False: no memory.
  bool Cover(size_t pages);

  // Tells lookups that pages below `pages` may be asked for.
  void SetLimit(size_t pages) {
    limit_ = pages;
    if (!bypassed_) fast_limit_ = pages;
  }
  size_t limit() const { return limit_; }

  // With `bypass`, FastEntry finds nothing, so that every free takes the slow path (hooks, hardened mode).
  void SetBypass(bool bypass) {
    bypassed_ = bypass;
    fast_limit_ = bypass ? 0 : limit_;
  }

  // The entry for the fast path of free: 0 for anything but an address in a small span.
  GH_ALWAYS_INLINE uint32_t FastEntry(uintptr_t address) const {
    const uintptr_t page = (address >> kPageShift) - base_page_;
    if (__builtin_expect(page >= LoadRacy(&fast_limit_), 0)) return 0;
    return entries_[page];
  }

  uint32_t Entry(PageId page) const { return entries_[page.index()]; }

  // True if the address lies in the heap's window, below what it has grown to.
  bool Contains(uintptr_t address) const { return (address >> kPageShift) - base_page_ < LoadRacy(&limit_); }
  PageId PageOf(uintptr_t address) const { return PageId((address >> kPageShift) - base_page_); }
  PageId PageOf(const void* pointer) const { return PageOf(reinterpret_cast<uintptr_t>(pointer)); }
  char* AddressOf(PageId page) const { return reinterpret_cast<char*>((base_page_ + page.index()) << kPageShift); }
  char* AddressOf(const Span* span) const { return AddressOf(span->first()); }

  // The span in use that holds the address, or nullptr: for a large span, if the address is in its first or last page.
  // Never faults, whatever the address.
  Span* FindSpan(uintptr_t address) const;

  // The same, and for the inside of large spans too, where it walks down page by page: for errors and questions only.
  // REQUIRES: the page heap's lock, or that nobody minds a wrong answer.
  Span* FindSpanAround(uintptr_t address) const;

  // The span registered for a page, possibly stale. REQUIRES: page < limit().
  Span* At(PageId page) const { return spans_[page.index()]; }

  void SetEnds(Span* span) {
    spans_[span->first_page] = span;
    spans_[span->first_page + span->page_count - 1] = span;
  }
  // Registers one more page of a large span: where its object begins, if that is not its start.
  void SetInside(Span* span, PageId page) { spans_[page.index()] = span; }
  // Registers a small span: every page leads to it.
  void SetSmall(Span* span);
  // Leads the pages [first, end) of a small span, counted from its own first, to `list_offset` as well.
  void OpenPages(const Span* span, size_t first, size_t end, uint16_t list_offset);
  // Forgets the entries of a small span that goes back to the page heap.
  void ClearSmall(const Span* span);

  void SetResident(PageId first, Length n);
  void ClearResident(PageId first, Length n);
  size_t CountResident(PageId first, Length n) const;
  bool IsResident(PageId page) const { return (resident_[page.index() / 64] >> (page.index() % 64)) & 1; }

  size_t mapped_bytes() const { return mapped_bytes_; }
  uintptr_t heap_base() const { return base_page_ << kPageShift; }
  uintptr_t window_base() const { return reinterpret_cast<uintptr_t>(entries_); }

  // The part of the window that is kept for other metadata: what lies below the heap's base is metadata, all of it, so
  // that a reader from outside can tell. Nothing is mapped there yet.
  struct Area {
    char* begin;
    char* end;
  };
  Area metadata_area() const;

  // Where readers from outside find the arrays.
  uintptr_t spans_address() const { return reinterpret_cast<uintptr_t>(spans_); }
  uintptr_t resident_address() const { return reinterpret_cast<uintptr_t>(resident_); }
  uintptr_t limit_address() const { return reinterpret_cast<uintptr_t>(&limit_); }

  static constexpr uint32_t ListOffset(uint32_t entry) { return entry & 0xffff; }
  static constexpr uint32_t PageInSpan(uint32_t entry) { return entry >> 16; }

 private:
  bool TryWindow(uintptr_t start);

  uintptr_t base_page_ = 0;  // absolute number of page 0
  size_t fast_limit_ = 0;
  uint32_t* entries_ = nullptr;
  Span** spans_ = nullptr;
  size_t limit_ = 0;
  uint64_t* resident_ = nullptr;
  size_t covered_ = 0;  // pages the arrays reach to
  size_t mapped_bytes_ = 0;
  bool bypassed_ = false;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_PAGE_MAP_H_
