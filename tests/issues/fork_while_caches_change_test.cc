// A thread that was giving objects back while another forked left them in its list and in the centre at once: the child
// gave them back a second time, and died of a "double free" nobody had made, or handed them out twice.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace {

constexpr size_t kMaxSize = 20000;  // sizes at which lists overflow often

void Churn(unsigned seed, const std::atomic<bool>& stop) {
  std::mt19937 random(seed);
  std::vector<void*> objects(500);
  while (!stop) {
    void*& object = objects[random() % objects.size()];
    free(object);
    object = malloc(random() % kMaxSize);
  }
  for (void* object : objects) free(object);
}

// 0 if 1,500 objects keep their contents.
int AllocateAndCheck() {
  struct Object {
    unsigned char* bytes;
    size_t size;
  };
  std::vector<Object> objects;
  for (size_t i = 0; i < 1500; ++i) {
    const size_t size = i * 97 % kMaxSize + 1;
    objects.push_back({static_cast<unsigned char*>(malloc(size)), size});
    memset(objects.back().bytes, static_cast<int>(i % 251), size);
  }
  for (size_t i = 0; i < objects.size(); ++i) {
    for (size_t k = 0; k < objects[i].size; ++k) {
      if (objects[i].bytes[k] != i % 251) return 42;
    }
  }
  for (const Object& object : objects) free(object.bytes);
  return 0;
}

TEST(Issue, ForkWhileCachesChange) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(Churn, seed, std::cref(stop));
  int bad = 0;
  for (int i = 0; i < 120; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(60);  // a deadlock is a failure, not a hang
      _exit(AllocateAndCheck());
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (status != 0) ++bad;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
}

}  // namespace
