// Tested by tests/tools/read/remote_memory_test.cc.

#include "tools/read/remote_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

namespace glassheap::tools {
namespace {

constexpr size_t kMaxPieces = 512;  // of one call; IOV_MAX is 1024

constexpr size_t kWorthJoining = 16;
constexpr size_t kMaxJoined = 256 << 20;  // bytes
constexpr uint64_t kPage = 4096;

// Pieces by the ranges they lie in. Two are in one range when the second begins in the page where the first ends, or
// before: no page is asked for that no piece needs. The kernel looks up pages anew for every range, so one of ten pieces
// costs a tenth.
struct Joined {
  std::vector<size_t> order;        // of pieces, by address
  std::vector<RemotePiece> ranges;  // into buffer
  std::vector<size_t> first;        // in order, of each range; then the end
  std::unique_ptr<std::byte[]> buffer;
};

// Nothing when there would be too much to copy.
std::optional<Joined> Join(std::span<const RemotePiece> pieces) {
  Joined joined;
  joined.order.resize(pieces.size());
  std::iota(joined.order.begin(), joined.order.end(), size_t{0});
  std::ranges::sort(joined.order, {}, [&](size_t i) { return pieces[i].address; });
  size_t total = 0;
  uint64_t end = 0;  // of the last range
  for (size_t k = 0; k < joined.order.size(); ++k) {
    const RemotePiece& piece = pieces[joined.order[k]];
    if (piece.size > kMaxJoined || piece.address > UINT64_MAX - 2 * kMaxJoined) return std::nullopt;
    const uint64_t piece_end = piece.address + piece.size;
    if (joined.ranges.empty() || piece.address > (end + kPage - 1) / kPage * kPage) {
      joined.ranges.push_back({piece.address, 0, nullptr});
      joined.first.push_back(k);
      end = piece.address;
    }
    RemotePiece& range = joined.ranges.back();
    const uint64_t grown = std::max(end, piece_end);
    total += grown - end;
    if (total > kMaxJoined) return std::nullopt;
    range.size += grown - end;
    end = grown;
  }
  joined.first.push_back(joined.order.size());
  joined.buffer = std::make_unique_for_overwrite<std::byte[]>(total);
  std::byte* to = joined.buffer.get();
  for (RemotePiece& range : joined.ranges) {
    range.to = to;
    to += range.size;
  }
  return joined;
}

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

// Calls done(index, was_read) for each piece.
template <typename Done>
void RemoteMemory::ReadEach(std::span<const RemotePiece> pieces, Done done) {
  for (size_t at = 0; at < pieces.size();) {
    const size_t asked = std::min(pieces.size() - at, kMaxPieces);
    const size_t whole = denied_ ? 0 : ReadSome(pieces.subspan(at, asked));
    for (size_t i = 0; i < whole; ++i) done(at + i, true);
    at += whole;
    // The piece after them is the one that could not be read, unless all that were asked for were.
    if (whole < asked) done(at++, false);
  }
}

size_t RemoteMemory::ReadMany(std::span<const RemotePiece> pieces) {
  const std::optional<Joined> joined = pieces.size() >= kWorthJoining ? Join(pieces) : std::nullopt;
  size_t read = 0;
  if (!joined) {
    ReadEach(pieces, [&](size_t, bool was_read) { read += was_read; });
    return read;
  }
  std::vector<RemotePiece> left;  // of ranges that are not there as a whole
  ReadEach(joined->ranges, [&](size_t i, bool was_read) {
    for (size_t k = joined->first[i]; k < joined->first[i + 1]; ++k) {
      const RemotePiece& piece = pieces[joined->order[k]];
      if (!was_read) {
        left.push_back(piece);
        continue;
      }
      std::memcpy(piece.to, joined->ranges[i].to + (piece.address - joined->ranges[i].address), piece.size);
      ++read;
    }
  });
  ReadEach(left, [&](size_t, bool was_read) { read += was_read; });
  return read;
}

}  // namespace glassheap::tools
