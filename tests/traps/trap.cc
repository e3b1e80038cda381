#include "tests/traps/trap.h"

#include <dlfcn.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

namespace glassheap::traps {
namespace {

constinit Trap* all_traps = nullptr;
constinit const char* argument = nullptr;
constinit char self_path[4096] = {};

void WriteError(const char* text) {
  if (write(2, text, strlen(text)) < 0) _exit(3);
}

}  // namespace

Trap::Trap(const char* trap_name, Kind trap_kind, void (*body)())
    : name(trap_name), kind(trap_kind), run(body), next(all_traps) {
  all_traps = this;
}

void Fail(const char* file, int line, const char* what) {
  const int error = errno;
  char text[512];
  snprintf(text, sizeof(text), "%s:%d: does not hold: %s (errno %d)\n", file, line, what, error);
  WriteError(text);
  _exit(1);
}

void Skip(const char* reason) {
  WriteError("skipped: ");
  WriteError(reason);
  WriteError("\n");
  _exit(kSkipStatus);
}

bool UnderGlassheap() {
  Dl_info info;
  void* address = dlsym(RTLD_DEFAULT, "malloc");
  return dladdr(address, &info) != 0 && strstr(info.dli_fname, "libglassheap") != nullptr;
}

void Fill(void* block, size_t size, unsigned seed) {
  unsigned char* bytes = static_cast<unsigned char*>(block);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(seed + i * 7 + 1);
  }
}

bool IsFilled(const void* block, size_t size, unsigned seed) {
  const unsigned char* bytes = static_cast<const unsigned char*>(block);
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != static_cast<unsigned char>(seed + i * 7 + 1)) return false;
  }
  return true;
}

bool IsZero(const void* block, size_t size) {
  const unsigned char* bytes = static_cast<const unsigned char*>(block);
  return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

void Churn(unsigned seed, int rounds) {
  static const size_t kSizes[] = {1, 8, 16, 40, 100, 500, 1500, 4096, 9000, 40'000, 270'000};
  constexpr size_t kCount = sizeof(kSizes) / sizeof(kSizes[0]);
  for (int round = 0; round < rounds; ++round) {
    void* blocks[kCount];
    for (size_t i = 0; i < kCount; ++i) {
      const size_t size = kSizes[i];
      switch ((seed + round + i) % 4) {
        case 0:
          blocks[i] = calloc(1, size);
          break;
        case 1:
          blocks[i] = realloc(malloc(size / 2 + 1), size);
          break;
        case 2:
          blocks[i] = memalign(64, size);
          break;
        default:
          blocks[i] = malloc(size);
      }
      Expect(blocks[i] != nullptr);
      Fill(blocks[i], size, seed + static_cast<unsigned>(i));
    }
    for (size_t i = 0; i < kCount; ++i) {
      Expect(IsFilled(blocks[i], kSizes[i], seed + static_cast<unsigned>(i)));
      free(blocks[i]);
    }
  }
}

size_t RssBytes() {
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == nullptr) Skip("/proc/self/statm cannot be read");
  unsigned long total = 0, resident = 0;
  Expect(fscanf(file, "%lu %lu", &total, &resident) == 2);
  fclose(file);
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void InstallHandler(int signal_number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  Expect(sigaction(signal_number, &action, nullptr) == 0);
}

int WaitFor(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) Expect(errno == EINTR);
  return status;
}

int ForkAnd(void (*call)(const void*), const void* body) {
  const int pid = fork();
  Expect(pid >= 0);
  if (pid == 0) {
    call(body);
    _exit(0);
  }
  return WaitFor(pid);
}

void ExpectSuccess(int wait_status) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kSkipStatus) {
    _exit(kSkipStatus);
  }
  char text[64];
  if (wait_status == 0) return;
  snprintf(text, sizeof(text), "child ended with wait status 0x%x\n", static_cast<unsigned>(wait_status));
  WriteError(text);
  _exit(1);
}

void ExecuteStep(const char* step, const char* step_argument) {
  execl(self_path, self_path, step, step_argument, nullptr);
}

int RunStep(const char* step, const char* step_argument) {
  return InChild([step, step_argument] {
    ExecuteStep(step, step_argument);
    Fail(__FILE__, __LINE__, "exec of this program");
  });
}

int RunProgram(const char* const* arguments) {
  return InChild([arguments] {
    execv(arguments[0], const_cast<char* const*>(arguments));
    Fail(__FILE__, __LINE__, arguments[0]);
  });
}

const char* Argument() { return argument; }
const char* SelfPath() { return self_path; }

std::string Beside(const char* file) {
  const std::string self = self_path;
  return self.substr(0, self.rfind('/') + 1) + file;
}

namespace {

int List() {
  for (const Trap* trap = all_traps; trap != nullptr; trap = trap->next) {
    static const char* const kKinds[] = {"both", "ours", nullptr, "plain"};
    const char* kind = kKinds[static_cast<int>(trap->kind)];
    if (kind != nullptr) printf("%s %s\n", trap->name, kind);
  }
  return 0;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: traps --list | NAME [ARGUMENT]\n");
    return 2;
  }
  if (argc > 2) argument = argv[2];
  if (argv[0][0] == '/') {
    snprintf(self_path, sizeof(self_path), "%s", argv[0]);
  } else {
    char directory[2048];
    Expect(getcwd(directory, sizeof(directory)) != nullptr);
    snprintf(self_path, sizeof(self_path), "%s/%s", directory, argv[0]);
  }
  if (strcmp(argv[1], "--list") == 0) return List();
  for (const Trap* trap = all_traps; trap != nullptr; trap = trap->next) {
    if (strcmp(argv[1], trap->name) != 0) continue;
    trap->run();
    return 0;
  }
  fprintf(stderr, "traps: %s: no such trap\n", argv[1]);
  return 2;
}

}  // namespace
}  // namespace glassheap::traps

int main(int argc, char** argv) { return glassheap::traps::Main(argc, argv); }
