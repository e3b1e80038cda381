/* A program in C, without libgcc's unwinder, that sandboxes itself as sshd does before a login: what glibc's malloc asks of
 * the kernel, the advice of 2020, and nothing else, or the process is gone.
 *
 *   sandbox_begins_after_guards [double-free] */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kSkipped = 77, kSmall = 200000, kLarge = 64, kMostAdvice = 25 /* MADV_COLLAPSE */ };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ALLOW_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), ALLOW

static void BeginSandbox(void) {
  struct sock_filter filter[] = {
      LOAD(nr),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 4),
      LOAD(args[2]),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kMostAdvice, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      ALLOW,
      ALLOW_CALL(SYS_brk),
      ALLOW_CALL(SYS_mmap),
      ALLOW_CALL(SYS_munmap),
      ALLOW_CALL(SYS_mremap),
      ALLOW_CALL(SYS_mprotect),
      ALLOW_CALL(SYS_write),
      ALLOW_CALL(SYS_rt_sigprocmask),
      ALLOW_CALL(SYS_exit_group),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    _exit(kSkipped);
  }
}

/* The hardened library samples some 24 of the small ones, and closes the large ones while they wait. */
static void Work(void) {
  char* large[kLarge];
  for (int i = 0; i < kSmall; ++i) free(memset(malloc(40), 1, 40));
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < kLarge; ++i) large[i] = memset(malloc(100000 + i * 4096), 1, 100000 + i * 4096);
    for (int i = 0; i < kLarge; ++i) free(large[i]);
  }
}

int main(int argc, char** argv) {
  void* volatile object;
  (void)argv;
  Work();
  BeginSandbox();
  Work();
  object = malloc(40);
  free(object);
  if (argc > 1) free(object);
  _exit(0);
}
