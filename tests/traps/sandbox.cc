// Programs that close their descriptors, lose /proc, or forbid system calls.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

// The descriptors of this process that are glassheap's.
std::vector<int> RegionDescriptors() {
  std::vector<int> found;
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) Skip("/proc/self/fd cannot be read");
  while (const struct dirent* entry = readdir(directory)) {
    char target[256] = {};
    const ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
    if (length > 0 && strstr(target, "memfd:glassheap") != nullptr) {
      found.push_back(atoi(entry->d_name));
    }
  }
  closedir(directory);
  return found;
}

// A program that closes descriptors by their numbers does not put out the light for those who look in from outside.
void ExpectStillSeen() {
  if (UnderGlassheap()) Expect(RegionDescriptors().size() == 1);
}

void WorkInEveryWay() {
  Churn(1, 5);
  std::thread([] { Churn(2, 5); }).join();
  ExpectSuccess(InChild([] {
    Churn(3, 5);
    std::thread([] { Churn(4, 5); }).join();
  }));
}

}  // namespace

// ---- descriptors that are not ours to lose ----

// By a system call that nobody in the process sees.
TRAP(raw_close_range_of_everything) {
  Expect(syscall(SYS_close_range, 3, ~0u, 0) == 0);
  WorkInEveryWay();
}

TRAP(close_range_of_everything) {
  const int file = open("/dev/null", O_RDONLY);
  Expect(close_range(3, ~0u, 0) == 0);
  Expect(fcntl(file, F_GETFD) == -1 && errno == EBADF);
  ExpectStillSeen();
  WorkInEveryWay();
  Expect(close_range(3, ~0u, CLOSE_RANGE_UNSHARE) == 0);
  ExpectStillSeen();
  Expect(close_range(5, 4, 0) == -1 && errno == EINVAL);
}

TRAP(closefrom_3) {
  const int file = open("/dev/null", O_RDONLY);
  const int high = fcntl(file, F_DUPFD, 1010);
  errno = 0;
  closefrom(3);
  Expect(errno == 0);
  Expect(fcntl(file, F_GETFD) == -1 && fcntl(high, F_GETFD) == -1);
  ExpectStillSeen();
  WorkInEveryWay();
}

TRAP(close_one_by_one) {
  for (int fd = 3; fd < 70'000; ++fd) close(fd);
  ExpectStillSeen();
  WorkInEveryWay();
}

TRAP(daemon_that_closes_everything) {
  int done[2];
  Expect(pipe(done) == 0);
  ExpectSuccess(InChild([&done] {
    Expect(daemon(0, 0) == 0);
    for (int fd = 3; fd < 1024; ++fd) {
      if (fd != done[1]) close(fd);
    }
    closefrom(1024);
    WorkInEveryWay();
    Expect(write(done[1], "x", 1) == 1);
  }));
  close(done[1]);
  char byte = 0;
  Expect(read(done[0], &byte, 1) == 1 && byte == 'x');
}

// The program's file under the number that was the region's: not to be
// written, closed or sealed.
TRAP(dup2_over_our_descriptor) {
  char name[] = "/tmp/glassheap-trap-XXXXXX";
  const int file = mkstemp(name);
  Expect(file >= 0 && unlink(name) == 0);
  Expect(write(file, "kept", 4) == 4);
  std::vector<int> numbers = RegionDescriptors();
  if (UnderGlassheap()) Expect(numbers.size() == 1);
  numbers.push_back(1020);  // without glassheap, too
  for (int number : numbers) Expect(dup2(file, number) == number);
  const auto expect_kept = [&numbers] {
    for (int number : numbers) {
      char text[8] = {};
      struct stat status;
      Expect(fstat(number, &status) == 0 && status.st_size == 4);
      Expect(pread(number, text, 8, 0) == 4 && strcmp(text, "kept") == 0);
    }
  };
  WorkInEveryWay();
  expect_kept();
  ExpectStillSeen();
  ExpectSuccess(InChild([&expect_kept] {
    Churn(5, 5);
    expect_kept();
    ExpectSuccess(InChild([&expect_kept] {
      Churn(6, 5);
      expect_kept();
    }));
  }));
}

// The child of a vfork shares our memory and not our descriptors: what it closes of its own must not confuse us.
TRAP(vfork_child_closes_everything) {
  const int status = [] {
    const pid_t child = vfork();
    Expect(child >= 0);
    if (child == 0) {
      closefrom(3);
      for (int fd = 3; fd < 1024; ++fd) close(fd);
      _exit(0);
    }
    return WaitFor(child);
  }();
  ExpectSuccess(status);
  ExpectStillSeen();
  closefrom(3);
  ExpectStillSeen();
  WorkInEveryWay();
}

TRAP(one_descriptor_in_every_generation) {
  const size_t at_start = RegionDescriptors().size();
  Expect(at_start <= 1);
  ExpectSuccess(InChild([at_start] {
    Churn(1, 5);
    Expect(RegionDescriptors().size() == at_start);
    ExpectSuccess(InChild([at_start] {
      Churn(2, 5);
      Expect(RegionDescriptors().size() == at_start);
    }));
  }));
}

STEP(expect_one_descriptor) {
  Churn(1, 2);
  Expect(RegionDescriptors().size() == (UnderGlassheap() ? 1u : 0u));
}
TRAP(descriptors_do_not_pass_through_exec) {
  Churn(1, 1);
  ExpectSuccess(RunStep("expect_one_descriptor"));
}

// ---- no /proc ----

namespace {
void EnterOwnMountNamespace() {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    Skip("no mount namespace may be made");
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Skip("mounts cannot be made private");
  }
}
}  // namespace

TRAP(without_proc) {
  EnterOwnMountNamespace();
  if (umount2("/proc", MNT_DETACH) != 0 && mount("none", "/proc", "tmpfs", 0, nullptr) != 0) {
    Skip("/proc cannot be taken away");
  }
  Expect(access("/proc/self", F_OK) != 0);
  WorkInEveryWay();
  ExpectSuccess(RunStep("work_in_every_way"));
}
STEP(work_in_every_way) { WorkInEveryWay(); }

// ---- seccomp ----

namespace {

struct sock_filter LoadNumber() {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
}
struct sock_filter IfNumberIs(long number, unsigned char skip_if_not) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, skip_if_not);
}
struct sock_filter Return(unsigned action) {
  return BPF_STMT(BPF_RET | BPF_K, action);
}

void Install(std::vector<struct sock_filter> filter) {
  struct sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    Skip("seccomp filters are not allowed");
  }
}

// What glibc's malloc needs of the kernel, and nothing else.
void InstallFilterForMalloc() {
  std::vector<struct sock_filter> filter = {LoadNumber()};
  for (long number : {SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_read,
                      SYS_write, SYS_exit_group, SYS_exit, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_getrandom}) {
    filter.push_back(IfNumberIs(number, 1));
    filter.push_back(Return(SECCOMP_RET_ALLOW));
  }
  filter.push_back(Return(SECCOMP_RET_KILL_PROCESS));
  Install(std::move(filter));
}

void ChurnInSandbox(void* early) {
  free(early);
  for (unsigned i = 0; i < 50; ++i) Churn(i, 2);
  std::vector<void*> large;
  for (int i = 0; i < 50; ++i) large.push_back(calloc(1, 3'000'000));
  for (void* block : large) free(block);
}

// More than the sample of the hardened library passes over.
void TakeManySmall() {
  for (int i = 0; i < 200'000; ++i) free(malloc(static_cast<size_t>(i) % 3000 + 1));
}

}  // namespace

TRAP(seccomp_kills_unknown_calls_after_start) {
  void* early = malloc(100);
  InstallFilterForMalloc();
  ChurnInSandbox(early);
  _exit(0);
}

// The parent has done all that its malloc does once. The child has not, and forbids it before its first malloc.
TRAP(seccomp_kills_unknown_calls_after_fork) {
  TakeManySmall();
  void* early = malloc(100);
  ExpectSuccess(InChild([early] {
    InstallFilterForMalloc();
    ChurnInSandbox(early);
    TakeManySmall();
    _exit(0);
  }));
}

TRAP(seccomp_kills_unknown_calls_of_many_small) {
  TakeManySmall();
  InstallFilterForMalloc();
  TakeManySmall();
  _exit(0);
}

// Nothing but read, write and exit: what malloc has in stock must do.
TRAP(strict_seccomp_in_a_child) {
  std::vector<void*> blocks(4000);
  const auto churn = [&blocks](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (size_t i = static_cast<size_t>(round) % 3; i < blocks.size(); i += 3) free(blocks[i]);
      for (size_t i = static_cast<size_t>(round) % 3; i < blocks.size(); i += 3) blocks[i] = malloc(16 + i % 200);
    }
  };
  churn(30);
  ExpectSuccess(InChild([&churn] {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) Skip("there is no strict seccomp");
    churn(300);
    syscall(SYS_exit, 0);
  }));
}

// Nor the processor's time stamp counter, which the vDSO's fine clocks read; strict seccomp forbids it too.
TRAP(time_stamp_counter_forbidden) {
#if defined(__x86_64__)
  Churn(1, 2);
  if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0) Skip("the time stamp counter cannot be forbidden");
  for (unsigned i = 0; i < 50; ++i) Churn(i, 2);
  std::vector<void*> large;
  for (int i = 0; i < 50; ++i) large.push_back(calloc(1, 3'000'000));
  for (void* block : large) free(block);
  _exit(0);
#else
  Skip("only x86 can forbid its counter");
#endif
}

namespace {
struct Forbidden {
  const char* name;
  long number;
};
// Each is answered by an error in a program's whole life, as old kernels and
// containers do.
constexpr Forbidden kForbidden[] = {
    {"memfd_create", SYS_memfd_create},
    {"ftruncate", SYS_ftruncate},
    {"fcntl", SYS_fcntl},
    {"madvise", SYS_madvise},
    {"mremap", SYS_mremap},
    {"getrandom", SYS_getrandom},
    {"prctl", SYS_prctl},
    {"gettid", SYS_gettid},
    {"membarrier", SYS_membarrier},
    {"rseq", SYS_rseq},
    {"sysinfo", SYS_sysinfo},
    {"readlink", SYS_readlink},
    {"getcpu", SYS_getcpu},
    {"sched_getaffinity", SYS_sched_getaffinity},
    {"tgkill", SYS_tgkill},
    {"getrlimit", SYS_getrlimit},
    {"clock_gettime", SYS_clock_gettime},
    {"getpid", SYS_getpid},
};

void StartWithErrors(unsigned error) {
  for (const Forbidden& forbidden : kForbidden) {
    const int status = InChild([&forbidden, error] {
      Install({LoadNumber(), IfNumberIs(forbidden.number, 1), Return(SECCOMP_RET_ERRNO | error),
               Return(SECCOMP_RET_ALLOW)});
      ExecuteStep("work_in_every_way");
      Fail(__FILE__, __LINE__, "exec of this program");
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipStatus) {
      Skip("seccomp filters are not allowed");
    }
    if (status != 0) Fail(__FILE__, __LINE__, forbidden.name);
  }
}
}  // namespace

TRAP(started_with_one_call_enosys) { StartWithErrors(ENOSYS); }
TRAP(started_with_one_call_eperm) { StartWithErrors(EPERM); }

// ---- other users ----

// ld.so drops the preload: the program runs, under libc's malloc.
TRAP(setuid_program) {
  if (geteuid() != 0) Skip("only root makes programs of root");
  const struct passwd* nobody = getpwnam("nobody");
  Expect(nobody != nullptr);
  char directory[] = "/tmp/glassheap-trap-XXXXXX";
  Expect(mkdtemp(directory) != nullptr);
  const std::string program = std::string(directory) + "/traps";
  const std::string copy =
      "cp '" + std::string(SelfPath()) + "' " + program + " && chmod 4755 " + program + " && chmod 755 " + directory;
  Expect(system(copy.c_str()) == 0);
  const int status = InChild([&program, nobody] {
    Expect(setgid(nobody->pw_gid) == 0 && setuid(nobody->pw_uid) == 0);
    execl(program.c_str(), program.c_str(), "is_setuid_without_glassheap", nullptr);
    Fail(__FILE__, __LINE__, "exec of the setuid program");
  });
  unlink(program.c_str());
  rmdir(directory);
  ExpectSuccess(status);
}
STEP(is_setuid_without_glassheap) {
  if (geteuid() != 0 || getuid() == 0) Skip("/tmp is mounted nosuid");
  Expect(!UnderGlassheap());
  Churn(1, 5);
}

TRAP(undumpable_and_without_privileges) {
  Expect(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  Expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  WorkInEveryWay();
}

}  // namespace glassheap::traps
