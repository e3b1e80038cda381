#include "tools/read/root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace glassheap::tools {
namespace {

class RootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "rootXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    prefix_ = name;
    ASSERT_EQ(::mkdir((prefix_ + "/proc").c_str(), 0700), 0);
    Write("proc/short", "one\n");
    Write("proc/long", std::string(100'000, 'x'));
  }

  void Write(const std::string& name, const std::string& text) { std::ofstream(prefix_ + "/" + name) << text; }

  std::string prefix_;
};

TEST_F(RootTest, ReadsUnderItsPrefixWithOrWithoutASlash) {
  const Root root(prefix_);
  EXPECT_EQ(*root.ReadFile("proc/short"), "one\n");
  EXPECT_EQ(*root.ReadFile("/proc/short"), "one\n");
  EXPECT_FALSE(root.is_machine());
  EXPECT_TRUE(Root().is_machine());
}

TEST_F(RootTest, ReadsWholeFilesUpToTheBound) {
  const Root root(prefix_);
  EXPECT_EQ(root.ReadFile("proc/long")->size(), 100'000u);
  EXPECT_EQ(root.ReadFile("proc/long", 5000)->size(), 5000u);
}

TEST_F(RootTest, ReadsRecordsOfAnyLength) {
  const Root root(prefix_);
  EXPECT_EQ(*root.ReadRecord("proc/long"), *root.ReadFile("proc/long"));
  const Result<Directory> self = Root("/").OpenDirectory("proc/self");
  ASSERT_TRUE(self);
  std::string buffer;
  EXPECT_EQ(self->ReadRecordInto("status", buffer), 0);
  EXPECT_TRUE(buffer.ends_with('\n'));
  EXPECT_NE(buffer.find("nonvoluntary_ctxt_switches:"), std::string::npos);  // the last line
  EXPECT_EQ(self->ReadRecord("none").error().errno_value, ENOENT);
}

TEST_F(RootTest, ErrorsNameThePath) {
  const Result<std::string> missing = Root(prefix_).ReadFile("proc/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errno_value, ENOENT);
  EXPECT_EQ(missing.error().Text(), prefix_ + "/proc/none: No such file or directory");
}

TEST_F(RootTest, ADirectoryReadsWhatLiesInIt) {
  const Result<Directory> proc = Root(prefix_).OpenDirectory("proc");
  ASSERT_TRUE(proc);
  EXPECT_EQ(*proc->ReadFile("short"), "one\n");
  std::vector<std::string> names = *proc->List();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"long", "short"}));
}

TEST_F(RootTest, ABufferIsReused) {
  const Result<Directory> proc = Root(prefix_).OpenDirectory("proc");
  std::string buffer;
  ASSERT_EQ(proc->ReadInto("long", buffer), 0);
  ASSERT_EQ(proc->ReadInto("short", buffer), 0);
  EXPECT_EQ(buffer, "one\n");
  EXPECT_EQ(proc->ReadInto("none", buffer), ENOENT);
}

TEST_F(RootTest, AFifoDoesNotStopAReader) {
  ASSERT_EQ(::mkfifo((prefix_ + "/proc/fifo").c_str(), 0600), 0);
  EXPECT_EQ(*Root(prefix_).ReadFile("proc/fifo"), "");
}

TEST_F(RootTest, WritesOnce) {
  const Result<Directory> proc = Root(prefix_).OpenDirectory("proc");
  EXPECT_EQ(*proc->WriteFile("short", "two\n"), 4u);
  EXPECT_EQ(*proc->ReadFile("short"), "two\n");
  EXPECT_EQ(proc->WriteFile("none", "x").error().errno_value, ENOENT);
}

TEST_F(RootTest, TheEnvironmentNamesThePrefix) {
  ::setenv("GLASSHEAP_ROOT", prefix_.c_str(), 1);
  EXPECT_EQ(Root::FromEnvironment().PathOf("proc"), prefix_ + "/proc");
  ::setenv("GLASSHEAP_ROOT", "", 1);
  EXPECT_TRUE(Root::FromEnvironment().is_machine());
  ::unsetenv("GLASSHEAP_ROOT");
}

}  // namespace
}  // namespace glassheap::tools
