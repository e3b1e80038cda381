// steady FILE PIECES: the same piece of work again and again, and when each ended and what it took.
//
// FILE gets a record a piece while it runs (it is mapped), for observed.py: the clock and the thread's processor time, two
// 64-bit nanosecond counts. A record whose clock is 0 is still to come. Ends after PIECES, or when it is killed.

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

struct Record {
  std::atomic<uint64_t> ended;  // CLOCK_MONOTONIC
  uint64_t cpu;                 // of this piece
};

uint64_t Nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Record* MapRecords(const char* path, size_t pieces) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(pieces * sizeof(Record))) != 0) return nullptr;
  void* const map = mmap(nullptr, pieces * sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  close(fd);
  return map == MAP_FAILED ? nullptr : static_cast<Record*>(map);
}

// As churn_200k. Its random numbers are the same each time, so that every piece after the first does the same.
void Churn(Array<char*>& objects, size_t operations) {
  Random random(3);
  for (size_t i = 0; i < operations; ++i) {
    char*& object = objects[random.Below(objects.size())];
    free(object);
    object = TakeTouched(random.Between(16, 255));
  }
}

int Steady(const char* path, size_t pieces) {
  constexpr size_t kLive = 200'000;
  constexpr size_t kOperations = 50'000;  // some 3 ms
  Record* const records = MapRecords(path, pieces);
  if (records == nullptr) {
    perror(path);
    return 1;
  }
  Array<char*> objects(kLive);
  for (char*& object : objects) object = TakeTouched(128);
  Churn(objects, kOperations);
  uint64_t before = Nanoseconds(CLOCK_THREAD_CPUTIME_ID);
  for (size_t i = 0; i < pieces; ++i) {
    Churn(objects, kOperations);
    const uint64_t now = Nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    records[i].cpu = now - before;
    records[i].ended.store(Nanoseconds(CLOCK_MONOTONIC), std::memory_order_release);
    before = now;
  }
  return 0;
}

}  // namespace
}  // namespace glassheap::bench

int main(int argc, char** argv) {
  const size_t pieces = argc == 3 ? strtoull(argv[2], nullptr, 10) : 0;
  if (pieces == 0) {
    fprintf(stderr, "usage: steady FILE PIECES\n");
    return 2;
  }
  return glassheap::bench::Steady(argv[1], pieces);
}
