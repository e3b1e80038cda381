// memstat serve as it is called, and asked over HTTP.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <string>

#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;

const std::string& Memstat() {
  static const std::string path = Program("tools/memstat");
  return path;
}

class Server {
 public:
  explicit Server(std::vector<std::string> options = {}) : process_(Command(std::move(options))) {
    const std::string line = process_.ReadLine();
    const std::string start = "listening on ";
    EXPECT_EQ(line.substr(0, start.size()), start) << line;
    url_ = line.substr(std::min(start.size(), line.size()));
  }

  std::string Get() const {
    const ShellResult result = Shell("python3 -c 'import sys, urllib.request as u; sys.stdout.write(u.urlopen(\"" +
                                     url_ + "\").read().decode())'");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  // "127.0.0.1:40000"
  std::string Address() const { return url_.substr(7, url_.rfind('/') - 7); }
  Background& process() { return process_; }

 private:
  static std::vector<std::string> Command(std::vector<std::string> options) {
    std::vector<std::string> command = {Memstat(), "serve", "--listen", "127.0.0.1:0"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
  }

  Background process_;
  std::string url_;
};

TEST(MemstatServe, TheMachineAndAHeap) {
  Background run({Memstat(), "run", "--report", "/dev/null", "--", "sh", "-c", "echo $$; kill -STOP $$"});
  const std::string pid = run.ReadLine();
  const Server server;
  const std::string metrics = server.Get();
  for (const std::string& part :
       {std::string("\nglassheap_memory_size_bytes "),
        "\nglassheap_heap_tier_bytes{pid=\"" + pid + "\",command=\"sh\",tier=\"live_bytes\"} ",
        "\nglassheap_heap_allocated_bytes_total{pid=\"" + pid + "\",command=\"sh\"} ",
        "\nglassheap_process_resident_bytes{pid=\"" + pid + "\",command=\"sh\"} "}) {
    EXPECT_NE(metrics.find(part), std::string::npos) << part;
  }
  ::kill(std::stoi(pid), SIGKILL);
}

TEST(MemstatServe, ACapturedHost) {
  Background server({Memstat(), "--root", "testdata/hosts/swapping", "serve", "--listen", "127.0.0.1:0"});
  const std::string url = server.ReadLine().substr(13);
  const std::string out = Shell("python3 -c 'import urllib.request as u; print(u.urlopen(\"" + url +
                                "\").read().decode())' | grep -c ^glassheap_")
                              .out;
  EXPECT_GE(std::stoi(out), 10);
}

TEST(MemstatServe, PromtoolFindsNothingToMend) {
  if (Shell("command -v promtool").status != 0) GTEST_SKIP() << "promtool (package prometheus) is not installed";
  const Server server;
  const std::string lint = Shell("python3 -c 'import sys, urllib.request as u; sys.stdout.write(u.urlopen(\"http://" +
                                 server.Address() + "/metrics\").read().decode())' | promtool check metrics 2>&1")
                               .out;
  EXPECT_EQ(lint, "");
}

TEST(MemstatServe, TheSameOnceAsOpenMetrics) {
  const ShellResult once = Shell(Memstat() + " --root testdata/hosts/swapping --openmetrics");
  EXPECT_EQ(once.status, 0);
  EXPECT_EQ(once.err, "");
  EXPECT_NE(once.out.find("\nglassheap_memory_size_bytes "), std::string::npos) << once.out;
  EXPECT_TRUE(once.out.ends_with("\n# EOF\n"));
  const ShellResult mixed = Shell(Memstat() + " --openmetrics --json");
  EXPECT_EQ(mixed.status, 2);
  EXPECT_EQ(mixed.err, "memstat: --openmetrics: it is a form of its own; leave out --json, --what and --delta\n");
}

TEST(MemstatServe, EndsWhenItIsTold) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Server server;
    ::kill(server.process().pid(), signal);
    EXPECT_EQ(server.process().Wait(), 0);
  }
}

TEST(MemstatServe, Errors) {
  const auto error = [](const std::string& arguments) {
    const ShellResult result = Shell(Memstat() + " serve " + arguments);
    return std::to_string(result.status) + " " + result.err;
  };
  const Server server;
  EXPECT_EQ(error("--listen " + server.Address()),
            "1 memstat: " + server.Address() + ": another server listens there; choose another port with --listen\n");
  EXPECT_EQ(error("--listen here"),
            "2 memstat: --listen here: not HOST:PORT with a numeric host, as 127.0.0.1:9733 or [::1]:9733\n");
  EXPECT_EQ(error("--max-heaps 0").substr(0, 25), "2 memstat: --max-heaps: V");
  EXPECT_EQ(server.Get().substr(0, 6), "# HELP");  // the other one goes on
}

}  // namespace
}  // namespace glassheap::tools
