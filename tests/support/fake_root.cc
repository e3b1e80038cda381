#include "tests/support/fake_root.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace glassheap::tools {
namespace {

std::string MakeFolder() {
  const char* parent = ::getenv("TEST_TMPDIR");
  std::string path = std::string(parent != nullptr ? parent : "/tmp") + "/fake_root_XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) ::abort();
  return path;
}

// The kernel's escapes of a name in status: newline and backslash.
std::string EscapeName(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out;
}

std::string StatusText(const FakeProcess& process) {
  std::ostringstream out;
  out << "Name:\t" << EscapeName(process.name) << "\nState:\t" << process.state << " (sleeping)\nTgid:\t" << process.pid
      << "\nPid:\t" << process.pid << "\nPPid:\t" << process.ppid;
  out << "\nUid:\t" << process.uid << "\t" << process.uid << "\t" << process.uid << "\t" << process.uid;
  out << "\nNSpid:\t" << process.pid << "\nKthread:\t" << process.kernel_thread << "\n";
  if (!process.kernel_thread && process.state != 'Z') {
    out << "VmRSS:\t" << process.rss_kib << " kB\nRssAnon:\t" << process.rss_kib
        << " kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\n";
    out << "VmPTE:\t" << process.page_tables_kib << " kB\nVmSwap:\t" << process.swap_kib << " kB\n";
  }
  out << "Threads:\t1\n";
  return out.str();
}

std::string StatText(const FakeProcess& process) {
  std::ostringstream out;
  out << process.pid << " (" << process.name << ") " << process.state << " " << process.ppid
      << " 0 0 0 -1 0 10 0 2 0 5 6 0 0 20 0 1 0 " << process.start_ticks << " 0 0\n";
  return out.str();
}

}  // namespace

FakeRoot::FakeRoot() : path_(MakeFolder()), root_(path_) {}

FakeRoot::~FakeRoot() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string FakeRoot::PathOf(std::string_view path) const { return path_ + "/" + std::string(path); }

void FakeRoot::Write(std::string_view path, std::string_view text) {
  const std::filesystem::path file(PathOf(path));
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

void FakeRoot::Remove(std::string_view path) { std::filesystem::remove_all(PathOf(path)); }

void FakeRoot::AddProcess(const FakeProcess& process) {
  const std::string folder = "proc/" + std::to_string(process.pid) + "/";
  Write(folder + "status", StatusText(process));
  Write(folder + "stat", StatText(process));
  Write(folder + "oom_score_adj", std::to_string(process.oom_score_adj) + "\n");
  Write(folder + "cmdline", process.command_line);
  if (process.pid == 1) Write(folder + "oom_score", "0\n");
}

void FakeRoot::SetMemory(uint64_t ram_kib, uint64_t swap_kib) {
  std::ostringstream out;
  out << "MemTotal:       " << ram_kib << " kB\nMemFree:        " << ram_kib / 2
      << " kB\nMemAvailable:   " << ram_kib / 2 << " kB\nSwapTotal:      " << swap_kib
      << " kB\nSwapFree:       " << swap_kib << " kB\n";
  Write("proc/meminfo", out.str());
}

}  // namespace glassheap::tools
