// The C family. Every name that hands out or takes back memory is here, so that a program never mixes two allocators.
//
// What each does with odd arguments follows glibc 2.36 and its manual page; see front/README.md.

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bit>

#include "allocator/base/macros.h"
#include "allocator/base/message.h"
#include "allocator/base/system_call.h"
#include "allocator/front/door.h"
#include "allocator/introspect/snapshot.h"
#include "allocator/introspection.h"

using namespace glassheap;

namespace {

void* Fail(int error) {
  errno = error;
  return nullptr;
}

void* Calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return Fail(ENOMEM);
  return door::TakeZeroed(bytes);
}

void* ReallocArray(void* object, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return Fail(ENOMEM);
  return door::Resize(object, bytes);
}

// memalign of glibc takes any alignment and rounds it up to a power of two.
void* Memalign(size_t alignment, size_t size) {
  if (alignment > SIZE_MAX / 2 + 1) return Fail(EINVAL);
  if (alignment < 16) alignment = 16;
  return door::TakeAligned(std::bit_ceil(alignment), size, Origin::kMalloc);
}

void* Pvalloc(size_t size) {
  size_t rounded;
  if (__builtin_add_overflow(size, kSystemPageSize - 1, &rounded)) return Fail(ENOMEM);
  return door::TakeAligned(kSystemPageSize, rounded / kSystemPageSize * kSystemPageSize, Origin::kMalloc);
}

int PosixMemalign(void** result, size_t alignment, size_t size) {
  if (alignment % sizeof(void*) != 0 || !IsPowerOfTwo(alignment)) return EINVAL;
  void* object = door::TryAligned(alignment, size);
  if (__builtin_expect(object == nullptr, 0)) {
    const int saved = errno;
    object = door::TakeAligned(alignment, size, Origin::kMalloc);
    if (object == nullptr) return ENOMEM;  // in errno too, as all others have it; there are programs that look there
    errno = saved;
  }
  *result = object;
  return 0;
}

HeapSnapshot Snapshot() {
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  return snapshot;
}

}  // namespace

extern "C" {

GH_EXPORT void* malloc(size_t size) { return door::Take(size, Origin::kMalloc); }
GH_EXPORT void free(void* object) { door::Give(object, Origin::kMalloc); }
GH_EXPORT void* calloc(size_t count, size_t size) { return Calloc(count, size); }
GH_EXPORT void* realloc(void* object, size_t size) { return door::Resize(object, size); }
GH_EXPORT void* reallocarray(void* object, size_t count, size_t size) { return ReallocArray(object, count, size); }
GH_EXPORT void* memalign(size_t alignment, size_t size) { return Memalign(alignment, size); }
GH_EXPORT void* aligned_alloc(size_t alignment, size_t size) { return Memalign(alignment, size); }
GH_EXPORT int posix_memalign(void** result, size_t alignment, size_t size) {
  return PosixMemalign(result, alignment, size);
}
GH_EXPORT void* valloc(size_t size) { return door::TakeAligned(kSystemPageSize, size, Origin::kMalloc); }
GH_EXPORT void* pvalloc(size_t size) { return Pvalloc(size); }
GH_EXPORT size_t malloc_usable_size(void* object) { return door::SizeOrDie(object); }
GH_EXPORT void free_sized(void* object, size_t size) { door::GiveSizedAligned(object, size, Origin::kMalloc); }
GH_EXPORT void free_aligned_sized(void* object, size_t, size_t size) {
  door::GiveSizedAligned(object, size, Origin::kMalloc);
}
GH_EXPORT void cfree(void* object) { door::Give(object, Origin::kMalloc); }

// Names under which old programs and some preloads reach glibc's own.
GH_EXPORT void* __libc_malloc(size_t size) { return door::Take(size, Origin::kMalloc); }
GH_EXPORT void __libc_free(void* object) { door::Give(object, Origin::kMalloc); }
GH_EXPORT void* __libc_calloc(size_t count, size_t size) { return Calloc(count, size); }
GH_EXPORT void* __libc_realloc(void* object, size_t size) { return door::Resize(object, size); }
GH_EXPORT void* __libc_memalign(size_t alignment, size_t size) { return Memalign(alignment, size); }
GH_EXPORT void* __libc_valloc(size_t size) { return door::TakeAligned(kSystemPageSize, size, Origin::kMalloc); }
GH_EXPORT void* __libc_pvalloc(size_t size) { return Pvalloc(size); }
GH_EXPORT int __posix_memalign(void** result, size_t alignment, size_t size) {
  return PosixMemalign(result, alignment, size);
}

// Nothing to tune: accepted, so that programs that insist go on.
GH_EXPORT int mallopt(int, int) { return 1; }

// glibc keeps `pad` bytes at the top of its heap; we have no top.
GH_EXPORT int malloc_trim(size_t) { return ReleaseMemory(SIZE_MAX) > 0 ? 1 : 0; }

GH_EXPORT struct mallinfo2 mallinfo2() {
  const HeapSnapshot s = Snapshot();
  struct mallinfo2 info = {};
  info.arena = s.mapped;
  info.uordblks = s.live_bytes;
  info.fordblks = s.mapped - s.live_bytes - s.page_heap_released;
  info.fsmblks = s.thread_cache_free + s.transfer_cache_free;
  info.keepcost = s.page_heap_free;
  info.usmblks = s.mapped;
  return info;
}

GH_EXPORT struct mallinfo mallinfo() {
  const struct mallinfo2 wide = mallinfo2();
  const auto clamp = [](size_t value) { return static_cast<int>(value < INT32_MAX ? value : INT32_MAX); };
  struct mallinfo info = {};
  info.arena = clamp(wide.arena);
  info.uordblks = clamp(wide.uordblks);
  info.fordblks = clamp(wide.fordblks);
  info.fsmblks = clamp(wide.fsmblks);
  info.keepcost = clamp(wide.keepcost);
  return info;
}

GH_EXPORT int malloc_info(int options, FILE* stream) {
  if (options != 0) return EINVAL;
  const HeapSnapshot s = Snapshot();
  const auto line = [stream](const char* type, uint64_t bytes) {
    fprintf(stream, "<system type=\"%s\" size=\"%zu\"/>\n", type, static_cast<size_t>(bytes));
  };
  fprintf(stream, "<malloc version=\"glassheap-1\">\n");
  line("current", s.mapped - s.page_heap_released);
  line("live", s.live_bytes);
  for (const TierRow& tier : kTiersButLive) line(tier.name, s.*tier.bytes);
  fprintf(stream, "<aspace type=\"total\" size=\"%zu\"/>\n</malloc>\n", static_cast<size_t>(s.mapped));
  return 0;
}

GH_EXPORT void malloc_stats() {
  const HeapSnapshot s = Snapshot();
  Message text;
  const auto line = [&text](const char* name, uint64_t bytes) {
    text.Text("glassheap: ").Text(name).Text(" ").Decimal(bytes).Text("\n");
  };
  line("mapped", s.mapped);
  line("live_bytes", s.live_bytes);
  for (const TierRow& tier : kTiersButLive) line(tier.name, s.*tier.bytes);
  SystemCall(SYS_write, 2, AsArgument(text.data()), static_cast<long>(text.size()));
}

}  // extern "C"
