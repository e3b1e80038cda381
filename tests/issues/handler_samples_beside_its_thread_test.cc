// The hardened library let a signal handler that came into the middle of its thread's work on its lists end the thread's
// turn: when one allocation in some thousand is sampled, objects that an earlier handler had left behind were given back,
// in a turn of their own. From then on handler and thread worked on the same lists, and objects were handed out twice.
//
// A handler that came while a lock was held ran dry, though it gave back what it took, as soon as its thread's countdown
// ended: then it took from the quarantine alone, and gave to the list.

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include <array>
#include <cstring>

namespace glassheap {
namespace {

constexpr size_t kSize = 40;
constexpr int kHandlerRuns = 1500;
constexpr int kRounds = 2500;  // a sample in every second run

volatile sig_atomic_t handler_runs = 0;
volatile sig_atomic_t dry = 0;
void* volatile kept = nullptr;

// Once: each run sets it anew, so that the thread gets on however slow the machine is.
void SetTimer() {
  const struct itimerval after = {{0, 0}, {0, 300}};
  setitimer(ITIMER_REAL, &after, nullptr);
}

void* Take(char fill) {
  void* const object = malloc(kSize);
  if (object == nullptr) {
    dry = 1;
  } else {
    memset(object, fill, kSize);
  }
  return object;
}

void OnAlarm(int) {
  free(kept);  // with a lock held this is what is left behind
  for (int round = 0; round < kRounds; ++round) {
    void* objects[3];
    for (void*& object : objects) object = Take(9);
    for (void* object : objects) free(object);
  }
  kept = Take(8);
  handler_runs = handler_runs + 1;
  if (handler_runs < kHandlerRuns) SetTimer();
}

TEST(HandlerBesideItsThread, NothingIsHandedOutTwiceOrRunsDry) {
  for (int i = 0; i < 20'000; ++i) free(Take(1));  // the quarantine is full
  signal(SIGALRM, &OnAlarm);
  SetTimer();
  std::array<char*, 3000> objects;
  while (handler_runs < kHandlerRuns) {
    for (size_t i = 0; i < objects.size(); ++i) objects[i] = static_cast<char*>(Take(static_cast<char>(i)));
    for (size_t i = 0; i < objects.size(); ++i) {
      ASSERT_NE(objects[i], nullptr);
      ASSERT_EQ(objects[i][0], static_cast<char>(i));
      ASSERT_EQ(objects[i][kSize - 1], static_cast<char>(i));
      free(objects[i]);
    }
  }
  EXPECT_EQ(dry, 0);
}

}  // namespace
}  // namespace glassheap
