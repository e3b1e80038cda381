// A program whose IFUNC resolver allocates: ld.so calls it while it relocates.

#include <stdlib.h>
#include <string.h>

namespace {
constinit void* from_resolver = nullptr;
int Answer() { return 42; }
}  // namespace

extern "C" {
__attribute__((used)) int (*Resolve())() {
  from_resolver = malloc(100);
  free(malloc(3000));
  free(calloc(1, 300'000));
  return &Answer;
}
int Resolved() __attribute__((ifunc("Resolve")));
}

int main() {
  if (Resolved() != 42 || from_resolver == nullptr) return 1;
  memset(from_resolver, 1, 100);
  free(from_resolver);
  free(malloc(200));
  return 0;
}
