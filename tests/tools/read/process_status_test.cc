#include "tools/read/process_status.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr char kBash[] =
    "Name:\tbash\nUmask:\t0022\nState:\tS "
    "(sleeping)\nTgid:\t4242\nNgid:\t0\nPid:\t4242\nPPid:\t4200\nTracerPid:"
    "\t0\n"
    "Uid:\t1000\t1001\t1000\t1000\nGid:\t0\t0\t0\t0\nFDSize:\t256\nGroups:\t "
    "\nNStgid:\t4242\t7\nNSpid:\t4242\t7\n"
    "Kthread:\t0\nVmPeak:\t    3060 kB\nVmSize:\t    3060 kB\nVmRSS:\t    1684 "
    "kB\nRssAnon:\t     112 kB\n"
    "RssFile:\t    1572 kB\nRssShmem:\t       0 kB\nVmPTE:\t      40 "
    "kB\nVmSwap:\t       8 kB\nThreads:\t3\n"
    "SigQ:\t0/96365\nSeccomp:\t0\n";

TEST(ProcessStatus, ReadsAnOrdinaryProcess) {
  const auto status = ParseProcessStatus(kBash);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->name, "bash");
  EXPECT_EQ(status->state, 'S');
  EXPECT_EQ(status->tgid, 4242);
  EXPECT_EQ(status->ppid, 4200);
  EXPECT_EQ(status->uid, 1001u) << "the effective one";
  EXPECT_EQ(status->innermost_pid, 7);
  EXPECT_EQ(status->rss, 1684u * 1024);
  EXPECT_EQ(status->rss_anon, 112u * 1024);
  EXPECT_EQ(status->rss_file, 1572u * 1024);
  EXPECT_EQ(status->rss_shmem, 0u);
  EXPECT_EQ(status->page_tables, 40u * 1024);
  EXPECT_EQ(status->swap, 8u * 1024);
  EXPECT_EQ(status->threads, 3u);
  EXPECT_FALSE(status->kernel_thread);
}

TEST(ProcessStatus, KernelThreadBySelfDescription) {
  const auto status = ParseProcessStatus(
      "Name:\tkworker/0:1\nState:\tI "
      "(idle)\nTgid:\t9\nPPid:\t2\nKthread:\t1\nThreads:\t1\n");
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->kernel_thread);
  EXPECT_FALSE(status->has_memory());
  EXPECT_EQ(status->swap, std::nullopt);
}

TEST(ProcessStatus, KernelThreadOfAKernelWithoutKthreadLine) {
  EXPECT_TRUE(ParseProcessStatus("Name:\tx\nState:\tS (s)\nTgid:\t9\nPPid:\t2\nThreads:\t1\n")->kernel_thread);
  EXPECT_TRUE(ParseProcessStatus("Name:\tkthreadd\nState:\tS (s)\nTgid:\t2\nPPid:\t0\nThreads:\t1\n")->kernel_thread);
  EXPECT_FALSE(ParseProcessStatus("Name:\tx\nState:\tS "
                                  "(s)\nTgid:\t9\nPPid:\t2\nVmRSS:\t4 kB\nThreads:\t1\n")
                   ->kernel_thread);
}

TEST(ProcessStatus, ZombieHasNoMemoryAndIsNoKernelThread) {
  const auto status = ParseProcessStatus("Name:\tdead\nState:\tZ (zombie)\nTgid:\t9\nPPid:\t2\nThreads:\t1\n");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->has_memory());
  EXPECT_FALSE(status->kernel_thread);
}

TEST(ProcessStatus, UndoesTheKernelsEscapesOfAName) {
  EXPECT_EQ(ParseProcessStatus("Name:\ta) R 1\nState:\tS (s)\n")->name, "a) R 1");
  EXPECT_EQ(ParseProcessStatus("Name:\ta\\nVmRSS: 1\nState:\tS (s)\n")->name, "a\nVmRSS: 1");
  EXPECT_EQ(ParseProcessStatus("Name:\ta\\\\n\\\n")->name, "a\\n\\");
  EXPECT_EQ(ParseProcessStatus("Name:\t\nState:\tS (s)\n")->name, "");
}

TEST(ProcessStatus, IgnoresWhatItCannotRead) {
  const auto status = ParseProcessStatus(
      "Name:\tx\nVmRSS:\t99999999999999999999 "
      "kB\nVmSwap:\t18446744073709551615 kB\n"
      "VmPTE:\t-1 kB\nPPid:\tnone\nRssAnon:\t4 MB\nno colon\n\n:\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->rss, std::nullopt);
  EXPECT_EQ(status->swap, std::nullopt);
  EXPECT_EQ(status->page_tables, std::nullopt);
  EXPECT_EQ(status->ppid, std::nullopt);
  EXPECT_EQ(status->rss_anon, std::nullopt);
}

TEST(ProcessStatus, NothingFromAnEmptyOrForeignText) {
  EXPECT_FALSE(ParseProcessStatus(""));
  EXPECT_FALSE(ParseProcessStatus("MemTotal: 1 kB\n"));
}

TEST(ProcessStatus, EveryStartOfAFileIsReadWithoutHarm) {
  const std::string_view whole(kBash);
  for (size_t length = 0; length < whole.size(); ++length) ParseProcessStatus(whole.substr(0, length));
}

// Linux 4.0 to 4.14: what 4.15 counts in VmPTE.
TEST(ProcessStatus, MiddleTablesThatAreCountedApart) {
  const auto status = ParseProcessStatus("Name:\tx\nVmRSS:\t 8 kB\nVmPTE:\t 40 kB\nVmPMD:\t 12 kB\nVmSwap:\t 0 kB\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->page_tables, 52u * 1024);
}

}  // namespace
}  // namespace glassheap::tools
