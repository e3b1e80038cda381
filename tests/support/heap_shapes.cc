// Heaps of three shapes, to look at with memtop:
//
//   heap_shapes leak       small objects that nobody frees: live grows by 1 MB/s
//   heap_shapes fragment   150 MB of small objects, nine of ten freed: what stays keeps nearly every span in use
//   heap_shapes cache      100 MB of buffers, freed and taken again every two seconds: hardly any live, all of it cached
//
// Runs until it is killed, or for so many seconds: heap_shapes SHAPE [SECONDS].

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vector>

namespace {

double Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void Sleep(long milliseconds) {
  const timespec time{milliseconds / 1000, milliseconds % 1000 * 1000000};
  ::nanosleep(&time, nullptr);
}

void* Touched(size_t bytes) {
  void* object = ::malloc(bytes);
  if (object == nullptr) ::abort();
  return ::memset(object, 1, bytes);
}

void* volatile g_last;  // so that nothing is optimised away

void Leak(double end) {
  const double start = Now();
  size_t leaked = 0;
  for (double now = start; now < end; now = Now()) {
    for (const size_t due = static_cast<size_t>((now - start) * 1e6); leaked < due;) {
      const size_t bytes = 16 + leaked / 64 % 480;
      g_last = Touched(bytes);
      leaked += bytes;
    }
    Sleep(10);
  }
}

void Fragment(double end) {
  std::vector<void*> objects;
  for (size_t bytes = 0; bytes < 150'000'000;) {
    const size_t size = 64 + objects.size() % 448;
    objects.push_back(Touched(size));
    bytes += size;
  }
  for (size_t i = 0; i < objects.size(); ++i) {
    if (i % 10 != 0) ::free(objects[i]);
  }
  while (Now() < end) {
    g_last = Touched(100);
    ::free(g_last);
    Sleep(100);
  }
}

void Cache(double end) {
  constexpr size_t kBuffer = 32 << 10;
  std::vector<void*> buffers(100'000'000 / kBuffer);
  while (Now() < end) {
    for (void*& buffer : buffers) buffer = Touched(kBuffer);
    for (void* buffer : buffers) ::free(buffer);
    Sleep(2000);
  }
}

struct Shape {
  const char* name;
  void (*run)(double end);
};
constexpr Shape kShapes[] = {{"leak", Leak}, {"fragment", Fragment}, {"cache", Cache}};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 2 ? ::atof(argv[2]) : 1e9;
  for (const Shape& shape : kShapes) {
    if (argc < 2 || ::strcmp(argv[1], shape.name) != 0) continue;
    shape.run(Now() + seconds);
    return 0;
  }
  ::fputs("usage: heap_shapes leak|fragment|cache [SECONDS]\n", stderr);
  return 2;
}
