// A heap of its own over the fake kernel, driven by bytes: several thread caches, small and large objects, time, threads
// that end, a kernel that refuses; against a shadow of every object.
//
// One thread plays all threads, one step after another; what real threads do to each other is for the tests of the whole
// allocator. Dies (abort) when an object overlaps another, loses what was written to it, an invariant of a room does not
// hold, or something is still out when all has been freed.

#ifndef GLASSHEAP_TESTS_SUPPORT_ROOM_MACHINE_H_
#define GLASSHEAP_TESTS_SUPPORT_ROOM_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "allocator/heap/heap.h"

namespace glassheap::testing {

class RoomMachine {
 public:
  explicit RoomMachine(Heap* heap) : heap_(heap) {}
  // The heap must be empty, but for spans that the kernel would not open again, and is so again after Run().

  // Each byte is an operation, or an operand of one. refusals: whether operations may make the kernel refuse. give_back:
  // whether what is free at the end goes back to the kernel; most of the time of a short run.
  void Run(const uint8_t* data, size_t size, bool refusals, bool give_back = true);

 private:
  class Input {
   public:
    Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
    bool empty() const { return at_ == end_; }
    uint8_t Byte() { return empty() ? 0 : *at_++; }
    size_t Below(size_t limit) { return limit == 0 ? 0 : (size_t{Byte()} | size_t{Byte()} << 8) % limit; }

   private:
    const uint8_t* at_;
    const uint8_t* end_;
  };

  struct Object {
    char* address;
    size_t size;  // what the heap gave
    uint64_t key;
    SizeClass size_class;  // 0: a span of its own
    Span* span;            // of a large one
  };
  static constexpr size_t kThreads = 4;

  void Step(Input& input);
  static size_t SizeOf(Input& input);
  ThreadCache* CacheOf(size_t thread);
  void* TakeOne(ThreadCache* cache, SizeClass c);
  void GiveOne(ThreadCache* cache, SizeClass c, void* object);
  void TakeSmall(size_t thread, size_t size, size_t count);
  void TakeLarge(size_t thread, Input& input);
  void TakeGuarded(size_t pages);
  void Adopt(Object object);
  void FreeSome(size_t thread, size_t index, size_t count);
  void FreeAt(size_t thread, size_t index);
  void FreeLarge(ThreadCache* cache, Span* span);
  void Resize(size_t index, Input& input);
  size_t NextLarge(size_t index) const;
  bool ResizeSpan(Span** span, Length n);
  void EndThread(size_t thread, bool orphan);
  void Release(size_t thread, uint8_t what, bool give_back);
  void Check();
  void UseWhatCameBack();
  void Finish(bool give_back);

  Heap* const heap_;
  bool refusals_ = false;
  ThreadCache* caches_[kThreads] = {};
  std::vector<Object> objects_;
  std::map<uintptr_t, uintptr_t> extents_;  // start -> end
  size_t live_bytes_ = 0;
  uint64_t last_key_ = 0;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_ROOM_MACHINE_H_
