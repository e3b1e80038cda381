// The writing side of the stats region (abi/stats_region.h): makes it, seals it, and writes its rows.
//
// Thread safety: each row has one writer at a time, see the comments in stats.def; Attach() is called with no other
// thread publishing.
//
// Invariants:
//   (1) Nothing is published before Attach(): counters live in the heap's own structures, the region holds copies.
//   (2) After a fork, however it was made, NeedsAttach() is true in the child and nothing is written until Attach(), so
//       that a child never writes its parent's region.
//   (3) All system calls are in Attach(), and in what the program's own close and dup2 of our fd bring about; a failed one
//       leads to a private mapping, or to no region, never to an error.

#ifndef GLASSHEAP_ALLOCATOR_BASE_STATS_PUBLISHER_H_
#define GLASSHEAP_ALLOCATOR_BASE_STATS_PUBLISHER_H_

#include <cstddef>
#include <cstdint>

#include "allocator/abi/stats_region.h"
#include "allocator/base/macros.h"

namespace glassheap {

class StatsPublisher {
 public:
  // What the header says of the heap.
  struct Description {
    uint64_t heap_base = 0;
    uint64_t heap_window = 0;
    uint32_t class_count = 0;
    uint32_t flags = 0;
    abi::ThreadCacheLayout thread_cache = {};
    abi::LayoutRow layout = {};
  };

  constexpr StatsPublisher() = default;
  StatsPublisher(const StatsPublisher&) = delete;
  StatsPublisher& operator=(const StatsPublisher&) = delete;

  // Makes a region for this process. In a forked child: leaves the parent's, makes a new one.
  void Attach(const Description& description);

  // True if rows may be written: a region exists and belongs to this process.
  bool attached() const { return layout_ != nullptr && !NeedsAttach(); }

  // Tells a child that it is one, where the kernel cannot (MADV_WIPEONFORK is of Linux 4.14). For fork's child handler.
  void NoteFork() {
    if (sentinel_ != nullptr) __atomic_store_n(sentinel_, 0, __ATOMIC_RELAXED);
  }

  // True in the child of a fork, vfork excepted (it shares its parent's memory), until Attach().
  bool NeedsAttach() const { return sentinel_ != nullptr && __atomic_load_n(sentinel_, __ATOMIC_RELAXED) == 0; }

  // True if `fd` is the region's, of this process: a program that closes it by its number does not know what it closes.
  // Any thread, async-signal-safe; false in a child of fork or vfork.
  bool OwnsFd(int fd) const;
  // The region's fd if it lies in first .. last and OwnsFd, else -1.
  int OwnedFdIn(unsigned first, unsigned last) const;
  // Leaves the number to the program: the region gets another one. The caller replaces what is at the old number.
  void MoveFd();

  // Nothing is published from now on.
  void Detach() { layout_ = nullptr; }

  abi::HeapRow* global() { return &layout_->global; }
  abi::HeapRow* peak() { return &layout_->peak; }
  abi::ClassRow* size_class(uint32_t c) { return &layout_->classes[c]; }
  abi::ThreadRow* thread(uint32_t row) { return &layout_->threads[row]; }

  // Adds a row to HISTORY, at the time of this call: `fill` stores every value but the time. REQUIRES: the page heap's lock.
  template <typename Fill>
  void AddHistory(Fill fill) {
    abi::HistoryRow* row = &layout_->history[history_rows_++ % abi::kHistoryRows];
    Set(&row->time, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    fill(row);
    __atomic_store_n(&row->time, NanosecondsSinceAttach(), __ATOMIC_RELEASE);
  }

  // To a tick of the kernel, and without the time that the machine was suspended: malloc looks at no finer clock, since
  // that reads the processor's counter, which a sandbox may forbid, or is a system call.
  uint64_t NanosecondsSinceAttach() const;
  size_t region_bytes() const { return attached() ? sizeof(abi::RegionLayout) : 0; }

  static void Set(uint64_t* word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }
  static uint64_t Get(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

  // Tells readers that the row does not hold until WriteRow. REQUIRES: the row's lock until then.
  template <typename Row>
  static void BeginRow(Row* row) {
    __atomic_store_n(&row->sequence, row->sequence | 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
  }

  // Writes a row that has a sequence number: `fill` stores the values. REQUIRES: the row's lock.
  template <typename Row, typename Fill>
  static void WriteRow(Row* row, Fill fill) {
    BeginRow(row);
    fill(row);
    __atomic_store_n(&row->sequence, row->sequence + 1, __ATOMIC_RELEASE);
  }

 private:
  void MakeSentinel();
  void LeaveOldRegion();
  void SendNotice(int fd);

  abi::RegionLayout* layout_ = nullptr;
  abi::RegionLayout* mapped_ = nullptr;  // stays set in a forked child until it attaches
  uint64_t* sentinel_ = nullptr;         // zero in a forked child: MADV_WIPEONFORK
  uint64_t created_ns_ = 0;              // CLOCK_MONOTONIC
  uint64_t inode_ = 0;
  int fd_ = 0;  // valid while mapped_ is set
  uint32_t generation_ = 0;
  uint32_t history_rows_ = 0;  // written since Attach
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_STATS_PUBLISHER_H_
