// Many objects live at once: what they take beyond what was asked for, and
// what stays in RSS after they are freed. The objects are a list through
// themselves, so that no table of ours counts.

#include <time.h>

#include <cstdlib>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

struct Node {
  Node* next;
};

struct List {
  Node* first = nullptr;
  Node* last = nullptr;

  void Append(char* object) {
    Node* node = reinterpret_cast<Node*>(object);
    node->next = nullptr;
    (last == nullptr ? first : last->next) = node;
    last = node;
  }
};

// Appends `count` new objects; size() gives the size of the next. Returns the
// bytes asked for.
template <typename Size>
size_t Fill(List& list, size_t count, Size size) {
  size_t asked = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = size();
    list.Append(Take(bytes));
    asked += bytes;
  }
  return asked;
}

void FreeAll(List& list) {
  for (Node* node = list.first; node != nullptr;) {
    Node* next = node->next;
    free(node);
    node = next;
  }
  list = {};
}

// Frees nine of ten; which, is random.
void FreeMost(List& list) {
  Random random(17);
  List kept;
  for (Node* node = list.first; node != nullptr;) {
    Node* next = node->next;
    if (random.Below(10) == 0) {
      kept.Append(reinterpret_cast<char*>(node));
    } else {
      free(node);
    }
    node = next;
  }
  list = kept;
}

// What a program does that goes on: a few hundred small objects.
void LittleActivity() {
  char* objects[300];
  for (size_t i = 0; i < 300; ++i) objects[i] = TakeTouched(16 + i % 20 * 16);
  for (char* object : objects) free(object);
}

void Sleep(double seconds) {
  const time_t whole = static_cast<time_t>(seconds);
  timespec left = {whole, static_cast<long>((seconds - whole) * 1e9)};
  nanosleep(&left, nullptr);
}

// RSS at once, then after activity, then after 2 s and activity. Short runs do
// not wait. Returns the last, or -1.
double ReportRemains(Run& run, size_t base) {
  run.Report("rss_after_free", double(ResidentBytes()) - base);
  LittleActivity();
  run.Report("rss_after_activity", double(ResidentBytes()) - base);
  if (run.Scaled(10) < 10) return -1;
  Sleep(2);
  for (int i = 0; i < 5; ++i) LittleActivity();
  const double remains = double(ResidentBytes()) - base;
  run.Report("rss_after_2s", remains);
  return remains;
}

// Takes, then frees all in the order of taking.
template <size_t kSize, size_t kCount>
void Live(Run& run) {
  const size_t count = run.Scaled(kCount);
  const size_t base = ResidentBytes();
  List list;
  const double started = WallSeconds();
  run.Start();
  const size_t asked = Fill(list, count, [] { return kSize; });
  run.Stop();
  run.Report("fresh_seconds", WallSeconds() - started);
  const double growth = double(ResidentBytes()) - base;
  run.Report("rss_growth", growth);
  run.Report("rss_growth_ratio", growth / asked);
  run.Start();
  FreeAll(list);
  run.Stop();
  run.AddOperations(count);
  run.Report("rss_after_free", double(ResidentBytes()) - base);
}

// Taken and written for the first time; nothing is freed.
template <size_t kSize, size_t kCount>
void Fresh(Run& run) {
  const size_t count = run.Scaled(kCount);
  List list;
  run.Start();
  Fill(list, count, [] { return kSize; });
  run.Stop();
  run.AddOperations(count);
}

template <typename Size, typename Free>
void GiveBack(Run& run, size_t count, Size size, Free free_them) {
  const size_t base = ResidentBytes();
  List list;
  run.Start();
  const size_t asked = Fill(list, count, size);
  run.Stop();
  run.Report("bytes_asked", asked);
  run.Report("rss_growth", double(ResidentBytes()) - base);
  run.Start();
  free_them(list);
  run.Stop();
  run.AddOperations(count);
  ReportRemains(run, base);
  FreeAll(list);
}

// 200 MB; --scale 10 for the 2 GB of the figures in README.
void FreeAll1000(Run& run) {
  GiveBack(
      run, run.Scaled(200'000), [] { return size_t{1000}; }, FreeAll);
}

void FreeAllSmall(Run& run) {
  Random random(19);
  GiveBack(
      run, run.Scaled(750'000), [&] { return random.Between(16, 512); }, FreeAll);
}

// A program of 20 MB that has a burst of 200 MB: does it come back to what is live? The objects of both are of one kind.
void Burst(Run& run) {
  Random random(23);
  const auto size = [&] { return random.Between(16, 1024); };
  const size_t base = ResidentBytes();
  List live, burst;
  const size_t asked = Fill(live, run.Scaled(40'000), size);
  run.Start();
  Fill(burst, run.Scaled(400'000), size);
  FreeAll(burst);
  run.Stop();
  run.AddOperations(run.Scaled(400'000));
  const double remains = ReportRemains(run, base);
  if (remains >= 0) run.Report("rss_over_live", remains - 1.1 * asked);
  FreeAll(live);
}

void FreeMostSmall(Run& run) {
  Random random(19);
  GiveBack(
      run, run.Scaled(750'000), [&] { return random.Between(16, 512); }, FreeMost);
}

constexpr Workload kWorkloads[] = {
    {"live_8", "10 M live of 8 B, then freed", 1, Live<8, 10'000'000>},
    {"live_16", "10 M live of 16 B, then freed", 1, Live<16, 10'000'000>},
    {"live_24", "5 M live of 24 B, then freed", 1, Live<24, 5'000'000>},
    {"live_100", "2 M live of 100 B, then freed", 1, Live<100, 2'000'000>},
    {"live_1000", "200,000 live of 1000 B, then freed", 1, Live<1000, 200'000>},
    {"fresh_100", "2 M of 100 B taken and written, kept", 1, Fresh<100, 2'000'000>},
    {"fresh_4k", "60,000 of 4 KiB taken and written, kept", 1, Fresh<4096, 60'000>},
    {"free_all_1000", "200 MB of 1000 B, all freed: what stays", 1, FreeAll1000},
    {"free_all_small", "200 MB of 16 to 512 B, all freed: what stays", 1, FreeAllSmall},
    {"burst", "20 MB live, a burst of 200 MB: what stays", 1, Burst},
    {"free_most_small", "200 MB of 16 to 512 B, 90 % freed at random", 1, FreeMostSmall},
};

}  // namespace

std::span<const Workload> LiveWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
