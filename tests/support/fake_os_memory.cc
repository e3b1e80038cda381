#include "tests/support/fake_os_memory.h"

#include <sys/mman.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "tests/support/random.h"

namespace glassheap::testing::fake_os {
namespace {

struct Kernel {
  std::map<uintptr_t, size_t> mapped;  // address -> size, disjoint
  std::map<uintptr_t, size_t> occupied;
  uint64_t clock = 1'000'000'000;
  uint64_t calls = 0;
  uint64_t refused = 0;
  uint64_t first_refused = UINT64_MAX;
  uint64_t last_refused = 0;
  std::optional<os::Call> refused_kind;
  size_t discarded = 0;
  bool protects = false;  // some range is, or was, without access
  os::Seed seed = {};
  os::FaultHook hook = nullptr;
  std::set<const void*> sites, refused_sites;
};

Kernel& TheKernel() {
  static Kernel kernel;
  return kernel;
}

bool MustFail(os::Call call, size_t size, const void* site) {
  Kernel& kernel = TheKernel();
  kernel.sites.insert(site);
  const uint64_t number = kernel.calls++;
  const bool fail = (number >= kernel.first_refused && number <= kernel.last_refused) || kernel.refused_kind == call ||
                    (kernel.hook != nullptr && kernel.hook(call, size));
  if (fail) {
    ++kernel.refused;
    kernel.refused_sites.insert(site);
  }
  return fail;
}

bool Overlaps(const std::map<uintptr_t, size_t>& ranges, uintptr_t address, size_t size) {
  auto next = ranges.lower_bound(address + size);
  if (next == ranges.begin()) return false;
  --next;
  return next->first + next->second > address;
}

void* Map(void* address, size_t size, int flags) {
  void* result =
      mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  if (result == MAP_FAILED) return nullptr;
  TheKernel().mapped[reinterpret_cast<uintptr_t>(result)] = size;
  return result;
}

}  // namespace

void Reset() {
  Kernel& kernel = TheKernel();
  for (const auto& [address, size] : kernel.mapped) munmap(reinterpret_cast<void*>(address), size);
  kernel = Kernel{};
  static Random random(0x5eed);
  kernel.seed = {{random.Next(), random.Next()}};
}

void AdvanceClock(uint64_t nanoseconds) { TheKernel().clock += nanoseconds; }

void RefuseCall(uint64_t n) {
  Kernel& kernel = TheKernel();
  kernel.first_refused = kernel.last_refused = kernel.calls + n;
}

void RefuseCallsFrom(uint64_t n) {
  Kernel& kernel = TheKernel();
  kernel.first_refused = kernel.calls + n;
  kernel.last_refused = UINT64_MAX;
}

void RefuseAll(os::Call call) { TheKernel().refused_kind = call; }

void RefuseNothing() {
  Kernel& kernel = TheKernel();
  kernel.first_refused = UINT64_MAX;
  kernel.last_refused = 0;
  kernel.refused_kind.reset();
}

void Occupy(uintptr_t address, size_t size) { TheKernel().occupied[address] = size; }

uint64_t calls() { return TheKernel().calls; }
uint64_t refused() { return TheKernel().refused; }

std::set<const void*> call_sites() { return TheKernel().sites; }
std::set<const void*> refused_call_sites() { return TheKernel().refused_sites; }

size_t mapped_bytes() {
  size_t bytes = 0;
  for (const auto& [address, size] : TheKernel().mapped) bytes += size;
  return bytes;
}

size_t discarded_bytes() { return TheKernel().discarded; }

}  // namespace glassheap::testing::fake_os

namespace glassheap::os {

using namespace glassheap::testing::fake_os;

void* MapAnywhere(size_t size) {
  if (MustFail(Call::kMapAnywhere, size, __builtin_return_address(0))) return nullptr;
  return Map(nullptr, size, 0);
}

Outcome MapAt(void* address, size_t size) {
  if (MustFail(Call::kMapAt, size, __builtin_return_address(0))) return Outcome::kNoMemory;
  const uintptr_t start = reinterpret_cast<uintptr_t>(address);
  if (Overlaps(TheKernel().occupied, start, size)) return Outcome::kTaken;
  return Map(address, size, MAP_FIXED_NOREPLACE) == address ? Outcome::kDone : Outcome::kTaken;
}

bool Discard(void* address, size_t size) {
  if (MustFail(Call::kDiscard, size, __builtin_return_address(0))) return false;
  TheKernel().discarded += size;
  // Writing zeros is faster for little, and keeps no memory for much; it does not do for pages that may not be written.
  const bool write = size <= 64 * 1024 && !TheKernel().protects;
  if (write || madvise(address, size, MADV_DONTNEED) != 0) memset(address, 0, size);
  return true;
}
bool Protect(void* address, size_t size) {
  if (MustFail(Call::kProtect, size, __builtin_return_address(0))) return false;
  TheKernel().protects = true;
  return mprotect(address, size, PROT_NONE) == 0;
}

bool Unprotect(void* address, size_t size) {
  return !MustFail(Call::kUnprotect, size, __builtin_return_address(0)) &&
         mprotect(address, size, PROT_READ | PROT_WRITE) == 0;
}

bool MovePages(void* from, void* to, size_t size) {
  if (MustFail(Call::kMovePages, size, __builtin_return_address(0))) return false;
  memcpy(to, from, size);
  memset(from, 0, size);
  return true;
}

bool Renew(void* address, size_t size) {
  if (MustFail(Call::kRenew, size, __builtin_return_address(0))) return false;
  memset(address, 0, size);
  return true;
}

void Unmap(void* address, size_t size) {
  munmap(address, size);
  TheKernel().mapped.erase(reinterpret_cast<uintptr_t>(address));
}

uint64_t CoarseClock() { return TheKernel().clock; }

Seed ProcessSeed() { return TheKernel().seed; }

void SetFaultHook(FaultHook hook) { TheKernel().hook = hook; }

}  // namespace glassheap::os
