// memstat called as free and Debian's free, run with the same words: Frees spawns them, Forked keeps one started, Frozen
// gives both a /proc/meminfo that stands still.

#ifndef GLASSHEAP_TESTS_END_TO_END_TWO_FREES_H_
#define GLASSHEAP_TESTS_END_TO_END_TWO_FREES_H_

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/end_to_end/fork_server.h"

namespace glassheap::testing {

using Words = std::vector<std::string>;

inline constexpr char kTheirs[] = "/usr/bin/free";
inline constexpr char kUntranslated[] = "LC_ALL=C";

inline bool TheirsIsOurAge() {
  std::ostringstream version;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen("/usr/bin/free --version 2>/dev/null", "r"), ::pclose);
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) version << static_cast<char>(c);
  return version.str() == "free from procps-ng 4.0.2\n";
}

// The file that both programs write to in turn.
class Output {
 public:
  Output() : fd_(::memfd_create("output", 0)) {}
  ~Output() { ::close(fd_); }
  int fd() const { return fd_; }
  std::string Take() const {
    std::string text(static_cast<size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    if (::pread(fd_, text.data(), text.size(), 0) < 0) text = "unreadable";
    if (::ftruncate(fd_, 0) != 0) text = "uncut";
    ::lseek(fd_, 0, SEEK_SET);
    return text;
  }

 private:
  int fd_;
};

struct Ending {
  int status = 0;
  std::string out, err;
  bool operator==(const Ending&) const = default;
};

// What a program did with some words, said for a report.
inline std::string Difference(const Words& words, const Ending& theirs, const Ending& ours) {
  if (theirs == ours) return "";
  std::string text;
  for (const std::string& word : words) text += "'" + word + "' ";
  const auto say = [](const Ending& ending) { return std::to_string(ending.status) + "\n" + ending.out + ending.err; };
  return text + "\ntheirs: " + say(theirs) + "ours: " + say(ours);
}

// Where a program that is spawned writes, and with what environment.
class Spawn {
 public:
  Spawn(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    To(out, 1);
    To(err, 2);
  }
  ~Spawn() { ::posix_spawn_file_actions_destroy(&actions_); }
  void To(int fd, int number) { ::posix_spawn_file_actions_adddup2(&actions_, fd, number); }

  pid_t Start(const char* program, const Words& words, const Words& environment) const {
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, program, &actions_, nullptr, Pointers(words).data(), Pointers(environment).data());
    return error == 0 ? pid : -1;
  }

  static std::vector<char*> Pointers(const Words& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

 private:
  posix_spawn_file_actions_t actions_;
};

inline std::string Path(const char* in_runfiles) {
  char path[4096];
  return ::realpath(in_runfiles, path) != nullptr ? path : "/missing";
}

// Runs the two frees; argv[0] is the same for both.
class Frees {
 public:
  Ending Run(const std::string& program, const Words& words, const std::string& variable = kUntranslated) const {
    Ending ending;
    const pid_t pid = Spawn(out_.fd(), err_.fd()).Start(program.c_str(), words, {variable});
    if (pid < 0) return {-1, "", "not started"};
    ::waitpid(pid, &ending.status, 0);
    ending.out = out_.Take();
    ending.err = err_.Take();
    return ending;
  }

  // What differs, or "".
  std::string Compare(Words words, const std::string& name = "free",
                      const std::string& variable = kUntranslated) const {
    words.insert(words.begin(), name);
    return Difference(words, Run(kTheirs, words, variable), Run(ours_, words, variable));
  }

  const std::string& ours() const { return ours_; }

 private:
  std::string ours_ = Path("tools/memstat");
  Output out_, err_;
};

// A program that was started once and runs its main() for every command line: fork_server.cc.
class Forked {
 public:
  explicit Forked(const std::string& program) {
    int requests[2], answers[2];
    if (::pipe2(requests, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0) std::abort();
    Spawn spawn(out_.fd(), err_.fd());
    spawn.To(requests[0], kRequests);
    spawn.To(answers[1], kAnswers);
    pid_ = spawn.Start(program.c_str(), {"free"},
                       {kUntranslated, "LD_PRELOAD=" + Path("tests/end_to_end/libfork_server.so")});
    ::close(requests[0]);
    ::close(answers[1]);
    to_ = requests[1];
    from_ = answers[0];
  }
  ~Forked() {
    ::close(to_);
    ::close(from_);
    ::waitpid(pid_, nullptr, 0);
  }
  Forked(const Forked&) = delete;

  Ending Run(const Words& words) const {
    std::string text;
    for (const std::string& word : words) text += word + '\0';
    const auto size = static_cast<uint32_t>(text.size());
    text.insert(0, reinterpret_cast<const char*>(&size), sizeof size);
    Ending ending{-1, "", ""};
    if (::write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::read(from_, &ending.status, sizeof ending.status) != sizeof ending.status) {
      ending.err = "no answer: ";
    }
    ending.out = out_.Take();
    ending.err += err_.Take();
    return ending;
  }

 private:
  Output out_, err_;
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
};

// A child with a mount namespace of its own, whose /proc/meminfo is a file. What its body returns is its report; it is
// told to the parent through a pipe.
class Frozen {
 public:
  using Body = std::function<std::string(const Frees& frees, const std::string& meminfo)>;

  Frozen(const std::string& meminfo, const Body& body) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      const std::string report = Mount(meminfo) ? body(Frees(), meminfo) : std::string("skip: ") + std::strerror(errno);
      size_t told = 0;
      while (told < report.size()) {
        const ssize_t n = ::write(ends[1], report.data() + told, report.size() - told);
        if (n <= 0) break;
        told += static_cast<size_t>(n);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }

  std::string Report() {
    std::string report;
    char part[4096];
    for (ssize_t n; (n = ::read(from_, part, sizeof part)) > 0;) report.append(part, static_cast<size_t>(n));
    ::close(from_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status == 0 ? report : report + "the child ended with " + std::to_string(status);
  }

 private:
  static bool Mount(const std::string& meminfo) {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount(meminfo.c_str(), "/proc/meminfo", nullptr, MS_BIND, nullptr) == 0;
  }

  pid_t pid_ = -1;
  int from_ = -1;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_END_TO_END_TWO_FREES_H_
