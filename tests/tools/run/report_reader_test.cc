#include "tools/run/report_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fake_region.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

using testing::IdleProcess;

constexpr std::chrono::milliseconds kLong{20000};

std::shared_ptr<const Directory> DirectoryOf(const Root& root, pid_t pid) {
  return std::make_shared<Directory>(*root.OpenDirectory("proc/" + std::to_string(pid)));
}

TEST(ReportReader, SaysWhatMemstatHeapSays) {
  const IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
  });
  const Root root;
  ReportReader reader(root);
  EXPECT_FALSE(reader.Take()) << "nobody asked";
  reader.Ask(7, child.pid(), DirectoryOf(root, child.pid()));
  EXPECT_TRUE(reader.busy());
  const auto answer = reader.Take(kLong);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(reader.busy());
  EXPECT_EQ(answer->id, 7u);
  ASSERT_TRUE(answer->report) << answer->report.error().Text();
  EXPECT_EQ(answer->report->pid, child.pid());
  EXPECT_EQ(answer->report->heap.threads.size(), 2u);
  EXPECT_FALSE(reader.Take()) << "an answer is taken once";
}

TEST(ReportReader, SaysWhyThereIsNone) {
  const IdleProcess child;
  const Root root;
  ReportReader reader(root);
  reader.Ask(1, child.pid(), DirectoryOf(root, child.pid()));
  const auto answer = reader.Take(kLong);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(answer->report);
  EXPECT_NE(answer->report.error().Text().find("pid " + std::to_string(child.pid())), std::string::npos);
}

TEST(ReportReader, OneThatHasEndedIsAnError) {
  pid_t pid;
  const Root root;
  std::shared_ptr<const Directory> directory;
  {
    const IdleProcess child;
    pid = child.pid();
    directory = DirectoryOf(root, pid);
  }
  ReportReader reader(root);
  reader.Ask(1, pid, directory);
  const auto answer = reader.Take(kLong);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->report);
}

}  // namespace
}  // namespace glassheap::tools
