// Writes outside of an object and after its free, and reads.
#include "tests/misuse/fault.h"

namespace glassheap::misuse {
namespace {

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

void Overflow(size_t size, size_t bytes) {
  char* object = Middle(size);
  Change(Unknown(object) + size, bytes);
  free(object);
}
FAULT(overflow_by_1, kTable, kAllSizes) { Overflow(size, 1); }
FAULT(overflow_by_8, kTable, kAllSizes) { Overflow(size, 8); }
FAULT(overflow_by_4k, kTable, kAllSizes) { Overflow(size, 4096); }
FAULT(overflow_by_1m, kTable, kAllSizes) { Overflow(size, 1 << 20); }

// The last bytes that belong to nobody: of the slot, whose size is a class and ends with a word of the library's, or of the page.
FAULT(overflow_far, kTable, kAllSizes) {
  if (size == 24) size = 20;  // 24 fill their slot
  char* object = Middle(size);
  const size_t step = size <= 128 ? 16 : size < 100'000 ? size / 8 : 4096;
  const size_t slot = (size + 8 + step - 1) / step * step;
  Change(Unknown(object) + (size < 100'000 ? slot - 9 : slot - 1), 1);
  free(object);
}
// The end of the slot before, of objects that all have slots of 1,152 bytes.
FAULT(underflow_of_1024_by_32, kTable, kSmallest) {
  char* object = Middle(1024);
  Change(Unknown(object - 32), 1);
  free(object);
}
// And where nobody was in that slot yet.
FAULT(underflow_of_the_first_1024_by_32, kTable, kSmallest) {
  char* object = New(1024);
  Change(Unknown(object - 32), 1);
  free(object);
}
FAULT(overflow_of_1024_by_32, kTable, kSmallest) {
  char* object = Middle(1024);
  Change(Unknown(object + 1055), 1);
  free(object);
}

// Zeros are what a free object, or memory that was given back, holds. Stores, and no call: see memset_past_the_end.
FAULT(overflow_with_zeros, kTable, kAllSizes) {
  char* object = Middle(size);
  for (size_t i = 0; i < 8; ++i) *const_cast<volatile char*>(Unknown(object) + size + i) = 0;
  free(object);
}

FAULT(overflow_measured, kTable, kAllSizes) {
  char* object = New(size);
  Change(Unknown(object) + size, 1);
  printf("%zu\n", malloc_usable_size(object));
}

void Underflow(size_t size, size_t bytes) {
  char* object = Middle(size);
  Change(Unknown(object - bytes), bytes);
  free(object);
}
FAULT(underflow_by_1, kTable, kAllSizes) { Underflow(size, 1); }
FAULT(underflow_by_8, kTable, kAllSizes) { Underflow(size, 8); }
FAULT(underflow_by_4k, kTable, kAllSizes) { Underflow(size, 4096); }

// Whoever gets it next finds it changed.
void TakeMany(size_t size) {
  for (int i = 0; i < 3000; ++i) Use(calloc(1, size));
}

void WriteWord(char* at) { *const_cast<volatile uint64_t*>(reinterpret_cast<uint64_t*>(at)) = 0x6e65747469727720; }
FAULT(write_after_free_first_word, kTable, kAllSizes) {
  WriteWord(Freed(size));
  TakeMany(size);
}
FAULT(write_after_free_middle, kTable, kAllSizes) {
  Freed(size)[size / 2] = 'w';
  TakeMany(size);
}
FAULT(write_after_free_last_byte, kTable, kAllSizes) {
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
FAULT(write_after_free_first_word_then_frees, kTable, kAllSizes) {
  WriteWord(Freed(size));
  FreeThousands(size);
}
FAULT(write_after_free_middle_then_frees, kTable, kAllSizes) {
  Freed(size)[size / 2] = 'w';
  FreeThousands(size);
}

FAULT(read_after_free_is_cleared, kTable, kAllSizes) {
  const volatile char* object = Freed(size);
  for (size_t i = 0; i < size; ++i) {
    if (object[i] == 'x') return;
  }
  exit(kHeld);
}

// ---- block functions, whose object is never freed ----

char block[2 << 20];

FAULT(memcpy_past_the_end, kTable, kAllSizes) { memcpy(Middle(size), block, size + 1); }
FAULT(memcpy_past_the_end_by_1k, kTable, kAllSizes) { memcpy(Middle(size), block, size + 1024); }
FAULT(memcpy_before_the_start, kTable, kAllSizes) { memcpy(Middle(size) - 1, block, size); }
FAULT(memcpy_from_past_the_end, kTable, kAllSizes) { memcpy(block, Middle(size), size + 1); }
FAULT(memmove_past_the_end, kTable, kAllSizes) {
  char* object = Middle(size);
  memmove(object + 8, object, size);
}
FAULT(memset_past_the_end, kTable, kAllSizes) { memset(Middle(size), 0, size + 8); }
FAULT(memcpy_to_freed, kTable, kAllSizes) { memcpy(Freed(size), "written", 8); }
FAULT(memcpy_from_freed, kTable, kAllSizes) { memcpy(block, Freed(size), size); }

}  // namespace
}  // namespace glassheap::misuse
