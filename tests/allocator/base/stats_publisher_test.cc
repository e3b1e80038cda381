#include "allocator/base/stats_publisher.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <string>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace glassheap {
namespace {

constexpr uint32_t kClasses = 20;

StatsPublisher::Description ADescription() {
  StatsPublisher::Description description;
  description.heap_base = 0x100000000;
  description.heap_window = 1 << 30;
  description.class_count = kClasses;
  description.thread_cache = {1, 2, 3, 4};
  return description;
}

// The number of this process's only region, or -1.
int RegionFd() {
  int found = -1;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) {
    char target[256] = {};
    const std::string path = std::string("/proc/self/fd/") + entry->d_name;
    if (readlink(path.c_str(), target, sizeof(target) - 1) < 0) continue;
    if (strncmp(target, "/memfd:glassheap", 16) == 0) found = found == -1 ? atoi(entry->d_name) : -2;
  }
  closedir(directory);
  return found;
}

std::unique_ptr<abi::RegionLayout> Read(int fd) {
  auto copy = std::make_unique<abi::RegionLayout>();
  EXPECT_EQ(pread(fd, copy.get(), sizeof(*copy), 0), static_cast<ssize_t>(sizeof(*copy)));
  return copy;
}

ino_t InodeOf(int fd) {
  struct stat status = {};
  EXPECT_EQ(fstat(fd, &status), 0);
  return status.st_ino;
}

// Runs `body` in a child of fork() and expects true of it.
void ExpectInChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class StatsPublisherTest : public ::testing::Test {
 protected:
  // One publisher for all tests of the process: it never gives its region back.
  static StatsPublisher& publisher() {
    static StatsPublisher publisher;
    if (!publisher.attached() && !publisher.NeedsAttach()) publisher.Attach(ADescription());
    return publisher;
  }
  void SetUp() override {
    ASSERT_TRUE(publisher().attached());
    fd_ = RegionFd();
    ASSERT_GE(fd_, 0);
  }
  int fd_ = -1;
};

TEST(StatsPublisher, IsNotAttachedAtFirst) {
  const StatsPublisher publisher;
  EXPECT_FALSE(publisher.attached());
  EXPECT_FALSE(publisher.NeedsAttach());
  EXPECT_EQ(publisher.region_bytes(), 0u);
}

TEST_F(StatsPublisherTest, TheFdIsHighAndClosedOnExec) {
  EXPECT_GE(fd_, abi::kRegionFdMin);
  EXPECT_EQ(fcntl(fd_, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(StatsPublisherTest, TheRegionIsSealed) {
  const int seals = fcntl(fd_, F_GET_SEALS);
  EXPECT_EQ(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  EXPECT_EQ(seals & F_SEAL_FUTURE_WRITE, F_SEAL_FUTURE_WRITE);
  EXPECT_NE(ftruncate(fd_, 0), 0);
  EXPECT_EQ(pwrite(fd_, "x", 1, 0), -1);
  struct stat status = {};
  ASSERT_EQ(fstat(fd_, &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(StatsPublisherTest, TheHeaderDescribesTheProcess) {
  const abi::RegionHeader header = Read(fd_)->header;
  EXPECT_EQ(memcmp(header.magic, abi::kRegionMagic, sizeof(header.magic)), 0);
  EXPECT_EQ(header.layout_version, abi::kLayoutVersion);
  EXPECT_EQ(header.header_size, sizeof(header));
  EXPECT_EQ(header.generation, 1u);
  EXPECT_EQ(header.flags, 0u);
  EXPECT_EQ(header.pid, static_cast<uint64_t>(getpid()));
  EXPECT_EQ(header.page_size, 8192u);
  EXPECT_EQ(header.class_count, kClasses);
  EXPECT_EQ(header.heap_base, 0x100000000u);
  EXPECT_EQ(header.heap_window, 1u << 30);
  EXPECT_EQ(header.thread_cache.end_offset, 4u);
  EXPECT_NE(header.version[0], 0);
  EXPECT_EQ(header.version[15], 0);
  struct stat status = {};
  ASSERT_EQ(fstat(fd_, &status), 0);
  EXPECT_EQ(header.total_size, static_cast<uint64_t>(status.st_size));
  EXPECT_LE(header.total_size, abi::kMaxRegionSize);
}

TEST_F(StatsPublisherTest, TheTableOfContentsStaysInsideTheRegion) {
  const auto region = Read(fd_);
  ASSERT_EQ(region->header.toc_count, abi::kSections);
  std::set<uint32_t> kinds;
  for (const abi::TocEntry& entry : region->toc) {
    kinds.insert(entry.kind);
    EXPECT_GT(entry.row_count, 0u);
    EXPECT_EQ(entry.offset % 64, 0u);
    EXPECT_LE(entry.offset + uint64_t{entry.row_size} * entry.row_count, region->header.total_size);
    EXPECT_LE(entry.descriptor_offset + entry.descriptor_count * sizeof(abi::CounterDescriptor), entry.offset);
  }
  EXPECT_EQ(kinds, (std::set<uint32_t>{1, 2, 3, 4, 5, 8}));
  EXPECT_EQ(region->toc[2].row_count, kClasses);
}

TEST_F(StatsPublisherTest, EveryCounterIsDescribed) {
  const auto region = Read(fd_);
  for (const abi::TocEntry& entry : region->toc) {
    const auto* descriptors = reinterpret_cast<const abi::CounterDescriptor*>(
        reinterpret_cast<const char*>(region.get()) + entry.descriptor_offset);
    std::set<std::string> names;
    std::set<uint16_t> offsets;
    for (uint32_t i = 0; i < entry.descriptor_count; ++i) {
      const abi::CounterDescriptor& d = descriptors[i];
      ASSERT_EQ(d.name[sizeof(d.name) - 1], 0);
      ASSERT_EQ(d.help[sizeof(d.help) - 1], 0);
      EXPECT_EQ(strspn(d.name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(d.name));
      for (const char* c = d.help; *c != '\0'; ++c) EXPECT_TRUE(*c >= ' ' && *c <= '~') << d.name;
      EXPECT_GT(strlen(d.help), 0u) << d.name;
      EXPECT_LT(strlen(d.help), sizeof(d.help) - 1) << d.name << " may be cut";
      EXPECT_TRUE(names.insert(d.name).second) << d.name;
      EXPECT_TRUE(offsets.insert(d.offset).second) << d.name;
      EXPECT_LE(d.offset + 8u, entry.row_size);
      EXPECT_EQ(d.offset % 8, 0);
      EXPECT_GE(d.offset, entry.has_sequence ? 8 : 0);
      EXPECT_TRUE(d.kind == 1 || d.kind == 2);
      EXPECT_TRUE(d.unit >= 1 && d.unit <= 6);
    }
    // Nothing in a row goes without a description: words, less the sequence number and padding to a cache line.
    EXPECT_EQ(entry.descriptor_count, entry.kind == 3   ? abi::kClassCounters
                                      : entry.kind == 4 ? abi::kThreadCounters
                                      : entry.kind == 8 ? abi::kLayoutCounters
                                      : entry.kind == 5 ? abi::kHistoryCounters
                                                        : abi::kHeapCounters);
  }
}

TEST_F(StatsPublisherTest, ARowThatIsBegunIsOddUntilItIsWritten) {
  abi::ClassRow* row = publisher().size_class(1);
  StatsPublisher::WriteRow(row, [](abi::ClassRow*) {});
  const uint64_t before = row->sequence;
  StatsPublisher::BeginRow(row);
  StatsPublisher::BeginRow(row);  // twice is once
  EXPECT_EQ(Read(fd_)->classes[1].sequence, before + 1);
  StatsPublisher::WriteRow(row, [](abi::ClassRow*) {});
  EXPECT_EQ(Read(fd_)->classes[1].sequence, before + 2);
}

TEST_F(StatsPublisherTest, ARowIsReadThroughTheFdWithAnEvenSequence) {
  StatsPublisher::WriteRow(publisher().size_class(3), [this](abi::ClassRow* row) {
    StatsPublisher::Set(&row->size, 48);
    StatsPublisher::Set(&row->slots, 77);
    EXPECT_EQ(Read(fd_)->classes[3].sequence % 2, 1u) << "a reader in between can tell";
  });
  const auto region = Read(fd_);
  EXPECT_EQ(region->classes[3].size, 48u);
  EXPECT_EQ(region->classes[3].slots, 77u);
  EXPECT_EQ(region->classes[3].sequence % 2, 0u);
}

TEST_F(StatsPublisherTest, HistoryIsARingWhoseOldestRowGoesFirst) {
  ExpectInChild([] {
    publisher().Attach(ADescription());
    for (uint64_t i = 0; i < abi::kHistoryRows + 3; ++i) {
      publisher().AddHistory([i](abi::HistoryRow* row) { StatsPublisher::Set(&row->live_bytes, i); });
    }
    const auto region = Read(RegionFd());
    for (uint64_t i = 0; i < abi::kHistoryRows; ++i) {
      if (region->history[i].live_bytes != (i < 3 ? abi::kHistoryRows + i : i)) return false;
    }
    return region->history[3].time <= region->history[4].time && region->history[0].time >= region->history[639].time;
  });
}

TEST_F(StatsPublisherTest, ARowOfHistoryHasNoTimeWhileItIsWritten) {
  ExpectInChild([] {
    publisher().Attach(ADescription());
    bool seen_without_time = false;
    publisher().AddHistory([&](abi::HistoryRow* row) {
      StatsPublisher::Set(&row->live_bytes, 5);
      const auto region = Read(RegionFd());
      seen_without_time = region->history[0].live_bytes == 5 && region->history[0].time == 0;
    });
    return seen_without_time && Read(RegionFd())->history[0].time > 0;
  });
}

TEST_F(StatsPublisherTest, AForkedChildMakesItsOwnRegion) {
  EXPECT_FALSE(publisher().NeedsAttach());
  const ino_t inode = InodeOf(fd_);
  ExpectInChild([this, inode] {
    if (!publisher().NeedsAttach() || publisher().attached()) return false;
    publisher().Attach(ADescription());
    const int fd = RegionFd();
    if (fd < 0 || InodeOf(fd) == inode || publisher().NeedsAttach()) return false;
    const auto region = Read(fd);
    return region->header.pid == static_cast<uint64_t>(getpid()) && region->header.generation == 2;
  });
  EXPECT_FALSE(publisher().NeedsAttach());
  EXPECT_EQ(Read(fd_)->header.pid, static_cast<uint64_t>(getpid()));
}

TEST_F(StatsPublisherTest, AChildDoesNotCloseWhatTheProgramPutInPlaceOfTheFd) {
  ExpectInChild([this] {
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[0], fd_) != fd_) return false;
    publisher().Attach(ADescription());
    return InodeOf(fd_) == InodeOf(ends[0]) && RegionFd() >= 0;
  });
}

TEST_F(StatsPublisherTest, WithoutRoomForAFileTheRegionIsPrivate) {
  ExpectInChild([this] {
    rlimit limit = {0, 0};  // ftruncate would kill the process with SIGXFSZ
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    publisher().Attach(ADescription());
    const auto* layout = reinterpret_cast<const abi::RegionLayout*>(
        reinterpret_cast<const char*>(publisher().global()) - offsetof(abi::RegionLayout, global));
    return publisher().attached() && RegionFd() == -1 && (layout->header.flags & abi::kFlagPrivate) != 0 &&
           layout->header.region_address == reinterpret_cast<uint64_t>(layout);
  });
}

TEST_F(StatsPublisherTest, IsNotAttachedAfterDetach) {
  ExpectInChild([&publisher = publisher()] {
    publisher.Detach();
    return !publisher.attached() && publisher.region_bytes() == 0;
  });
}

// A socket pair as `memstat run` makes one; the child attaches and the parent looks at what came.
class NoticeTest : public StatsPublisherTest {
 protected:
  void SetUp() override {
    StatsPublisherTest::SetUp();
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets_), 0);
  }
  void TearDown() override {
    unsetenv(abi::kNotifyVariable);
    close(sockets_[0]);
    close(sockets_[1]);
  }
  void AttachInChild(const std::string& variable) {
    setenv(abi::kNotifyVariable, variable.c_str(), 1);
    ExpectInChild([] {
      publisher().Attach(ADescription());
      return publisher().attached();
    });
  }
  std::string Socket() { return std::to_string(sockets_[1]) + ":" + std::to_string(InodeOf(sockets_[1])); }
  ssize_t Receive(abi::RegionNotice* notice, int* fd) {
    iovec data = {notice, sizeof(*notice)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t size = recvmsg(sockets_[0], &message, MSG_CMSG_CLOEXEC);
    const cmsghdr* rights = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (rights != nullptr) memcpy(fd, CMSG_DATA(rights), sizeof(*fd));
    return size;
  }

  int sockets_[2];
};

TEST_F(NoticeTest, TheObserverGetsTheRegion) {
  AttachInChild(Socket());
  abi::RegionNotice notice = {};
  int fd = -1;
  ASSERT_EQ(Receive(&notice, &fd), static_cast<ssize_t>(sizeof(notice)));
  ASSERT_GE(fd, 0);
  EXPECT_EQ(memcmp(notice.magic, abi::kRegionMagic, sizeof(notice.magic)), 0);
  EXPECT_EQ(Read(fd)->header.pid, notice.pid) << "readable after the process has gone";
  EXPECT_NE(notice.pid, static_cast<uint64_t>(getpid()));
  close(fd);
  EXPECT_EQ(Receive(&notice, &fd), -1) << "one message only";
}

TEST_F(NoticeTest, NothingIsSentToWhatTheVariableDoesNotName) {
  for (const std::string& variable :
       {std::to_string(sockets_[1]) + ":1", std::to_string(sockets_[1]), std::string("x:y"), std::string(""),
        Socket() + "z", std::string("99999999999999999999:99999999999999999999")}) {
    AttachInChild(variable);
    abi::RegionNotice notice = {};
    int fd = -1;
    EXPECT_EQ(Receive(&notice, &fd), -1) << variable;
  }
}

}  // namespace
}  // namespace glassheap
