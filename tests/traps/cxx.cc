// operator new and delete, and what C++ builds on them.

#include <stdint.h>
#include <stdlib.h>

#include <any>
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <memory_resource>
#include <new>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

volatile size_t too_large = SIZE_MAX / 2 + 1;
constinit int handler_calls = 0;

template <typename Exception, typename Call>
bool Throws(const Call& call) {
  try {
    static_cast<void>(call());
  } catch (const Exception&) {
    return true;
  }
  return false;
}

}  // namespace

TRAP(new_throws_bad_alloc) {
  Expect(Throws<std::bad_alloc>([] { return ::operator new(too_large); }));
  Expect(Throws<std::bad_alloc>([] { return ::operator new[](too_large); }));
  Expect(Throws<std::bad_alloc>([] { return ::operator new(too_large, std::align_val_t(64)); }));
  Expect(Throws<std::bad_alloc>([] { return ::operator new[](too_large, std::align_val_t(4096)); }));
  Expect(Throws<std::bad_array_new_length>([] { return std::make_unique<int64_t[]>(too_large); }));
  Expect(::operator new(too_large, std::nothrow) == nullptr);
  Expect(::operator new[](too_large, std::nothrow) == nullptr);
  Expect(::operator new(too_large, std::align_val_t(64), std::nothrow) == nullptr);
  Expect(::operator new[](too_large, std::align_val_t(64), std::nothrow) == nullptr);
}

TRAP(new_calls_the_new_handler_until_it_gives_up) {
  std::set_new_handler([] {
    if (++handler_calls % 5 == 0) std::set_new_handler(nullptr);
  });
  const auto handler = std::get_new_handler();
  for (int i = 0; i < 4; ++i) {
    handler_calls = 0;
    std::set_new_handler(handler);
    if (i == 0) Expect(Throws<std::bad_alloc>([] { return ::operator new(too_large); }));
    if (i == 1) {
      Expect(Throws<std::bad_alloc>([] { return ::operator new[](too_large); }));
    }
    if (i == 2) Expect(::operator new(too_large, std::nothrow) == nullptr);
    if (i == 3) {
      Expect(Throws<std::bad_alloc>([] { return ::operator new(too_large, std::align_val_t(64)); }));
    }
    Expect(handler_calls == 5);
  }
}

TRAP(nothrow_new_catches_a_throwing_handler) {
  std::set_new_handler([] { throw std::bad_alloc(); });
  Expect(::operator new(too_large, std::nothrow) == nullptr);
  Expect(::operator new[](too_large, std::nothrow) == nullptr);
  Expect(::operator new(too_large, std::align_val_t(64), std::nothrow) == nullptr);
  struct Own {};
  std::set_new_handler([] { throw Own(); });
  Expect(Throws<Own>([] { return ::operator new(too_large); }));
}

TRAP(every_new_with_every_delete) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{100}, size_t{5000}, size_t{300'000}, size_t{3'000'000}}) {
    ::operator delete(::operator new(size));
    ::operator delete(::operator new(size), size);
    ::operator delete[](::operator new[](size));
    ::operator delete[](::operator new[](size), size);
    ::operator delete(::operator new(size, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](size, std::nothrow), std::nothrow);
    for (size_t alignment = 1; alignment <= 65'536; alignment *= 4) {
      const std::align_val_t align{alignment};
      void* block = ::operator new(size, align);
      Expect(reinterpret_cast<uintptr_t>(block) % alignment == 0);
      ::operator delete(block, align);
      ::operator delete(::operator new(size, align), size, align);
      ::operator delete[](::operator new[](size, align), align);
      ::operator delete[](::operator new[](size, align), size, align);
      ::operator delete(::operator new(size, align, std::nothrow), align, std::nothrow);
    }
  }
  ::operator delete(nullptr);
  ::operator delete[](nullptr, std::align_val_t(64));
}

// In programs of their own: whether their others end in it is up to the loader.
TRAP(replaced_operators_are_used_by_the_others) {
  for (const char* number : {"1", "2", "3", "4", "5", "6"}) {
    const std::string program = Beside((std::string("replaced_operators_") + number).c_str());
    const char* const arguments[] = {program.c_str(), nullptr};
    ExpectSuccess(RunProgram(arguments));
  }
}

TRAP(overaligned_types) {
  struct alignas(256) Wide {
    char bytes[300];
  };
  std::vector<std::unique_ptr<Wide>> wide;
  for (int i = 0; i < 500; ++i) {
    wide.push_back(std::make_unique<Wide>());
    Expect(reinterpret_cast<uintptr_t>(wide.back().get()) % 256 == 0);
  }
  std::vector<Wide> grown;
  for (int i = 0; i < 500; ++i) grown.emplace_back();
  Expect(reinterpret_cast<uintptr_t>(grown.data()) % 256 == 0);
}

// The runtime allocates an exception by malloc, and has a pool for when it
// cannot.
TRAP(exceptions_cross_threads) {
  std::vector<std::future<int>> results;
  for (int i = 0; i < 400; ++i) {
    results.push_back(std::async(std::launch::async, [i]() -> int {
      Churn(static_cast<unsigned>(i), 1);
      throw std::runtime_error("number " + std::to_string(i));
    }));
    if (i % 8 != 7) continue;
    for (size_t k = 0; k < results.size(); ++k) {
      try {
        results[k].get();
        Expect(false);
      } catch (const std::runtime_error& error) {
        Expect(std::string(error.what()).find("number ") == 0);
      }
    }
    results.clear();
  }
}

TRAP(polymorphic_memory_resources) {
  std::pmr::synchronized_pool_resource pools;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pools] {
      for (int round = 0; round < 20; ++round) {
        std::pmr::unordered_map<int, std::pmr::string> map(&pools);
        for (int i = 0; i < 500; ++i) {
          map.emplace(i, std::pmr::string(static_cast<size_t>(i % 200), 'x', &pools));
        }
        std::pmr::monotonic_buffer_resource arena(&pools);
        std::pmr::vector<std::pmr::string> lines(&arena);
        for (int i = 0; i < 500; ++i) lines.emplace_back("a line of the arena");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

namespace {
struct Task {
  struct promise_type {
    int value = 0;
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int next) {
      value = next;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Task Count(int from, std::string prefix) {
  std::vector<std::string> kept;
  for (int i = from;; ++i) {
    kept.push_back(prefix + std::to_string(i));
    co_yield i;
  }
}
}  // namespace

// A frame is made in one thread, resumed and destroyed in others.
TRAP(coroutine_frames_change_threads) {
  std::vector<Task> tasks;
  for (int i = 0; i < 2000; ++i) {
    tasks.push_back(Count(i, std::string(static_cast<size_t>(i % 100), 'c')));
  }
  for (int round = 0; round < 5; ++round) {
    std::thread([&tasks] {
      for (Task& task : tasks) task.handle.resume();
    }).join();
  }
  for (int i = 0; i < 2000; ++i) {
    Expect(tasks[static_cast<size_t>(i)].handle.promise().value == i + 4);
  }
  std::thread([&tasks] {
    for (Task& task : tasks) task.handle.destroy();
  }).join();
}

TRAP(standard_library_medley) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      std::ostringstream text;
      std::vector<std::any> things;
      std::vector<std::function<int()>> calls;
      for (int i = 0; i < 2000; ++i) {
        text << i << ' ' << t << '\n';
        things.emplace_back(std::string(static_cast<size_t>(i % 70), 'a'));
        calls.emplace_back([i, copy = text.str().substr(0, 40)] { return i + static_cast<int>(copy.size() * 0); });
      }
      int sum = 0;
      for (const auto& call : calls) sum += call();
      Expect(sum == 1999 * 1000);
      const std::regex pattern("([0-9]+) ([0-9])");
      std::smatch match;
      const std::string line = text.str().substr(0, 200);
      Expect(std::regex_search(line, match, pattern));
      std::vector<std::shared_ptr<std::string>> shared;
      for (int i = 0; i < 1000; ++i) {
        shared.push_back(std::make_shared<std::string>(match.str(1)));
        if (i % 3 == 0) shared.push_back(shared.back());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace glassheap::traps
