// How the page heap moves the memory of a large span to another, and what becomes of both.

#include "allocator/base/os_memory.h"
#include "allocator/heap/page_heap.h"

namespace glassheap {

bool PageHeap::MoveMemory(Span* from, Span* to) {
  if (__atomic_load_n(&moved_, __ATOMIC_RELAXED) >= kMaxMoved) return false;
  // Grown in place since it was moved: two mappings, which the kernel does not move at once.
  if (from->moved_pages != 0 && from->moved_pages != from->page_count) return false;
  if (!os::MovePages(pages_->AddressOf(from), pages_->AddressOf(to), from->length().bytes())) return false;
  LockHolder hold(lock_);
  if (to->moved_pages == 0) __atomic_store_n(&moved_, moved_ + 1, __ATOMIC_RELAXED);
  to->moved_pages = from->page_count;
  return true;
}

void PageHeap::FreeEmptied(Span* span) {
  JoinMoved(span);
  NoteEmpty(span);
  GiveBack(span);
}

// A span with moved pages becomes one mapping with its neighbours again, without memory; if the kernel refuses, that costs
// nothing but a mapping.
void PageHeap::JoinMoved(Span* span) {
  if (span->state != SpanState::kLarge || span->moved_pages == 0) return;
  span->moved_pages = 0;
  __atomic_store_n(&moved_, moved_ - 1, __ATOMIC_RELAXED);
  Renew(span);
}

// Gives a span's memory back by mapping fresh pages in its place, if the kernel does that.
void PageHeap::Renew(Span* span) {
  if (!os::Renew(pages_->AddressOf(span), span->length().bytes())) return;
  NoteEmpty(span);
  ++counters_.releases;
  counters_.released_bytes_total += span->length().bytes();
}

void PageHeap::NoteEmpty(Span* span) {
  span->resident_pages = 0;
  pages_->ClearResident(span->first(), span->length());
}

}  // namespace glassheap
