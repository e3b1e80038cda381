#include "tests/end_to_end/shell.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace glassheap {
namespace {

constexpr int kTimeoutMilliseconds = 240'000;

// Where Bazel started the test.
const std::string kRoot = std::filesystem::current_path().string();

// A directory that goes away with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* parent = getenv("TEST_TMPDIR");
    path_ = std::string(parent != nullptr ? parent : "/tmp") + "/run-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Wrapped(Way way, const std::string& directory, const std::vector<std::string>& command) {
  if (way != Way::kMemstat) return command;
  std::vector<std::string> wrapped = {Runfile("tools/memstat"),   "run", "--json", "--report",
                                      directory + "/report.json", "--"};
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  return wrapped;
}

[[noreturn]] void Become(Way way, const std::string& directory, const std::vector<std::string>& command) {
  setpgid(0, 0);
  const std::string work = directory + "/work";
  if (chdir(work.c_str()) != 0) _exit(126);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(open((directory + "/out").c_str(), O_WRONLY | O_CREAT, 0600), 1);
  dup2(open((directory + "/err").c_str(), O_WRONLY | O_CREAT, 0600), 2);
  for (int fd = 3; fd < 64; ++fd) close(fd);
  setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
  setenv("LC_ALL", "C", 1);
  setenv("GLASSHEAP_LIB", Runfile("allocator/libglassheap.so").c_str(), 1);
  if (way == Way::kBlock) setenv("LD_PRELOAD", Runfile("allocator/libglassheap_block.so").c_str(), 1);
  if (way == Way::kPreload) setenv("LD_PRELOAD", getenv("GLASSHEAP_LIB"), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(126);
}

}  // namespace

std::string Runfile(const std::string& path) { return kRoot + "/" + path; }

Result RunCommand(Way way, const std::vector<std::string>& command) {
  Result result;
  TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() + "/work");
  const std::vector<std::string> wrapped = Wrapped(way, directory.path(), command);
  const pid_t pid = fork();
  if (pid == 0) Become(way, directory.path(), wrapped);
  setpgid(pid, pid);
  const int end = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  struct pollfd wait = {end, POLLIN, 0};
  result.timed_out = poll(&wait, 1, kTimeoutMilliseconds) == 0;
  close(end);
  kill(-pid, SIGKILL);
  waitpid(pid, &result.wait_status, 0);
  result.output = Contents(directory.path() + "/out");
  result.errors = Contents(directory.path() + "/err");
  result.report = Contents(directory.path() + "/report.json");
  return result;
}

Result RunScript(Way way, const std::string& script) { return RunCommand(way, {"/bin/bash", "-eu", "-c", script}); }

}  // namespace glassheap
