// Pointers that nobody allocated: one clear line, then abort. Under glibc only
// the abort (or its crash) is expected.

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

char static_bytes[4096];

// What the call writes to standard error, and how it ends.
template <typename Call>
void ExpectDeath(const char* what, const Call& call) {
  int error[2];
  Expect(pipe(error) == 0);
  const pid_t pid = fork();
  Expect(pid >= 0);
  if (pid == 0) {
    dup2(error[1], 2);
    call();
    _exit(0);
  }
  close(error[1]);
  std::string text;
  char bytes[512];
  for (ssize_t n; (n = read(error[0], bytes, sizeof(bytes))) > 0;) {
    text.append(bytes, static_cast<size_t>(n));
  }
  close(error[0]);
  const int status = WaitFor(pid);
  if (!WIFSIGNALED(status)) Fail(__FILE__, __LINE__, what);
  if (!UnderGlassheap()) return;
  const bool one_line = text.find('\n') == text.size() - 1;
  if (WTERMSIG(status) == SIGABRT && one_line && text.compare(0, 11, "glassheap: ") == 0) {
    return;
  }
  Fail(__FILE__, __LINE__, (what + (": " + text)).c_str());
}

template <typename Pointer>
void ExpectFreeDies(const char* what, Pointer pointer) {
  void* volatile hidden = (void*)pointer;
  ExpectDeath(what, [&hidden] { free(hidden); });
  ExpectDeath(what, [&hidden] { hidden = realloc(hidden, 100); });
}

}  // namespace

TRAP(free_of_wild_pointers) {
  ExpectFreeDies("8", uintptr_t{8});
  ExpectFreeDies("16", uintptr_t{16});
  ExpectFreeDies("64 KiB", uintptr_t{0x10000});
  ExpectFreeDies("4 GiB", uintptr_t{1} << 32);
  ExpectFreeDies("46 bits", uintptr_t{1} << 46);
  ExpectFreeDies("end of 47 bits", (uintptr_t{1} << 47) - 8192);
  ExpectFreeDies("48 bits", uintptr_t{1} << 47);
  ExpectFreeDies("57 bits", (uintptr_t{1} << 56) - 8192);
  ExpectFreeDies("58 bits", uintptr_t{1} << 57);
  ExpectFreeDies("not canonical", uintptr_t{0xdeadbeefdeadbee0});
  ExpectFreeDies("kernel", uintptr_t{0xffff888000001000});
  ExpectFreeDies("last page", ~uintptr_t{0} - 4095);
  ExpectFreeDies("odd", uintptr_t{0x7fff12345671});
}

TRAP(free_of_what_is_not_heap) {
  alignas(64) char on_stack[256] = {};
  ExpectFreeDies("stack", on_stack + 64);
  ExpectFreeDies("static", static_bytes + 64);
  ExpectFreeDies("code", reinterpret_cast<void*>(&ExpectFreeDies<void*>));
  char* mapped = static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ExpectFreeDies("mapping", mapped + 4096);
}

TRAP(free_of_interior_pointers) {
  for (size_t size : {40, 100, 5000, 100'000, 400'000, 5'000'000}) {
    char* block = static_cast<char*>(malloc(size));
    memset(block, 0, size);
    const std::string name = std::to_string(size);
    ExpectFreeDies((name + " + 8").c_str(), block + 8);
    ExpectFreeDies((name + " + half").c_str(), block + size / 2 / 16 * 16);
    ExpectFreeDies((name + " + 1").c_str(), block + 1);
    free(block);
  }
}

TRAP(double_free) {
  for (size_t size : {40, 100, 1000, 400'000}) {
    ExpectDeath(std::to_string(size).c_str(), [size] {
      void* volatile block = malloc(size);
      free(block);
      free(block);
    });
  }
}

}  // namespace glassheap::traps
