#include "allocator/introspect/hooks.h"

#include <atomic>

#include "allocator/base/lock.h"
#include "allocator/base/macros.h"

namespace glassheap::hooks {

constinit std::atomic<int> internal::installed{0};

namespace {

using internal::installed;

template <typename Hook>
struct HookList {
  std::atomic<Hook> places[kMaxHooks];

  bool Replace(Hook from, Hook to) {
    for (std::atomic<Hook>& place : places) {
      if (place.load(std::memory_order_relaxed) == from) {
        place.store(to, std::memory_order_release);
        return true;
      }
    }
    return false;
  }
};

constinit HookList<NewHook> new_hooks = {};
constinit HookList<DeleteHook> delete_hooks = {};
constinit BypassSwitch bypass_switch = nullptr;
constinit Lock lock{LockRank::kLifecycle};

// Hooks that allocate would call themselves.
constinit thread_local GH_INITIAL_EXEC bool running = false;

template <typename Hook>
bool AddTo(HookList<Hook>& list, Hook hook) {
  LockHolder hold(lock);
  if (hook == nullptr || !list.Replace(nullptr, hook)) return false;
  if (installed.fetch_add(1) == 0 && bypass_switch != nullptr) bypass_switch(true);
  return true;
}

template <typename Hook>
bool RemoveFrom(HookList<Hook>& list, Hook hook) {
  LockHolder hold(lock);
  if (hook == nullptr || !list.Replace(hook, nullptr)) return false;
  if (installed.fetch_sub(1) == 1 && bypass_switch != nullptr) bypass_switch(false);
  return true;
}

template <typename Hook, typename... Args>
void RunAll(const HookList<Hook>& list, Args... args) {
  if (running) return;
  running = true;
  for (const std::atomic<Hook>& place : list.places) {
    if (Hook hook = place.load(std::memory_order_acquire)) hook(args...);
  }
  running = false;
}

}  // namespace

bool Add(NewHook hook) { return AddTo(new_hooks, hook); }
bool Add(DeleteHook hook) { return AddTo(delete_hooks, hook); }
bool Remove(NewHook hook) { return RemoveFrom(new_hooks, hook); }
bool Remove(DeleteHook hook) { return RemoveFrom(delete_hooks, hook); }

void RunNew(const void* pointer, size_t size) { RunAll(new_hooks, pointer, size); }
void RunDelete(const void* pointer) { RunAll(delete_hooks, pointer); }

void SetBypassSwitch(BypassSwitch function) { bypass_switch = function; }

}  // namespace glassheap::hooks
