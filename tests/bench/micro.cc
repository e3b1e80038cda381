// The micro costs of an allocator's calls, with google-benchmark. It is linked
// with no allocator, like workloads:
//
//   bazel build -c opt //tests/bench:micro //allocator:libglassheap.so
//   LD_PRELOAD=bazel-bin/allocator/libglassheap.so bazel-bin/tests/bench/micro

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

void MallocFree(benchmark::State& state) {
  const size_t size = state.range(0);
  for (auto _ : state) {
    void* p = malloc(size);
    benchmark::DoNotOptimize(p);
    free(p);
  }
}
BENCHMARK(MallocFree)->RangeMultiplier(8)->Range(8, 4 << 20);
BENCHMARK(MallocFree)->Arg(64)->Threads(2)->UseRealTime();

void NewSizedDelete(benchmark::State& state) {
  const size_t size = state.range(0);
  for (auto _ : state) {
    void* p = operator new(size);
    benchmark::DoNotOptimize(p);
    operator delete(p, size);
  }
}
BENCHMARK(NewSizedDelete)->Arg(16)->Arg(200)->Arg(8 << 10);

void AlignedNewDelete(benchmark::State& state) {
  const auto alignment = static_cast<std::align_val_t>(state.range(0));
  for (auto _ : state) {
    void* p = operator new(100, alignment);
    benchmark::DoNotOptimize(p);
    operator delete(p, alignment);
  }
}
BENCHMARK(AlignedNewDelete)->Arg(64)->Arg(4096);

void CallocFree(benchmark::State& state) {
  const size_t size = state.range(0);
  for (auto _ : state) {
    void* p = calloc(1, size);
    benchmark::DoNotOptimize(p);
    free(p);
  }
}
BENCHMARK(CallocFree)->Arg(64)->Arg(256)->Arg(4 << 10)->Arg(1 << 20);

// Between two sizes of one class, and between two classes.
void ReallocThereAndBack(benchmark::State& state) {
  void* p = malloc(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(p = realloc(p, state.range(1)));
    benchmark::DoNotOptimize(p = realloc(p, state.range(0)));
  }
  free(p);
}
BENCHMARK(ReallocThereAndBack)->Args({97, 112})->Args({100, 300});

void UsableSize(benchmark::State& state) {
  void* p = malloc(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(malloc_usable_size(p));
  free(p);
}
BENCHMARK(UsableSize)->Arg(100)->Arg(100 << 10)->Arg(1 << 20);

// As many as `range(1)` live at once: what a refill and a flush add.
void TakeManyFreeMany(benchmark::State& state) {
  const size_t size = state.range(0);
  std::vector<void*> objects(state.range(1));
  for (auto _ : state) {
    for (void*& p : objects) p = malloc(size);
    for (void* p : objects) free(p);
  }
  state.SetItemsProcessed(state.iterations() * objects.size());
}
BENCHMARK(TakeManyFreeMany)->ArgsProduct({{16, 200, 2000}, {10, 1000, 100'000}});

// A vector of strings: what C++ programs do all day.
void Strings(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<std::string> words;
    for (int i = 0; i < 100; ++i) words.emplace_back(20 + i % 40, 'x');
    benchmark::DoNotOptimize(words.data());
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(Strings);

}  // namespace

BENCHMARK_MAIN();
