#include "tests/support/room_machine.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "tests/support/fake_os_memory.h"

namespace glassheap::testing {
namespace {

constexpr size_t kMaxObjects = 512;
constexpr size_t kMaxLiveBytes = size_t{64} << 20;

[[noreturn]] void Failed(const char* what, const void* object) {
  fprintf(stderr, "room_machine: %s: %p\n", what, object);
  abort();
}

void Require(bool holds, const char* what, const void* object = nullptr) {
  if (!holds) Failed(what, object);
}

void CheckContents(const char* address, size_t size, uint64_t key) {
  Require(memcmp(address, &key, 8) == 0, "contents changed", address);
  const char last = static_cast<char>(size > 8 ? key : key >> 56);
  Require(address[size - 1] == last, "the last byte changed", address);
}

}  // namespace

void RoomMachine::Run(const uint8_t* data, size_t size, bool refusals, bool give_back) {
  refusals_ = refusals;
  Input input(data, size);
  while (!input.empty()) Step(input);
  Finish(give_back);
}

void RoomMachine::Step(Input& input) {
  const uint8_t what = input.Byte();
  const size_t thread = what >> 6;  // the two upper bits
  switch (what & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
      return TakeSmall(thread, SizeOf(input), 1 + input.Byte() % 32);
    case 4:
    case 5:
    case 6:
      return FreeSome(thread, input.Below(objects_.size()), 1 + input.Byte() % 32);
    case 7:
      return TakeLarge(thread, input);
    case 8:
      if ((what & 16) != 0) return Resize(NextLarge(input.Below(objects_.size())), input);
      return FreeSome(thread, input.Below(objects_.size()), 1);
    case 9:
      return Resize(input.Below(objects_.size()), input);
    case 10:
      fake_os::AdvanceClock(uint64_t{input.Byte()} * 10'000'000);
      if (caches_[thread] != nullptr) caches_[thread]->Tick(os::CoarseClock());
      return heap_->Tick(os::CoarseClock());
    case 11:
      if ((what & 16) != 0) return TakeGuarded(1 + input.Byte() % 40);
      if (refusals_) fake_os::RefuseCall(input.Byte() % 8);
      return;
    case 12:
      if (!refusals_) return;
      return (what & 16) != 0 ? fake_os::RefuseCallsFrom(input.Byte() % 8) : fake_os::RefuseNothing();
    case 13:
      return EndThread(thread, (what & 16) != 0);
    case 14:
      return Release(thread, what, true);
    default:
      return Check();
  }
}

size_t RoomMachine::SizeOf(Input& input) {
  const uint8_t shape = input.Byte();
  const size_t fine = input.Byte();
  switch (shape % 4) {
    case 0:
      return fine;
    case 1:
      return fine * 8;
    case 2:
      return fine * 128;
    default:
      return 1 + fine * 1028;
  }
}

ThreadCache* RoomMachine::CacheOf(size_t thread) {
  if (caches_[thread] == nullptr) caches_[thread] = heap_->NewThreadCache(static_cast<uint32_t>(1000 + thread));
  return caches_[thread];
}

// malloc, as the front does it.
void* RoomMachine::TakeOne(ThreadCache* cache, SizeClass c) {
  if (cache == nullptr) return heap_->TakeUncached(c);
  FreeList& list = cache->list(c);
  if (list.length() == 0 && !cache->Refill(c)) return heap_->TakeUncached(c);
  void* object = *list.top++;
  FirstWord* first = static_cast<FirstWord*>(object);
  Require(*first == kFreeMark, "a free object without its mark", object);
  *first = 0;
  return object;
}

void RoomMachine::GiveOne(ThreadCache* cache, SizeClass c, void* object) {
  if (cache == nullptr) return heap_->GiveUncached(c, object);
  FreeList& list = cache->list(c);
  if (list.top == list.limit && !cache->MakeRoom(c)) return heap_->GiveUncached(c, object);
  *static_cast<FirstWord*>(object) = kFreeMark;
  *--list.top = object;
}

void RoomMachine::TakeSmall(size_t thread, size_t size, size_t count) {
  const SizeClass c = ClassOf(size > kMaxSmallSize ? kMaxSmallSize : size);
  for (size_t i = 0; i < count; ++i) {
    if (objects_.size() >= kMaxObjects || live_bytes_ >= kMaxLiveBytes) return;
    void* object = TakeOne(CacheOf(thread), c);
    if (object == nullptr) return;
    const uint32_t entry = heap_->pages.FastEntry(reinterpret_cast<uintptr_t>(object));
    Require(ThreadCache::ClassAtOffset(PageMap::ListOffset(entry)) == c, "of another class than asked for", object);
    Adopt({static_cast<char*>(object), ClassSize(c), 0, c, nullptr});
  }
}

void RoomMachine::TakeLarge(size_t thread, Input& input) {
  const size_t pages = 1 + input.Byte() % 200;
  const size_t shape = input.Byte();
  if (objects_.size() >= kMaxObjects || live_bytes_ >= kMaxLiveBytes) return;
  ThreadCache* cache = CacheOf(thread);
  Span* span = cache != nullptr && shape % 2 == 0 ? cache->TakeLarge(Length(pages), 0) : nullptr;
  const size_t align = size_t{1} << (shape / 2 % 6);
  if (span == nullptr) {
    LockHolder hold(heap_->page_heap.lock());
    span = heap_->page_heap.AllocateLarge(Length(pages), Length(align));
    if (span == nullptr) return;
    Require(reinterpret_cast<uintptr_t>(heap_->pages.AddressOf(span)) % (align * kPageSize) == 0, "not aligned");
  }
  Require(span->page_count >= pages && !span->cached, "a span that is too short, or not the caller's");
  char* address = heap_->pages.AddressOf(span);
  if (span->zeroed) Require(address[0] == 0 && address[span->length().bytes() - 1] == 0, "not zero", address);
  Adopt({address, span->length().bytes(), 0, 0, span});
}

// As the hardened library has them: a page without access on either side, if the kernel gives it.
void RoomMachine::TakeGuarded(size_t pages) {
  if (objects_.size() >= kMaxObjects || live_bytes_ >= kMaxLiveBytes) return;
  Span* span;
  {
    LockHolder hold(heap_->page_heap.lock());
    span = heap_->page_heap.AllocateLarge(Length(pages + 2));
    if (span == nullptr) return;
    heap_->page_heap.Guard(span, Length(1));
  }
  char* address = heap_->pages.AddressOf(span) + kPageSize;
  heap_->pages.SetInside(span, heap_->pages.PageOf(address));
  Adopt({address, Length(pages).bytes(), 0, 0, span});
}

void RoomMachine::Adopt(Object object) {
  object.key = ++last_key_ * 0x9e3779b97f4a7c15u;
  const uintptr_t start = reinterpret_cast<uintptr_t>(object.address);
  auto after = extents_.lower_bound(start);
  Require(after == extents_.end() || start + object.size <= after->first, "overlaps the next object", object.address);
  Require(after == extents_.begin() || std::prev(after)->second <= start, "overlaps an object", object.address);
  extents_[start] = start + object.size;
  memcpy(object.address, &object.key, 8);
  object.address[object.size - 1] = static_cast<char>(object.size > 8 ? object.key : object.key >> 56);
  objects_.push_back(object);
  live_bytes_ += object.size;
}

void RoomMachine::FreeSome(size_t thread, size_t index, size_t count) {
  for (size_t i = 0; i < count && index < objects_.size(); ++i) FreeAt(thread, index);
}

void RoomMachine::FreeAt(size_t thread, size_t index) {
  const Object object = objects_[index];
  CheckContents(object.address, object.size, object.key);
  objects_[index] = objects_.back();
  objects_.pop_back();
  extents_.erase(reinterpret_cast<uintptr_t>(object.address));
  live_bytes_ -= object.size;
  ThreadCache* cache = CacheOf(thread);
  if (object.size_class != 0) return GiveOne(cache, object.size_class, object.address);
  Require(heap_->pages.FindSpan(reinterpret_cast<uintptr_t>(object.address)) == object.span,
          "a large object without its span");
  FreeLarge(cache, object.span);
}

void RoomMachine::FreeLarge(ThreadCache* cache, Span* span) {
  if (cache != nullptr && !span->guarded && cache->PutLarge(span)) return;
  LockHolder hold(heap_->page_heap.lock());
  heap_->page_heap.Free(span);
}

size_t RoomMachine::NextLarge(size_t index) const {
  while (index < objects_.size() && objects_[index].size_class != 0) ++index;
  return index;
}

void RoomMachine::Resize(size_t index, Input& input) {
  const size_t pages = 1 + input.Byte();
  if (index >= objects_.size() || objects_[index].size_class != 0) return;
  // Not one with guards, nor one that the kernel gave none: it does not begin with its span.
  if (heap_->pages.AddressOf(objects_[index].span) != objects_[index].address) return;
  Object& object = objects_[index];
  CheckContents(object.address, object.size, object.key);
  Object changed = object;
  if (!ResizeSpan(&changed.span, Length(pages))) return;
  changed.address = heap_->pages.AddressOf(changed.span);
  changed.size = Length(pages).bytes();
  extents_.erase(reinterpret_cast<uintptr_t>(object.address));
  live_bytes_ -= object.size;
  objects_[index] = objects_.back();
  objects_.pop_back();
  Require(memcmp(changed.address, &changed.key, 8) == 0, "contents changed", changed.address);
  Adopt(changed);
}

// In place, or else by moving the memory to another span, as realloc does it.
bool RoomMachine::ResizeSpan(Span** span, Length n) {
  Span* const old = *span;
  {
    LockHolder hold(heap_->page_heap.lock());
    if (heap_->page_heap.Resize(old, n)) return true;
    if (n < old->length()) return false;
    *span = heap_->page_heap.AllocateLarge(n);
  }
  if (*span == nullptr) return false;
  if (heap_->page_heap.MoveMemory(old, *span)) {
    const char* left = heap_->pages.AddressOf(old);
    Require(left[0] == 0 && left[old->length().bytes() - 1] == 0, "not zero after its memory went", left);
    LockHolder hold(heap_->page_heap.lock());
    heap_->page_heap.FreeEmptied(old);
    return true;
  }
  LockHolder hold(heap_->page_heap.lock());
  heap_->page_heap.Free(*span);
  return false;
}

// A thread ends, or a fork left its cache behind.
void RoomMachine::EndThread(size_t thread, bool orphan) {
  if (caches_[thread] == nullptr) return;
  if (orphan) caches_[thread]->AdoptOrphan();
  heap_->DeleteThreadCache(caches_[thread], 0);
  caches_[thread] = nullptr;
}

void RoomMachine::Release(size_t thread, uint8_t what, bool give_back) {
  if (caches_[thread] != nullptr && (what & 16) != 0) caches_[thread]->Empty();
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (heap_->central[c].holds_transfer()) heap_->central[c].DrainTransferCache();
    if ((what & 32) != 0) heap_->central[c].ReleaseEmptyPages(true);
  }
  if (!give_back) return;
  LockHolder hold(heap_->page_heap.lock());
  heap_->page_heap.Release(SIZE_MAX);
}

void RoomMachine::Check() {
  for (const Object& object : objects_) CheckContents(object.address, object.size, object.key);
  size_t out = 0;
  for (const ThreadCache* cache : caches_) {
    if (cache != nullptr) cache->CheckInvariants();
  }
  for (SizeClass c = 1; c < kClassCount; ++c) {
    LockHolder hold(heap_->central[c].lock());
    const CentralCache::Counters& counters = heap_->central[c].counters_locked();
    if (counters.spans == 0) continue;
    heap_->central[c].CheckInvariants();
    out += counters.slots - counters.central_objects - counters.transfer_objects;
    for (const ThreadCache* cache : caches_) out -= cache != nullptr ? cache->list(c).length() : 0;
  }
  size_t small = 0;
  for (const Object& object : objects_) small += object.size_class != 0;
  Require(out == small, "the rooms count other objects than there are");
  LockHolder hold(heap_->page_heap.lock());
  heap_->page_heap.CheckInvariants();
}

// The kernel has memory again: so have we.
void RoomMachine::UseWhatCameBack() {
  for (const size_t size : {size_t{8}, size_t{1000}, size_t{100'000}}) {
    void* object = TakeOne(CacheOf(0), ClassOf(size));
    Require(object != nullptr, "no small object after the kernel has memory again");
    GiveOne(CacheOf(0), ClassOf(size), object);
  }
  LockHolder hold(heap_->page_heap.lock());
  Span* span = heap_->page_heap.AllocateLarge(Length(300));
  Require(span != nullptr, "no large object after the kernel has memory again");
  heap_->page_heap.Free(span);
}

// All that was refused is granted, all objects go, all threads end: nothing may be left.
void RoomMachine::Finish(bool give_back) {
  fake_os::RefuseNothing();
  {
    LockHolder hold(heap_->page_heap.lock());
    while (heap_->page_heap.FreeOneSetAside()) {
    }
  }
  Check();
  UseWhatCameBack();
  while (!objects_.empty()) FreeAt(objects_.size() % kThreads, objects_.size() - 1);
  for (size_t thread = 0; thread < kThreads; ++thread) EndThread(thread, false);
  Release(0, 0, give_back);
  Check();
  LockHolder hold(heap_->page_heap.lock());
  Require(heap_->page_heap.bytes_in_use() == 0, "spans are in use after everything was freed");
  Require(!give_back || heap_->page_heap.counters().free_resident == 0, "memory that was not given back");
}

}  // namespace glassheap::testing
