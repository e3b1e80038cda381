// A preload of the usual kind: it counts calls, and finds the malloc behind it
// when it is first called. dlsym may call calloc, which it answers itself.

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include <atomic>

namespace {

std::atomic<long> calls{0};
constinit bool looking = false;
constinit char early[4096] = {};
constinit size_t early_used = 0;

template <typename Function>
Function* Next(const char* name) {
  looking = true;
  Function* next = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  looking = false;
  return next;
}

bool IsEarly(void* block) { return block >= early && block < early + sizeof(early); }

}  // namespace

extern "C" {
long counting_preload_calls() { return calls; }

void* malloc(size_t size) {
  static void* (*next)(size_t) = nullptr;
  if (next == nullptr) next = Next<void*(size_t)>("malloc");
  ++calls;
  return next(size);
}

void* calloc(size_t count, size_t size) {
  static void* (*next)(size_t, size_t) = nullptr;
  if (looking) {
    void* block = early + early_used;
    early_used += (count * size + 15) / 16 * 16;
    return block;
  }
  if (next == nullptr) next = Next<void*(size_t, size_t)>("calloc");
  ++calls;
  return next(count, size);
}

void* realloc(void* block, size_t size) {
  static void* (*next)(void*, size_t) = nullptr;
  if (next == nullptr) next = Next<void*(void*, size_t)>("realloc");
  ++calls;
  return next(block, size);
}

void free(void* block) {
  static void (*next)(void*) = nullptr;
  if (IsEarly(block)) return;
  if (next == nullptr) next = Next<void(void*)>("free");
  ++calls;
  next(block);
}
}
