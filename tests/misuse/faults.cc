// Programs that misuse memory, for the table of what each library stops: faults NAME SIZE does it once, then looks
// whether a later allocation suffers. `faults --list` prints KIND NAME SIZE of all: KIND is `matrix` for the classes that
// every allocator is measured by, `table` for the rest.
//
// Exit status: 0: nothing was noticed, and nothing bad came of it. 3: one block in two hands. 5: the misuse had no effect
// (an absurd size refused, freed memory cleared). A signal: stopped.
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <new>

namespace {

constexpr int kHeld = 5;
constexpr int kTwice = 3;

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}
void Use(void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

char* New(size_t size) {
  char* object = Unknown(malloc(size));
  if (object != nullptr) memset(object, 'x', size);
  return object;
}
char* Freed(size_t size) {
  char* object = New(size);
  free(object);
  return Unknown(object);
}

void OnAnotherThread(void* (*body)(void*), void* argument) {
  pthread_t thread;
  pthread_create(&thread, nullptr, body, argument);
  pthread_join(thread, nullptr);
}
void* FreeIt(void* object) {
  free(object);
  return nullptr;
}

char* Foreign() {
  return static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
alignas(64) char global_object[4096];

// ---- frees that come twice ----

void DoubleAtOnce(size_t size) { free(Freed(size)); }

void DoubleAfterOtherFrees(size_t size) {
  char* others[10];
  for (char*& other : others) other = New(size);
  char* object = Freed(size);
  for (char* other : others) free(other);
  free(object);
}

void DoubleAfter2000Operations(size_t size) {
  char* object = Freed(size);
  for (int i = 0; i < 1000; ++i) free(New(static_cast<size_t>(i) % 500 + 600));
  free(Unknown(object));
}

void DoubleByAnotherThread(size_t size) { OnAnotherThread(&FreeIt, Freed(size)); }

void DoubleAfterAnotherThread(size_t size) {
  char* object = New(size);
  OnAnotherThread(&FreeIt, object);
  free(Unknown(object));
}

void DoubleOfDeadThread(size_t size) {
  static char* object;
  static size_t bytes;
  bytes = size;
  OnAnotherThread(
      [](void*) -> void* {
        object = Freed(bytes);
        return nullptr;
      },
      nullptr);
  free(Unknown(object));
}

void DoubleAfterTrim(size_t size) {
  char* kept = New(size);
  char* object = Freed(size);
  malloc_trim(0);
  free(object);
  Use(kept);
}

void DoubleAfterReuse(size_t size) {
  char* object = Freed(size);
  char* again = New(size);
  free(object);
  Use(again);
}

// ---- pointers that are no objects ----

char* Interior(size_t size) { return New(size) + size / 2; }
char* Stack() {
  static char* place;
  alignas(64) char object[64];
  place = Unknown(object);
  return place;
}
char* Tiny() { return Unknown(reinterpret_cast<void*>(0x10)); }

void FreeInterior(size_t size) { free(Interior(size)); }
void FreePlus1(size_t size) { free(New(size) + 1); }
void FreePlus8(size_t size) { free(New(size) + 8); }
void FreePlus16(size_t size) { free(New(size) + 16); }
void FreeMinus16(size_t size) { free(New(size) - 16); }
void FreeStack(size_t) { free(Stack()); }
void FreeGlobal(size_t) { free(Unknown(global_object)); }
void FreeForeign(size_t) { free(Foreign() + 4096); }
void FreeTiny(size_t) { free(Tiny()); }
void FreeKernel(size_t) { free(Unknown(reinterpret_cast<void*>(0xffff800000001000))); }
void FreeNonCanonical(size_t) { free(Unknown(reinterpret_cast<void*>(0x1234567812345670))); }
void FreeNeverHandedOut(size_t size) { free(New(size) + 16 * 4096); }

// In the same span as a live object, beyond what was ever taken from it.
void FreeNeverCarved(size_t size) { free(New(size) + 100 * size); }

// The object that would come next; it is handed out, written to, and must not be handed out again.
void FreePastTheEnd(size_t size) {
  char* object = New(size);
  free(Unknown(object + malloc_usable_size(object)));
  Use(New(size));
}

void ReallocFreed(size_t size) { Use(realloc(Freed(size), size * 2)); }
void ReallocInterior(size_t size) { Use(realloc(Interior(size), size * 2)); }
void ReallocStack(size_t size) { Use(realloc(Stack(), size)); }
void ReallocGlobal(size_t size) { Use(realloc(Unknown(global_object), size)); }
void ReallocForeign(size_t size) { Use(realloc(Foreign() + 4096, size)); }
void ReallocTiny(size_t size) { Use(realloc(Tiny(), size)); }

void UsableFreed(size_t size) { printf("%zu\n", malloc_usable_size(Freed(size))); }
void UsableInterior(size_t size) { printf("%zu\n", malloc_usable_size(New(size) + 8)); }
void UsableForeign(size_t) { printf("%zu\n", malloc_usable_size(Foreign() + 4096)); }

// ---- sizes and families ----

void DeleteLarger(size_t size) { operator delete(Unknown(operator new(size)), size * 2 + 100); }
void DeleteSmaller(size_t size) { operator delete(Unknown(operator new(size)), size / 3); }
void DeleteArrayLarger(size_t size) { operator delete[](Unknown(operator new[](size)), size * 2 + 100); }
void DeleteAbsurd(size_t size) { operator delete(Unknown(operator new(size)), SIZE_MAX); }
void DeleteByOneMore(size_t size) { operator delete(Unknown(operator new(size)), size + 1); }

void MallocThenDelete(size_t size) { operator delete(New(size)); }
void MallocThenDeleteArray(size_t size) { operator delete[](New(size)); }
void NewThenFree(size_t size) { free(Unknown(operator new(size))); }
void NewArrayThenFree(size_t size) { free(Unknown(operator new[](size))); }
void AlignedNewThenDelete(size_t size) { operator delete(Unknown(operator new (size, std::align_val_t{64}))); }
void NewThenAlignedDelete(size_t size) { operator delete (Unknown(operator new(size)), std::align_val_t{64}); }
void AlignedNewThenFree(size_t size) { free(Unknown(operator new (size, std::align_val_t{64}))); }
void NewThenDeleteArray(size_t size) { operator delete[](Unknown(operator new(size))); }
void NewArrayThenDelete(size_t size) { operator delete(Unknown(operator new[](size))); }

void AbsurdMalloc(size_t) {
  if (malloc(static_cast<size_t>(PTRDIFF_MAX) + 1) == nullptr) exit(kHeld);
}
void AbsurdCalloc(size_t) {
  if (calloc(SIZE_MAX / 2, 3) == nullptr) exit(kHeld);
}
void AbsurdReallocarray(size_t size) {
  if (reallocarray(New(size), SIZE_MAX / 2, 3) == nullptr) exit(kHeld);
}
void AbsurdMemalign(size_t) {
  if (memalign(4096, SIZE_MAX - 100) == nullptr) exit(kHeld);
}

// ---- writes outside, and after ----

// Objects around it, so that what lies beside is somebody's.
char* Middle(size_t size) {
  Use(New(size));
  char* object = New(size);
  Use(New(size));
  return object;
}

// Another byte than the one that was there: a letter would be the same once in 256 runs, and no overflow at all.
void Change(char* at, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) at[i] = static_cast<char>(~at[i]);
}

template <size_t bytes>
void Overflow(size_t size) {
  char* object = Middle(size);
  Change(Unknown(object) + size, bytes);
  free(object);
}

// The last bytes that belong to nobody: of the slot, whose size is a class and ends with a word of the library's, or of the page.
void OverflowFar(size_t size) {
  if (size == 24) size = 20;  // 24 fill their slot
  char* object = Middle(size);
  const size_t step = size <= 128 ? 16 : size < 100'000 ? size / 8 : 4096;
  const size_t slot = (size + 8 + step - 1) / step * step;
  Change(Unknown(object) + (size < 100'000 ? slot - 9 : slot - 1), 1);
  free(object);
}
// The end of the slot before, of objects that all have slots of 1,152 bytes.
void UnderflowFar(size_t) {
  char* object = Middle(1024);
  Change(Unknown(object - 32), 1);
  free(object);
}
void OverflowFar1024(size_t) {
  char* object = Middle(1024);
  Change(Unknown(object + 1055), 1);
  free(object);
}

// Zeros are what a free object, or memory that was given back, holds. Stores, and no call: see MemsetPastTheEnd.
void OverflowWithZeros(size_t size) {
  char* object = Middle(size);
  for (size_t i = 0; i < 8; ++i) *const_cast<volatile char*>(Unknown(object) + size + i) = 0;
  free(object);
}

void OverflowMeasured(size_t size) {
  char* object = New(size);
  Change(Unknown(object) + size, 1);
  printf("%zu\n", malloc_usable_size(object));
}

template <size_t bytes>
void Underflow(size_t size) {
  char* object = Middle(size);
  Change(Unknown(object - bytes), bytes);
  free(object);
}

// Whoever gets it next finds it changed.
void TakeMany(size_t size) {
  for (int i = 0; i < 3000; ++i) Use(calloc(1, size));
}

void WriteWord(char* at) { *const_cast<volatile uint64_t*>(reinterpret_cast<uint64_t*>(at)) = 0x6e65747469727720; }
void WriteAfterFreeFirst(size_t size) {
  WriteWord(Freed(size));
  TakeMany(size);
}
void WriteAfterFreeMiddle(size_t size) {
  Freed(size)[size / 2] = 'w';
  TakeMany(size);
}
void WriteAfterFreeLast(size_t size) {
  Freed(size)[size - 1] = 'w';
  TakeMany(size);
}
// It is on its way back to its span, and nobody gets it again, when the process ends.
void FreeThousands(size_t size) {
  static char* objects[3000];
  const int count = size < 100'000 ? 3000 : 60;
  for (int i = 0; i < count; ++i) objects[i] = New(size);
  for (int i = 0; i < count; ++i) free(objects[i]);
  exit(0);
}
void WriteAfterFreeFirstThenFrees(size_t size) {
  WriteWord(Freed(size));
  FreeThousands(size);
}
void WriteAfterFreeMiddleThenFrees(size_t size) {
  Freed(size)[size / 2] = 'w';
  FreeThousands(size);
}

// ---- objects of size zero ----

// Others beside it, so that what lies there is somebody's.
char* Nothing() {
  Use(malloc(0));
  char* object = Unknown(malloc(0));
  Use(malloc(0));
  return object;
}
void ReadOfNothing(size_t) { putchar(*Nothing()); }
void WriteOfNothing(size_t) { *Nothing() = 'A'; }
void WriteOfNoArray(size_t) { *Unknown(new char[0]) = 'A'; }
void WriteOfFreedNothing(size_t) {
  char* object = Nothing();
  free(object);
  *Unknown(object) = 'A';
}
void DoubleOfNothing(size_t) {
  char* object = Nothing();
  free(object);
  free(Unknown(object));
}
void DoubleOfNothingAfterReuse(size_t) {
  char* object = Nothing();
  free(object);
  Use(malloc(0));
  free(Unknown(object));
}
void FreeInteriorOfNothing(size_t) { free(Nothing() + 8); }
void NothingThenDelete(size_t) { operator delete(Nothing()); }

void ReadAfterFree(size_t size) {
  const volatile char* object = Freed(size);
  for (size_t i = 0; i < size; ++i) {
    if (object[i] == 'x') return;
  }
  exit(kHeld);
}

// ---- block functions, whose object is never freed ----

char block[2 << 20];

template <size_t bytes>
void MemcpyPastTheEnd(size_t size) {
  memcpy(Middle(size), block, size + bytes);
}
template <size_t bytes>
void MemcpyBeforeTheStart(size_t size) {
  memcpy(Middle(size) - bytes, block, size);
}
template <size_t bytes>
void MemcpyFromPastTheEnd(size_t size) {
  memcpy(block, Middle(size), size + bytes);
}
void MemmovePastTheEnd(size_t size) {
  char* object = Middle(size);
  memmove(object + 8, object, size);
}
void MemsetPastTheEnd(size_t size) { memset(Middle(size), 0, size + 8); }
void MemcpyToFreed(size_t size) { memcpy(Freed(size), "written", 8); }
void MemcpyFromFreed(size_t size) { memcpy(block, Freed(size), size); }

// ---- the table ----

struct Fault {
  const char* name;
  void (*run)(size_t size);
  const char* kind;
  int sizes;  // 3: 24 B, 4 KiB, 300 kB; 1: the first
};

const Fault kFaults[] = {
    {"double_free_at_once", &DoubleAtOnce, "matrix", 3},
    {"double_free_after_other_frees", &DoubleAfterOtherFrees, "matrix", 3},
    {"double_free_after_2000_operations", &DoubleAfter2000Operations, "matrix", 3},
    {"double_free_by_another_thread", &DoubleByAnotherThread, "matrix", 3},
    {"double_free_after_another_thread", &DoubleAfterAnotherThread, "matrix", 3},
    {"double_free_of_a_dead_threads_block", &DoubleOfDeadThread, "matrix", 3},
    {"realloc_of_freed", &ReallocFreed, "matrix", 3},
    {"usable_size_of_freed", &UsableFreed, "matrix", 3},
    {"free_of_interior", &FreeInterior, "matrix", 3},
    {"free_of_stack", &FreeStack, "matrix", 3},
    {"free_of_global", &FreeGlobal, "matrix", 3},
    {"free_of_foreign", &FreeForeign, "matrix", 3},
    {"free_of_tiny", &FreeTiny, "matrix", 3},
    {"realloc_of_interior", &ReallocInterior, "matrix", 3},
    {"realloc_of_stack", &ReallocStack, "matrix", 3},
    {"realloc_of_global", &ReallocGlobal, "matrix", 3},
    {"realloc_of_foreign", &ReallocForeign, "matrix", 3},
    {"realloc_of_tiny", &ReallocTiny, "matrix", 3},
    {"sized_delete_larger", &DeleteLarger, "matrix", 3},
    {"double_free_after_reuse", &DoubleAfterReuse, "reuse", 3},
    {"free_of_never_carved", &FreeNeverCarved, "reuse", 1},
    {"double_free_of_size_zero_after_reuse", &DoubleOfNothingAfterReuse, "reuse", 1},
    {"double_free_after_trim", &DoubleAfterTrim, "table", 3},
    {"free_plus_1", &FreePlus1, "table", 3},
    {"free_plus_8", &FreePlus8, "table", 3},
    {"free_plus_16", &FreePlus16, "table", 3},
    {"free_minus_16", &FreeMinus16, "table", 3},
    {"free_past_the_end", &FreePastTheEnd, "table", 3},
    {"free_of_never_handed_out", &FreeNeverHandedOut, "table", 1},
    {"free_of_kernel_address", &FreeKernel, "table", 1},
    {"free_of_non_canonical", &FreeNonCanonical, "table", 1},
    {"usable_size_of_interior", &UsableInterior, "table", 3},
    {"usable_size_of_foreign", &UsableForeign, "table", 1},
    {"sized_delete_smaller", &DeleteSmaller, "table", 3},
    {"sized_delete_absurd", &DeleteAbsurd, "table", 3},
    {"sized_delete_by_one_more", &DeleteByOneMore, "table", 1},
    {"sized_delete_array_larger", &DeleteArrayLarger, "table", 1},
    {"malloc_then_delete", &MallocThenDelete, "table", 3},
    {"malloc_then_delete_array", &MallocThenDeleteArray, "table", 1},
    {"new_then_free", &NewThenFree, "table", 1},
    {"new_array_then_free", &NewArrayThenFree, "table", 1},
    {"new_then_delete_array", &NewThenDeleteArray, "table", 1},
    {"new_array_then_delete", &NewArrayThenDelete, "table", 3},
    {"aligned_new_then_delete", &AlignedNewThenDelete, "table", 3},
    {"new_then_aligned_delete", &NewThenAlignedDelete, "table", 3},
    {"aligned_new_then_free", &AlignedNewThenFree, "table", 1},
    {"malloc_of_too_much", &AbsurdMalloc, "table", 1},
    {"calloc_overflows", &AbsurdCalloc, "table", 1},
    {"reallocarray_overflows", &AbsurdReallocarray, "table", 1},
    {"memalign_overflows", &AbsurdMemalign, "table", 1},
    {"overflow_by_1", &Overflow<1>, "table", 3},
    {"overflow_by_8", &Overflow<8>, "table", 3},
    {"overflow_by_4k", &Overflow<4096>, "table", 3},
    {"overflow_by_1m", &Overflow<1 << 20>, "table", 3},
    {"overflow_far", &OverflowFar, "table", 3},
    {"overflow_of_1024_by_32", &OverflowFar1024, "table", 1},
    {"underflow_of_1024_by_32", &UnderflowFar, "table", 1},
    {"overflow_with_zeros", &OverflowWithZeros, "table", 3},
    {"overflow_measured", &OverflowMeasured, "table", 3},
    {"underflow_by_1", &Underflow<1>, "table", 3},
    {"underflow_by_8", &Underflow<8>, "table", 3},
    {"underflow_by_4k", &Underflow<4096>, "table", 3},
    {"write_after_free_first_word", &WriteAfterFreeFirst, "table", 3},
    {"write_after_free_middle", &WriteAfterFreeMiddle, "table", 3},
    {"write_after_free_last_byte", &WriteAfterFreeLast, "table", 3},
    {"write_after_free_first_word_then_frees", &WriteAfterFreeFirstThenFrees, "table", 3},
    {"write_after_free_middle_then_frees", &WriteAfterFreeMiddleThenFrees, "table", 3},
    {"read_of_size_zero", &ReadOfNothing, "table", 1},
    {"write_of_size_zero", &WriteOfNothing, "table", 1},
    {"write_of_new_array_of_zero", &WriteOfNoArray, "table", 1},
    {"write_of_freed_size_zero", &WriteOfFreedNothing, "table", 1},
    {"double_free_of_size_zero", &DoubleOfNothing, "table", 1},
    {"free_of_interior_of_size_zero", &FreeInteriorOfNothing, "table", 1},
    {"malloc_of_zero_then_delete", &NothingThenDelete, "table", 1},
    {"read_after_free_is_cleared", &ReadAfterFree, "table", 3},
    {"memcpy_past_the_end", &MemcpyPastTheEnd<1>, "table", 3},
    {"memcpy_past_the_end_by_1k", &MemcpyPastTheEnd<1024>, "table", 3},
    {"memcpy_before_the_start", &MemcpyBeforeTheStart<1>, "table", 3},
    {"memcpy_from_past_the_end", &MemcpyFromPastTheEnd<1>, "table", 3},
    {"memmove_past_the_end", &MemmovePastTheEnd, "table", 3},
    {"memset_past_the_end", &MemsetPastTheEnd, "table", 3},
    {"memcpy_to_freed", &MemcpyToFreed, "table", 3},
    {"memcpy_from_freed", &MemcpyFromFreed, "table", 3},
};
constexpr size_t kSizes[] = {24, 4096, 300'000};

void List() {
  for (const Fault& fault : kFaults) {
    for (int i = 0; i < fault.sizes; ++i) printf("%s %s %zu\n", fault.kind, fault.name, kSizes[i]);
  }
}

// Blocks that are live at the same time must not overlap, whatever happened before.
void LookForTwins(size_t size) {
  const size_t count = size < 100'000 ? 4000 : 100;
  char** blocks = static_cast<char**>(
      mmap(nullptr, count * sizeof(char*), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (size_t i = 0; i < count; ++i) {
    blocks[i] = Unknown(malloc(size));
    memcpy(blocks[i], &i, sizeof(i));
    memcpy(blocks[i] + size - 8, &i, sizeof(i));
  }
  for (size_t i = 0; i < count; ++i) {
    if (memcmp(blocks[i], &i, sizeof(i)) != 0 || memcmp(blocks[i] + size - 8, &i, sizeof(i)) != 0) exit(kTwice);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    List();
    return 0;
  }
  for (const Fault& fault : kFaults) {
    if (argc != 3 || strcmp(argv[1], fault.name) != 0) continue;
    const size_t size = strtoul(argv[2], nullptr, 10);
    fault.run(size);
    LookForTwins(size);
    return 0;
  }
  fprintf(stderr, "usage: faults --list | NAME SIZE\n");
  return 2;
}
