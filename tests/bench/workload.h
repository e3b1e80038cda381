// What a workload is, and what one may use: a Run to report to, memory that
// does not come from the allocator under test, and a repeatable random source.
//
// The binary is linked with libc and libstdc++ only and runs under LD_PRELOAD
// of the allocator it measures. So nothing here may allocate with malloc
// inside a measured part, except the workload itself.

#ifndef GLASSHEAP_TESTS_BENCH_WORKLOAD_H_
#define GLASSHEAP_TESTS_BENCH_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace glassheap::bench {

// One execution of a workload. Only its main thread calls the methods.
class Run {
 public:
  struct Extra {
    const char* name;
    double value;
  };

  explicit Run(double scale) : scale_(scale) {}

  // `count` at --scale 1, at least 1.
  size_t Scaled(size_t count) const;

  // Brackets a measured part; parts add up.
  void Start();
  void Stop();

  // What was done inside the measured parts: one malloc and its free are one.
  void AddOperations(uint64_t count) { operations_ += count; }

  // A further figure of the JSON line; `name` is a literal.
  void Report(const char* name, double value);

  // Prints the JSON line.
  void Print(const char* workload, int threads) const;

 private:
  static constexpr int kMaxExtras = 12;

  double scale_;
  double started_ = 0;
  double cpu_started_ = 0;
  double seconds_ = 0;
  double cpu_seconds_ = 0;
  uint64_t operations_ = 0;
  Extra extras_[kMaxExtras] = {};
  int extra_count_ = 0;
};

// A row of the table. `models` says what real use it stands for.
struct Workload {
  const char* name;
  const char* models;
  int threads;
  void (*run)(Run&);
};

// The tables, one for each topic.
std::span<const Workload> PairWorkloads();
std::span<const Workload> BatchWorkloads();
std::span<const Workload> ChurnWorkloads();
std::span<const Workload> ThreadWorkloads();
std::span<const Workload> PassingWorkloads();
std::span<const Workload> LargeWorkloads();
std::span<const Workload> LiveWorkloads();

double WallSeconds();
// Of the whole process.
double CpuSeconds();
// Resident bytes, exact: the kernel walks the page tables for it.
size_t ResidentBytes();

// Stops the compiler from dropping or moving what leads to `p`.
inline void Keep(void* p) { asm volatile("" : : "g"(p) : "memory"); }

// malloc that a compiler cannot pair with its free; ends the run when it fails.
inline char* Take(size_t size) {
  char* p = static_cast<char*>(malloc(size));
  if (p == nullptr) abort();
  Keep(p);
  return p;
}

// Writes the first and the last byte of what was taken.
inline char* TakeTouched(size_t size) {
  char* p = Take(size);
  p[0] = 1;
  p[size - 1] = 1;
  return p;
}

// Writes a byte of every page.
inline void TouchPages(char* p, size_t size) {
  for (size_t at = 0; at < size; at += 4096) p[at] = 1;
}

// splitmix64: the same numbers in every run.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Uniform in [0, limit); limit < 2^32.
  size_t Below(size_t limit) { return ((Next() >> 32) * limit) >> 32; }
  // Uniform in [low, high].
  size_t Between(size_t low, size_t high) { return low + Below(high - low + 1); }

 private:
  uint64_t state_;
};

// Resident pages of the kernel's: the bookkeeping of a workload, so that it
// costs every allocator the same and faults outside the measured part.
char* MapResident(size_t bytes);
void UnmapResident(char* memory, size_t bytes);

template <typename T>
class Array {
 public:
  explicit Array(size_t size) : size_(size), items_(reinterpret_cast<T*>(MapResident(Bytes()))) {}
  ~Array() { UnmapResident(reinterpret_cast<char*>(items_), Bytes()); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  size_t size() const { return size_; }
  T* data() { return items_; }
  T& operator[](size_t i) { return items_[i]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }

 private:
  size_t Bytes() const { return size_ * sizeof(T); }

  size_t size_;
  T* items_;
};

}  // namespace glassheap::bench

#endif  // GLASSHEAP_TESTS_BENCH_WORKLOAD_H_
