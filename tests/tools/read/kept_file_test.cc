#include "tools/read/kept_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

TEST(KeptFile, ReadsFromTheStartEachTime) {
  FakeRoot fake;
  fake.Write("proc/9/status", "first");
  const Directory process = *fake.root().OpenDirectory("proc/9");
  KeptFile file;
  std::string buffer;
  EXPECT_EQ(file.ReadInto(process, "status", buffer), 0);
  EXPECT_EQ(buffer, "first");
  fake.Write("proc/9/status", "second, and longer");
  EXPECT_EQ(file.ReadInto(process, "status", buffer), 0);
  EXPECT_EQ(buffer, "second, and longer");
}

TEST(KeptFile, ReadsAllOfALongFile) {
  FakeRoot fake;
  const std::string text(100000, 'x');
  fake.Write("proc/9/status", text);
  KeptFile file;
  std::string buffer;
  EXPECT_EQ(file.ReadInto(*fake.root().OpenDirectory("proc/9"), "status", buffer), 0);
  EXPECT_EQ(buffer, text);
}

TEST(KeptFile, NoSuchFile) {
  FakeRoot fake;
  fake.Write("proc/9/status", "");
  KeptFile file;
  std::string buffer;
  EXPECT_EQ(file.ReadInto(*fake.root().OpenDirectory("proc/9"), "stat", buffer), ENOENT);
}

TEST(KeptFile, OfAProcessThatHasEnded) {
  auto child = std::make_unique<testing::IdleProcess>();
  const Directory process = *Root().OpenDirectory("proc/" + std::to_string(child->pid()));
  KeptFile file;
  std::string buffer;
  EXPECT_EQ(file.ReadInto(process, "status", buffer), 0);
  EXPECT_EQ(buffer.find("Name:"), 0u);
  child.reset();
  EXPECT_EQ(file.ReadInto(process, "status", buffer), ESRCH);
}

}  // namespace
}  // namespace glassheap::tools
