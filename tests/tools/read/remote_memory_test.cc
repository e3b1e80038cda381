#include "tools/read/remote_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

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

RemotePiece PieceOf(const char* from, size_t size, std::string& to) {
  to.assign(size, '.');
  return {Address(from), size, reinterpret_cast<std::byte*>(to.data())};
}

// Enough of them to be read together, whatever their order is and how far they overlap.
TEST(RemoteMemory, PiecesOfOnePage) {
  std::string there;
  for (int i = 0; i < 3000; ++i) there += std::to_string(i) + ",";
  std::vector<std::string> here(100);
  std::vector<RemotePiece> pieces;
  for (size_t i = 0; i < here.size(); ++i) {
    pieces.push_back(PieceOf(there.data() + i * 7919 % 10'000, 1 + i * 31 % 2000, here[i]));
  }
  EXPECT_EQ(RemoteMemory(::getpid()).ReadMany(pieces), here.size());
  for (size_t i = 0; i < here.size(); ++i) EXPECT_EQ(here[i], there.substr(i * 7919 % 10'000, 1 + i * 31 % 2000)) << i;
}

// What can be read together only in part is read one by one.
TEST(RemoteMemory, PiecesNextToNothing) {
  constexpr size_t kPage = 4096;
  void* mapping = ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  const char* pages = static_cast<const char*>(mapping);
  std::memset(mapping, 'x', kPage);
  ASSERT_EQ(::munmap(static_cast<char*>(mapping) + kPage, kPage), 0);
  std::vector<std::string> here(64);
  std::vector<RemotePiece> pieces;
  for (size_t i = 0; i < here.size(); ++i) pieces.push_back(PieceOf(pages + i * 100, 100, here[i]));
  EXPECT_EQ(RemoteMemory(::getpid()).ReadMany(pieces), 40u);  // of 100 bytes in 4096
  for (size_t i = 0; i < 40; ++i) EXPECT_EQ(here[i], std::string(100, 'x')) << i;
  for (size_t i = 41; i < here.size(); ++i) EXPECT_EQ(here[i], std::string(100, '.')) << i;
  ::munmap(mapping, kPage);
}

// Addresses and sizes of a heap that lies.
TEST(RemoteMemory, AbsurdPieces) {
  std::vector<uint64_t> here(40, 7);
  std::vector<RemotePiece> pieces;
  for (size_t i = 0; i < here.size(); ++i)
    pieces.push_back({UINT64_MAX - i, 8, reinterpret_cast<std::byte*>(&here[i])});
  EXPECT_EQ(RemoteMemory(::getpid()).ReadMany(pieces), 0u);
  for (const uint64_t word : here) EXPECT_EQ(word, 7u);
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
