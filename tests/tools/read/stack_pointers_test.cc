#include "tools/read/stack_pointers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <string>
#include <thread>

namespace glassheap::tools {
namespace {

TEST(StackPointers, IsTheLastButOneNumber) {
  EXPECT_EQ(ParseStackPointer("35 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc0a1b2c30 0x7f0102030405\n"), 0x7ffc0a1b2c30u);
  EXPECT_EQ(ParseStackPointer("-1 0x7ffc0a1b2c30 0x7f0102030405\n"), 0x7ffc0a1b2c30u);
  for (const char* text : {"", "running\n", "0x1", "-1 0x1\n", "-1 0x0 0x0\n", "1 0xzz 0x1\n", "1 0x 0x1", " 0x 0x"}) {
    EXPECT_EQ(ParseStackPointer(text), std::nullopt) << text;
  }
}

TEST(StackPointers, OfAThreadThatWaits) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::promise<uintptr_t> frame;
  std::thread thread([&] {
    char byte = 0;
    // Not &byte: AddressSanitizer keeps such variables elsewhere.
    frame.set_value(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
    (void)!::read(ends[0], &byte, 1);
  });
  const uintptr_t address = frame.get_future().get();
  const Result<Directory> self = Root().OpenDirectory("proc/self");
  ASSERT_TRUE(self.ok());
  bool found = false;
  while (!found) {  // until it has begun to wait
    for (const uint64_t pointer : ReadStackPointers(*self)) found |= pointer < address && address - pointer < 4096;
  }
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  thread.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace glassheap::tools
