#include "allocator/front/hardened/large.h"

#include <bit>
#include <cstring>

#include "allocator/base/lock.h"
#include "allocator/base/os_memory.h"
#include "allocator/front/hardened/beside.h"
#include "allocator/front/hardened/bindings.h"
#include "allocator/front/hardened/libc_blocks.h"
#include "allocator/front/hardened/pattern.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/object.h"
#include "allocator/front/slow_path.h"
#include "allocator/front/thread_state.h"
#include "allocator/introspect/hooks.h"

namespace glassheap::hardened {
namespace {

constexpr uint32_t kSizeBits = 56;
constexpr uint64_t kWhole = uint64_t{1} << 63;  // of the pattern

// The pages before the object: as many as it is aligned to, a power of two.
Length LeadOf(const Span* span) { return Length(size_t{1} << span->capacity); }
void SetLead(Span* span, Length lead) { span->capacity = static_cast<uint16_t>(std::countr_zero(lead.pages())); }

char* ObjectOf(const Span* span) { return heap.pages.AddressOf(span) + LeadOf(span).bytes(); }

// What the object may use of its span: all but the guards.
size_t RoomOf(const Span* span) { return (span->length() - LeadOf(span) - Length(1)).bytes(); }

// How much of the pattern an object of `size` bytes may have behind it: to the end of the system page that has its first
// bytes, so that it needs no memory that is not there anyway.
size_t MostPattern(const Span* span, size_t size) {
  constexpr size_t kLeast = 16;
  const uintptr_t end = reinterpret_cast<uintptr_t>(ObjectOf(span)) + size;
  const size_t bytes = RoundUp(end + kLeast, kSystemPageSize) - end;
  const size_t slack = RoomOf(span) - size;
  return bytes < slack ? bytes : slack;
}

// And how much it has: all of that, if there was the budget for it.
size_t PatternOf(const Span* span) {
  const size_t most = MostPattern(span, SizeOfLarge(span));
  return (span->inline_bits & kWhole) != 0 || most < kAlwaysFilled ? most : kAlwaysFilled;
}

// Makes the span's object one of so many bytes.
void MakeLive(Span* span, size_t size, Origin origin) {
  const size_t most = MostPattern(span, size);
  const bool whole = most <= kAlwaysFilled || part.clearing.Spend(most);
  span->inline_bits = size | uint64_t{static_cast<uint8_t>(origin)} << kSizeBits | (whole ? kWhole : 0);
  FillPattern(ObjectOf(span) + size, whole ? most : kAlwaysFilled);
}

// What is cleared and checked of an object that keeps its memory: as much at its start and at its end.
constexpr size_t kEnd = 64;

bool IsZero(const char* bytes) { return bytes[0] == 0 && memcmp(bytes, bytes + 1, kEnd - 1) == 0; }

void ClearEnds(const Span* span) {
  libc_blocks::Set(ObjectOf(span), 0, kEnd);
  libc_blocks::Set(ObjectOf(span) + RoomOf(span) - kEnd, 0, kEnd);
}

void CheckEnds(const Span* span) {
  if (!IsZero(ObjectOf(span)) || !IsZero(ObjectOf(span) + RoomOf(span) - kEnd)) {
    ReportMisuse(Misuse::kWriteAfterFree, ObjectOf(span), heap.pages);
  }
}

Span* FromThread(size_t size, Length total) {
  ThreadState& state = thread_state;
  if (!state.has_cache() || heap.stats.NeedsAttach() || hooks::Any() || Lock::AnyHeldByThisThread()) return nullptr;
  const int64_t drawn = state.drawn + static_cast<int64_t>(size);
  Span* span = state.cache->TakeLarge(total, static_cast<uint64_t>(drawn - state.countdown));
  if (span == nullptr) return nullptr;
  state.drawn = drawn;
  if (!span->closed) {
    CheckEnds(span);
    return span;
  }
  if (!os::Unprotect(ObjectOf(span), RoomOf(span))) {
    span->cached = true;  // lost, and safe: every use of it is one of a freed object
    return nullptr;
  }
  span->closed = false;
  span->zeroed = true;
  return span;
}

Span* FromPages(size_t size, Length lead, Length total) {
  if (!lifecycle::Ready()) return nullptr;
  thread_state.drawn += static_cast<int64_t>(size);
  for (int attempt = 0; attempt < 2; ++attempt) {
    {
      LockHolder hold(heap.page_heap.lock());
      if (Span* span = heap.page_heap.AllocateLarge(total, lead)) {
        heap.page_heap.Guard(span, lead);
        return span;
      }
    }
    if (Lock::AnyHeldByThisThread()) return nullptr;
    EmptyCaches();
  }
  return nullptr;
}

}  // namespace

size_t SizeOfLarge(const Span* span) { return span->inline_bits & ((uint64_t{1} << kSizeBits) - 1); }
Origin OriginOfLarge(const Span* span) { return static_cast<Origin>((span->inline_bits & ~kWhole) >> kSizeBits); }

void* TakeLarge(size_t size, size_t alignment, Origin origin, bool zero) {
  const Length lead(alignment <= kPageSize ? 1 : alignment >> kPageShift);
  const Length total = lead + Length::OfBytes(size == 0 ? 1 : size) + Length(1);
  if (total.pages() >= PageMap::kMaxPages) return nullptr;
  Span* span = lead == Length(1) ? FromThread(size, total) : nullptr;
  if (span == nullptr) span = FromPages(size, lead, total);
  if (span == nullptr) return nullptr;
  SetLead(span, lead);
  MakeLive(span, size, origin);
  char* object = ObjectOf(span);
  heap.pages.SetInside(span, heap.pages.PageOf(object));
  if (zero && !span->zeroed) libc_blocks::Set(object, 0, size);
  if (hooks::Any()) hooks::RunNew(object, size);
  return object;
}

Span* FindLarge(const void* object) {
  Span* span = heap.pages.FindSpan(reinterpret_cast<uintptr_t>(object));
  if (span == nullptr || span->state != SpanState::kLarge || span->cached || ObjectOf(span) != object) return nullptr;
  return span;
}

Span* LargeOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed) {
  if (Span* span = FindLarge(object)) return span;
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  const Span* span = heap.pages.FindSpanAround(address);
  if (span != nullptr && span->state == SpanState::kLarge) {
    ReportMisuse(span->cached && ObjectOf(span) == object ? freed : interior, object, heap.pages);
  }
  const bool was_ours = heap.pages.Contains(address) && heap.pages.At(heap.pages.PageOf(address)) != nullptr;
  ReportMisuse(was_ours && address % kPageSize == 0 ? freed : invalid, object, heap.pages);
}

namespace {

// As LargeThatEndsWithin. A span that another thread makes of one that was here may look as if it still were.
const Span* FindEndWithin(const void* at, size_t n) {
  const Span* span = heap.pages.FindSpan(reinterpret_cast<uintptr_t>(at));
  if (span == nullptr || span->state != SpanState::kLarge || span->cached || at < ObjectOf(span)) return nullptr;
  const size_t offset = static_cast<size_t>(static_cast<const char*>(at) - ObjectOf(span));
  const size_t size = SizeOfLarge(span);
  return n > (offset < size ? size - offset : 0) ? span : nullptr;
}

}  // namespace

const void* LargeThatEndsWithin(const void* at, size_t n) {
  if (__builtin_expect(FindEndWithin(at, n) == nullptr, 1) || Lock::AnyHeldByThisThread()) return nullptr;
  LockHolder hold(heap.page_heap.lock());
  const Span* span = FindEndWithin(at, n);
  return span != nullptr ? ObjectOf(span) : nullptr;
}

void CheckEndOfLarge(const Span* span, size_t looked_at) {
  const char* const object = ObjectOf(span);
  const size_t pattern = PatternOf(span);
  const size_t bytes = pattern < looked_at ? pattern : looked_at;
  if (!PatternHolds(object + SizeOfLarge(span), bytes)) ReportMisuse(Misuse::kOverflow, object, heap.pages);
}

namespace {

// To the thread's cache, or the page heap.
void PassOn(Span* span) {
  if (!span->closed) CheckEnds(span);
  ThreadState& state = thread_state;
  if (span->guarded && LeadOf(span) == Length(1) && lifecycle::Ready() &&
      (state.has_cache() || lifecycle::MakeCache()) && state.cache->PutLarge(span)) {
    return;
  }
  LockHolder hold(heap.page_heap.lock());
  heap.page_heap.Free(span);
}

}  // namespace

void CheckWaitingLarge() {
  if (part.quarantine == nullptr) return;
  part.quarantine->large().ForEach([](const Span* span) {
    if (!span->closed) CheckEnds(span);
  });
}

void GiveLarge(Span* span, void* object, Origin origin, ClearingBudget& budget, uint64_t random) {
  const size_t room = RoomOf(span);
  if (OriginOfLarge(span) != origin && AllBoundToUs()) ReportMisuse(Misuse::kWrongFamily, object, heap.pages);
  CheckEndOfLarge(span);
  if (hooks::Any()) hooks::RunDelete(object);
  if (!Claim(span)) ReportMisuse(Misuse::kDoubleFree, object, heap.pages);
  const bool wanted = !span->guarded || budget.SpendClosing(room);
  if (!wanted) ClearEnds(span);
  if (wanted && !os::Discard(object, room)) libc_blocks::Set(object, 0, room);
  span->closed = wanted && span->guarded && os::Protect(object, room);
  if (__builtin_expect(Lock::AnyHeldByThisThread(), 0)) return StrandLarge(span);
  Span* leaves = nullptr;
  if (part.quarantine == nullptr || !part.quarantine->large().Put(span, random, &leaves)) return PassOn(span);
  do {
    if (leaves != nullptr) PassOn(leaves);
    leaves = part.quarantine->large().TakeSurplus(span, random);
  } while (leaves != nullptr);
}

namespace {

// Takes pages from behind the span, and moves the guard at its end.
bool Grow(Span* span, size_t size) {
  const Length total = LeadOf(span) + Length::OfBytes(size) + Length(1);
  const Length old = span->length();
  if (total.pages() >= PageMap::kMaxPages || Lock::InTheWay()) return false;
  LockHolder hold(heap.page_heap.lock());
  if (!heap.page_heap.Resize(span, total)) return false;
  if (!span->guarded) return true;
  if (!os::Unprotect(heap.pages.AddressOf(span->first() + old) - kPageSize, kPageSize)) {
    heap.page_heap.Resize(span, old);
    return false;
  }
  os::Protect(heap.pages.AddressOf(span->end()) - kPageSize, kPageSize);
  return true;
}

}  // namespace

bool ResizeLargeInPlace(Span* span, size_t size) {
  if (size < RoomOf(span) / 2 || size <= kMaxHardenedSmall) return false;
  const size_t old_size = SizeOfLarge(span);
  const size_t pattern_end = old_size + MostPattern(span, old_size);
  if (size > RoomOf(span) && !Grow(span, size)) return false;
  const bool whole = (span->inline_bits & kWhole) != 0;
  if (whole && size >= old_size && size + MostPattern(span, size) == pattern_end) {
    span->inline_bits += size - old_size;  // what grows by small steps
  } else {
    MakeLive(span, size, OriginOfLarge(span));
  }
  return true;
}

}  // namespace glassheap::hardened
