// Functions the program wants called when memory is handed out or given back.
//
// While no hook is installed nothing on any path asks for one: installing the first switches the fast paths off
// (front/fast_path.h), so that every call comes by the slow path, which calls Run*.
//
// Thread safety: add and remove from any thread; a hook may still run once in another thread after its removal. A hook
// must not allocate: what it allocates is served, but runs no hooks.

#ifndef GLASSHEAP_ALLOCATOR_INTROSPECT_HOOKS_H_
#define GLASSHEAP_ALLOCATOR_INTROSPECT_HOOKS_H_

#include <atomic>
#include <cstddef>

namespace glassheap::hooks {

inline constexpr int kMaxHooks = 7;

using NewHook = void (*)(const void* pointer, size_t size);
using DeleteHook = void (*)(const void* pointer);

// False: all kMaxHooks places are taken. Each calls SetBypass when the first hook comes or the last one goes.
bool Add(NewHook hook);
bool Add(DeleteHook hook);
// False: it was not installed.
bool Remove(NewHook hook);
bool Remove(DeleteHook hook);

namespace internal {
extern constinit std::atomic<int> installed __attribute__((visibility("hidden")));
}

inline bool Any() { return internal::installed.load(std::memory_order_relaxed) != 0; }
void RunNew(const void* pointer, size_t size);
void RunDelete(const void* pointer);

// Set once by front: switches the fast paths off (true) and on.
using BypassSwitch = void (*)(bool bypass);
void SetBypassSwitch(BypassSwitch function);

}  // namespace glassheap::hooks

#endif  // GLASSHEAP_ALLOCATOR_INTROSPECT_HOOKS_H_
