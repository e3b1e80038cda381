// Tested by tests/tools/read/notice_socket_test.cc.

#include "tools/read/notice_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "allocator/abi/stats_region.h"

namespace glassheap::tools {
namespace {

constexpr int kHighNumbers[] = {800, 200, 100, 50, 20, 3};  // the first that the limit of open files allows
constexpr size_t kMaxPassed = 4;                            // descriptors in a message; an honest one has 1

// A copy of fd that is inherited over exec.
FileDescriptor DuplicateHigh(int fd) {
  for (const int number : kHighNumbers) {
    FileDescriptor copy(::fcntl(fd, F_DUPFD, number));
    if (copy.valid()) return copy;
  }
  return FileDescriptor();
}

struct Message {
  abi::RegionNotice notice = {};
  size_t size = 0;
  std::optional<pid_t> sender;
  FileDescriptor passed;
};

// Takes the first descriptor and closes the others.
void TakeDescriptors(const cmsghdr* part, Message& message) {
  constexpr size_t kRoom = CMSG_SPACE(sizeof(ucred)) / sizeof(int) + kMaxPassed;
  int fds[kRoom];
  const size_t count = std::min(kRoom, (part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(fds, CMSG_DATA(part), count * sizeof(int));
  for (size_t i = 0; i < count; ++i) {
    FileDescriptor fd(fds[i]);
    if (!message.passed.valid()) message.passed = std::move(fd);
  }
}

void TakeControl(msghdr& header, Message& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_RIGHTS) TakeDescriptors(part, message);
    if (part->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials;
      std::memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
      message.sender = credentials.pid;
    }
  }
}

// Returns what recvmsg does.
ssize_t ReceiveMessage(int fd, Message& message) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kMaxPassed * sizeof(int))];
  iovec data = {&message.notice, sizeof message.notice};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return got;
  message.size = static_cast<size_t>(got);
  TakeControl(header, message);
  return got;
}

bool IsNotice(const Message& message) {
  return message.size == sizeof(abi::RegionNotice) && message.sender && message.passed.valid() &&
         std::memcmp(message.notice.magic, abi::kRegionMagic, sizeof abi::kRegionMagic) == 0;
}

}  // namespace

Result<NoticeSocket> NoticeSocket::Create() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error::FromErrno("socketpair", errno);
  }
  NoticeSocket socket;
  socket.our_end_ = FileDescriptor(ends[0]);
  const FileDescriptor low(ends[1]);
  const int on = 1;
  if (::setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return Error::FromErrno("socket", errno);
  socket.command_end_ = DuplicateHigh(low.get());
  if (!socket.command_end_.valid()) return Error::FromErrno("socket", errno);
  return socket;
}

std::string NoticeSocket::EnvironmentValue() const {
  struct stat status = {};
  ::fstat(command_end_.get(), &status);
  return std::to_string(command_end_.get()) + ":" + std::to_string(status.st_ino);
}

std::optional<NoticeSocket::Notice> NoticeSocket::Receive() {
  while (open_) {
    Message message;
    const ssize_t got = ReceiveMessage(our_end_.get(), message);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (got <= 0) open_ = false;
    if (got > 0 && IsNotice(message)) return Notice{*message.sender, std::move(message.passed)};
  }
  return std::nullopt;
}

}  // namespace glassheap::tools
