/* A program to follow in `memstat heap --blocks`: each step does one thing to the heap, says so, and waits for SIGUSR1.
 * It calls nothing that allocates. tests/tools/block_story_test.cc shows the list at each step. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void Step(const char* text) {
  sigset_t set;
  int signal;
  if (write(1, text, strlen(text)) < 0 || write(1, "\n", 1) < 0) _exit(1);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigwait(&set, &signal);
}

int main(void) {
  sigset_t set;
  char *volatile a, *volatile b, *volatile c, *volatile d, *volatile e;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  a = malloc(5);
  Step("a = malloc(5): a block is split off the free one; 5 bytes become 16, 11 of them padding");
  b = malloc(100);
  c = malloc(24);
  Step("b = malloc(100), c = malloc(24): the free block gets shorter from below");
  free(b);
  Step("free(b): its neighbours are in use, so it stays as it is, marked free");
  d = aligned_alloc(64, 5);
  Step("d = aligned_alloc(64, 5): the data begins at a multiple of 64; what is in front stays free");
  free(c);
  e = malloc(30);
  Step("free(c): it joins the free blocks on both sides; e = malloc(30): next fit goes on behind d");
  free(a);
  free(e);
  free(d);
  Step("free(a), free(e), free(d): each joins its free neighbours; what the program took is one block again");
  return 0;
}
