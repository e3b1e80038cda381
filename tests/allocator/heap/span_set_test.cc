#include "allocator/heap/span_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

struct ByLengthThenAddress {
  bool operator()(const Span* a, const Span* b) const {
    return a->page_count != b->page_count ? a->page_count < b->page_count : a->first_page < b->first_page;
  }
};
using Model = std::set<Span*, ByLengthThenAddress>;

std::vector<const Span*> InOrder(const SpanSet& set) {
  std::vector<const Span*> spans;
  set.ForEach([&spans](const Span* span) { spans.push_back(span); });
  return spans;
}

Span MakeSpan(uint32_t first_page, uint32_t page_count) {
  Span span = {};
  span.first_page = first_page;
  span.page_count = page_count;
  return span;
}

// Everything the set can be asked, against the model.
void ExpectSame(const SpanSet& set, const Model& model) {
  ASSERT_EQ(set.empty(), model.empty());
  ASSERT_EQ(InOrder(set), std::vector<const Span*>(model.begin(), model.end()));
  ASSERT_EQ(set.Longest(), model.empty() ? nullptr : *model.rbegin());
}

void ExpectSameFit(const SpanSet& set, const Model& model, uint32_t pages) {
  Span key = MakeSpan(0, pages);
  const auto fit = model.lower_bound(&key);
  ASSERT_EQ(set.BestFit(Length(pages)), fit == model.end() ? nullptr : *fit) << pages << " pages";
}

TEST(SpanSet, IsEmptyAtFirst) {
  const SpanSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.BestFit(Length(1)), nullptr);
  EXPECT_EQ(set.Longest(), nullptr);
}

TEST(SpanSet, EveryOrderOfInsertionAndRemovalGivesTheSame) {
  std::vector<Span> spans = {MakeSpan(10, 200),   MakeSpan(300, 130),  MakeSpan(500, 200),
                             MakeSpan(900, 1000), MakeSpan(2000, 130), MakeSpan(2200, 129)};
  std::vector<size_t> order = {0, 1, 2, 3, 4, 5};
  do {
    SpanSet set;
    Model model;
    for (const size_t i : order) {
      set.Insert(&spans[i]);
      model.insert(&spans[i]);
    }
    ExpectSame(set, model);
    for (const size_t i : order) {
      set.Remove(&spans[i]);
      model.erase(&spans[i]);
      ExpectSame(set, model);
      ExpectSameFit(set, model, 130);
    }
    if (HasFatalFailure()) return;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(SpanSet, AgreesWithStdSet) {
  Random random;
  std::vector<Span> spans;
  for (uint32_t i = 0; i < 3000; ++i) {
    spans.push_back(MakeSpan(i * 5000, 129 + static_cast<uint32_t>(random.Skewed(random.OneIn(3) ? 4000 : 8))));
  }
  SpanSet set;
  Model model;
  for (int step = 0; step < 60'000 && !::testing::Test::HasFatalFailure(); ++step) {
    Span* span = &spans[random.Below(spans.size())];
    if (model.count(span) != 0) {
      set.Remove(span);
      model.erase(span);
      ASSERT_EQ(span->prev, nullptr);
      ASSERT_EQ(span->next, nullptr);
    } else {
      set.Insert(span);
      model.insert(span);
    }
    ExpectSameFit(set, model, 1 + static_cast<uint32_t>(random.Skewed(5000)));
    if (step % 1000 == 0) ExpectSame(set, model);
  }
}

uint32_t DepthOf(const Span* span) {
  return span == nullptr ? 0 : 1 + std::max(DepthOf(span->prev), DepthOf(span->next));
}

TEST(SpanSet, StaysShallowWhateverTheOrder) {
  std::vector<Span> spans;
  for (uint32_t i = 0; i < 10'000; ++i) spans.push_back(MakeSpan(i * 200, 129 + i));
  SpanSet set;
  for (Span& span : spans) set.Insert(&span);  // in ascending order: a plain tree would be a list
  uint32_t depth = 0;
  set.ForEach([&depth](const Span* span) { depth = std::max(depth, DepthOf(span)); });
  EXPECT_LE(depth, 48u) << "2 ln n is 18";
}

}  // namespace
}  // namespace glassheap
