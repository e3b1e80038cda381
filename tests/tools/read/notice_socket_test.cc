#include "tools/read/notice_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/fake_region.h"
#include "tools/read/region_reader.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeRegionFile;

int CommandEnd(const NoticeSocket& socket) { return std::stoi(socket.EnvironmentValue()); }

// As the allocator does.
void Send(int socket, const void* bytes, size_t size, const std::vector<int>& fds) {
  iovec data = {const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[256] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(part), fds.data(), fds.size() * sizeof(int));
  }
  ASSERT_EQ(::sendmsg(socket, &message, MSG_NOSIGNAL), static_cast<ssize_t>(size));
}

abi::RegionNotice Notice(uint64_t pid) {
  abi::RegionNotice notice;
  std::memcpy(notice.magic, abi::kRegionMagic, sizeof notice.magic);
  notice.pid = pid;
  return notice;
}

TEST(NoticeSocket, NamesItsDescriptorAndInode) {
  const Result<NoticeSocket> socket = NoticeSocket::Create();
  ASSERT_TRUE(socket);
  EXPECT_GE(CommandEnd(*socket), 3);
  EXPECT_NE(socket->EnvironmentValue().find(':'), std::string::npos);
}

TEST(NoticeSocket, DeliversARegionAndTheSendersTruePid) {
  Result<NoticeSocket> socket = NoticeSocket::Create();
  EXPECT_FALSE(socket->Receive());
  const FileDescriptor region = MakeRegionFile(*MakeFakeHeap(5));
  const abi::RegionNotice notice = Notice(1);  // a lie
  Send(CommandEnd(*socket), &notice, sizeof notice, {region.get()});
  const std::optional<NoticeSocket::Notice> got = socket->Receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->pid, ::getpid());
  EXPECT_EQ(ReadRegion(got->region.get())->header().pid, 5u);
  EXPECT_FALSE(socket->Receive());
}

TEST(NoticeSocket, JunkIsDroppedAndLeaksNothing) {
  Result<NoticeSocket> socket = NoticeSocket::Create();
  const int end = CommandEnd(*socket);
  const FileDescriptor region = MakeRegionFile(*MakeFakeHeap(5));
  const FileDescriptor marker(::dup(0));
  abi::RegionNotice notice = Notice(1);
  Send(end, "x", 1, {});
  Send(end, &notice, sizeof notice, {});
  Send(end, "0123456789abcdef0123456789abcdef", 32, {region.get()});
  Send(end, &notice, sizeof notice, {region.get(), region.get(), region.get(), region.get(), region.get()});
  notice.magic[0] = 'X';
  Send(end, &notice, sizeof notice, {region.get(), region.get()});
  while (socket->Receive()) {
  }
  EXPECT_EQ(FileDescriptor(::dup(0)).get(), marker.get() + 1);
}

TEST(NoticeSocket, SeesThatNobodyIsLeft) {
  Result<NoticeSocket> socket = NoticeSocket::Create();
  EXPECT_FALSE(socket->Receive());
  EXPECT_TRUE(socket->open());
  socket->CloseCommandEnd();
  EXPECT_FALSE(socket->Receive());
  EXPECT_FALSE(socket->open());
}

}  // namespace
}  // namespace glassheap::tools
