#include "allocator/heap/page_heap.h"

#include <bit>

#include "allocator/base/check.h"
#include "allocator/base/os_memory.h"

namespace glassheap {

// Makes sure that the next n NewSpan() succeed, so that nothing has to be undone half-way. False: no memory.
bool PageHeap::ReserveSpans(uint32_t n) {
  constexpr uint32_t kPerBlock = 64;
  constexpr uint32_t kInHand = 2;  // for DonateToArena, which comes when there is no memory for more
  while (spare_count_ < n + kInHand) {
    Span* block = static_cast<Span*>(AllocateMetadata(kPerBlock * sizeof(Span)));
    if (block == nullptr) return spare_count_ >= n;
    for (uint32_t i = kPerBlock; i > 0; --i) DeleteSpan(&block[i - 1]);
  }
  return true;
}

void* PageHeap::AllocateMetadata(size_t size) {
  if (void* block = arena_->Allocate(size)) return block;
  return DonateToArena(size) ? arena_->Allocate(size) : nullptr;
}

// Makes free pages over to the arena. They leave heap_mapped and enter metadata_mapped.
bool PageHeap::DonateToArena(size_t size) {
  const Length n = Length::OfBytes(size < MetadataArena::kMaxBlock ? MetadataArena::kMaxBlock : size);
  Span* span = FindFit(n);
  if (span == nullptr || spare_count_ == 0) return false;
  RemoveFree(span);
  CarveTail(span, n);
  span->state = SpanState::kMetadata;
  span->resident_pages = 0;
  pages_->SetEnds(span);
  pages_->SetResident(span->first(), span->length());
  counters_.heap_mapped -= span->length().bytes();
  arena_->AddChunk(pages_->AddressOf(span), span->length().bytes());
  return true;
}

// REQUIRES: ReserveSpans().
Span* PageHeap::NewSpan(PageId first, Length n) {
  Span* span = spare_spans_;
  spare_spans_ = span->next;
  --spare_count_;
  *span = Span{};
  span->first_page = static_cast<uint32_t>(first.index());
  span->page_count = static_cast<uint32_t>(n.pages());
  return span;
}

// The descriptor keeps its memory for ever, so a stale pointer in the page map stays readable; page_count 0 makes every
// range check fail.
void PageHeap::DeleteSpan(Span* span) {
  *span = Span{};
  span->next = spare_spans_;
  spare_spans_ = span;
  ++spare_count_;
}

void PageHeap::AddFree(Span* span) {
  span->state = SpanState::kFree;
  pages_->SetEnds(span);
  const uint64_t resident = Length(span->resident_pages).bytes();
  counters_.free_resident += resident;
  counters_.free_released += span->length().bytes() - resident;
  FreeSide& side = SideOf(span);
  if (span->page_count <= kMaxListed) {
    side.lists[span->page_count].PushFront(span);
    side.nonempty[span->page_count / 64] |= uint64_t{1} << (span->page_count % 64);
  } else {
    side.longer.Insert(span);
  }
}

void PageHeap::RemoveFree(Span* span) {
  const uint64_t resident = Length(span->resident_pages).bytes();
  counters_.free_resident -= resident;
  counters_.free_released -= span->length().bytes() - resident;
  FreeSide& side = SideOf(span);
  if (span->page_count <= kMaxListed) {
    SpanList& list = side.lists[span->page_count];
    list.Remove(span);
    if (list.empty()) side.nonempty[span->page_count / 64] &= ~(uint64_t{1} << (span->page_count % 64));
  } else {
    side.longer.Remove(span);
  }
}

Span* PageHeap::FirstListed(FreeSide& side, Length n) {
  size_t word = n.pages() / 64;
  uint64_t bits = side.nonempty[word] & (~uint64_t{0} << (n.pages() % 64));
  while (bits == 0) {
    if (++word > kMaxListed / 64) return nullptr;
    bits = side.nonempty[word];
  }
  return side.lists[word * 64 + static_cast<size_t>(std::countr_zero(bits))].front();
}

Span* PageHeap::FindFitIn(FreeSide& side, Length n) {
  if (n.pages() <= kMaxListed) {
    if (Span* span = FirstListed(side, n)) return span;
  }
  return side.longer.BestFit(n);
}

Span* PageHeap::FindFit(Length n) {
  if (Span* span = FindFitIn(with_memory_, n)) return span;
  return FindFitIn(without_memory_, n);
}

// Cuts the pages behind the first n off a span that is in no list, and frees them.
void PageHeap::CarveTail(Span* span, Length n) {
  if (span->length() == n) return;
  Span* tail = NewSpan(span->first() + n, span->length() - n);
  span->page_count = static_cast<uint32_t>(n.pages());
  tail->resident_pages = static_cast<uint32_t>(pages_->CountResident(tail->first(), tail->length()));
  span->resident_pages -= tail->resident_pages;
  AddFree(tail);
}

// Cuts the first n pages off a span that is in no list, frees them, and returns the rest.
Span* PageHeap::CarveHead(Span* span, Length n) {
  if (n == Length(0)) return span;
  Span* rest = NewSpan(span->first() + n, span->length() - n);
  span->page_count = static_cast<uint32_t>(n.pages());
  span->resident_pages = static_cast<uint32_t>(pages_->CountResident(span->first(), n));
  rest->resident_pages = static_cast<uint32_t>(pages_->CountResident(rest->first(), rest->length()));
  AddFree(span);
  return rest;
}

void PageHeap::MarkInUse(Span* span) {
  const bool zeroed = span->resident_pages == 0;
  const PageId first = span->first();
  const Length n = span->length();
  *span = Span{};  // nothing of an earlier use may show
  span->first_page = static_cast<uint32_t>(first.index());
  span->page_count = static_cast<uint32_t>(n.pages());
  span->zeroed = zeroed;
  NoteLow();
  pages_->SetResident(first, n);
  pages_->SetEnds(span);
  ++counters_.spans;
}

Span* PageHeap::TakeAligned(Length n, Length align) {
  const Length worst = n + align - Length(1);
  if (worst < n || worst.pages() >= PageMap::kMaxPages) return nullptr;
  Span* span = nullptr;
  for (;;) {
    // For a head and a tail. Before the search: it may make free pages over to the arena.
    if (!ReserveSpans(2)) return nullptr;
    span = FindFitIn(with_memory_, worst);
    if (span == nullptr) span = StandApart(n, align);
    if (span == nullptr) span = FindFitIn(without_memory_, worst);
    if (span != nullptr) break;
    if (FreeOneSetAside()) continue;
    // More than once only when the new memory did not join the old because something else lay between.
    if (!Grow(worst)) return nullptr;
  }
  RemoveFree(span);
  const uintptr_t address = reinterpret_cast<uintptr_t>(pages_->AddressOf(span));
  const Length skip = Length::OfBytes(RoundUp(address, align.bytes()) - address);
  Span* rest = CarveHead(span, skip);
  CarveTail(rest, n);
  MarkInUse(rest);
  return rest;
}

void PageHeap::NoteLow() {
  if (counters_.free_resident < epoch_low_) epoch_low_ = counters_.free_resident;
}

void PageHeap::NotePeak() {
  const uint64_t now = bytes_in_use();
  if (now <= next_peak_) return;
  next_peak_ = now + now / 64 + 64 * kKiB;
  if (peak_hook_ != nullptr) peak_hook_();
}

void PageHeap::NoteHistory(uint64_t now) {
  if (now < next_history_ || history_hook_ == nullptr) return;
  next_history_ = now + abi::kHistoryInterval;
  history_hook_();
}

Span* PageHeap::AllocateSmall(Length n) {
  Span* span = TakeAligned(n, Length(1));
  if (span == nullptr) return nullptr;
  span->state = SpanState::kSmall;
  counters_.small_span_bytes += span->length().bytes();
  counters_.taken_bytes_total += span->length().bytes();
  Tick(os::CoarseClock());
  NotePeak();
  Publish();
  return span;
}

Span* PageHeap::AllocateLarge(Length n, Length align) {
  Span* span = TakeAligned(n, align);
  if (span == nullptr) {
    ++counters_.failures;
    return nullptr;
  }
  span->state = SpanState::kLarge;
  counters_.large_bytes += span->length().bytes();
  counters_.taken_bytes_total += span->length().bytes();
  ++counters_.large_objects;
  Tick(os::CoarseClock());
  NotePeak();
  Publish();
  return span;
}

// Joins a span that is in no list with its free neighbours.
void PageHeap::Coalesce(Span* span) {
  if (span->first_page > 0) {
    Span* before = pages_->At(span->first() - Length(1));
    if (before != nullptr && before->state == SpanState::kFree && before->end() == span->first()) {
      RemoveFree(before);
      span->first_page = before->first_page;
      span->page_count += before->page_count;
      span->resident_pages += before->resident_pages;
      DeleteSpan(before);
    }
  }
  if (Span* after = FreeSpanBehind(span)) {
    RemoveFree(after);
    span->page_count += after->page_count;
    span->resident_pages += after->resident_pages;
    DeleteSpan(after);
  }
}

void PageHeap::Guard(Span* span, Length lead) {
  if (guarded_ >= kMaxGuarded) return;
  char* const end = pages_->AddressOf(span->end());
  if (!os::Protect(pages_->AddressOf(span), lead.bytes())) return;
  ++guarded_;
  span->guarded = true;
  if (!os::Protect(end - kPageSize, kPageSize)) Unguard(span);
}

// False: the kernel refused, and the pages are of no use to anybody.
bool PageHeap::Unguard(Span* span) {
  if (!os::Unprotect(pages_->AddressOf(span), span->length().bytes())) return false;
  span->guarded = false;
  --guarded_;
  return true;
}

// A freed span whose guards cannot be opened, as under RLIMIT_DATA, where pages that can be written are what counts. It
// gives up its memory and its access, so that fresh pages may take their place, and waits for better times.
void PageHeap::SetAside(Span* span) {
  char* const start = pages_->AddressOf(span);
  os::Discard(start, span->length().bytes());
  os::Protect(start, span->length().bytes());
  span->cached = true;
  span->next = set_aside_;
  set_aside_ = span;
  ++counters_.failures;
}

bool PageHeap::FreeOneSetAside() {
  Span* span = set_aside_;
  if (span == nullptr || !Unguard(span)) return false;
  set_aside_ = span->next;
  span->next = nullptr;
  Free(span);
  return true;
}

void PageHeap::Free(Span* span) {
  GH_CHECK(span->state != SpanState::kFree);
  if (span->guarded && !Unguard(span)) return SetAside(span);
  span->resident_pages = span->page_count;
  JoinMoved(span);
  GiveBack(span);
}

// REQUIRES: resident_pages are known.
void PageHeap::GiveBack(Span* span) {
  if (span->state == SpanState::kSmall) {
    counters_.small_span_bytes -= span->length().bytes();
  } else {
    counters_.large_bytes -= span->length().bytes();
    --counters_.large_objects;
  }
  --counters_.spans;
  counters_.returned_bytes_total += span->length().bytes();
  Coalesce(span);
  AddFree(span);
  Tick(os::CoarseClock());
  Publish();
}

Span* PageHeap::FreeSpanBehind(const Span* span) const {
  if (span->end().index() >= pages_->limit()) return nullptr;
  Span* after = pages_->At(span->end());
  const bool is_free = after != nullptr && after->state == SpanState::kFree && after->page_count > 0;
  return is_free && after->first() == span->end() ? after : nullptr;
}

bool PageHeap::Resize(Span* span, Length n) {
  const Length old = span->length();
  if (n <= old) {
    if (n < old) {
      if (!ReserveSpans(1)) return false;
      Span* tail = NewSpan(span->first() + n, old - n);
      span->page_count = static_cast<uint32_t>(n.pages());
      pages_->SetEnds(span);
      tail->resident_pages = tail->page_count;
      if (span->moved_pages > n.pages()) {
        span->moved_pages = n.pages();
        Renew(tail);
      }
      Coalesce(tail);
      AddFree(tail);
    }
  } else {
    const Length more = n - old;
    if (!ReserveSpans(1)) return false;
    Span* after = FreeSpanBehind(span);
    const PageId reach = after != nullptr ? after->end() : span->end();
    if ((after == nullptr || after->length() < more) && reach.index() == pages_->limit()) {
      // Nothing but fresh address space behind: take as much of it as is missing. The gap that it may begin with goes.
      top_stands_apart_ = false;
      if (!Grow(more) || !ReserveSpans(1)) return false;
      after = FreeSpanBehind(span);
    }
    if (after == nullptr || after->length() < more) return false;
    RemoveFree(after);
    CarveTail(after, more);
    NoteLow();
    pages_->SetResident(after->first(), more);
    span->page_count = static_cast<uint32_t>(n.pages());
    DeleteSpan(after);
    pages_->SetEnds(span);
  }
  counters_.large_bytes += n.bytes();
  counters_.large_bytes -= old.bytes();
  counters_.taken_bytes_total += n.bytes();
  counters_.returned_bytes_total += old.bytes();
  NotePeak();
  Publish();
  return true;
}

void PageHeap::FillRow(abi::HeapRow* row) const {
  const auto set = StatsPublisher::Set;
  set(&row->heap_mapped, counters_.heap_mapped);
  set(&row->metadata_mapped, metadata_mapped());
  set(&row->metadata, metadata_in_use());
  set(&row->region_slack, arena_->slack());
  set(&row->small_span_bytes, counters_.small_span_bytes);
  set(&row->large_bytes, counters_.large_bytes);
  set(&row->large_objects, counters_.large_objects);
  set(&row->page_heap_free, counters_.free_resident);
  set(&row->page_heap_released, counters_.free_released);
  set(&row->spans, counters_.spans);
  set(&row->os_grows, counters_.grows);
  set(&row->os_releases, counters_.releases);
  set(&row->os_released_bytes, counters_.released_bytes_total);
  set(&row->os_failures, counters_.failures);
  set(&row->ended_threads, counters_.ended_threads);
  set(&row->ended_allocated_bytes_total, counters_.ended_allocated_bytes);
  set(&row->span_bytes_taken_total, counters_.taken_bytes_total);
  set(&row->span_bytes_returned_total, counters_.returned_bytes_total);
}

void PageHeap::Publish() {
  if (!stats_->attached()) return;
  StatsPublisher::WriteRow(stats_->global(), [this](abi::HeapRow* row) { FillRow(row); });
}

}  // namespace glassheap
