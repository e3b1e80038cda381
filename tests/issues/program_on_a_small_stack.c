// Exits with 0 if 200,000 mallocs and frees stay within 4 KiB of stack. Written in C and linked without libstdc++, so that no
// unwinder is loaded.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { kRoom = 1 << 17, kPaint = 0x5a, kAllowed = 4096 };

static ucontext_t back, here;
static unsigned char stack[kRoom];

static void Work(void) {
  for (int i = 0; i < 200000; ++i) free(malloc((size_t)(i % 1000 + 1)));
}

int main(void) {
  Work();  // what is bound at its first call is bound
  memset(stack, kPaint, kRoom);
  getcontext(&here);
  here.uc_stack.ss_sp = stack;
  here.uc_stack.ss_size = kRoom;
  here.uc_link = &back;
  makecontext(&here, Work, 0);
  swapcontext(&back, &here);
  int untouched = 0;
  while (stack[untouched] == kPaint) ++untouched;
  printf("%d bytes of stack\n", kRoom - untouched);
  return kRoom - untouched <= kAllowed ? 0 : 1;
}
