// The ordered set of large free spans: by length, then by address. A treap through Span::prev (left) and Span::next
// (right), so it needs no memory of its own. Priorities come from a hash of the first page.
//
// Thread safety: none; REQUIRES the page heap's lock. Expected depth is 2 ln n: about 28 for a million spans.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_SPAN_SET_H_
#define GLASSHEAP_ALLOCATOR_HEAP_SPAN_SET_H_

#include "allocator/heap/span.h"

namespace glassheap {

class SpanSet {
 public:
  constexpr SpanSet() = default;
  bool empty() const { return root_ == nullptr; }

  void Insert(Span* span);
  // REQUIRES: span is in the set and has not changed since Insert.
  void Remove(Span* span);
  // The smallest span of at least `n` pages, the lowest address among equals; nullptr if there is none.
  Span* BestFit(Length n) const;
  // The longest span, or nullptr.
  Span* Longest() const;

  template <typename Visit>
  void ForEach(Visit visit) const {
    Walk(root_, visit);
  }

 private:
  template <typename Visit>
  static void Walk(const Span* node, Visit& visit) {
    if (node == nullptr) return;
    Walk(node->prev, visit);
    visit(node);
    Walk(node->next, visit);
  }

  Span* root_ = nullptr;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_SPAN_SET_H_
