// Two threads that freed the same large block at the same instant both put it into their caches, or died of an internal check
// instead of the line that names the mistake.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <regex>
#include <string>
#include <thread>

namespace {

constexpr int kThreads = 2;

[[noreturn]] void FreeTwiceAtOnce() {
  for (int round = 0; round < 100; ++round) {
    void* volatile block = malloc(300'000);
    std::atomic<int> ready{0};
    const auto body = [&] {
      free(malloc(300'001));  // the thread has its cache
      ++ready;
      while (ready < kThreads) {
      }
      free(block);
    };
    std::thread other(body);
    body();
    other.join();
  }
  _exit(0);  // not once noticed
}

// What the child wrote to stderr; *status as from waitpid.
std::string OutputOfChild(int* status) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    FreeTwiceAtOnce();
  }
  close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  EXPECT_EQ(waitpid(child, status, 0), child);
  return text;
}

TEST(Issue, TwoThreadsFreeALargeBlock) {
  const std::regex line("glassheap: (double free|free of a pointer that is not an allocated object): 0x[0-9a-f]+ .*\n");
  for (int i = 0; i < 300; ++i) {
    int status = 0;
    const std::string text = OutputOfChild(&status);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status << text;
    ASSERT_TRUE(std::regex_match(text, line)) << text;
  }
}

}  // namespace
