// Tested by tests/tools/read/listen_address_test.cc.

#include "tools/read/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
};

// Nothing when the host is no numeric address.
std::optional<SocketAddress> Resolve(const ListenAddress& address) {
  SocketAddress resolved;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&resolved.storage);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    resolved.size = sizeof *v4;
    return resolved;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&resolved.storage);
  if (::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    resolved.size = sizeof *v6;
    return resolved;
  }
  return std::nullopt;
}

const char* Advice(int errno_value) {
  switch (errno_value) {
    case EADDRINUSE:
      return "another server listens there; choose another port with --listen";
    case EACCES:
      return "permission denied: ports below 1024 are for root; choose another with --listen";
    case EADDRNOTAVAIL:
      return "this machine has no such address";
    default:
      return nullptr;
  }
}

}  // namespace

std::string ListenAddress::Text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const Error wrong{"--listen " + text, "not HOST:PORT with a numeric host, as 127.0.0.1:9733 or [::1]:9733"};
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong;
  ListenAddress address;
  address.host = text.substr(0, colon);
  const bool brackets = address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
  if (brackets) address.host = address.host.substr(1, address.host.size() - 2);
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || rest != end || !Resolve(address)) return wrong;
  if (brackets != (address.host.find(':') != std::string::npos)) return wrong;
  return address;
}

std::optional<Error> CheckFree(const ListenAddress& address) {
  if (address.port == 0) return std::nullopt;
  const std::optional<SocketAddress> resolved = Resolve(address);
  if (!resolved) return Error{address.Text(), "not a numeric address"};
  const auto* generic = reinterpret_cast<const sockaddr*>(&resolved->storage);
  const FileDescriptor fd(::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Error::FromErrno(address.Text(), errno);
  const int on = 1;  // as the server does: a port whose connections are still closing is free
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool free = ::bind(fd.get(), generic, resolved->size) == 0 && ::listen(fd.get(), 1) == 0;
  if (free) return std::nullopt;
  const int errno_value = errno;
  const char* advice = Advice(errno_value);
  return advice != nullptr ? Error{address.Text(), advice, errno_value} : Error::FromErrno(address.Text(), errno_value);
}

}  // namespace glassheap::tools
