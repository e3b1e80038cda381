#include "allocator/base/stats_publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>

#include "allocator/base/kernel_clock.h"
#include "allocator/base/system_call.h"
#include "allocator/base/types.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace glassheap {
namespace {

using abi::RegionLayout;

constexpr char kVersion[] = "0.1.0";
constexpr size_t kRegionSize = RoundUp(sizeof(RegionLayout), kSystemPageSize);

// A memfd of the region's size, or -1. RLIMIT_FSIZE below that size would kill the process with SIGXFSZ in ftruncate.
int MakeMemfd() {
  rlimit limit = {};
  if (SystemCall(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, AsArgument(&limit)) != 0 || limit.rlim_cur < kRegionSize) return -1;
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  long fd = SystemCall(SYS_memfd_create, AsArgument(abi::kRegionName), kFlags | MFD_NOEXEC_SEAL);
  if (fd == -EINVAL) fd = SystemCall(SYS_memfd_create, AsArgument(abi::kRegionName), kFlags);
  if (fd < 0) return -1;
  SystemCall(SYS_fchmod, fd, 0600);
  if (SystemCall(SYS_ftruncate, fd, static_cast<long>(kRegionSize)) != 0) {
    SystemCall(SYS_close, fd);
    return -1;
  }
  return static_cast<int>(fd);
}

// A private mapping has a page without access on either side: the kernel would join it with its neighbours, and readers
// find it by its start (tools: region_mapped).
long Map(int fd) {
  constexpr long kSize = static_cast<long>(kRegionSize), kGuard = static_cast<long>(kSystemPageSize);
  if (fd >= 0) return SystemCall(SYS_mmap, 0, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const long guard = SystemCall(SYS_mmap, 0, kSize + 2 * kGuard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (SystemCallFailed(guard)) return guard;
  const long result = SystemCall(SYS_mprotect, guard + kGuard, kSize, PROT_READ | PROT_WRITE);
  if (result == 0) return guard + kGuard;
  SystemCall(SYS_munmap, guard, kSize + 2 * kGuard);
  return result;
}

void Unmap(long address, bool shared) {
  const long guard = shared ? 0 : static_cast<long>(kSystemPageSize);
  SystemCall(SYS_munmap, address - guard, static_cast<long>(kRegionSize) + 2 * guard);
}

// Moves the fd up, out of the way of programs that expect the lowest numbers.
int MoveHigh(int fd) {
  constexpr long kLeast[] = {abi::kRegionFdMin, 200, 50};
  for (const long least : kLeast) {
    const long high = SystemCall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least);
    if (high >= 0) {
      SystemCall(SYS_close, fd);
      return static_cast<int>(high);
    }
  }
  return fd;
}

// Seals the size and, from Linux 5.1, every way to write but our mapping. Returns header flags.
uint32_t Seal(int fd) {
  constexpr long kSize = F_SEAL_SHRINK | F_SEAL_GROW;
  if (SystemCall(SYS_fcntl, fd, F_ADD_SEALS, kSize | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) return 0;
  if (SystemCall(SYS_fcntl, fd, F_ADD_SEALS, kSize | F_SEAL_SEAL) == 0) return 0;
  return abi::kFlagUnsealed;
}

uint64_t InodeOf(int fd) {
  struct stat status = {};
  return SystemCall(SYS_fstat, fd, AsArgument(&status)) == 0 ? status.st_ino : 0;
}

// Not inlined: 38 copies would be 3 KiB of code for what runs once.
GH_NOINLINE void Describe(abi::CounterDescriptor* to, const char* name, const char* help, size_t offset,
                          abi::CounterKind kind, abi::Unit unit) {
  strncpy(to->name, name, sizeof(to->name) - 1);
  strncpy(to->help, help, sizeof(to->help) - 1);
  to->offset = static_cast<uint16_t>(offset);
  to->kind = static_cast<uint8_t>(kind);
  to->unit = static_cast<uint8_t>(unit);
}

void FillDescriptors(RegionLayout* layout) {
  using enum abi::CounterKind;
  using enum abi::Unit;
  abi::CounterDescriptor* next = layout->heap_counters;
#define GLASSHEAP_HEAP(name, kind, unit, help) Describe(next++, #name, help, offsetof(abi::HeapRow, name), kind, unit);
#include "allocator/abi/stats.def"
  next = layout->class_counters;
#define GLASSHEAP_CLASS(name, kind, unit, help) \
  Describe(next++, #name, help, offsetof(abi::ClassRow, name), kind, unit);
#include "allocator/abi/stats.def"
  next = layout->thread_counters;
#define GLASSHEAP_THREAD(name, kind, unit, help) \
  Describe(next++, #name, help, offsetof(abi::ThreadRow, name), kind, unit);
#include "allocator/abi/stats.def"
  next = layout->history_counters;
#define GLASSHEAP_HISTORY(name, kind, unit, help) \
  Describe(next++, #name, help, offsetof(abi::HistoryRow, name), kind, unit);
#include "allocator/abi/stats.def"
  next = layout->layout_counters;
#define GLASSHEAP_LAYOUT(name, kind, unit, help) \
  Describe(next++, #name, help, offsetof(abi::LayoutRow, name), kind, unit);
#include "allocator/abi/stats.def"
}

abi::TocEntry Section(abi::SectionKind kind, size_t offset, size_t row_size, size_t rows, bool sequence,
                      size_t descriptors, size_t descriptor_offset) {
  abi::TocEntry entry = {};
  entry.kind = static_cast<uint32_t>(kind);
  entry.offset = offset;
  entry.row_size = static_cast<uint32_t>(row_size);
  entry.row_count = static_cast<uint32_t>(rows);
  entry.has_sequence = sequence ? 1 : 0;
  entry.descriptor_count = static_cast<uint32_t>(descriptors);
  entry.descriptor_offset = static_cast<uint32_t>(descriptor_offset);
  return entry;
}

void FillToc(RegionLayout* layout, uint32_t class_count) {
  using abi::SectionKind;
  layout->toc[0] = Section(SectionKind::kGlobal, offsetof(RegionLayout, global), sizeof(abi::HeapRow), 1, true,
                           abi::kHeapCounters, offsetof(RegionLayout, heap_counters));
  layout->toc[1] = Section(SectionKind::kPeak, offsetof(RegionLayout, peak), sizeof(abi::HeapRow), 1, true,
                           abi::kHeapCounters, offsetof(RegionLayout, heap_counters));
  layout->toc[2] = Section(SectionKind::kClasses, offsetof(RegionLayout, classes), sizeof(abi::ClassRow), class_count,
                           true, abi::kClassCounters, offsetof(RegionLayout, class_counters));
  layout->toc[3] = Section(SectionKind::kThreads, offsetof(RegionLayout, threads), sizeof(abi::ThreadRow),
                           abi::kMaxThreads, false, abi::kThreadCounters, offsetof(RegionLayout, thread_counters));
  layout->toc[4] = Section(SectionKind::kLayout, offsetof(RegionLayout, layout), sizeof(abi::LayoutRow), 1, false,
                           abi::kLayoutCounters, offsetof(RegionLayout, layout_counters));
  layout->toc[5] = Section(SectionKind::kHistory, offsetof(RegionLayout, history), sizeof(abi::HistoryRow),
                           abi::kHistoryRows, false, abi::kHistoryCounters, offsetof(RegionLayout, history_counters));
}

}  // namespace

void StatsPublisher::MakeSentinel() {
  if (sentinel_ == nullptr) {
    const long page = SystemCall(SYS_mmap, 0, static_cast<long>(kSystemPageSize), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (SystemCallFailed(page)) return;
    SystemCall(SYS_madvise, page, static_cast<long>(kSystemPageSize), MADV_WIPEONFORK);
    sentinel_ = reinterpret_cast<uint64_t*>(page);
  }
  __atomic_store_n(sentinel_, 1, __ATOMIC_RELAXED);
}

void StatsPublisher::LeaveOldRegion() {
  if (mapped_ == nullptr) return;
  Unmap(reinterpret_cast<long>(mapped_), fd_ >= 0);
  // The program may have closed our fd and opened something else under its number.
  if (fd_ >= 0 && InodeOf(fd_) == inode_) SystemCall(SYS_close, fd_);
  mapped_ = nullptr;
  fd_ = -1;
}

void StatsPublisher::Attach(const Description& description) {
  layout_ = nullptr;
  history_rows_ = 0;
  LeaveOldRegion();
  MakeSentinel();
  if constexpr (!kIntrospection) return;
  const int fd = MakeMemfd();
  const long address = Map(fd);
  if (SystemCallFailed(address)) {
    if (fd >= 0) SystemCall(SYS_close, fd);
    return;
  }
  mapped_ = reinterpret_cast<RegionLayout*>(address);
  fd_ = -1;
  RegionLayout* layout = mapped_;
  abi::RegionHeader& header = layout->header;
  header.flags = description.flags | (fd >= 0 ? Seal(fd) : static_cast<uint32_t>(abi::kFlagPrivate));
  header.layout_version = abi::kLayoutVersion;
  header.header_size = sizeof(abi::RegionHeader);
  header.total_size = kRegionSize;
  header.pid = static_cast<uint64_t>(SystemCall(SYS_getpid));
  created_ns_ = KernelClock(CLOCK_MONOTONIC);
  header.created_boottime_ns = KernelClock(CLOCK_BOOTTIME);
  header.created_realtime_ns = KernelClock(CLOCK_REALTIME);
  header.toc_offset = offsetof(RegionLayout, toc);
  header.toc_count = abi::kSections;
  header.page_size = kPageSize;
  header.class_count = description.class_count;
  header.thread_cache = description.thread_cache;
  header.region_address = static_cast<uint64_t>(address);
  header.heap_base = description.heap_base;
  header.heap_window = description.heap_window;
  memcpy(header.version, kVersion, sizeof(kVersion));
  FillToc(layout, description.class_count);
  FillDescriptors(layout);
  layout->layout = description.layout;
  memcpy(header.magic, abi::kRegionMagic, sizeof(header.magic));
  __atomic_store_n(&header.generation, ++generation_, __ATOMIC_RELEASE);
  if (fd >= 0) {
    fd_ = MoveHigh(fd);
    inode_ = InodeOf(fd_);
    SendNotice(fd_);
  }
  layout_ = layout;
}

bool StatsPublisher::OwnsFd(int fd) const {
  const int ours = __atomic_load_n(&fd_, __ATOMIC_RELAXED);
  if (fd < 0 || __builtin_expect(fd != ours, 1) || !attached()) return false;
  return static_cast<uint64_t>(SystemCall(SYS_getpid)) == layout_->header.pid && InodeOf(fd) == inode_;
}

int StatsPublisher::OwnedFdIn(unsigned first, unsigned last) const {
  const int ours = __atomic_load_n(&fd_, __ATOMIC_RELAXED);
  const bool inside = ours >= 0 && static_cast<unsigned>(ours) >= first && static_cast<unsigned>(ours) <= last;
  return inside && OwnsFd(ours) ? ours : -1;
}

void StatsPublisher::MoveFd() {
  const int ours = fd_;
  const long leasts[] = {ours + 1, 50, 3};
  for (const long least : leasts) {
    const long other = SystemCall(SYS_fcntl, ours, F_DUPFD_CLOEXEC, least);
    if (other < 0) continue;
    __atomic_store_n(&fd_, static_cast<int>(other), __ATOMIC_RELAXED);
    return;
  }
}

// Never after the moment of the call, and never 0, which marks a row that is not in use. The coarse clock may lag behind the
// one that created_ns_ was read from.
uint64_t StatsPublisher::NanosecondsSinceAttach() const {
  const uint64_t now = KernelClock(CLOCK_MONOTONIC_COARSE);
  return now > created_ns_ ? now - created_ns_ : 1;
}

// The socket is trusted only if its number still has the inode that the observer wrote down: the program may have
// inherited the variable but not the fd.
void StatsPublisher::SendNotice(int fd) {
  const char* text = secure_getenv(abi::kNotifyVariable);
  if (text == nullptr) return;
  uint64_t parts[2] = {0, 0};
  int part = 0;
  for (; *text != '\0'; ++text) {
    if (*text == ':' && part == 0) {
      part = 1;
    } else if (*text >= '0' && *text <= '9') {
      parts[part] = parts[part] * 10 + static_cast<uint64_t>(*text - '0');
    } else {
      return;
    }
  }
  if (part != 1 || InodeOf(static_cast<int>(parts[0])) != parts[1]) return;
  abi::RegionNotice notice = {};
  memcpy(notice.magic, abi::kRegionMagic, sizeof(notice.magic));
  notice.pid = mapped_->header.pid;
  iovec data = {&notice, sizeof(notice)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  SystemCall(SYS_sendmsg, static_cast<long>(parts[0]), AsArgument(&message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace glassheap
