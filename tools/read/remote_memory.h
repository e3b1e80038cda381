// Reads another process' memory by process_vm_readv, which needs the right to attach to it, and never stops it.
//
// A hostile process can make a read wait for ever (userfaultfd): read in a thread of its own, by WithinDeadline.

#ifndef GLASSHEAP_TOOLS_READ_REMOTE_MEMORY_H_
#define GLASSHEAP_TOOLS_READ_REMOTE_MEMORY_H_

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace glassheap::tools {

// Bytes there, and where they go.
struct RemotePiece {
  uint64_t address = 0;
  size_t size = 0;
  std::byte* to = nullptr;
};

class RemoteMemory {
 public:
  explicit RemoteMemory(pid_t pid) : pid_(pid) {}

  // False: not all of it is mapped, or it may not be read (denied()).
  bool Read(uint64_t address, void* to, size_t size);

  // Many pieces in few system calls; those close to each other are read together. Pieces that cannot be read leave their
  // destination alone; returns how many were.
  size_t ReadMany(std::span<const RemotePiece> pieces);

  // The process may not be read at all, or has gone.
  bool denied() const { return denied_; }

 private:
  size_t ReadSome(std::span<const RemotePiece> pieces);
  template <typename Done>
  void ReadEach(std::span<const RemotePiece> pieces, Done done);

  pid_t pid_;
  bool denied_ = false;
};

// Runs work() in a thread of its own, and gives it up after the deadline: the thread is left behind and ends with the
// process, so work must own all it uses. Nothing when it came too late or had nothing.
template <typename T, typename Work>
std::optional<T> WithinDeadline(std::chrono::milliseconds deadline, Work work) {
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable arrived;
    bool done = false;
    std::optional<T> result;
  };
  auto mailbox = std::make_shared<Mailbox>();
  std::thread([mailbox, work = std::move(work)]() mutable {
    std::optional<T> result = work();
    const std::lock_guard lock(mailbox->mutex);
    mailbox->result = std::move(result);
    mailbox->done = true;
    mailbox->arrived.notify_one();
  }).detach();
  std::unique_lock lock(mailbox->mutex);
  if (!mailbox->arrived.wait_for(lock, deadline, [&] { return mailbox->done; })) return std::nullopt;
  return std::move(mailbox->result);
}

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REMOTE_MEMORY_H_
