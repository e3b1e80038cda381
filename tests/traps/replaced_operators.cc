// A program that replaces some of operator new and delete: REPLACED says which. The others must end in its own as
// [new.delete] has it, and what comes from one must be good for its partner.

#include <stdio.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#define NEW_AND_DELETE 1     // with a header before each object, as who counts bytes does
#define ONLY_NEW 2           // more than was asked for; libc's free must be good for it
#define ALIGNED 3            // with a header too
#define ONLY_SIZED_DELETE 4  // frees by free()
#define ARRAYS 5             // with a header
#define NEW_FROM_A_POOL 6    // never frees

namespace {
constinit long taken = 0, given = 0;

void Expect(bool holds, int line) {
  if (holds) return;
  fprintf(stderr, "replaced_operators.cc:%d: taken %ld, given %ld\n", line, taken, given);
  _Exit(1);
}

[[maybe_unused]] void* Taken(void* block, size_t header) {
  if (block == nullptr) throw std::bad_alloc();
  ++taken;
  return static_cast<char*>(block) + header;
}

[[maybe_unused]] void Give(void* object, size_t header) {
  if (object == nullptr) return;
  ++given;
  free(static_cast<char*>(object) - header);
}
}  // namespace

// A throwing one takes part in new_nothrow too.
#if REPLACED == NEW_AND_DELETE
void* operator new(size_t size) { return Taken(size < PTRDIFF_MAX ? malloc(size + 16) : nullptr, 16); }
void operator delete(void* object) noexcept { Give(object, 16); }
#elif REPLACED == ONLY_NEW
void* operator new(size_t size) { return Taken(size < PTRDIFF_MAX ? malloc(size + 100) : nullptr, 0); }
#elif REPLACED == ALIGNED
void* operator new(size_t size, std::align_val_t alignment) {
  const size_t header = static_cast<size_t>(alignment);
  return Taken(aligned_alloc(header, size + header), header);
}
void operator delete(void* object, std::align_val_t alignment) noexcept {
  Give(object, static_cast<size_t>(alignment));
}
#elif REPLACED == ONLY_SIZED_DELETE
void operator delete(void* object, size_t) noexcept { Give(object, 0); }
#elif REPLACED == ARRAYS
void* operator new[](size_t size) { return Taken(size < PTRDIFF_MAX ? malloc(size + 16) : nullptr, 16); }
void operator delete[](void* object) noexcept { Give(object, 16); }
#elif REPLACED == NEW_FROM_A_POOL
alignas(16) static char pool[1 << 20];
void* operator new(size_t size) {
  static size_t used = 0;
  void* const object = pool + used;
  used += (size + 15) / 16 * 16;
  return Taken(size < sizeof(pool) && used < sizeof(pool) ? object : nullptr, 0);
}
void operator delete(void* object) noexcept { given += object != nullptr; }
#endif

namespace {

constexpr bool kSingle = REPLACED == NEW_AND_DELETE || REPLACED == ONLY_NEW || REPLACED == NEW_FROM_A_POOL;
constexpr bool kDelete = REPLACED == NEW_AND_DELETE || REPLACED == NEW_FROM_A_POOL;

// How often `call` came by the operators above.
template <typename Call>
void Comes(long takes, long gives, int line, const Call& call) {
  const long taken_before = taken, given_before = given;
  call();
  Expect(taken - taken_before == takes && given - given_before == gives, line);
}

void Plain(size_t size) {
  constexpr bool kSized = REPLACED == ONLY_SIZED_DELETE, kArray = kSingle || REPLACED == ARRAYS;
  constexpr bool kDeleteArray = kDelete || REPLACED == ARRAYS;
  Comes(kSingle, kDelete, __LINE__, [&] { ::operator delete(::operator new(size)); });
  Comes(kSingle, kDelete || kSized, __LINE__, [&] { ::operator delete(::operator new(size), size); });
  Comes(kSingle, kDelete, __LINE__, [&] { ::operator delete(::operator new(size), std::nothrow); });
  Comes(kSingle, kDelete, __LINE__, [&] { ::operator delete(::operator new(size, std::nothrow)); });
  Comes(kArray, kDeleteArray, __LINE__, [&] { ::operator delete[](::operator new[](size)); });
  Comes(kArray, kDeleteArray, __LINE__, [&] { ::operator delete[](::operator new[](size), size); });
  Comes(kArray, kDeleteArray, __LINE__, [&] { ::operator delete[](::operator new[](size), std::nothrow); });
  Comes(kArray, kDeleteArray, __LINE__, [&] { ::operator delete[](::operator new[](size, std::nothrow)); });
}

void Aligned(size_t size) {
  constexpr std::align_val_t kAlign{64};
  constexpr bool kOwn = REPLACED == ALIGNED;
  const auto comes = [](int line, const auto& call) { Comes(kOwn, kOwn, line, call); };
  comes(__LINE__, [&] { ::operator delete(::operator new(size, kAlign), kAlign); });
  comes(__LINE__, [&] { ::operator delete(::operator new(size, kAlign), size, kAlign); });
  comes(__LINE__, [&] { ::operator delete(::operator new(size, kAlign, std::nothrow), kAlign, std::nothrow); });
  comes(__LINE__, [&] { ::operator delete[](::operator new[](size, kAlign), kAlign); });
  comes(__LINE__, [&] { ::operator delete[](::operator new[](size, kAlign), size, kAlign); });
  comes(__LINE__, [&] { ::operator delete[](::operator new[](size, kAlign, std::nothrow), kAlign, std::nothrow); });
}

// What libstdc++ allocates with its own code.
void Library() {
  std::ostringstream out;
  for (int i = 0; i < 100; ++i) out << "a line that is long enough for no small buffer: " << i << '\n';
  std::vector<std::string> lines(50, out.str().substr(0, 200));
  std::thread([&] { lines.resize(10); }).join();
  const auto shared = std::make_shared<std::vector<int>>(200);
  Expect(shared->size() == 200 && lines[9].size() == 200, __LINE__);
}

}  // namespace

int main() {
  for (size_t size :
       {size_t{0}, size_t{1}, size_t{8}, size_t{24}, size_t{100}, size_t{1000}, size_t{5000}, size_t{40'000}}) {
    Plain(size);
    Aligned(size);
  }
  volatile size_t too_large = PTRDIFF_MAX;
  Expect(::operator new(too_large, std::nothrow) == nullptr, __LINE__);
  Expect(::operator new[](too_large, std::nothrow) == nullptr, __LINE__);
  Library();
  return 0;
}
