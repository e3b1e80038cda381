#include "tests/support/swap_file.h"

#include <fcntl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace glassheap::testing {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kChunk = 256 * kPage;

// The first page as mkswap writes it: a version and the number of the last page, a magic at the end.
std::array<char, kPage> Header(size_t bytes) {
  std::array<char, kPage> header{};
  constexpr char kMagic[] = "SWAPSPACE2";
  const uint32_t version = 1, last_page = static_cast<uint32_t>(bytes / kPage - 1);
  std::memcpy(&header[1024], &version, sizeof version);
  std::memcpy(&header[1028], &last_page, sizeof last_page);
  std::memcpy(&header[kPage - sizeof kMagic + 1], kMagic, sizeof kMagic - 1);
  return header;
}

bool WriteSwapFile(const std::string& path, size_t bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const std::vector<char> zeros(kChunk);  // written, as swap must have no holes
  bool good = true;
  for (size_t at = 0; good && at < bytes; at += kChunk) {
    good = ::write(fd, zeros.data(), kChunk) == static_cast<ssize_t>(kChunk);
  }
  const auto header = Header(bytes);
  good = good && ::pwrite(fd, header.data(), header.size(), 0) == static_cast<ssize_t>(header.size());
  return ::close(fd) == 0 && good;
}

// In the keeper: until the test closes its end, or is gone.
[[noreturn]] void Keep(int alive, const std::string& path) {
  ::setsid();  // whoever kills the test's group must not kill us
  char byte;
  while (::read(alive, &byte, 1) < 0 && errno == EINTR) {
  }
  ::swapoff(path.c_str());
  ::unlink(path.c_str());
  ::_exit(0);
}

}  // namespace

std::unique_ptr<SwapFile> SwapFile::Make(size_t bytes, std::string& why_not) {
  const char* folder = ::getenv("TEST_TMPDIR");
  const std::string path =
      std::string(folder != nullptr ? folder : "/tmp") + "/glassheap_swap_" + std::to_string(::getpid());
  int alive[2];
  if (!WriteSwapFile(path, bytes) || ::pipe2(alive, O_CLOEXEC) != 0 || ::swapon(path.c_str(), 0) != 0) {
    why_not = "swapon " + path + ": " + std::strerror(errno);
    ::unlink(path.c_str());
    return nullptr;
  }
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    ::close(alive[1]);
    Keep(alive[0], path);
  }
  ::close(alive[0]);
  return std::unique_ptr<SwapFile>(new SwapFile(keeper, alive[1]));
}

SwapFile::~SwapFile() {
  ::close(alive_);
  ::waitpid(keeper_, nullptr, 0);
}

}  // namespace glassheap::testing
