#include "tests/support/cgroup_box.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tools/read/cgroup.h"

namespace glassheap::testing {
namespace {

constexpr char kPrefix[] = "glassheap_test_";
int boxes_made = 0;

bool WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  return static_cast<bool>(file << text << std::flush);
}

std::vector<std::string> FoldersIn(const std::string& folder) {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.is_directory(ignored)) folders.push_back(entry.path());
  }
  return folders;
}

// Takes a cgroup away that has no processes, and those below it. A process that has just been reaped may still be
// counted for a moment.
void RemoveCgroup(const std::string& folder) {
  for (const std::string& below : FoldersIn(folder)) RemoveCgroup(below);
  for (int attempt = 0; attempt < 100'000 && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++attempt) ::sched_yield();
}

void RemoveLeftOvers(const std::string& parent) {
  for (const std::string& folder : FoldersIn(parent)) {
    const std::string name = folder.substr(folder.rfind('/') + 1);
    if (!name.starts_with(kPrefix)) continue;
    const pid_t owner = std::atoi(name.c_str() + std::strlen(kPrefix));
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) RemoveCgroup(folder);
  }
}

std::string Why(const std::string& what) { return what + ": " + std::strerror(errno); }

}  // namespace

CgroupBox::CgroupBox(std::string path, std::string folder, bool v1)
    : path_(std::move(path)), folder_(std::move(folder)), v1_(v1) {
  counter_ = ::open((folder_ + (v1 ? "/memory.oom_control" : "/memory.events")).c_str(), O_RDONLY | O_CLOEXEC);
}

std::unique_ptr<CgroupBox> CgroupBox::Make(uint64_t limit_bytes, std::string& why_not) {
  if (::geteuid() != 0) return why_not = "only root may make cgroups", nullptr;
  const tools::Root root;
  const auto own = tools::ReadMemoryCgroup(root);
  if (!own) return why_not = own.error().Text(), nullptr;
  const bool v1 = own->version == tools::CgroupVersion::kV1;
  const std::string parent = v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  RemoveLeftOvers(parent);
  const std::string name = kPrefix + std::to_string(::getpid()) + "_" + std::to_string(boxes_made++);
  const std::string folder = parent + "/" + name;
  if (!v1) WriteFile(parent + "/cgroup.subtree_control", "+memory");
  if (::mkdir(folder.c_str(), 0755) != 0) return why_not = Why(folder), nullptr;
  std::unique_ptr<CgroupBox> box(new CgroupBox("/" + name, folder, v1));
  const std::string limit = folder + (v1 ? "/memory.limit_in_bytes" : "/memory.max");
  if (!WriteFile(limit, std::to_string(limit_bytes))) return why_not = Why(limit), nullptr;
  return box;
}

CgroupBox::~CgroupBox() {
  if (const auto pids = tools::ListCgroupProcesses(tools::Root(), path_)) {
    for (const pid_t pid : *pids) ::kill(pid, SIGKILL);
    for (const pid_t pid : *pids) ::waitpid(pid, nullptr, 0);  // those of others go by themselves
  }
  ::close(counter_);
  RemoveCgroup(folder_);
}

void CgroupBox::Join(const std::string& below) const {
  const std::string folder = below.empty() ? folder_ : folder_ + "/" + below;
  ::mkdir(folder.c_str(), 0755);
  if (!WriteFile(folder + "/cgroup.procs", std::to_string(::getpid()))) ::_exit(120);
}

uint64_t CgroupBox::Kills() const {
  char text[512];
  const ssize_t got = ::pread(counter_, text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  text[got] = '\0';
  const char* line = std::strstr(text, "\noom_kill ");
  return line == nullptr ? 0 : std::strtoull(line + std::strlen("\noom_kill "), nullptr, 10);
}

}  // namespace glassheap::testing
