#include "allocator/base/message.h"

#include <gtest/gtest.h>

#include <string>

namespace glassheap {
namespace {

std::string TextOf(const Message& message) { return std::string(message.data(), message.size()); }

TEST(Message, IsEmptyAtFirst) { EXPECT_EQ(TextOf(Message()), ""); }

TEST(Message, AppendsText) { EXPECT_EQ(TextOf(Message().Text("double ").Text("").Text("free")), "double free"); }

TEST(Message, WritesDecimals) {
  EXPECT_EQ(TextOf(Message().Decimal(0)), "0");
  EXPECT_EQ(TextOf(Message().Decimal(1234567890)), "1234567890");
  EXPECT_EQ(TextOf(Message().Decimal(UINT64_MAX)), "18446744073709551615");
}

TEST(Message, WritesHexadecimals) {
  EXPECT_EQ(TextOf(Message().Hex(0)), "0x0");
  EXPECT_EQ(TextOf(Message().Hex(0x1f0)), "0x1f0");
  EXPECT_EQ(TextOf(Message().Hex(UINT64_MAX)), "0xffffffffffffffff");
  EXPECT_EQ(TextOf(Message().Pointer(reinterpret_cast<const void*>(0xabc))), "0xabc");
}

TEST(Message, CutsWhatDoesNotFit) {
  Message message;
  for (int i = 0; i < 200; ++i) message.Text("12345").Decimal(7);
  EXPECT_EQ(message.size(), 512u);
  EXPECT_EQ(TextOf(message).substr(0, 12), "123457123457");
}

}  // namespace
}  // namespace glassheap
