// workloads NAME [--scale X]   runs one workload, prints one JSON line
// workloads --list             topic, name, threads and meaning, tab-separated
//
// Run it under LD_PRELOAD of an allocator, or let :compare do so.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

struct Topic {
  const char* name;
  std::span<const Workload> (*workloads)();
};
constexpr Topic kTopics[] = {
    {"pairs", PairWorkloads},      {"batches", BatchWorkloads}, {"churn", ChurnWorkloads}, {"threads", ThreadWorkloads},
    {"passing", PassingWorkloads}, {"large", LargeWorkloads},   {"live", LiveWorkloads},
};

const Workload* Find(const char* name) {
  for (const Topic& topic : kTopics) {
    for (const Workload& workload : topic.workloads()) {
      if (strcmp(workload.name, name) == 0) return &workload;
    }
  }
  return nullptr;
}

int List() {
  for (const Topic& topic : kTopics) {
    for (const Workload& workload : topic.workloads()) {
      printf("%s\t%s\t%d\t%s\n", topic.name, workload.name, workload.threads, workload.models);
    }
  }
  return 0;
}

int Usage() {
  fprintf(stderr,
          "usage: workloads NAME [--scale X]\n"
          "       workloads --list\n");
  return 2;
}

int Main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) return List();
  if (argc != 2 && argc != 4) return Usage();
  double scale = 1;
  if (argc == 4) {
    char* end;
    scale = strtod(argv[3], &end);
    if (strcmp(argv[2], "--scale") != 0 || *end != '\0') return Usage();
    if (!(scale > 0 && scale <= 1000)) {
      fprintf(stderr, "workloads: --scale %s: not in (0, 1000]\n", argv[3]);
      return 2;
    }
  }
  const Workload* workload = Find(argv[1]);
  if (workload == nullptr) {
    fprintf(stderr, "workloads: %s: no such workload; see --list\n", argv[1]);
    return 2;
  }
  Run run(scale);
  workload->run(run);
  run.Print(workload->name, workload->threads);
  return 0;
}

}  // namespace
}  // namespace glassheap::bench

int main(int argc, char** argv) { return glassheap::bench::Main(argc, argv); }
