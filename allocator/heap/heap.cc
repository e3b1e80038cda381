#include "allocator/heap/heap.h"

#include <cerrno>

#include "allocator/base/check.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/system_call.h"
#include "allocator/heap/misuse.h"

namespace glassheap {
namespace {

// All threads' stacks together, and what one thread gets of it at least and at most.
constexpr uint64_t kAllThreadsBudget = 32 * kMiB;
constexpr uint64_t kMinBudget = 512 * kKiB;
constexpr uint64_t kMaxBudget = 8 * kMiB;

// Caches of threads that ended unnoticed are looked for when there are so many.
constexpr uint32_t kFirstSweep = 256;

bool ThreadExists(uint32_t tid) { return SystemCall(SYS_tgkill, SystemCall(SYS_getpid), tid, 0) != -ESRCH; }

}  // namespace

constinit Heap heap;

bool Heap::Init() {
  if (ready_) return true;
  const os::Seed seed = os::ProcessSeed();
  if (!pages.Init(seed)) return false;
  arena.SetArea(pages.metadata_area().begin, pages.metadata_area().end);
  page_heap.Init(&pages, &arena, &stats);
  sweep_at_ = kFirstSweep;
  page_heap.SetPeakHook(&RecordPeak);
  page_heap.SetHistoryHook(&RecordHistory);
  SetBudget();
  __atomic_store_n(&ready_, true, __ATOMIC_RELEASE);
  return true;
}

void Heap::StartCentre(SizeClass c) {
  LockHolder hold(central[c].lock());
  if (!central[c].ready()) central[c].Init(c, ThreadCache::ListOffset(c), &page_heap, &pages, &stats);
}

void Heap::Harden(CentralCache::SlotHook prepare, void (*release)(void* attachment), uint64_t seed) {
  for (SizeClass c = 1; c < kClassCount; ++c) central[c].SetSlotHook(prepare);
  shuffle_state_ = seed;
  release_attachment_ = release;
}

namespace {
void Reverse(void** begin, void** end) {
  for (; begin + 1 < end; ++begin) {
    void* const first = *begin;
    *begin = *--end;
    *end = first;
  }
}
}  // namespace

// A random start, and a random direction from there: neighbours stay neighbours. A full shuffle cost python3 with 300,000
// lists half of its time, in caches and in what the processor fetches ahead. Threads may meet in the state: it is random
// either way.
void Heap::ShuffleSlow(void** objects, uint32_t n) {
  uint64_t x = __atomic_load_n(&shuffle_state_, __ATOMIC_RELAXED);
  x = x * 6364136223846793005u + 1442695040888963407u;
  __atomic_store_n(&shuffle_state_, x | 1, __ATOMIC_RELAXED);
  const uint32_t start = static_cast<uint32_t>(((x >> 32) * n) >> 32);
  Reverse(objects, objects + start);
  Reverse(objects + start, objects + n);
  if (x >> 63 != 0) Reverse(objects, objects + n);
}

void Heap::SetBudget() {
  const uint64_t threads = cache_count_ == 0 ? 1 : cache_count_;
  uint64_t budget = kAllThreadsBudget / threads;
  if (budget < kMinBudget) budget = kMinBudget;
  if (budget > kMaxBudget) budget = kMaxBudget;
  __atomic_store_n(&thread_budget_, budget, __ATOMIC_RELAXED);
}

void Heap::Register(ThreadCache* cache) {
  cache->prev = nullptr;
  cache->next = caches_;
  if (caches_ != nullptr) caches_->prev = cache;
  caches_ = cache;
  ++cache_count_;
  SetBudget();
}

void Heap::Unregister(ThreadCache* cache) {
  (cache->prev != nullptr ? cache->prev->next : caches_) = cache->next;
  if (cache->next != nullptr) cache->next->prev = cache->prev;
  cache->next = cache->prev = nullptr;
  --cache_count_;
  SetBudget();
}

uint32_t Heap::FreeRow() const {
  for (uint32_t row = 0; row < abi::kMaxThreads; ++row) {
    if (StatsPublisher::Get(&const_cast<StatsPublisher&>(stats).thread(row)->tid) == 0) return row;
  }
  return ThreadCache::kNoRow;
}

void Heap::PublishThreadRow(ThreadCache* cache) {
  cache->SetRow(nullptr);
  if (!stats.attached()) return;
  cache->row = FreeRow();
  if (cache->row == ThreadCache::kNoRow) return;
  abi::ThreadRow* row = stats.thread(cache->row);
  StatsPublisher::Set(&row->cache_address, reinterpret_cast<uint64_t>(cache));
  StatsPublisher::Set(&row->tid, cache->tid());
  cache->SetRow(row);
  StatsPublisher::Set(&row->large_cached_bytes, cache->large_cached_bytes());
  cache->Publish(cache->published_allocated());
}

ThreadCache* Heap::NewThreadCache(uint32_t tid) {
  if (LoadRacy(&cache_count_) >= LoadRacy(&sweep_at_)) SweepDeadThreads();
  LockHolder hold(page_heap.lock());
  void* memory = page_heap.AllocateMetadata(sizeof(ThreadCache));
  if (memory == nullptr) return nullptr;
  ThreadCache* cache = static_cast<ThreadCache*>(memory);
  cache->Init(this, tid);
  Register(cache);
  PublishThreadRow(cache);
  page_heap.Publish();
  return cache;
}

void Heap::DeleteThreadCache(ThreadCache* cache, uint64_t allocated) {
  {
    LockHolder hold(page_heap.lock());
    Unregister(cache);
  }
  DeleteUnregistered(cache, allocated);
}

void Heap::DeleteUnregistered(ThreadCache* cache, uint64_t allocated) {
  if (cache->attachment != nullptr) release_attachment_(cache->attachment);
  cache->Empty();
  LockHolder hold(page_heap.lock());
  if (cache->row != ThreadCache::kNoRow && stats.attached()) {
    abi::ThreadRow* row = stats.thread(cache->row);
    for (uint64_t* word : {&row->thread_cache_free, &row->thread_cache_capacity, &row->allocated_bytes_total,
                           &row->large_cached_bytes, &row->cache_address, &row->tid}) {
      StatsPublisher::Set(word, 0);
    }
  }
  ++page_heap.counters().ended_threads;
  page_heap.counters().ended_allocated_bytes += allocated;
  page_heap.FreeMetadata(cache, sizeof(ThreadCache));
  page_heap.Publish();
}

// Threads that ended without our key's destructor (raw clone, the last round of other destructors) leave their caches.
void Heap::SweepDeadThreads() {
  for (;;) {
    ThreadCache* dead = nullptr;
    {
      LockHolder hold(page_heap.lock());
      for (ThreadCache* cache = caches_; cache != nullptr && dead == nullptr; cache = cache->next) {
        if (!ThreadExists(cache->tid())) dead = cache;
      }
      if (dead == nullptr) {
        sweep_at_ = cache_count_ * 2 < kFirstSweep ? kFirstSweep : cache_count_ * 2;
        return;
      }
      Unregister(dead);  // nobody else may find it too
    }
    DeleteUnregistered(dead, dead->published_allocated());
  }
}

void Heap::Tick(uint64_t now) {
  uint64_t due = __atomic_load_n(&next_tick_, __ATOMIC_RELAXED);
  if (now < due) return;
  if (!__atomic_compare_exchange_n(&next_tick_, &due, now + PageHeap::kEpoch, false, __ATOMIC_RELAXED,
                                   __ATOMIC_RELAXED)) {
    return;  // another thread does it
  }
  // Nobody came for a whole epoch after the tick was due: nothing of what lies in the centre was needed.
  const bool idle = due != 0 && now >= due + PageHeap::kEpoch;
  __atomic_store_n(&spans_dirty_, false, __ATOMIC_RELAXED);
  size_t released = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (central[c].holds_transfer()) idle ? central[c].DrainTransferCache() : central[c].TrimTransferCache();
    if (!central[c].worth_releasing()) continue;
    released += central[c].ReleaseEmptyPages(idle);
    if (!idle) NoteSpansDirty();  // spans that were in use just now get their turn at the next tick
  }
  LockHolder hold(page_heap.lock());
  page_heap.counters().released_bytes_total += released;
  if (idle) page_heap.Release(page_heap.counters().free_resident);
  page_heap.Tick(now);
  page_heap.Publish();
}

void Heap::PublishCaches() {
  uint64_t objects[kClassCount] = {};
  {
    LockHolder hold(page_heap.lock());
    if (!stats.attached()) return;
    for (ThreadCache* cache = caches_; cache != nullptr; cache = cache->next) {
      for (SizeClass c = 1; c < kClassCount; ++c) objects[c] += cache->Peek(c).length();
      if (cache->row != ThreadCache::kNoRow) {
        StatsPublisher::Set(&stats.thread(cache->row)->thread_cache_free, cache->cached_bytes());
      }
    }
    page_heap.Publish();
  }
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (central[c].ready()) central[c].PublishCached(objects[c]);
  }
}

void* Heap::TakeUncached(SizeClass c) {
  void* object = nullptr;
  const CentralCache::Taken taken = Centre(c).Take(&object, 1, 0, false);
  if (taken.count == 0) return nullptr;
  FirstWord* const first = static_cast<FirstWord*>(object);
  const bool marked = taken.from_spans != 0 ? !taken.known || MarkFree(object) : *first == kFreeMark;
  if (__builtin_expect(!marked, 0)) ReportMisuse(Misuse::kWriteAfterFree, object, pages);
  *first = 0;
  return object;
}

void Heap::GiveUncached(SizeClass c, void* object) {
  *static_cast<FirstWord*>(object) = kFreeMark;
  central[c].Give(&object, 1, 0, false);
}

bool Heap::IsFreeSomewhere(SizeClass c, const void* object) {
  if (central[c].HoldsFree(object)) return true;
  LockHolder hold(page_heap.lock());
  for (const ThreadCache* cache = caches_; cache != nullptr; cache = cache->next) {
    if (cache->Holds(c, object)) return true;
  }
  return false;
}

abi::LayoutRow Heap::Layout() const {
  abi::LayoutRow row = {};
  row.metadata_base = pages.window_base();
  row.page_map_limit = pages.limit_address();
  row.page_map_spans = pages.spans_address();
  row.page_map_resident = pages.resident_address();
  row.span_size = sizeof(Span);
  row.span_first_page = offsetof(Span, first_page);
  row.span_page_count = offsetof(Span, page_count);
  row.span_free_bits = offsetof(Span, free_bits);
  row.span_capacity = offsetof(Span, capacity);
  row.span_fresh = offsetof(Span, fresh);
  row.span_first_object = offsetof(Span, first_object);
  row.span_size_class = offsetof(Span, size_class);
  row.span_state = offsetof(Span, state);
  row.span_cached = offsetof(Span, cached);
  row.central_address = reinterpret_cast<uint64_t>(&central[0]);
  row.central_stride = sizeof(CentralCache);
  row.central_transfer = CentralCache::TransferOffset();
  row.central_transfer_objects = CentralCache::TransferObjectsOffset();
  return row;
}

void Heap::AttachStats(uint32_t flags) {
  StatsPublisher::Description description;
  description.heap_base = pages.heap_base();
  description.heap_window = Length(PageMap::kMaxPages).bytes();
  description.class_count = kClassCount;
  description.flags = flags;
  description.thread_cache = {0, sizeof(FreeList), offsetof(FreeList, top), offsetof(FreeList, end)};
  description.layout = Layout();
  stats.Attach(description);
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (!central[c].ready()) continue;
    LockHolder hold(central[c].lock());
    central[c].Publish();
  }
  LockHolder hold(page_heap.lock());
  for (ThreadCache* cache = caches_; cache != nullptr; cache = cache->next) PublishThreadRow(cache);
  RecordPeak();
  page_heap.Publish();
}

// What only the classes and the threads know of the tiers. Under the page heap's lock; what other locks guard is read from
// the published rows.
Heap::TierSums Heap::SumTiers() const {
  TierSums sums;
  uint64_t slots_bytes = 0, span_bytes = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (!central[c].ready()) continue;
    const abi::ClassRow* row = const_cast<StatsPublisher&>(stats).size_class(c);
    const auto get = StatsPublisher::Get;
    const uint64_t slots = get(&row->slots), in_centre = get(&row->central_objects);
    const uint64_t in_transfer = get(&row->transfer_objects), size = ClassSize(c);
    if (slots == 0) continue;
    sums.small_out += (slots - in_centre - in_transfer) * size;
    sums.small_cached += get(&row->thread_cache_objects) * size;
    sums.transfer += in_transfer * size;
    sums.central_free += in_centre * size;
    slots_bytes += slots * size;
    span_bytes += get(&row->spans) * SpanLength(c).bytes();
  }
  for (const ThreadCache* cache = caches_; cache != nullptr; cache = cache->next) {
    sums.large_cached += cache->large_cached_bytes();
    sums.allocated += cache->published_allocated();
  }
  sums.allocated += page_heap.counters().ended_allocated_bytes;
  // A span that was just taken is counted by the page heap and not yet by its class.
  const uint64_t small = page_heap.counters().small_span_bytes;
  if (small > span_bytes) sums.central_free += small - span_bytes;
  sums.span_tail = span_bytes - slots_bytes;
  return sums;
}

// Copies the tiers as they stand into PEAK.
void Heap::RecordPeak() {
  if (!heap.stats.attached()) return;
  const TierSums sums = heap.SumTiers();
  StatsPublisher::WriteRow(heap.stats.peak(), [&](abi::HeapRow* row) {
    const auto set = StatsPublisher::Set;
    heap.page_heap.FillRow(row);
    set(&row->peak_small_out_bytes, sums.small_out);
    set(&row->peak_thread_cache_free, sums.small_cached + sums.large_cached);
    set(&row->peak_large_cached_bytes, sums.large_cached);
    set(&row->peak_transfer_cache_free, sums.transfer);
    set(&row->peak_central_free, sums.central_free);
    set(&row->peak_span_tail_waste, sums.span_tail);
    set(&row->peak_time, heap.stats.NanosecondsSinceAttach());
  });
}

// Adds the tiers as they stand to HISTORY. A forked child that has not allocated yet must not write its parent's.
void Heap::RecordHistory() {
  if (!heap.stats.attached()) return;
  const TierSums sums = heap.SumTiers();
  const PageHeap::Counters& counters = heap.page_heap.counters();
  const uint64_t cached = sums.small_cached + sums.large_cached, out = sums.small_out + counters.large_bytes;
  heap.stats.AddHistory([&](abi::HistoryRow* row) {
    const auto set = StatsPublisher::Set;
    set(&row->live_bytes, out > cached ? out - cached : 0);
    set(&row->thread_cache_free, out > cached ? cached : out);
    set(&row->transfer_cache_free, sums.transfer);
    set(&row->central_free, sums.central_free);
    set(&row->span_tail_waste, sums.span_tail);
    set(&row->page_heap_free, counters.free_resident);
    set(&row->page_heap_released, counters.free_released);
    set(&row->metadata, heap.page_heap.metadata_in_use());
    set(&row->region_slack, heap.arena.slack());
    set(&row->mapped, counters.heap_mapped + heap.page_heap.metadata_mapped());
    set(&row->allocated_bytes_total, sums.allocated);
  });
}

void Heap::LockAll() {
  while (!LockAllUnlessHolderForks()) Lock::WaitForForksOfHolders();
}

// A fork from a signal handler may have interrupted this very thread inside fork: then it counts.
bool Heap::LockAllUnlessHolderForks() {
  LockOrderPause pause;
  Lock::BeginReentrant();
  SizeClass c = 1;
  while (c < kClassCount && central[c].lock().AcquireUnlessHolderForks()) ++c;
  if (c == kClassCount && page_heap.lock().AcquireUnlessHolderForks()) return true;
  while (c-- > 1) central[c].lock().Release();
  Lock::EndReentrant();
  return false;
}

void Heap::UnlockAll() {
  LockOrderPause pause;
  page_heap.lock().Release();
  for (SizeClass c = kClassCount; c-- > 1;) central[c].lock().Release();
  Lock::EndReentrant();
}

template <typename Visit>
void Heap::ForEachLock(Visit visit) {
  visit(page_heap.lock());
  for (SizeClass c = 1; c < kClassCount; ++c) visit(central[c].lock());
}

void Heap::ResetLocks() {
  LockOrderPause pause;
  Lock::ResetReentrant();
  Lock::ForgetSelf();
  ForEachLock([](Lock& lock) { lock.Reset(); });
}

void Heap::ResetLocksOfOthers() {
  ForEachLock([](Lock& lock) {
    if (!lock.HeldByThisThread()) lock.Reset();
  });
}

void Heap::DetachStats() {
  stats.Detach();
  for (ThreadCache* cache = caches_; cache != nullptr; cache = cache->next) cache->SetRow(nullptr);
}

void Heap::KeepCache(ThreadCache* own) {
  for (ThreadCache* cache = caches_; cache != nullptr;) {
    ThreadCache* next = cache->next;
    if (cache == own) {
      own->SetTid(static_cast<uint32_t>(SystemCall(SYS_getpid)));
    } else {
      cache->AdoptOrphan();
      DeleteThreadCache(cache, cache->published_allocated());
    }
    cache = next;
  }
}

}  // namespace glassheap
