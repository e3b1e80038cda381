// Memory before main, after exit, and in what is loaded in between.

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

constexpr size_t kMiB = 1 << 20;

// ---- before main ----

constinit void* from_preinit = nullptr;
constinit void* from_first_constructor = nullptr;

// Before any constructor, those of the libraries included.
void AllocateInPreinit(int, char**, char**) {
  free(calloc(3, 1000));
  from_preinit = malloc(5000);
  if (from_preinit != nullptr) Fill(from_preinit, 5000, 1);
}
__attribute__((section(".preinit_array"), used)) void (*allocate_in_preinit)(int, char**, char**) = AllocateInPreinit;

__attribute__((constructor(101))) void AllocateInFirstConstructor() {
  from_first_constructor = malloc(400'000);
  if (from_first_constructor != nullptr) Fill(from_first_constructor, 400'000, 2);
}

}  // namespace

TRAP(malloc_before_constructors) {
  Expect(from_preinit != nullptr && IsFilled(from_preinit, 5000, 1));
  free(from_preinit);
  Churn(1, 1);
}

TRAP(malloc_in_constructor_101) {
  Expect(from_first_constructor != nullptr);
  Expect(IsFilled(from_first_constructor, 400'000, 2));
  free(from_first_constructor);
  Churn(2, 1);
}

// While ld.so still relocates, before it has filled the thread-local block.
TRAP(malloc_in_ifunc_resolver) {
  const std::string program = Beside("ifunc_program");
  const char* const arguments[] = {program.c_str(), nullptr};
  ExpectSuccess(RunProgram(arguments));
}

// ---- after main ----

namespace {

constinit bool allocate_at_exit = false;

struct StaticMap {
  std::map<int, std::string> entries;
  ~StaticMap() {
    if (allocate_at_exit) Churn(1, 2);
  }
};
StaticMap static_map;

constinit int exit_handlers_run = 0;
constinit bool expect_exit_handlers = false;

void AllocatingExitHandler() {
  ++exit_handlers_run;
  Churn(3, 1);
}

// After every handler and destructor of C++. Exit status 5 says it ran.
__attribute__((destructor(101))) void LastDestructor() {
  if (allocate_at_exit) Churn(4, 1);
  if (expect_exit_handlers) _exit(exit_handlers_run == 100 ? 5 : 6);
}

}  // namespace

TRAP(malloc_in_static_constructors_and_destructors) {
  ExpectSuccess(InChild([] {
    allocate_at_exit = true;
    for (int i = 0; i < 1000; ++i) static_map.entries[i] = std::string(50, 'x');
    exit(0);
  }));
}

TRAP(malloc_in_exit_handlers) {
  const int status = InChild([] {
    allocate_at_exit = expect_exit_handlers = true;
    for (int i = 0; i < 100; ++i) Expect(atexit(AllocatingExitHandler) == 0);
    exit(0);
  });
  Expect(status == 5 << 8);
}

TRAP(malloc_in_quick_exit) {
  const int status = InChild([] {
    at_quick_exit([] {
      Churn(1, 1);
      _exit(7);
    });
    quick_exit(1);
  });
  Expect(status == 7 << 8);
}

// ---- libraries that come and go ----

namespace {

struct Plugin {
  explicit Plugin(int flags) : handle(dlopen(Beside("libplugin.so").c_str(), flags)) {
    if (handle == nullptr) Fail(__FILE__, __LINE__, dlerror());
  }
  ~Plugin() { dlclose(handle); }
  template <typename Function>
  Function* Get(const char* name) const {
    void* symbol = dlsym(handle, name);
    if (symbol == nullptr) Fail(__FILE__, __LINE__, dlerror());
    return reinterpret_cast<Function*>(symbol);
  }
  void* handle;
};

}  // namespace

TRAP(dlopen_and_dlclose_in_a_loop) {
  for (int i = 0; i < 50; ++i) Plugin plugin(RTLD_NOW);
  const size_t before = RssBytes();
  for (int i = 0; i < 1000; ++i) {
    Plugin plugin(RTLD_NOW);
    Expect(plugin.Get<int()>("plugin_entries")() == 500);
  }
  Expect(RssBytes() < before + 8 * kMiB);
}

TRAP(dlopen_blocks_outlive_the_library) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) {
    Plugin plugin(RTLD_LAZY);
    void* block = plugin.Get<void*(size_t)>("plugin_malloc")(1000);
    Fill(block, 1000, 3);
    blocks.push_back(block);
    plugin.Get<void(void*)>("plugin_free")(malloc(2000));
  }
  for (void* block : blocks) {
    Expect(IsFilled(block, 1000, 3));
    free(block);
  }
}

// The library's share of the space ld.so keeps for libraries that come late:
// an allocator with much TLS leaves them none.
TRAP(dlopen_with_static_tls) {
  Plugin plugin(RTLD_NOW);
  Expect(plugin.Get<int(int)>("plugin_static_tls")(3) == 3);
}

// The library's malloc is libc's: as long as it frees what it allocates.
TRAP(dlopen_deepbind_uses_its_own_blocks) {
  Plugin plugin(RTLD_NOW | RTLD_DEEPBIND);
  for (size_t size = 1; size < 1'000'000; size *= 3) {
    void* block = plugin.Get<void*(size_t)>("plugin_malloc")(size);
    Fill(block, size, 4);
    Expect(IsFilled(block, size, 4));
    plugin.Get<void(void*)>("plugin_free")(block);
  }
  Churn(5, 3);
}

// No preloaded malloc can serve this: libc's free gets a block of ours.
TRAP_PLAIN(dlopen_deepbind_frees_our_block) {
  Plugin plugin(RTLD_NOW | RTLD_DEEPBIND);
  plugin.Get<void(void*)>("plugin_free")(malloc(100));
}

TRAP(dlopen_symbolic_has_operators_of_its_own) {
  void* const library = dlopen(Beside("libsymbolic.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  Expect(library != nullptr);
  const auto take = reinterpret_cast<int* (*)()>(dlsym(library, "SymbolicNew"));
  const auto give = reinterpret_cast<void (*)(int*)>(dlsym(library, "SymbolicDelete"));
  for (int i = 0; i < 1000; ++i) {
    int* number = take();
    Expect(*number == 7);
    delete number;
    give(new int(i));
  }
}

TRAP(dlmopen_has_a_libc_of_its_own) {
  void* handle = dlmopen(LM_ID_NEWLM, Beside("libplugin.so").c_str(), RTLD_NOW);
  if (handle == nullptr) Skip(dlerror());
  const auto allocate = reinterpret_cast<void* (*)(size_t)>(dlsym(handle, "plugin_malloc"));
  const auto release = reinterpret_cast<void (*)(void*)>(dlsym(handle, "plugin_free"));
  Expect(allocate != nullptr && release != nullptr);
  for (int i = 0; i < 1000; ++i) release(allocate(static_cast<size_t>(i)));
  Churn(6, 3);
  dlclose(handle);
}

// ---- one allocator, under all its names ----

namespace {
std::string HomeOf(const char* name) {
  void* address = dlsym(RTLD_DEFAULT, name);
  Dl_info info;
  if (address == nullptr || dladdr(address, &info) == 0) return "";
  return info.dli_fname;
}
}  // namespace

TRAP(every_name_is_of_one_allocator) {
  const std::string home = HomeOf("malloc");
  for (const char* name :
       {"free",           "calloc",         "realloc",        "reallocarray",       "memalign",      "aligned_alloc",
        "posix_memalign", "valloc",         "pvalloc",        "malloc_usable_size", "mallinfo",      "mallinfo2",
        "mallopt",        "malloc_trim",    "malloc_stats",   "malloc_info",        "__libc_malloc", "__libc_free",
        "__libc_calloc",  "__libc_realloc", "__libc_memalign"}) {
    if (HomeOf(name) == home) continue;
    Fail(__FILE__, __LINE__, name);
  }
  const std::string new_home = HomeOf("_Znwm");
  for (const char* name :
       {"_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t", "_ZdlPv", "_ZdaPv", "_ZdlPvm",
        "_ZdaPvm", "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t", "_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t",
        "_ZdlPvmSt11align_val_t", "_ZdaPvmSt11align_val_t", "_ZdlPvSt11align_val_tRKSt9nothrow_t",
        "_ZdaPvSt11align_val_tRKSt9nothrow_t"}) {
    if (HomeOf(name) == new_home) continue;
    Fail(__FILE__, __LINE__, name);
  }
  if (UnderGlassheap()) Expect(new_home == home);
}

STEP(is_under_glassheap) { Expect(UnderGlassheap()); }

// ---- beside others ----

STEP(churn_beside_another_preload) {
  Churn(1, 20);
  const auto calls = reinterpret_cast<long (*)()>(dlsym(RTLD_DEFAULT, "counting_preload_calls"));
  Expect(calls != nullptr && calls() > 100);
}

namespace {
void RunBesideAnotherPreload(bool ours_first) {
  const char* value = getenv("LD_PRELOAD");
  const std::string ours = value != nullptr ? value : "";
  const std::string other = Beside("libcounting_preload.so");
  const std::string both = ours.empty() ? other : ours_first ? ours + ":" + other : other + ":" + ours;
  setenv("LD_PRELOAD", both.c_str(), 1);
  ExpectSuccess(RunStep(ours_first ? "churn" : "churn_beside_another_preload"));
}
}  // namespace

// A wrapper of malloc in front of us finds us by dlsym(RTLD_NEXT), and calls
// calloc before it has found it.
TRAP(another_preload_before_ours) { RunBesideAnotherPreload(false); }
TRAP(another_preload_after_ours) { RunBesideAnotherPreload(true); }

TRAP(started_with_bind_now) {
  setenv("LD_BIND_NOW", "1", 1);
  ExpectSuccess(RunStep("churn"));
}

TRAP(started_under_an_auditor) {
  setenv("LD_AUDIT", Beside("libauditor.so").c_str(), 1);
  ExpectSuccess(RunStep("churn"));
}

TRAP(started_under_valgrind) {
  const char* const arguments[] = {"/usr/bin/valgrind", "-q", "--tool=none", SelfPath(), "churn", nullptr};
  if (access(arguments[0], X_OK) != 0) Fail(__FILE__, __LINE__, "no valgrind");
  ExpectSuccess(RunProgram(arguments));
}

}  // namespace glassheap::traps
