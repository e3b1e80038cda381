// Threads that come and go, and what their destructors do.

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

constexpr size_t kMiB = 1 << 20;

// Starts `count` threads, `at_once` of them alive at a time.
template <typename Body>
void RunThreads(int count, int at_once, const Body& body, const pthread_attr_t* attributes = nullptr) {
  struct Call {
    const Body* body;
    unsigned index;
  };
  std::vector<Call> calls(static_cast<size_t>(at_once));
  std::vector<pthread_t> threads(static_cast<size_t>(at_once));
  for (int done = 0; done < count; done += at_once) {
    for (size_t i = 0; i < threads.size(); ++i) {
      calls[i] = {&body, static_cast<unsigned>(done) + static_cast<unsigned>(i)};
      const int error = pthread_create(
          &threads[i], attributes,
          [](void* erased) -> void* {
            Call* call = static_cast<Call*>(erased);
            (*call->body)(call->index);
            return nullptr;
          },
          &calls[i]);
      Expect(error == 0);
    }
    for (pthread_t thread : threads) Expect(pthread_join(thread, nullptr) == 0);
  }
}

// Runs `work` once to warm up, then again: the second time costs no memory.
template <typename Work>
void ExpectNoGrowth(size_t bound, const Work& warm_up, const Work& work) {
  warm_up();
  const size_t before = RssBytes();
  work();
  const size_t after = RssBytes();
  Expect(after < before + bound);
}

void ExpectFlatOver10000Threads(void (*body)(unsigned)) {
  RunThreads(400, 8, body);
  const size_t before = RssBytes();
  RunThreads(10'000, 8, body);
  const size_t after = RssBytes();
  Expect(after < before + 16 * kMiB);
}

}  // namespace

TRAP(threads_10000_come_and_go) {
  ExpectFlatOver10000Threads([](unsigned i) {
    void* blocks[20];
    for (int k = 0; k < 20; ++k) blocks[k] = malloc((i * 37u + k * 301u) % 9000);
    for (void* block : blocks) free(block);
  });
}

TRAP(threads_1000_alive_at_once) {
  RunThreads(1000, 1000, [](unsigned i) { Churn(i, 1); });
  const size_t before = RssBytes();
  for (int i = 0; i < 3; ++i) {
    RunThreads(1000, 1000, [](unsigned k) { Churn(k, 1); });
  }
  Expect(RssBytes() < before + 64 * kMiB);
}

// ---- destructors of thread-specific data ----

namespace {
constinit pthread_key_t early_key = 0;
constinit pthread_key_t late_key = 0;
constinit std::atomic<int> last_rounds{0};

// Values count down the rounds, so that a destructor runs in all of them.
void RoundDestructor(pthread_key_t key, void* value) {
  int* left = static_cast<int*>(value);
  for (size_t size = 1; size < 300'000; size *= 3) {
    void* block = malloc(size);
    memset(block, 1, size);
    free(block);
  }
  if (--*left == 0) {
    ++last_rounds;
    free(left);
    return;
  }
  int* again = static_cast<int*>(malloc(sizeof(int)));
  *again = *left;
  free(left);
  pthread_setspecific(key, again);
}
void EarlyDestructor(void* value) { RoundDestructor(early_key, value); }
void LateDestructor(void* value) { RoundDestructor(late_key, value); }

void SetRounds(pthread_key_t key) {
  int* rounds = static_cast<int*>(malloc(sizeof(int)));
  *rounds = PTHREAD_DESTRUCTOR_ITERATIONS;
  pthread_setspecific(key, rounds);
}
}  // namespace

// Allocators that build a thread's cache again in the last round lose it:
// 0.1 to 2 MB for each thread.
TRAP(thread_destructors_in_all_four_rounds) {
  Expect(pthread_key_create(&early_key, EarlyDestructor) == 0);
  for (int i = 0; i < 40; ++i) {  // glibc callocs for keys above 31
    Expect(pthread_key_create(&late_key, LateDestructor) == 0);
  }
  ExpectFlatOver10000Threads([](unsigned) {
    SetRounds(early_key);
    SetRounds(late_key);
  });
  Expect(last_rounds == 2 * 10'400);
}

// A thread whose first allocation of all is in a destructor's last round.
TRAP(thread_first_allocates_in_its_last_round) {
  static pthread_key_t key;
  Expect(pthread_key_create(&key, [](void* value) {
           const uintptr_t round = reinterpret_cast<uintptr_t>(value);
           if (round < PTHREAD_DESTRUCTOR_ITERATIONS) {
             pthread_setspecific(key, reinterpret_cast<void*>(round + 1));
             return;
           }
           Churn(static_cast<unsigned>(round), 1);
         }) == 0);
  ExpectFlatOver10000Threads([](unsigned) { pthread_setspecific(key, reinterpret_cast<void*>(1)); });
}

namespace {
struct FreesAtExit {
  std::vector<std::string> lines;
  std::unique_ptr<std::map<int, std::string>> map;
  ~FreesAtExit() {
    lines.emplace_back(200, 'x');
    lines.clear();
    map.reset();
    Churn(8, 1);
  }
};
thread_local FreesAtExit frees_at_exit;
}  // namespace

TRAP(thread_local_objects_free_at_exit) {
  ExpectFlatOver10000Threads([](unsigned i) {
    frees_at_exit.lines.emplace_back(i % 300 + 20, 'y');
    frees_at_exit.map = std::make_unique<std::map<int, std::string>>();
    (*frees_at_exit.map)[1] = std::string(100, 'z');
  });
}

TRAP(thread_exits_and_cancellations_from_deep_inside) {
  RunThreads(2000, 8, [](unsigned i) {
    void* kept = malloc(i % 5000 + 1);
    pthread_cleanup_push(free, kept);
    Churn(i, 1);
    if (i % 2 == 0) pthread_exit(nullptr);
    pthread_cancel(pthread_self());
    pthread_testcancel();
    pthread_cleanup_pop(0);
  });
}

// What the child of a vfork sets up for its thread, under another thread id,
// is its parent's from then on, and must not pass for a dead thread's.
TRAP(thread_first_allocates_in_a_vfork_child) {
  static std::atomic<int> first{0};
  static std::atomic<bool> others_ended{false};
  constexpr int kThreads = 8;
  std::vector<pthread_t> threads(kThreads);
  for (pthread_t& thread : threads) {
    const auto body = [](void*) -> void* {
      const pid_t pid = vfork();
      if (pid == 0) {
        Churn(1, 2);
        _exit(0);
      }
      ExpectSuccess(WaitFor(pid));
      ++first;
      while (!others_ended) sched_yield();
      Churn(2, 20);
      return nullptr;
    };
    Expect(pthread_create(&thread, nullptr, body, nullptr) == 0);
  }
  while (first < kThreads) sched_yield();
  RunThreads(900, 450, [](unsigned i) { Churn(i, 1); });
  others_ended = true;
  for (pthread_t thread : threads) Expect(pthread_join(thread, nullptr) == 0);
}

// ---- blocks that change hands ----

namespace {
class Queue {
 public:
  void Put(std::vector<void*> batch) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return batches_.size() < 8; });
    batches_.push_back(std::move(batch));
    changed_.notify_all();
  }
  std::vector<void*> Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !batches_.empty(); });
    std::vector<void*> batch = std::move(batches_.back());
    batches_.pop_back();
    changed_.notify_all();
    return batch;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<void*>> batches_;
};

void PassBlocks(unsigned batches) {
  Queue queue;
  std::thread consumer([&queue] {
    for (std::vector<void*> batch = queue.Take(); !batch.empty(); batch = queue.Take()) {
      for (void* block : batch) {
        const size_t size = *static_cast<unsigned short*>(block);
        Expect(IsFilled(static_cast<char*>(block) + 2, size - 2, 11));
        free(block);
      }
    }
  });
  for (unsigned i = 0; i < batches; ++i) {
    std::vector<void*> batch;
    for (unsigned k = 0; k < 500; ++k) {
      const size_t size = (i * 500 + k) * 13 % 700 + 2;
      char* block = static_cast<char*>(malloc(size));
      *reinterpret_cast<unsigned short*>(block) = static_cast<unsigned short>(size);
      Fill(block + 2, size - 2, 11);
      batch.push_back(block);
    }
    queue.Put(std::move(batch));
  }
  queue.Put({});
  consumer.join();
}
}  // namespace

TRAP(free_from_another_thread) {
  PassBlocks(200);
  const size_t before = RssBytes();
  PassBlocks(2000);
  Expect(RssBytes() < before + 16 * kMiB);
}

TRAP(free_blocks_of_dead_threads) {
  const size_t before = RssBytes();
  std::vector<std::vector<void*>> blocks(400);
  for (int round = 0; round < 5; ++round) {
    RunThreads(400, 8, [&blocks](unsigned i) {
      for (size_t k = 0; k < 300; ++k) blocks[i].push_back(malloc(k * 7 + 1));
    });
    for (std::vector<void*>& own : blocks) {
      for (void* block : own) free(block);
      own.clear();
    }
  }
  Expect(RssBytes() < before + 256 * kMiB);
}

// Threads that never allocate, only free, must not collect what they freed.
TRAP(threads_that_only_free) {
  constexpr size_t kThreads = 16;
  const size_t before = RssBytes();
  size_t peak = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::vector<void*>> blocks(kThreads);
    for (std::vector<void*>& own : blocks) {
      for (size_t k = 0; k < 2000; ++k) {
        own.push_back(memset(malloc(k % 900 + 1), 1, k % 900 + 1));
      }
    }
    peak = peak > RssBytes() ? peak : RssBytes();
    RunThreads(kThreads, kThreads, [&blocks](unsigned i) {
      for (void* block : blocks[i]) free(block);
    });
  }
  Expect(peak < before + 64 * kMiB);
}

// ---- odd threads ----

TRAP(pthread_exit_of_main) {
  static const pthread_t main_thread = pthread_self();
  void* block = malloc(100);
  std::thread([block] {
    Expect(pthread_join(main_thread, nullptr) == 0);
    Churn(1, 50);
    free(block);
    std::thread([] { Churn(2, 50); }).join();
    exit(0);
  }).detach();
  pthread_exit(nullptr);
}

TRAP(threads_with_the_smallest_stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  Expect(pthread_attr_setstacksize(&attributes, static_cast<size_t>(sysconf(_SC_THREAD_STACK_MIN))) == 0);
  RunThreads(
      200, 4, [](unsigned i) { Churn(i, 2); }, &attributes);
  Expect(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
  RunThreads(
      200, 4, [](unsigned i) { Churn(i, 2); }, &attributes);
  pthread_attr_destroy(&attributes);
}

TRAP(exit_while_threads_allocate) {
  for (int i = 0; i < 50; ++i) {
    ExpectSuccess(InChild([] {
      std::atomic<int> started{0};
      for (unsigned k = 0; k < 4; ++k) {
        std::thread([&started, k] {
          ++started;
          for (;;) Churn(k, 1);
        }).detach();
      }
      while (started < 4) sched_yield();
      exit(0);
    }));
  }
}

}  // namespace glassheap::traps
