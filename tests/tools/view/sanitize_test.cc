#include "tools/view/sanitize.h"

#include <gtest/gtest.h>

#include <random>

namespace glassheap::tools {
namespace {

TEST(Sanitize, HonestTextIsKept) {
  for (const char* text : {"redis-server *:6379", "k\xc3\xb6ln", "\xe6\xbc\xa2\xe5\xad\x97", "\xf0\x9f\x98\x80", ""}) {
    EXPECT_EQ(SanitizeText(text), text);
    EXPECT_EQ(SanitizeUtf8(text), text);
  }
}

TEST(Sanitize, WhatSteersATerminalBecomesVisible) {
  EXPECT_EQ(SanitizeText("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(SanitizeText("a\nb\r\t\x7f"), "a\\x0ab\\x0d\\x09\\x7f");
  EXPECT_EQ(SanitizeText("\xc2\x9b"
                         "31m"),
            "\\u{9b}31m");  // C1 CSI
  EXPECT_EQ(SanitizeText("\xe2\x80\xae"
                         "gpj"),
            "\\u{202e}gpj");  // right-to-left override
  EXPECT_EQ(SanitizeText("a\xe2\x80\x8b"
                         "b"),
            "a\\u{200b}b");                                   // zero width
  EXPECT_EQ(SanitizeText("\xf3\xa0\x81\x81"), "\\u{e0041}");  // tag
  EXPECT_EQ(SanitizeText(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Sanitize, BrokenUtf8) {
  EXPECT_EQ(SanitizeText("\xff"
                         "a"),
            "\\xffa");
  EXPECT_EQ(SanitizeText("\xc3"), "\\xc3");                    // cut off
  EXPECT_EQ(SanitizeText("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(SanitizeText("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(SanitizeUtf8("a\xff"), "a\xef\xbf\xbd");
}

TEST(Sanitize, RandomBytesComeOutPrintable) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string safe = SanitizeText(bytes);
    EXPECT_EQ(SanitizeText(safe), safe);
    for (const char c : safe) EXPECT_FALSE((c >= 0 && c < ' ') || c == 0x7f);
  }
}

TEST(Sanitize, WidthCountsColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("k\xc3\xb6ln"), 4u);
  EXPECT_EQ(DisplayWidth("\xe6\xbc\xa2\xe5\xad\x97"), 4u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);
}

TEST(Sanitize, FitCutsAtCharacters) {
  EXPECT_EQ(FitWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(FitWidth("abcdef", 4), "abc+");
  EXPECT_EQ(FitWidth("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2+");
  EXPECT_EQ(FitWidth("abc", 0), "");
}

}  // namespace
}  // namespace glassheap::tools
