// The stats region: what crosses the border between a process under glassheap and a tool that looks at it.
//
// A sealed memfd named "glassheap" (kRegionName), or a private mapping where no memfd can be had. Written by the
// process on slow paths only; read with pread by anyone who may open /proc/PID/fd/N.
//
//   RegionHeader | TocEntry[toc_count] | CounterDescriptor[...] | GLOBAL | PEAK | CLASSES | THREADS | HISTORY | LAYOUT
//
// Self-describing: a reader walks the table of contents, and per section the descriptors, which give each counter's
// name, unit, kind, help and its offset in a row. Made from stats.def; a reader needs no list of its own.
//
// Consistency:
//   (1) GLOBAL, PEAK and each row of CLASSES begin with a 64-bit sequence number: odd while being written. A reader
//       takes it before and after, and retries at most 8 times.
//   (2) THREADS rows are written by their own thread, one word at a time; a row with tid 0 is not in use.
//       A row of CLASSES is odd while a span is on its way between its class and the page heap too: an even row and
//       GLOBAL agree about every span that moved before either was read.
//       HISTORY is a ring of rows in the order of their `time`. The oldest is overwritten next: once no row is unused, a
//       reader leaves it out, as it may be half new. A row with time 0 is not in use, or is being written.
//   (3) Sections are not consistent with each other while threads run. Quiesced, they are.
//   (4) header.pid is the process that writes. A forked child that has not allocated yet still holds its parent's
//       region: a reader must compare pid with the last field of NSpid of the process it opened it through.
//
// Nothing here may be trusted by a reader: validate every offset and count against a private copy.

#ifndef GLASSHEAP_ALLOCATOR_ABI_STATS_REGION_H_
#define GLASSHEAP_ALLOCATOR_ABI_STATS_REGION_H_

#include <cstddef>
#include <cstdint>

namespace glassheap::abi {

inline constexpr char kRegionName[] = "glassheap";
inline constexpr char kRegionMagic[8] = {'G', 'L', 'S', 'H', 'E', 'A', 'P', '1'};
inline constexpr uint32_t kLayoutVersion = 1;

// Environment of `memstat run`: "FD:INODE" of a connected SOCK_SEQPACKET socket. A process that makes a region sends one
// message of RegionNotice with the region's fd attached (SCM_RIGHTS), so that an observer holds it whatever happens next.
inline constexpr char kNotifyVariable[] = "GLASSHEAP_NOTIFY";

// The region's fd is moved to this number or above, where programs that count fds from 3 do not meet it.
inline constexpr int kRegionFdMin = 900;

enum class SectionKind : uint32_t { kGlobal = 1, kPeak = 2, kClasses = 3, kThreads = 4, kHistory = 5, kLayout = 8 };
enum class CounterKind : uint32_t { kGauge = 1, kCounter = 2 };
enum class Unit : uint32_t { kBytes = 1, kObjects = 2, kNanoseconds = 3, kCount = 4, kId = 5, kAddress = 6 };

struct CounterDescriptor {
  char name[32];    // NUL-terminated, [a-z0-9_]
  char help[88];    // NUL-terminated, printable ASCII
  uint16_t offset;  // of the 64-bit value in a row
  uint8_t unit;
  uint8_t kind;
  uint32_t reserved;
};
static_assert(sizeof(CounterDescriptor) == 128);

struct TocEntry {
  uint32_t kind;          // SectionKind; unknown kinds are skipped by a reader
  uint32_t row_size;      // bytes from one row to the next
  uint32_t row_count;     // rows there is room for
  uint32_t has_sequence;  // 1: a row begins with a sequence number
  uint32_t descriptor_count;
  uint32_t descriptor_offset;  // from the start of the region
  uint64_t offset;             // of row 0, from the start of the region
};
static_assert(sizeof(TocEntry) == 32);

// How to read a ThreadCache with process_vm_readv: list i of class i is at cache_address + lists_offset + i * stride and
// holds two pointers; the list's length is (end - top) / 8. Class 0 is not a class.
struct ThreadCacheLayout {
  uint32_t lists_offset;
  uint32_t list_stride;
  uint32_t top_offset;
  uint32_t end_offset;
};

enum HeaderFlags : uint32_t {
  kFlagPrivate = 1,  // no memfd: the region is a private mapping
  kFlagHardened = 2,
  kFlagUnsealed = 4,  // the kernel refused a seal
};

struct RegionHeader {
  char magic[8];
  uint32_t layout_version;
  uint32_t header_size;  // sizeof(RegionHeader) of the writer
  uint64_t total_size;
  uint32_t generation;           // 0 while the header is being written, then 1; a child's own region counts on
  uint32_t flags;                // HeaderFlags
  uint64_t pid;                  // getpid() of the writer, in its own pid namespace
  uint64_t created_boottime_ns;  // CLOCK_BOOTTIME when the region was made
  uint64_t created_realtime_ns;  // CLOCK_REALTIME at the same moment
  uint32_t toc_offset;
  uint32_t toc_count;
  uint32_t page_size;    // of the allocator: 8192
  uint32_t class_count;  // rows of CLASSES in use, row 0 included and always zero
  ThreadCacheLayout thread_cache;
  uint64_t region_address;  // where the writer has it mapped
  uint64_t heap_base;       // the window the page heap grows in ...
  uint64_t heap_window;     // ... and its size; only heap_mapped bytes of it are mapped
  char version[16];         // of glassheap, NUL-terminated
};
static_assert(sizeof(RegionHeader) % 8 == 0);

// One struct per section, for the writer. Values are 64-bit words written with relaxed atomic stores.
struct HeapRow {
  uint64_t sequence;
#define GLASSHEAP_HEAP(name, kind, unit, help) uint64_t name;
#include "allocator/abi/stats.def"
};

struct ClassRow {
  uint64_t sequence;
#define GLASSHEAP_CLASS(name, kind, unit, help) uint64_t name;
#include "allocator/abi/stats.def"
};

struct alignas(64) ThreadRow {  // a cache line each: only its own thread writes it
#define GLASSHEAP_THREAD(name, kind, unit, help) uint64_t name;
#include "allocator/abi/stats.def"
};

struct HistoryRow {
#define GLASSHEAP_HISTORY(name, kind, unit, help) uint64_t name;
#include "allocator/abi/stats.def"
};

struct LayoutRow {
#define GLASSHEAP_LAYOUT(name, kind, unit, help) uint64_t name;
#include "allocator/abi/stats.def"
};

struct RegionNotice {
  char magic[8];  // kRegionMagic
  uint64_t pid;   // as in the header
};

// The layout this version writes. A reader uses the table of contents instead.
inline constexpr uint32_t kMaxClasses = 128;
inline constexpr uint32_t kMaxThreads = 2048;
// At one row a second, ten minutes of a busy process and more of a quiet one. A page behind it for every 42 rows written.
inline constexpr uint32_t kHistoryRows = 640;
inline constexpr uint64_t kHistoryInterval = 1'000'000'000;  // ns between rows, at least

#define GLASSHEAP_COUNT_ONE(name, kind, unit, help) +1
inline constexpr uint32_t kHeapCounters = 0
#define GLASSHEAP_HEAP GLASSHEAP_COUNT_ONE
#include "allocator/abi/stats.def"
    ;
inline constexpr uint32_t kClassCounters = 0
#define GLASSHEAP_CLASS GLASSHEAP_COUNT_ONE
#include "allocator/abi/stats.def"
    ;
inline constexpr uint32_t kThreadCounters = 0
#define GLASSHEAP_THREAD GLASSHEAP_COUNT_ONE
#include "allocator/abi/stats.def"
    ;
inline constexpr uint32_t kHistoryCounters = 0
#define GLASSHEAP_HISTORY GLASSHEAP_COUNT_ONE
#include "allocator/abi/stats.def"
    ;
inline constexpr uint32_t kLayoutCounters = 0
#define GLASSHEAP_LAYOUT GLASSHEAP_COUNT_ONE
#include "allocator/abi/stats.def"
    ;
#undef GLASSHEAP_COUNT_ONE

inline constexpr uint32_t kSections = 6;

struct RegionLayout {
  RegionHeader header;
  TocEntry toc[kSections];
  CounterDescriptor heap_counters[kHeapCounters];  // shared by GLOBAL and PEAK
  CounterDescriptor class_counters[kClassCounters];
  CounterDescriptor thread_counters[kThreadCounters];
  CounterDescriptor history_counters[kHistoryCounters];
  CounterDescriptor layout_counters[kLayoutCounters];
  alignas(64) HeapRow global;
  alignas(64) HeapRow peak;
  alignas(64) ClassRow classes[kMaxClasses];
  alignas(64) ThreadRow threads[kMaxThreads];
  alignas(64) LayoutRow layout;
  alignas(64) HistoryRow history[kHistoryRows];
};

// A reader refuses anything larger: no honest region comes near it.
inline constexpr size_t kMaxRegionSize = size_t{4} << 20;
static_assert(sizeof(RegionLayout) < kMaxRegionSize);

}  // namespace glassheap::abi

#endif  // GLASSHEAP_ALLOCATOR_ABI_STATS_REGION_H_
