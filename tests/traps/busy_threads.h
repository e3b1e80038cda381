// Threads that keep the allocator, or stdio, busy while a trap does something else.

#ifndef GLASSHEAP_TESTS_TRAPS_BUSY_THREADS_H_
#define GLASSHEAP_TESTS_TRAPS_BUSY_THREADS_H_

#include <sched.h>

#include <atomic>
#include <thread>
#include <vector>

namespace glassheap::traps {

// Threads that do one thing until the group goes out of scope.
class BusyThreads {
 public:
  template <typename Body>
  BusyThreads(int count, const Body& body) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i, body] {
        ++started_;
        while (!stop_) body(static_cast<unsigned>(i));
      });
    }
    while (started_ < count) sched_yield();
  }
  ~BusyThreads() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> started_{0};
  std::vector<std::thread> threads_;
};

}  // namespace glassheap::traps

#endif  // GLASSHEAP_TESTS_TRAPS_BUSY_THREADS_H_
