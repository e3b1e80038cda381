#include "tools/read/remote_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

namespace glassheap::tools {
namespace {

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

TEST(RemoteMemory, PiecesThatAreNotThereAreSkipped) {
  std::vector<uint64_t> there(3000);
  std::vector<uint64_t> here(3000, 0);
  std::vector<RemotePiece> pieces;
  for (size_t i = 0; i < there.size(); ++i) {
    there[i] = i + 1;
    const bool gone = i == 0 || i == 511 || i == 512 || i == 2999;
    pieces.push_back({gone ? 4096 : Address(&there[i]), 8, reinterpret_cast<std::byte*>(&here[i])});
  }
  RemoteMemory memory(::getpid());
  EXPECT_EQ(memory.ReadMany(pieces), 2996u);
  for (size_t i = 0; i < here.size(); ++i) {
    const bool gone = i == 0 || i == 511 || i == 512 || i == 2999;
    ASSERT_EQ(here[i], gone ? 0 : i + 1) << i;
  }
  EXPECT_FALSE(memory.denied());
}

TEST(RemoteMemory, AProcessThatIsNotThereIsDenied) {
  RemoteMemory memory(0x3fffffff);
  uint64_t word;
  EXPECT_FALSE(memory.Read(Address(&word), &word, sizeof word));
  EXPECT_TRUE(memory.denied());
}

TEST(WithinDeadline, WhatComesInTime) {
  EXPECT_EQ(WithinDeadline<int>(std::chrono::seconds(60), [] { return std::optional(7); }), 7);
  EXPECT_FALSE(WithinDeadline<int>(std::chrono::seconds(60), [] { return std::optional<int>(); }));
}

TEST(WithinDeadline, WhatNeverComesIsGivenUp) {
  EXPECT_FALSE(WithinDeadline<int>(std::chrono::milliseconds(1), [] {
    for (;;) ::pause();
    return std::optional(7);
  }));
}

}  // namespace
}  // namespace glassheap::tools
