// A process without threads forks, and the child makes a thread that opens a file. The lock of the list of open files, which
// the fork handlers take, stayed with the child's first thread: glibc resets it only if the parent had threads.

#include <gtest/gtest.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned kGiveUpSeconds = 30;  // by SIGALRM, so that a child that waits for ever is a failure

void* OpenFile(void*) {
  FILE* file = fopen("/dev/null", "r");
  if (file != nullptr) fclose(file);
  return file;
}

TEST(ChildOfOneThread, ItsThreadsOpenFiles) {
  free(malloc(1));
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    alarm(kGiveUpSeconds);
    pthread_t thread;
    void* opened = nullptr;
    if (pthread_create(&thread, nullptr, &OpenFile, nullptr) != 0) _exit(2);
    pthread_join(thread, &opened);
    _exit(opened != nullptr ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
