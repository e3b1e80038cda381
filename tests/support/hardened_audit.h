// HeapAudit (heap_audit.h) for a process under the hardened library, whose quarantine holds objects that the program has
// freed: the heap's counters are of more objects than the shadow's. So the heap is walked, and its figures must agree
// with each other; every object must be live, as large as was asked for, and hold what was written into it.
//
// REQUIRES: no other thread is in the allocator. Allocates nothing. Dies with a line if something differs.

#ifndef GLASSHEAP_TESTS_SUPPORT_HARDENED_AUDIT_H_
#define GLASSHEAP_TESTS_SUPPORT_HARDENED_AUDIT_H_

#include <cstddef>
#include <cstdint>

#include "allocator/introspection.h"
#include "tests/support/shadow_object.h"

namespace glassheap::testing {

class HeapAudit {
 public:
  void Clear() { shadow_bytes_ = 0; }
  void Add(const ShadowObject& object) {
    object.Check();
    if (object.usable != object.size) ShadowFailed("not as large as was asked for", object);
    shadow_bytes_ += object.usable;
  }
  void SetBaseline() {}

  void Compare() {
    CheckHeap(true);
    HeapSnapshot s;
    TakeSnapshot(&s);
    if (s.residual != 0) AuditFailed("residual", 0, s.residual, 0);
    if (s.live_bytes < shadow_bytes_) {
      AuditFailed("fewer live bytes", 0, static_cast<int64_t>(s.live_bytes), static_cast<int64_t>(shadow_bytes_));
    }
    ++comparisons_;
  }
  void CompareAfterEnd() {
    Clear();
    Compare();
    --comparisons_;
  }
  size_t comparisons() const { return comparisons_; }

 private:
  size_t shadow_bytes_ = 0;
  size_t comparisons_ = 0;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_HARDENED_AUDIT_H_
