#include "tools/run/system_memory.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

constexpr char kMeminfo[] = "MemTotal: 1000 kB\nMemFree: 400 kB\n";

TEST(SystemMemory, WhatMeminfoAndTheReleaseSay) {
  FakeRoot fake;
  fake.Write("proc/meminfo", kMeminfo);
  fake.Write("proc/sys/kernel/osrelease", "5.4.0-generic\n");
  const auto memory = ReadSystemMemory(fake.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 1000u << 10);
  EXPECT_EQ(memory->free, 400u << 10);
  EXPECT_EQ(memory->oom_rule, OomRuleOf("5.4.0"));
  EXPECT_EQ(memory->exact_counts, CountsExactly("5.4.0"));
}

TEST(SystemMemory, AReleaseThatCannotBeReadIsTakenForToday) {
  FakeRoot fake;
  fake.Write("proc/meminfo", kMeminfo);
  const auto memory = ReadSystemMemory(fake.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->oom_rule, OomRule::kSince5_9);
}

TEST(SystemMemory, NoMeminfoIsAnErrorThatSaysWhatMayBeTheMatter) {
  FakeRoot fake;
  const std::string path = fake.PathOf("proc/meminfo");
  const std::string missing = path + ": No such file or directory; --root wants a directory with proc/ in it";
  EXPECT_EQ(ReadMeminfo(fake.root()).error().Text(), missing);
  EXPECT_EQ(ReadSystemMemory(fake.root()).error().Text(), missing);
  fake.Write("proc/meminfo", "MemTotal: 1000 kB\n");
  EXPECT_EQ(ReadMeminfo(fake.root()).error().Text(), path + ": it has no MemTotal or no MemFree line");
}

}  // namespace
}  // namespace glassheap::tools
