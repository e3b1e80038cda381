#include "allocator/heap/span_set.h"

#include "allocator/base/check.h"

namespace glassheap {
namespace {

bool Before(const Span* a, const Span* b) {
  if (a->page_count != b->page_count) return a->page_count < b->page_count;
  return a->first_page < b->first_page;
}

uint32_t Priority(const Span* span) {
  uint32_t x = span->first_page;
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

// Splits `node` into spans before `key` and the rest.
void Split(Span* node, const Span* key, Span** before, Span** rest) {
  while (node != nullptr) {
    if (Before(node, key)) {
      *before = node;
      before = &node->next;
      node = node->next;
    } else {
      *rest = node;
      rest = &node->prev;
      node = node->prev;
    }
  }
  *before = nullptr;
  *rest = nullptr;
}

// Joins two treaps, everything in `left` being before everything in `right`.
void Join(Span* left, Span* right, Span** result) {
  while (left != nullptr && right != nullptr) {
    if (Priority(left) > Priority(right)) {
      *result = left;
      result = &left->next;
      left = left->next;
    } else {
      *result = right;
      result = &right->prev;
      right = right->prev;
    }
  }
  *result = left != nullptr ? left : right;
}

}  // namespace

void SpanSet::Insert(Span* span) {
  Span** link = &root_;
  while (*link != nullptr && Priority(*link) > Priority(span)) {
    link = Before(span, *link) ? &(*link)->prev : &(*link)->next;
  }
  Span* below = *link;
  *link = span;
  Split(below, span, &span->prev, &span->next);
}

void SpanSet::Remove(Span* span) {
  Span** link = &root_;
  while (*link != span) {
    GH_CHECK(*link != nullptr);
    link = Before(span, *link) ? &(*link)->prev : &(*link)->next;
  }
  Join(span->prev, span->next, link);
  span->prev = span->next = nullptr;
}

Span* SpanSet::BestFit(Length n) const {
  Span* best = nullptr;
  for (Span* node = root_; node != nullptr;) {
    if (node->page_count >= n.pages()) {
      best = node;
      node = node->prev;
    } else {
      node = node->next;
    }
  }
  return best;
}

Span* SpanSet::Longest() const {
  Span* node = root_;
  while (node != nullptr && node->next != nullptr) node = node->next;
  return node;
}

}  // namespace glassheap
