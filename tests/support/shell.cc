#include "tests/support/shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace glassheap::testing {
namespace {

std::string TakeFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  ::unlink(path.c_str());
  return text.str();
}

int AsShellSeesIt(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

ShellResult Shell(const std::string& line) {
  const std::string base = ::testing::TempDir() + "shell." + std::to_string(::getpid());
  // The line has the redirections around it, so that it may have its own.
  const std::string whole = "{ " + line + "\n} >" + base + ".out 2>" + base + ".err";
  const int status = std::system(whole.c_str());
  return {AsShellSeesIt(status), TakeFile(base + ".out"), TakeFile(base + ".err")};
}

std::string Program(const std::string& label_path) {
  char path[4096];
  return ::realpath(label_path.c_str(), path) != nullptr ? path : "missing:" + label_path;
}

Background::Background(const std::vector<std::string>& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  out_ = tools::FileDescriptor(ends[0]);
  const tools::FileDescriptor in(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::dup2(in.get(), STDOUT_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

Background::~Background() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  (void)Wait();
}

std::string Background::ReadLine() {
  std::string line;
  char c;
  while (::read(out_.get(), &c, 1) == 1 && c != '\n') line += c;
  return line;
}

int Background::Wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace glassheap::testing
