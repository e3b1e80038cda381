#include "allocator/heap/central_cache.h"

#include <bit>
#include <cstring>

#include "allocator/heap/misuse.h"

namespace glassheap {
namespace {

constexpr uint32_t kFirstTransferCapacity = 64;

// How far ahead of the object at hand its successors' marks are fetched.
constexpr uint32_t kMarksAhead = 8;

uint64_t BitOf(uint32_t slot) { return uint64_t{1} << (slot % 64); }

}  // namespace

void CentralCache::Init(SizeClass c, uint16_t list_offset, PageHeap* page_heap, PageMap* pages, StatsPublisher* stats) {
  class_ = c;
  list_offset_ = list_offset;
  pages_ = pages;
  stats_ = stats;
  const size_t slots = SpanLength(c).bytes() / ClassSize(c);
  bucket_scale_ = static_cast<uint32_t>((kBuckets << 16) / slots);
  __atomic_store_n(&page_heap_, page_heap, __ATOMIC_RELEASE);
  Publish();
}

char* CentralCache::SlotAddress(const Span* span, uint32_t slot) const {
  return pages_->AddressOf(span) + span->first_object + size_t{slot} * ClassSize(class_);
}

uint32_t CentralCache::BucketFor(const Span* span) const {
  const uint32_t bucket = (span->allocated * bucket_scale_) >> 16;
  return bucket < kBuckets ? bucket : kBuckets - 1;
}

void CentralCache::Rebucket(Span* span) {
  const uint32_t bucket = BucketFor(span);
  if (bucket == span->bucket) return;
  buckets_[span->bucket].Remove(span);
  span->bucket = static_cast<uint8_t>(bucket);
  buckets_[bucket].PushFront(span);
}

Span* CentralCache::FullestWithRoom() {
  for (uint32_t b = kBuckets; b-- > 0;) {
    if (!buckets_[b].empty()) return buckets_[b].front();
  }
  return nullptr;
}

// The published row is odd while a span moves between the page heap's sum and this class's: a reader that sees it even
// has both sides of every move. Published at once, so that one span at most is on its way.
void CentralCache::BeginMove() {
  if (stats_->attached()) StatsPublisher::BeginRow(stats_->size_class(class_));
}

Span* CentralCache::NewSpan() {
  BeginMove();
  Span* span = TakeSpan();
  if (span != nullptr) {
    span->size_class = static_cast<uint8_t>(class_);
    span->bucket = 0;
    pages_->SetSmall(span);
    if (prepare_ != nullptr) PrepareStart(span);
    buckets_[0].PushFront(span);
    ++counters_.spans;
    counters_.slots += span->capacity - pinned();
    counters_.central_objects += span->capacity - pinned();
  }
  Publish();
  return span;
}

// A span with its slots laid out, from the page heap; nullptr: no memory.
Span* CentralCache::TakeSpan() {
  const size_t size = ClassSize(class_);
  LockHolder hold(page_heap_->lock());
  Span* span = page_heap_->AllocateSmall(SpanLength(class_));
  if (span == nullptr) return nullptr;
  const uintptr_t start = reinterpret_cast<uintptr_t>(pages_->AddressOf(span));
  const size_t lead = prepare_ != nullptr ? sizeof(FirstWord) : 0;
  span->first_object = IsGridClass(class_) ? static_cast<uint16_t>(RoundUp(start + lead, size) - start) : 0;
  span->capacity = static_cast<uint16_t>((span->length().bytes() - span->first_object) / size);
  span->free_bits =
      span->capacity <= 64 ? &span->inline_bits : static_cast<uint64_t*>(page_heap_->AllocateMetadata(BitBytes(span)));
  if (span->free_bits == nullptr) {
    page_heap_->Free(span);
    return nullptr;
  }
  return span;
}

// The word before the first slot that is handed out becomes the end of a slot that is not. A pointer to a slot that was never
// handed out is told by its trailer, which says more than a page that is not open.
void CentralCache::PrepareStart(Span* span) {
  pages_->OpenPages(span, 0, span->page_count, list_offset_);
  const size_t size = ClassSize(class_);
  span->allocated = span->fresh = pinned();
  char* const first = SlotAddress(span, pinned());
  if (pinned() != 0) return prepare_(first - size, size);
  *reinterpret_cast<FirstWord*>(first - sizeof(FirstWord)) = 0;  // as if the page had been given back
}

// Returns a span none of whose slots is out to the page heap.
void CentralCache::DropSpan(Span* span) {
  BeginMove();
  buckets_[span->bucket].Remove(span);
  --counters_.spans;
  counters_.slots -= span->capacity - pinned();
  counters_.central_objects -= span->capacity - pinned();
  pages_->ClearSmall(span);
  {
    LockHolder hold(page_heap_->lock());
    if (span->free_bits != &span->inline_bits) {
      page_heap_->FreeMetadata(span->free_bits, BitBytes(span));
    }
    span->free_bits = nullptr;
    page_heap_->Free(span);
  }
  Publish();
}

// The pages that these slots, which follow on those that were handed out before, are the first to reach into.
void CentralCache::OpenPages(const Span* span, uint32_t first_slot, uint32_t end_slot) {
  const auto pages_to = [&](uint32_t slot) {
    return Length::OfBytes(span->first_object + size_t{slot} * ClassSize(class_)).pages();
  };
  pages_->OpenPages(span, first_slot == 0 ? 0 : pages_to(first_slot), pages_to(end_slot), list_offset_);
}

uint32_t CentralCache::TakeFromSpan(Span* span, void** out, uint32_t n, bool* known) {
  const size_t size = ClassSize(class_);
  uint32_t got = 0;
  // Slots that were used before, lowest address first: their memory is there already.
  uint32_t reusable = static_cast<uint32_t>(span->fresh - span->allocated);
  for (uint32_t word = 0; reusable > 0 && got < n; ++word) {
    uint64_t bits = span->free_bits[word];
    char* base = SlotAddress(span, word * 64);
    while (bits != 0 && got < n) {
      out[got++] = base + static_cast<size_t>(std::countr_zero(bits)) * size;
      bits &= bits - 1;
      --reusable;
    }
    span->free_bits[word] = bits;
  }
  // Then slots that were never used.
  uint32_t fresh = static_cast<uint32_t>(span->capacity - span->fresh);
  if (fresh > n - got) fresh = n - got;
  char* next = SlotAddress(span, span->fresh);
  for (uint32_t i = 0; i < fresh; ++i, next += size) out[got++] = next;
  if (__builtin_expect(prepare_ != nullptr, 0)) {
    for (uint32_t i = 1; i <= fresh; ++i) prepare_(out[got - i], size);
  } else if (fresh > 0) {
    OpenPages(span, span->fresh, span->fresh + fresh);
    if (!span->zeroed) *known = false;  // what its pages served for before
  }
  span->touched = true;
  if (span->empty_pages != 0) NoteRefilled(span, out[0], out[got - 1]);
  span->fresh = static_cast<uint16_t>(span->fresh + fresh);
  span->allocated = static_cast<uint16_t>(span->allocated + got);
  return got;
}

uint32_t CentralCache::TakeFromSpans(void** out, uint32_t n, bool* known) {
  uint32_t got = 0;
  while (got < n) {
    Span* span = FullestWithRoom();
    if (span == nullptr) span = NewSpan();
    if (span == nullptr) break;
    const uint32_t taken = TakeFromSpan(span, out + got, n - got, known);
    got += taken;
    counters_.central_objects -= taken;
    if (span->allocated == span->capacity) {
      buckets_[span->bucket].Remove(span);
    } else {
      Rebucket(span);
    }
  }
  return got;
}

uint32_t CentralCache::TakeFromTransfer(void** out, uint32_t n) {
  const uint32_t held = static_cast<uint32_t>(counters_.transfer_objects);
  const uint32_t take = n < held ? n : held;
  if (take == 0) return 0;
  memcpy(out, transfer_ + (held - take), take * sizeof(void*));
  counters_.transfer_objects -= take;
  if (held - take < transfer_low_) transfer_low_ = held - take;
  return take;
}

void CentralCache::CountBatch(uint64_t* batches, int64_t cached_change) {
  if constexpr (!kIntrospection) return;
  ++*batches;
  counters_.thread_cache_objects += cached_change;
}

CentralCache::Taken CentralCache::Take(void** out, uint32_t n, int64_t cached_change, bool to_cache) {
  LockHolder hold(lock_);
  Taken taken;
  taken.count = TakeFromTransfer(out, n);
  if (taken.count < n) {
    taken.from_spans = TakeFromSpans(out + taken.count, n - taken.count, &taken.known);
    taken.count += taken.from_spans;
  }
  CountBatch(&counters_.refills, cached_change + (to_cache ? static_cast<int64_t>(taken.count) : 0));
  PublishBatch(&abi::ClassRow::refills, counters_.refills);
  return taken;
}

bool CentralCache::GrowTransfer() {
  const uint32_t limit = ClassInfo(class_).max_transfer;
  if (transfer_capacity_ >= limit) return false;
  uint32_t capacity = transfer_capacity_ == 0 ? kFirstTransferCapacity : transfer_capacity_ * 2;
  if (capacity > limit) capacity = limit;
  LockHolder hold(page_heap_->lock());
  void** bigger = static_cast<void**>(page_heap_->AllocateMetadata(capacity * sizeof(void*)));
  if (bigger == nullptr) return false;
  if (transfer_ != nullptr) {
    memcpy(bigger, transfer_, counters_.transfer_objects * sizeof(void*));
    page_heap_->FreeMetadata(transfer_, transfer_capacity_ * sizeof(void*));
  }
  transfer_ = bigger;
  transfer_capacity_ = capacity;
  return true;
}

uint32_t CentralCache::GiveToTransfer(void** objects, uint32_t n) {
  while (counters_.transfer_objects + n > transfer_capacity_ && GrowTransfer()) {
  }
  const uint32_t room = transfer_capacity_ - static_cast<uint32_t>(counters_.transfer_objects);
  const uint32_t give = n < room ? n : room;
  if (give == 0) return 0;
  memcpy(transfer_ + counters_.transfer_objects, objects, give * sizeof(void*));
  counters_.transfer_objects += give;
  return give;
}

// Sets the bits of the first objects of the array that are slots of this span, and returns how many they were. Objects
// come back in runs, so the word of bits at hand is kept in a register. Dies on a slot that is free already.
uint32_t CentralCache::SetFreeBits(Span* span, void** objects, uint32_t n) {
  char* const first_slot = SlotAddress(span, 0);
  const size_t used = span->fresh * ClassSize(class_);     // slots beyond were never handed out
  const uint64_t inverse = (kInverses[class_] >> 32) + 1;  // enough for exact multiples below 2^32
  uint64_t* word = span->free_bits;
  uint64_t bits = *word;
  uint32_t run = 0;
  for (; run < n; ++run) {
    // What was freed long ago is in no cache by now, and its mark is looked at below.
    if (n - run > kMarksAhead) __builtin_prefetch(objects[run + kMarksAhead]);
    const size_t offset = static_cast<size_t>(static_cast<char*>(objects[run]) - first_slot);
    if (offset >= used) break;
    const size_t slot = (offset * inverse) >> 32;
    if (span->free_bits + slot / 64 != word) {
      *word = bits;
      word = span->free_bits + slot / 64;
      bits = *word;
    }
    const uint64_t bit = uint64_t{1} << (slot % 64);
    if ((bits & bit) != 0) ReportMisuse(Misuse::kDoubleFree, objects[run], *pages_);
    // An object that was freed twice and handed out once in between is live: its slot must not become free.
    if (*static_cast<const FirstWord*>(objects[run]) != kFreeMark) {
      ReportMisuse(Misuse::kWriteAfterFree, objects[run], *pages_);
    }
    bits |= bit;
  }
  *word = bits;
  return run;
}

// Takes the first objects of the array that belong to one span, and returns how many they were.
uint32_t CentralCache::GiveRun(void** objects, uint32_t n) {
  Span* const span = pages_->At(pages_->PageOf(objects[0]));
  const uint32_t run = SetFreeBits(span, objects, n);
  if (run == 0) ReportMisuse(Misuse::kDoubleFree, objects[0], *pages_);  // never handed out
  span->touched = true;
  counters_.central_objects += run;
  const bool was_full = span->allocated == span->capacity;
  span->allocated = static_cast<uint16_t>(span->allocated - run);
  if (was_full) {
    span->bucket = static_cast<uint8_t>(BucketFor(span));
    buckets_[span->bucket].PushFront(span);
  } else {
    Rebucket(span);
  }
  if (span->allocated == pinned()) DropSpan(span);
  return run;
}

void CentralCache::GiveToSpans(void** objects, uint32_t n) {
  for (uint32_t done = 0; done < n;) done += GiveRun(objects + done, n - done);
}

bool CentralCache::Give(void** objects, uint32_t n, int64_t cached_change, bool from_cache) {
  LockHolder hold(lock_);
  const uint32_t transferred = GiveToTransfer(objects, n);
  GiveToSpans(objects + transferred, n - transferred);
  CountBatch(&counters_.flushes, cached_change - (from_cache ? static_cast<int64_t>(n) : 0));
  PublishBatch(&abi::ClassRow::flushes, counters_.flushes);
  return transferred < n;
}

void CentralCache::DrainTransferCache() {
  LockHolder hold(lock_);
  const uint32_t held = static_cast<uint32_t>(counters_.transfer_objects);
  GiveToSpans(transfer_, held);
  counters_.transfer_objects = 0;
  transfer_low_ = 0;
  if (transfer_ != nullptr) {
    LockHolder hold_pages(page_heap_->lock());
    page_heap_->FreeMetadata(transfer_, transfer_capacity_ * sizeof(void*));
    transfer_ = nullptr;
    transfer_capacity_ = 0;
    page_heap_->Publish();
  }
  Publish();
}

void CentralCache::TrimTransferCache() {
  LockHolder hold(lock_);
  // The oldest are at the bottom; the newest stay for the next thread that comes.
  if (const uint32_t idle = transfer_low_) {
    GiveToSpans(transfer_, idle);
    counters_.transfer_objects -= idle;
    memmove(transfer_, transfer_ + idle, counters_.transfer_objects * sizeof(void*));
  }
  transfer_low_ = static_cast<uint32_t>(counters_.transfer_objects);
  Publish();
}

bool CentralCache::HoldsFree(const void* object) {
  LockHolder hold(lock_);
  const uint32_t held = static_cast<uint32_t>(counters_.transfer_objects);
  for (uint32_t i = 0; i < held; ++i) {
    if (transfer_[i] == object) return true;
  }
  const Span* span = pages_->FindSpan(reinterpret_cast<uintptr_t>(object));
  if (span == nullptr || span->state != SpanState::kSmall || span->size_class != class_) return false;
  const uint32_t slot = SlotOf(span, object);
  if (slot >= span->fresh) return true;
  return (span->free_bits[slot / 64] & BitOf(slot)) != 0;
}

uint32_t CentralCache::SlotOf(const Span* span, const void* object) const {
  const size_t offset =
      static_cast<size_t>(static_cast<const char*>(object) - pages_->AddressOf(span)) - span->first_object;
  return static_cast<uint32_t>(DivideByClassSize(offset, class_));
}

bool CentralCache::IsFresh(const void* object) {
  LockHolder hold(lock_);
  const Span* span = pages_->FindSpan(reinterpret_cast<uintptr_t>(object));
  return span != nullptr && SlotOf(span, object) >= span->fresh;
}

const void* CentralCache::FindFreeInSpan(const Span* span, bool (*passes)(const void* object), size_t* bytes) const {
  const size_t size = ClassSize(class_);
  for (uint32_t word = 0; word < (span->fresh + 63u) / 64; ++word) {
    for (uint64_t bits = span->free_bits[word]; bits != 0 && *bytes >= size; bits &= bits - 1) {
      const char* const object = SlotAddress(span, word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
      if (!passes(object)) return object;
      *bytes -= size;
    }
  }
  return nullptr;
}

const void* CentralCache::FindFree(bool (*passes)(const void* object), size_t* bytes) {
  LockHolder hold(lock_);
  for (uint32_t i = 0; i < counters_.transfer_objects && *bytes >= ClassSize(class_); ++i) {
    if (!passes(transfer_[i])) return transfer_[i];
    *bytes -= ClassSize(class_);
  }
  for (const SpanList& bucket : buckets_) {
    for (const Span* span = bucket.front(); span != nullptr && *bytes >= ClassSize(class_); span = span->next) {
      if (const void* object = FindFreeInSpan(span, passes, bytes)) return object;
    }
  }
  return nullptr;
}

CentralCache::Counters CentralCache::counters() {
  LockHolder hold(lock_);
  return counters_;
}

void CentralCache::Publish() {
  if (!ready() || !stats_->attached()) return;
  StatsPublisher::WriteRow(stats_->size_class(class_), [this](abi::ClassRow* row) {
    const auto set = StatsPublisher::Set;
    set(&row->size, ClassSize(class_));
    set(&row->span_pages, SpanLength(class_).pages());
    set(&row->spans, counters_.spans);
    set(&row->slots, counters_.slots);
    set(&row->refills, counters_.refills);
    set(&row->flushes, counters_.flushes);
    FillObjects(row);
  });
}

void CentralCache::FillObjects(abi::ClassRow* row) const {
  StatsPublisher::Set(&row->central_objects, counters_.central_objects);
  StatsPublisher::Set(&row->transfer_objects, counters_.transfer_objects);
  const int64_t cached = counters_.thread_cache_objects;
  StatsPublisher::Set(&row->thread_cache_objects, cached > 0 ? static_cast<uint64_t>(cached) : 0);
}

// What a batch changes, and no more: a span that came or went for it was published by NewSpan or DropSpan. A row that was
// never written in full is none of a ready class: see Init and Heap's Attach.
void CentralCache::PublishBatch(uint64_t abi::ClassRow::*word, uint64_t batches) {
  if (!stats_->attached()) return;
  StatsPublisher::WriteRow(stats_->size_class(class_), [&](abi::ClassRow* row) {
    FillObjects(row);
    StatsPublisher::Set(&(row->*word), batches);
  });
}

void CentralCache::PublishCached(uint64_t objects) {
  LockHolder hold(lock_);
  Publish();
  StatsPublisher::WriteRow(stats_->size_class(class_),
                           [objects](abi::ClassRow* row) { StatsPublisher::Set(&row->thread_cache_objects, objects); });
}

}  // namespace glassheap
