// What the page on the block heap compares allocators with: two threads that keep 2000 strings each and replace one at
// random, 1.5 million times. Prints the same sum each time.
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr size_t kLive = 2000;
constexpr int kReplacements = 1'500'000;

void Replace(uint32_t state, uint64_t& sum) {
  std::vector<std::string> strings(kLive);
  for (int i = 0; i < kReplacements; ++i) {
    state = state * 1664525u + 1013904223u;
    strings[state % kLive] = std::string(16 + (state >> 20) % 300, 'a');
    sum += strings[(state >> 8) % kLive].size();
  }
}

}  // namespace

int main() {
  uint64_t sums[2] = {};
  std::thread first([&] { Replace(1, sums[0]); });
  std::thread second([&] { Replace(2, sums[1]); });
  first.join();
  second.join();
  std::printf("%llu\n", static_cast<unsigned long long>(sums[0] + sums[1]));
}
