#include "tools/read/listen_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace glassheap::tools {
namespace {

TEST(ListenAddress, Parses) {
  for (const char* text : {"127.0.0.1:9733", "0.0.0.0:0", "[::1]:65535", "[::]:1"}) {
    const Result<ListenAddress> address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->Text(), text);
  }
}

TEST(ListenAddress, RefusesTheRest) {
  for (const char* text :
       {"", ":", "9733", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:9x", "localhost:9733",
        "::1:9733", "[127.0.0.1]:9733", "[]:1", "[::1:1", "1.2.3.4.5:1"}) {
    const Result<ListenAddress> address = ParseListenAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().Text(),
              "--listen " + std::string(text) + ": not HOST:PORT with a numeric host, as 127.0.0.1:9733 or [::1]:9733");
  }
}

TEST(ListenAddress, APortThatIsTaken) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const ListenAddress taken{"127.0.0.1", ntohs(address.sin_port)};
  const std::optional<Error> error = CheckFree(taken);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->Text(), taken.Text() + ": another server listens there; choose another port with --listen");
  ::close(fd);
  EXPECT_FALSE(CheckFree(taken));
  EXPECT_FALSE(CheckFree({"127.0.0.1", 0}));
  EXPECT_TRUE(CheckFree({"192.0.2.1", 9733}));  // TEST-NET-1: nobody's
}

}  // namespace
}  // namespace glassheap::tools
