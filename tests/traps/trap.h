// A trap: a small program that a malloc replacement has been seen to fail, and
// that glibc's own malloc passes. `traps NAME` runs one in this process.
//
//   TRAP(fork_from_busy_threads) { ... }   exit 0 when the body returns
//
// A trap calls Expect for what must hold; the first failure ends the process.
// Everything here works without iostreams, so that what a trap allocates is
// what its body says.

#ifndef GLASSHEAP_TESTS_TRAPS_TRAP_H_
#define GLASSHEAP_TESTS_TRAPS_TRAP_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace glassheap::traps {

enum class Kind {
  kTrap,       // listed; must pass under glibc's malloc and under ours
  kOursOnly,   // listed; glibc promises less
  kStep,       // not listed: what a trap executes in a process of its own
  kPlainOnly,  // listed; a limit of every preloaded malloc, passes in glibc
};

struct Trap {
  Trap(const char* trap_name, Kind trap_kind, void (*body)());
  const char* name;
  Kind kind;
  void (*run)();
  Trap* next;
};

#define TRAP_OF_KIND(name, kind)                                         \
  static void Trap_##name();                                             \
  static ::glassheap::traps::Trap trap_##name(#name, kind, Trap_##name); \
  static void Trap_##name()

#define TRAP(name) TRAP_OF_KIND(name, ::glassheap::traps::Kind::kTrap)
#define TRAP_OURS(name) TRAP_OF_KIND(name, ::glassheap::traps::Kind::kOursOnly)
#define TRAP_PLAIN(name) TRAP_OF_KIND(name, ::glassheap::traps::Kind::kPlainOnly)
#define STEP(name) TRAP_OF_KIND(name, ::glassheap::traps::Kind::kStep)

// ---- what must hold ----

#define Expect(condition) ((condition) ? void() : ::glassheap::traps::Fail(__FILE__, __LINE__, #condition))
[[noreturn]] void Fail(const char* file, int line, const char* what);

// Ends the trap: this machine does not let it be tried.
inline constexpr int kSkipStatus = 77;
[[noreturn]] void Skip(const char* reason);

// ---- memory ----

// True when glassheap is preloaded into this process.
bool UnderGlassheap();

// Fills, and later finds the same bytes again.
void Fill(void* block, size_t size, unsigned seed);
bool IsFilled(const void* block, size_t size, unsigned seed);
bool IsZero(const void* block, size_t size);

// Allocates, fills, checks and frees blocks of every kind: small, medium,
// large, aligned, zeroed, resized. `rounds` of some 40 calls each.
void Churn(unsigned seed, int rounds);

// The resident set of this process.
size_t RssBytes();

// ---- processes ----

// Runs `body` in a forked child and returns its wait status. A body that
// returns is exit status 0 (through _exit).
template <typename Body>
int InChild(const Body& body);

int ForkAnd(void (*call)(const void*), const void* body);
void ExpectSuccess(int wait_status);
int WaitFor(int pid);

// sigaction with SA_RESTART.
void InstallHandler(int signal_number, void (*handler)(int));

// Executes this program again with a step's name (and the environment), or
// returns when that fails.
void ExecuteStep(const char* step, const char* argument = nullptr);
// The same in a child; returns its wait status.
int RunStep(const char* step, const char* argument = nullptr);
// Any program, by its path. Output goes where ours goes.
int RunProgram(const char* const* arguments);

// The second argument of `traps NAME ARGUMENT`, or nullptr.
const char* Argument();
// This program's path, and that of a file beside it.
const char* SelfPath();
std::string Beside(const char* file);

template <typename Body>
int InChild(const Body& body) {
  return ForkAnd([](const void* erased) { (*static_cast<const Body*>(erased))(); }, &body);
}

}  // namespace glassheap::traps

#endif  // GLASSHEAP_TESTS_TRAPS_TRAP_H_
