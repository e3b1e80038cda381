// An address to listen at: "127.0.0.1:9733", "[::1]:9733".

#ifndef GLASSHEAP_TOOLS_READ_LISTEN_ADDRESS_H_
#define GLASSHEAP_TOOLS_READ_LISTEN_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/read/result.h"

namespace glassheap::tools {

struct ListenAddress {
  std::string host;   // a numeric address, IPv4 or IPv6, without brackets
  uint16_t port = 0;  // 0: any that is free

  std::string Text() const;  // as it was typed
};

Result<ListenAddress> ParseListenAddress(const std::string& text);

// Why nobody can listen there: another server does, a port below 1024, no such address on this machine. Nothing when it
// can be had (somebody else may still be quicker).
std::optional<Error> CheckFree(const ListenAddress& address);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_LISTEN_ADDRESS_H_
