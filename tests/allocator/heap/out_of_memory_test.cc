// Running out of memory, at every place where it can happen: a workload is run once, its calls of the kernel are counted,
// and then it is run again for every n with the n-th call refused, and with all from the n-th on. Whatever happens, no
// invariant may break, nothing may be lost, and when the kernel has memory again the heap must have too (RoomMachine).
//
// GLASSHEAP_INJECTED_FAILURES sets how many failures are injected (3,000 unless set), GLASSHEAP_TEST_SEED which workloads.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fake_os_memory.h"
#include "tests/support/random.h"
#include "tests/support/room_machine.h"

namespace glassheap::testing {
namespace {

uint64_t FailuresWanted() {
  const char* text = getenv("GLASSHEAP_INJECTED_FAILURES");
  return text != nullptr ? strtoull(text, nullptr, 10) : 3000;
}

// Places in the rooms' sources that call the kernel and must live with a refusal.
size_t CallSitesInSources() {
  static const std::regex call("os::(MapAnywhere|MapAt|Discard|Protect|Unprotect|MovePages|Renew)\\(");
  size_t count = 0;
  for (const char* folder : {"allocator/base", "allocator/heap"}) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() != ".cc") continue;
      std::ifstream stream(file.path());
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      count += static_cast<size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), call), {}));
    }
  }
  return count;
}

class OutOfMemoryTest : public ::testing::Test {
 protected:
  // A new kernel and heap, `refuse`, then the workload. Returns the calls it made.
  template <typename Refuse>
  uint64_t Run(const std::vector<uint8_t>& workload, Refuse refuse) {
    fake_os::Reset();
    refuse();
    auto heap = std::make_unique<Heap>();
    if (!heap->Init()) {
      EXPECT_GT(fake_os::refused(), 0u);
      fake_os::RefuseNothing();
      EXPECT_TRUE(heap->Init()) << "the kernel has memory again";
    }
    RoomMachine(heap.get()).Run(workload.data(), workload.size(), false);
    for (const void* site : fake_os::call_sites()) called_.insert(site);
    for (const void* site : fake_os::refused_call_sites()) refused_.insert(site);
    failures_ += fake_os::refused();
    return fake_os::calls();
  }

  std::set<const void*> called_, refused_;
  uint64_t failures_ = 0;
};

TEST_F(OutOfMemoryTest, EveryCallMayFail) {
  uint64_t workloads = 0;
  for (; failures_ < FailuresWanted() || workloads < 3; ++workloads) {
    Random random(0x00f + workloads);
    std::vector<uint8_t> workload(300);
    for (uint8_t& byte : workload) byte = static_cast<uint8_t>(random.Next());
    SCOPED_TRACE(workloads);
    const uint64_t calls = Run(workload, [] {});
    for (uint64_t n = 0; n < calls; ++n) {
      Run(workload, [n] { fake_os::RefuseCall(n); });
      Run(workload, [n] { fake_os::RefuseCallsFrom(n); });
    }
  }
  EXPECT_EQ(refused_.size(), called_.size()) << "a place that was called and never refused";
  EXPECT_EQ(refused_.size(), CallSitesInSources());
  printf("%llu workloads, %llu injected failures at %zu call sites, GLASSHEAP_TEST_SEED=%llu\n",
         static_cast<unsigned long long>(workloads), static_cast<unsigned long long>(failures_), refused_.size(),
         static_cast<unsigned long long>(TestSeed()));
}

}  // namespace
}  // namespace glassheap::testing
