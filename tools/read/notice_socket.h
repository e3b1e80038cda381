// How a command that is run tells its observer of the regions it makes: one end
// of a socket pair goes to the command and, by inheritance, to its whole tree;
// the allocator sends a RegionNotice and the region's descriptor through it.
// The observer then holds the region whatever happens to the process.
//
// What arrives is not trusted: the sender's pid is the kernel's word
// (SCM_CREDENTIALS), not the message's.

#ifndef GLASSHEAP_TOOLS_READ_NOTICE_SOCKET_H_
#define GLASSHEAP_TOOLS_READ_NOTICE_SOCKET_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "tools/read/file_descriptor.h"
#include "tools/read/result.h"

namespace glassheap::tools {

class NoticeSocket {
 public:
  struct Notice {
    pid_t pid;              // of the sender, as we see it
    FileDescriptor region;  // not checked yet
  };

  // The command's end is inherited over exec, at a high number where programs
  // that count from 3 do not meet it.
  static Result<NoticeSocket> Create();

  // "FD:INODE", for abi::kNotifyVariable.
  std::string EnvironmentValue() const;

  // To be called once the command has been started: the end of the socket is
  // seen only then.
  void CloseCommandEnd() { command_end_.Close(); }

  // The next notice that waits; nothing when there is none. Never blocks;
  // messages that are no notices are dropped.
  std::optional<Notice> Receive();

  // False when nobody is left who could send.
  bool open() const { return open_; }
  int fd() const { return our_end_.get(); }

 private:
  FileDescriptor our_end_;
  FileDescriptor command_end_;
  bool open_ = true;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_NOTICE_SOCKET_H_
