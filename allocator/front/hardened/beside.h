// What a signal handler does that allocates or frees while its thread is in the middle of malloc or free: it goes beside the
// thread's lists.
//
// While a thread works on its lists, a handler in it must not. In the other library a handler that gives back what it takes
// leaves each list as it was, to the object. Here another object leaves the quarantine for the one that is freed, or none: the
// thread would go on with a list that is no longer the one it looked at, and hand an object out twice. So whoever touches the
// lists takes a turn, and who finds it taken goes to the rooms; and where a lock is held, which may be one of theirs, to the
// quarantine. A handler that gives back what it takes never runs dry.
//
// Thread safety: all of it is about the calling thread alone, and the signal handlers in it, which may nest.
//
// Invariants:
//   (1) Between a turn's beginning and its end nobody else changes the thread's lists.
//   (2) An object is in one place at any instruction: in a list, the rooms, the quarantine, or stranded.
//   (3) What is stranded comes back at the thread's next sample, or when it ends.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BESIDE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BESIDE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/front/hardened/clearing.h"
#include "allocator/front/hardened/quarantine.h"

namespace glassheap::hardened {

// What the hardened library knows of the calling thread.
struct ThreadPart {
  Quarantine* quarantine = nullptr;
  void* stranded = nullptr;  // freed objects for which there was no place; each has the next in its first word
  bool on_lists = false;     // see ListTurn
  uint64_t random = 0;
  int64_t until_sample = 0;
  ClearingBudget clearing;
};
extern constinit thread_local ThreadPart part GH_INITIAL_EXEC __attribute__((visibility("hidden")));

// REQUIRES: !Taken(): a turn within another would end it.
class ListTurn {
 public:
  GH_ALWAYS_INLINE ListTurn() {
    part.on_lists = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  GH_ALWAYS_INLINE ~ListTurn() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    part.on_lists = false;
  }
  ListTurn(const ListTurn&) = delete;
  ListTurn& operator=(const ListTurn&) = delete;

  // This is a handler that came in the middle of a turn.
  GH_ALWAYS_INLINE static bool Taken() { return __builtin_expect(part.on_lists, 0); }
};

// For a handler for which the turn is taken, or that came while a lock was held. Its last
// resort is the reserve. nullptr, errno = ENOMEM: nothing left.
void* TakeBeside(size_t bytes);

// The same for one that came while a lock was held, and not within a turn: the lists are whole, what is behind them may not be.
void* TakeFromListOrBeside(size_t bytes);

// Puts an object that may be handed out again where TakeBeside finds it, or strands it. REQUIRES: as TakeBeside.
void PutBeside(void* object);

inline bool AnyStranded() { return part.stranded != nullptr; }
// Gives what is stranded back to the rooms. REQUIRES: no lock held, no turn taken.
void GiveStranded();

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BESIDE_H_
