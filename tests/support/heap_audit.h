// Compares the process's heap, counter by counter, with all the objects a test knows to be live. Whatever was live when
// the baseline was taken (the test framework's own) is left out of account, so nothing else may allocate in between.
//
// REQUIRES: no other thread is in the allocator. Allocates nothing. Dies with a line if something differs.

#ifndef GLASSHEAP_TESTS_SUPPORT_HEAP_AUDIT_H_
#define GLASSHEAP_TESTS_SUPPORT_HEAP_AUDIT_H_

#include <cstddef>
#include <cstdint>

#include "allocator/heap/size_classes.h"
#include "allocator/introspection.h"
#include "tests/support/shadow_object.h"

namespace glassheap::testing {

class HeapAudit {
 public:
  // Forgets the objects, not the baseline.
  void Clear();
  void Add(const ShadowObject& object);

  // The heap holds the objects that were added, and others that stay: those are subtracted from now on.
  void SetBaseline();

  void Compare();
  // When everything has been freed and one thread is left: nothing stays in caches, and nothing unreleased.
  void CompareAfterEnd();
  size_t comparisons() const { return comparisons_; }

 private:
  // Live objects: of each class, and [0]: with a span of their own.
  struct Census {
    int64_t objects[kClassCount] = {};
    int64_t large_bytes = 0;
    int64_t live_bytes = 0;
    int64_t live_objects = 0;
  };
  struct Extent {
    uintptr_t start;
    uintptr_t end;
  };
  static constexpr size_t kMaxObjects = 64 * 1024;

  static Census OfHeap();
  void CheckOverlap();
  void CompareCensus();
  void CompareSnapshot();
  void CompareSpans();
  void CompareRegion();

  Census shadow_;
  Census baseline_;  // of the heap, less the shadow's at that time
  Extent extents_[kMaxObjects];
  size_t extent_count_ = 0;
  size_t comparisons_ = 0;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_HEAP_AUDIT_H_
