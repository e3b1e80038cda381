// How the page heap gets fresh memory: how much at a time, and for which spans apart from the rest.

#include "allocator/base/os_memory.h"
#include "allocator/heap/page_heap.h"

namespace glassheap {
namespace {

// Fresh address space costs nothing until it is touched; a system call and a VMA change per growth do: 4 MiB or an eighth of
// the heap at a time. A heap that is smaller than that doubles: what lies beyond it is not mapped, and who runs far out of an
// object there faults.
constexpr size_t kFirstGrow = 512 * kKiB;
constexpr size_t kMinGrow = 4 * kMiB;
constexpr size_t kMaxGrow = 256 * kMiB;

Length GenerousGrowth(size_t mapped) {
  if (mapped < kMinGrow) return Length::OfBytes(mapped < kFirstGrow ? kFirstGrow : mapped);
  const size_t share = RoundUp(mapped / 8, kMinGrow);
  return Length::OfBytes(share < kMaxGrow ? share : kMaxGrow);
}

// Which spans StandApart() is for: objects of more than 128 KiB, from which on glibc maps each by itself too, to 1 MiB, which
// a huge page does not serve.
constexpr Length kAboveToStandApart(128 * kKiB >> kPageShift);
constexpr Length kMostToStandApart(kMiB >> kPageShift);
// How far to step over another mapping in the heap's way.
constexpr size_t kStepOver = 64 * kMiB;

}  // namespace

bool PageHeap::Grow(Length n) {
  // A free span at the top counts: only what is missing is asked for.
  Length missing = n;
  if (pages_->limit() > 0 && !top_stands_apart_) {
    const Span* last = pages_->At(PageId(pages_->limit() - 1));
    if (last != nullptr && last->state == SpanState::kFree && last->end().index() == pages_->limit() &&
        last->length() < n) {
      missing = n - last->length();
    }
  }
  const Length ask = GenerousGrowth(counters_.heap_mapped);
  if (ask > missing && GrowBy(ask) != nullptr) return true;
  return GrowBy(missing) != nullptr || (missing < n && GrowBy(n) != nullptr);
}

// Fresh memory for one span, with a page before and behind that is not mapped. nullptr: not for this one.
Span* PageHeap::StandApart(Length n, Length align) {
  if (apart_left_ == 0 || align != Length(1) || n <= kAboveToStandApart || n > kMostToStandApart) return nullptr;
  const bool top_stood_apart = top_stands_apart_;
  top_stands_apart_ = true;
  Span* span = GrowBy(n);
  top_stands_apart_ = span != nullptr || top_stood_apart;
  if (span != nullptr) --apart_left_;
  return span;
}

// Fresh memory as a free span, joined with a free one before it. nullptr: no memory.
Span* PageHeap::GrowBy(Length n) {
  const size_t limit = pages_->limit();
  if (top_stands_apart_ && pages_->Cover(limit + 1)) pages_->SetLimit(limit + 1);
  for (int attempt = 0; attempt < 64 && ReserveSpans(1); ++attempt) {
    const PageId top(pages_->limit());
    if (!pages_->Cover((top + n).index())) break;
    const os::Outcome outcome = os::MapAt(pages_->AddressOf(top), n.bytes());
    if (outcome == os::Outcome::kNoMemory) break;
    if (outcome == os::Outcome::kTaken) {
      const size_t beyond = top.index() + Length::OfBytes(kStepOver).pages();
      if (!pages_->Cover(beyond)) break;
      pages_->SetLimit(beyond);
      continue;
    }
    Span* span = NewSpan(top, n);
    pages_->SetLimit((top + n).index());
    counters_.heap_mapped += n.bytes();
    ++counters_.grows;
    top_stands_apart_ = false;
    pages_->ClearResident(span->first(), span->length());
    Coalesce(span);
    AddFree(span);
    return span;
  }
  if (pages_->limit() == limit + 1) pages_->SetLimit(limit);  // a gap with nothing behind it
  ++counters_.failures;
  return nullptr;
}

}  // namespace glassheap
