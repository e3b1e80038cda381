// The programs that go wrong: misuse_program CASE SIZE does what CASE says to an object of SIZE bytes, and should not
// live to say "survived". Exit status 2: there is no such case.
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <new>

namespace {

// What the compiler must not follow: it warns of all these, and might drop them.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}
void Use(void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

char* New(size_t size) {
  char* object = Unknown(malloc(size));
  memset(object, 'x', size);
  return object;
}

char* Freed(size_t size) {
  char* object = New(size);
  free(object);
  return Unknown(object);
}

// Comes between a free and the misuse of it: objects of the same and of other sizes that come and go.
void OtherTraffic(size_t size) {
  for (int i = 0; i < 20; ++i) {
    char* objects[] = {New(size + 8192), New(i * 16 + 1), New(size), New(2 * size)};
    for (char* object : objects) free(object);
  }
}

// malloc hands no object out twice: at the latest here the process dies.
void TakeUntilNoticed(size_t size) {
  for (int i = 0; i < 1000; ++i) Use(malloc(size));
}

void OnAnotherThread(void* (*body)(void*), void* argument) {
  pthread_t thread;
  pthread_create(&thread, nullptr, body, argument);
  pthread_join(thread, nullptr);
}

char* Foreign() {
  return static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

char static_object[4096];

void DoubleFree(size_t size) { free(Freed(size)); }

void DoubleFreeLater(size_t size) {
  char* kept[] = {New(size), New(size)};  // so that the object is not the newest of its list
  char* object = Freed(size);
  free(kept[0]);
  free(kept[1]);
  free(object);
  TakeUntilNoticed(size);
}

void DoubleFreeAfterTraffic(size_t size) {
  char* other = New(size);
  char* object = New(size);
  free(object);
  free(other);
  for (int i = 0; i < 100; ++i) free(New(i + 2000));
  free(Unknown(object));
  TakeUntilNoticed(size);
}

// One of the two entries in the free list becomes a live object, the other goes back to its span.
void DoubleFreeThenFlush(size_t size) {
  char* kept = New(size);
  char* other = New(size);
  char* object = Freed(size);
  free(other);
  free(object);
  strcpy(New(size), "live");
  malloc_trim(0);
  Use(kept);
  TakeUntilNoticed(size);
}

void DoubleFreeByAnotherThread(size_t size) {
  OnAnotherThread(
      [](void* object) -> void* {
        free(object);
        return nullptr;
      },
      Freed(size));
}

void DoubleFreeOfAnotherThreads(size_t size) {
  static char* object;
  object = New(size);
  OnAnotherThread(
      [](void*) -> void* {
        free(object);
        return nullptr;
      },
      nullptr);
  free(Unknown(object));
  TakeUntilNoticed(size);
}

void DoubleFreeAfterRelease(size_t size) {
  char* object = Freed(size);
  malloc_trim(0);
  free(object);
}

void DoubleDelete(size_t size) {
  void* object = operator new(size);
  operator delete(object, size);
  operator delete(Unknown(object), size);
}

void InteriorFree(size_t size) { free(New(size) + 8); }
void InteriorFreeFar(size_t size) { free(New(size) + size / 2); }
void InteriorFreeOdd(size_t size) { free(New(size) + 1); }
// Of an object that lies in the first, second or third of neighbouring spans: what is an object's start in terms of the
// span's address and of its own must agree in all of them.
template <int span>
void InteriorFreeInSpan(size_t size) {
  for (int i = 0; i < span * 700; ++i) New(size);
  free(New(size) + 16);
}
void ForeignFree(size_t) { free(Foreign() + 4096); }
void StackFree(size_t) {
  alignas(64) char object[64];
  Use(object);
  free(Unknown(object));
}
void StaticFree(size_t) { free(Unknown(static_object)); }
void WildFree(size_t) { free(reinterpret_cast<void*>(0x10)); }
void KernelFree(size_t) { free(reinterpret_cast<void*>(0xffff800000001000)); }
void ForeignDelete(size_t size) { operator delete(Foreign(), size); }

void ReallocFreed(size_t size) { Use(realloc(Freed(size), size * 2)); }
void ReallocInterior(size_t size) { Use(realloc(New(size) + 8, size)); }
void ReallocForeign(size_t size) { Use(realloc(Foreign(), size)); }
void UsableFreed(size_t size) { printf("%zu\n", malloc_usable_size(Freed(size))); }
void UsableForeign(size_t) { printf("%zu\n", malloc_usable_size(Foreign())); }

void WrongSizedDelete(size_t size) {
  void* object = operator new(size);
  operator delete(Unknown(object), size * 2 + 100);
}

void WriteAfterFree(size_t size) {
  strcpy(Freed(size), "written");
  Use(malloc(size));
}

void WriteAfterFreeLater(size_t size) {
  char* first = New(size);
  char* second = New(size);
  free(first);
  free(second);
  strcpy(Unknown(first), "written");
  Use(malloc(size));
  Use(malloc(size));
}

// Block functions that run out of an object, which is never freed.
char bytes[512 * 1024];

void CopyPastTheEnd(size_t size) { memcpy(New(size), bytes, size + 1); }
void MovePastTheEnd(size_t size) { memmove(New(size) + 1, bytes, size); }
void SetPastTheEnd(size_t size) { memset(New(size), 0, size + 8); }
void CopyFromPastTheEnd(size_t size) { memcpy(bytes, New(size), size + 1); }
void MoveFromPastTheEnd(size_t size) { memmove(bytes, New(size) + 1, size); }
void CopyBeforeTheStart(size_t size) { memcpy(New(size) - 1, bytes, 8); }
void CopyFromBeforeTheStart(size_t size) { memcpy(bytes, New(size) - 1, 8); }
void CopyToFreed(size_t size) { memcpy(Freed(size), bytes, 4); }
void CopyFromFreed(size_t size) { memcpy(bytes, Freed(size), 4); }
void SetFreed(size_t size) { memset(Freed(size), 0, size); }
// In the span of a live object, beyond what was ever taken from it.
void CopyToNeverCarved(size_t size) { memcpy(New(size) + 100 * size, bytes, 4); }

// What is right: all of an object, from anywhere in it, and no bytes at its end.
void CopyWithin(size_t size) {
  char* object = New(size);
  char* other = New(size);
  memcpy(object, bytes, size);
  memmove(object + 1, object, size - 1);
  memcpy(other + size / 2, object + size / 2, size - size / 2);
  memset(object, 0, size);
  memset(object + size, 0, 0);
  memcpy(object + size, other + size, 0);
  memcpy(Freed(size), bytes, 0);
}

struct Case {
  const char* name;
  void (*run)(size_t size);
};
const Case kCases[] = {
    {"double_free", &DoubleFree},
    {"double_free_later", &DoubleFreeLater},
    {"double_free_after_traffic", &DoubleFreeAfterTraffic},
    {"double_free_then_flush", &DoubleFreeThenFlush},
    {"double_free_by_another_thread", &DoubleFreeByAnotherThread},
    {"double_free_of_another_threads", &DoubleFreeOfAnotherThreads},
    {"double_free_after_release", &DoubleFreeAfterRelease},
    {"double_delete", &DoubleDelete},
    {"interior_free", &InteriorFree},
    {"interior_free_far", &InteriorFreeFar},
    {"interior_free_odd", &InteriorFreeOdd},
    {"interior_free_in_span_0", &InteriorFreeInSpan<0>},
    {"interior_free_in_span_1", &InteriorFreeInSpan<1>},
    {"interior_free_in_span_2", &InteriorFreeInSpan<2>},
    {"foreign_free", &ForeignFree},
    {"stack_free", &StackFree},
    {"static_free", &StaticFree},
    {"wild_free", &WildFree},
    {"kernel_free", &KernelFree},
    {"foreign_delete", &ForeignDelete},
    {"realloc_freed", &ReallocFreed},
    {"realloc_interior", &ReallocInterior},
    {"realloc_foreign", &ReallocForeign},
    {"usable_freed", &UsableFreed},
    {"usable_foreign", &UsableForeign},
    {"wrong_sized_delete", &WrongSizedDelete},
    {"write_after_free", &WriteAfterFree},
    {"write_after_free_later", &WriteAfterFreeLater},
    {"copy_past_the_end", &CopyPastTheEnd},
    {"move_past_the_end", &MovePastTheEnd},
    {"set_past_the_end", &SetPastTheEnd},
    {"copy_from_past_the_end", &CopyFromPastTheEnd},
    {"move_from_past_the_end", &MoveFromPastTheEnd},
    {"copy_before_the_start", &CopyBeforeTheStart},
    {"copy_from_before_the_start", &CopyFromBeforeTheStart},
    {"copy_to_freed", &CopyToFreed},
    {"copy_from_freed", &CopyFromFreed},
    {"set_freed", &SetFreed},
    {"copy_to_never_carved", &CopyToNeverCarved},
    {"copy_within", &CopyWithin},
    {"none", &OtherTraffic},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& c : kCases) {
    if (argc != 3 || strcmp(argv[1], c.name) != 0) continue;
    c.run(strtoul(argv[2], nullptr, 10));
    puts("survived");
    return 0;
  }
  return 2;
}
