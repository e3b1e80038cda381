// HeapAudit (heap_audit.h) for a process under the block heap: the same questions, asked of one list.
//
// REQUIRES: no other thread is in the allocator. Allocates nothing. Dies with a line if something differs.

#ifndef GLASSHEAP_TESTS_SUPPORT_BLOCK_AUDIT_H_
#define GLASSHEAP_TESTS_SUPPORT_BLOCK_AUDIT_H_

#include <cstddef>
#include <cstdint>

#include "allocator/introspection.h"
#include "tests/support/shadow_object.h"

namespace glassheap::testing {

class HeapAudit {
 public:
  void Clear() { shadow_ = {}; }
  void Add(const ShadowObject& object);
  void SetBaseline();
  void Compare();
  // When everything has been freed: no more is live than before.
  void CompareAfterEnd();
  size_t comparisons() const { return comparisons_; }

 private:
  struct Census {
    int64_t objects = 0;
    int64_t bytes = 0;
  };
  static Census OfHeap();

  Census shadow_;
  Census baseline_;  // of the heap, less the shadow's at that time
  size_t comparisons_ = 0;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_BLOCK_AUDIT_H_
