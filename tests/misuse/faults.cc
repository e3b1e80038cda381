// faults NAME SIZE misuses memory once, then looks whether a later allocation suffers. faults --list prints KIND NAME SIZE of
// all.
//
// Exit status: 0: nothing was noticed, and nothing bad came of it. 3: one block in two hands. 5: the misuse had no effect.
// A signal: stopped.
#include <sys/mman.h>

#include "tests/misuse/fault.h"

namespace glassheap::misuse {
namespace {

constexpr int kTwice = 3;

Fault* first;
Fault** last = &first;

void ListThoseOf(Kind kind, const char* name) {
  for (const Fault* fault = first; fault != nullptr; fault = fault->next) {
    for (int i = 0; fault->kind == kind && i < fault->sizes; ++i) printf("%s %s %zu\n", name, fault->name, kSizes[i]);
  }
}

void List() {
  ListThoseOf(Kind::kMatrix, "matrix");
  ListThoseOf(Kind::kReuse, "reuse");
  ListThoseOf(Kind::kTable, "table");
}

// Blocks that are live at the same time must not overlap, whatever happened before.
void LookForTwins(size_t size) {
  const size_t count = size < 100'000 ? 4000 : 100;
  char** blocks = static_cast<char**>(
      mmap(nullptr, count * sizeof(char*), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (size_t i = 0; i < count; ++i) {
    blocks[i] = Unknown(malloc(size));
    memcpy(blocks[i], &i, sizeof(i));
    memcpy(blocks[i] + size - 8, &i, sizeof(i));
  }
  for (size_t i = 0; i < count; ++i) {
    if (memcmp(blocks[i], &i, sizeof(i)) != 0 || memcmp(blocks[i] + size - 8, &i, sizeof(i)) != 0) exit(kTwice);
  }
}

}  // namespace

Fault::Fault(const char* fault_name, Kind fault_kind, Sizes fault_sizes, void (*body)(size_t size))
    : name(fault_name), kind(fault_kind), sizes(fault_sizes), run(body) {
  *last = this;
  last = &next;
}

int Main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    List();
    return 0;
  }
  for (const Fault* fault = first; fault != nullptr; fault = fault->next) {
    if (argc != 3 || strcmp(argv[1], fault->name) != 0) continue;
    const size_t size = strtoul(argv[2], nullptr, 10);
    fault->run(size);
    LookForTwins(size);
    return 0;
  }
  fprintf(stderr, "usage: faults --list | NAME SIZE\n");
  return 2;
}

}  // namespace glassheap::misuse

int main(int argc, char** argv) { return glassheap::misuse::Main(argc, argv); }
