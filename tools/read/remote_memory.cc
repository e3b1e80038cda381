// Tested by tests/tools/read/remote_memory_test.cc.

#include "tools/read/remote_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace glassheap::tools {
namespace {

constexpr size_t kMaxPieces = 512;  // of one call; IOV_MAX is 1024

iovec Local(const RemotePiece& piece) { return {piece.to, piece.size}; }
iovec There(const RemotePiece& piece) { return {reinterpret_cast<void*>(piece.address), piece.size}; }

}  // namespace

bool RemoteMemory::Read(uint64_t address, void* to, size_t size) {
  const RemotePiece piece = {address, size, static_cast<std::byte*>(to)};
  return ReadMany(std::span(&piece, 1)) == 1;
}

// How many of the first pieces were read whole. The call stops at the first page that is not there.
size_t RemoteMemory::ReadSome(std::span<const RemotePiece> pieces) {
  std::array<iovec, kMaxPieces> local;
  std::array<iovec, kMaxPieces> remote;
  const size_t count = std::min(pieces.size(), kMaxPieces);
  std::transform(pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(count), local.begin(), Local);
  std::transform(pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(count), remote.begin(), There);
  ssize_t got;
  do {
    got = ::process_vm_readv(pid_, local.data(), count, remote.data(), count, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != EFAULT) denied_ = true;
  size_t whole = 0;
  for (auto left = static_cast<size_t>(std::max<ssize_t>(got, 0)); whole < count && pieces[whole].size <= left;
       ++whole) {
    left -= pieces[whole].size;
  }
  return whole;
}

size_t RemoteMemory::ReadMany(std::span<const RemotePiece> pieces) {
  size_t read = 0;
  while (!pieces.empty() && !denied_) {
    const size_t whole = ReadSome(pieces);
    read += whole;
    // The piece after them is the one that could not be read, unless all that were asked for were.
    const size_t asked = std::min(pieces.size(), kMaxPieces);
    pieces = pieces.subspan(whole < asked ? whole + 1 : whole);
  }
  return read;
}

}  // namespace glassheap::tools
