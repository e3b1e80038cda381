#include "tests/bench/workload.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace glassheap::bench {
namespace {

// The file that serves malloc in this process: did the preload take?
const char* MallocFile() {
  Dl_info info;
  void* address = dlsym(RTLD_DEFAULT, "malloc");
  if (address == nullptr || dladdr(address, &info) == 0) return "unknown";
  return info.dli_fname;
}

// The number of kilobytes after `key` in a file of /proc/self; 0 if not there.
// Reads into the stack: fopen would allocate.
size_t Kilobytes(const char* path, const char* key) {
  char text[4096];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* found = strstr(text, key);
  return found == nullptr ? 0 : strtoull(found + strlen(key), nullptr, 10);
}

}  // namespace

double WallSeconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

size_t ResidentBytes() { return Kilobytes("/proc/self/smaps_rollup", "\nRss:") * 1024; }

char* MapResident(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) abort();
  return static_cast<char*>(memory);
}

void UnmapResident(char* memory, size_t bytes) { munmap(memory, bytes); }

size_t Run::Scaled(size_t count) const { return std::max<size_t>(1, static_cast<size_t>(count * scale_)); }

void Run::Start() {
  cpu_started_ = CpuSeconds();
  started_ = WallSeconds();
}

void Run::Stop() {
  seconds_ += WallSeconds() - started_;
  cpu_seconds_ += CpuSeconds() - cpu_started_;
}

void Run::Report(const char* name, double value) {
  if (extra_count_ == kMaxExtras) abort();
  extras_[extra_count_++] = {name, value};
}

void Run::Print(const char* workload, int threads) const {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"name\":\"%s\",\"threads\":%d,\"scale\":%g,\"allocator\":\"%s\"", workload, threads, scale_, MallocFile());
  printf(",\"seconds\":%.9f,\"cpu_seconds\":%.9f,\"operations\":%llu", seconds_, cpu_seconds_,
         static_cast<unsigned long long>(operations_));
  printf(",\"peak_rss_kb\":%zu,\"minor_faults\":%ld,\"voluntary_switches\":%ld",
         Kilobytes("/proc/self/status", "\nVmHWM:"), usage.ru_minflt, usage.ru_nvcsw);
  for (int i = 0; i < extra_count_; ++i) {
    printf(",\"%s\":%.9g", extras_[i].name, extras_[i].value);
  }
  printf("}\n");
}

}  // namespace glassheap::bench
