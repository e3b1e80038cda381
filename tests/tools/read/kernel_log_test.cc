#include "tools/read/kernel_log.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

TEST(ParseKernelLogRecord, TimeAndText) {
  const auto record = ParseKernelLogRecord("6,1234,5678901,-;oom; a\\x1b\n SUBSYSTEM=cpu\n");
  ASSERT_TRUE(record);
  EXPECT_DOUBLE_EQ(record->seconds, 5.678901);
  EXPECT_EQ(record->text, "oom; a\\x1b");
}

TEST(ParseKernelLogRecord, WhatIsNone) {
  for (const char* text : {"", ";", "6;x", "6,1;x", "6,1,x;y", "no record"}) {
    EXPECT_FALSE(ParseKernelLogRecord(text)) << text;
  }
}

TEST(KernelLog, SaysWhyItCannotBeRead) {
  FakeRoot fake;
  const auto log = KernelLog::Open(fake.root(), KernelLog::From::kNow);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().Text(), fake.PathOf("dev/kmsg") + ": No such file or directory");
}

TEST(KernelLog, ReadsTheMachinesOwn) {
  auto log = KernelLog::Open(Root(), KernelLog::From::kOldest);
  if (!log) GTEST_SKIP() << log.error().Text();
  size_t records = 0;
  double last = 0;
  while (const auto record = log->Next()) {
    ++records;
    last = record->seconds;
  }
  if (records == 0) GTEST_SKIP() << "an empty log";
  EXPECT_GE(last, 0);
}

}  // namespace
}  // namespace glassheap::tools
