// Tested by tests/tools/read/cgroup_path_test.cc.

#include "tools/read/cgroup_path.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

// Cuts text at the first separator and returns what was before it; the rest stays in text.
std::string_view Cut(std::string_view& text, char separator) {
  const std::string_view head = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(head.size() + 1, text.size()));
  return head;
}

bool HasItem(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    if (Cut(list, ',') == item) return true;
  }
  return false;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// mountinfo writes blank, tab, newline and backslash as \040 and the like.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) &&
        IsOctal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "35 31 0:32 ROOT POINT OPTIONS TAGS... - TYPE SOURCE SUPER_OPTIONS"
std::optional<CgroupMount> ParseMount(std::string_view line) {
  const size_t dash = line.find(" - cgroup");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view tail = line.substr(dash + 3);
  const std::string_view type = Cut(tail, ' ');
  (void)Cut(tail, ' ');
  const bool v1_memory = type == "cgroup" && HasItem(tail, "memory");
  if (!v1_memory && type != "cgroup2") return std::nullopt;
  for (int skipped = 0; skipped < 3; ++skipped) (void)Cut(line, ' ');
  const std::string_view root = Cut(line, ' ');
  const std::string_view point = Cut(line, ' ');
  if (!root.starts_with('/') || !point.starts_with('/')) return std::nullopt;
  return CgroupMount{v1_memory ? CgroupVersion::kV1 : CgroupVersion::kV2, Unescape(root), Unescape(point)};
}

bool HasDotDot(std::string_view path) {
  while (!path.empty()) {
    if (Cut(path, '/') == "..") return true;
  }
  return false;
}

}  // namespace

CgroupMembership ParseCgroupMembership(std::string_view text) {
  CgroupMembership membership;
  while (!text.empty()) {
    std::string_view line = Cut(text, '\n');
    const std::string_view hierarchy = Cut(line, ':');
    const std::string_view controllers = Cut(line, ':');
    if (!line.starts_with('/')) continue;  // what is left is the path; it may hold ':'
    if (HasItem(controllers, "memory")) membership.memory_v1 = line;
    if (hierarchy == "0" && controllers.empty()) membership.unified = line;
  }
  return membership;
}

std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  while (!mountinfo.empty()) {
    if (std::optional<CgroupMount> mount = ParseMount(Cut(mountinfo, '\n'))) mounts.push_back(*std::move(mount));
  }
  return mounts;
}

std::vector<CgroupMount> UsualCgroupMounts() {
  return {{CgroupVersion::kV1, "/", "/sys/fs/cgroup/memory"}, {CgroupVersion::kV2, "/", "/sys/fs/cgroup"}};
}

std::optional<std::string> PathBelowMount(const CgroupMount& mount, std::string_view path) {
  if (HasDotDot(path) || HasDotDot(mount.root)) return std::nullopt;
  const std::string_view root = mount.root == "/" ? std::string_view() : mount.root;
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;  // "/ab" is not below "/a"
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

const CgroupMount* ChooseCgroupMount(const std::vector<CgroupMount>& mounts, CgroupVersion version,
                                     std::string_view path) {
  const CgroupMount* chosen = nullptr;
  bool chosen_shows = false;
  for (const CgroupMount& mount : mounts) {
    if (mount.version != version) continue;
    const bool shows = PathBelowMount(mount, path).has_value();
    const bool better = shows != chosen_shows ? shows : chosen == nullptr || mount.root.size() <= chosen->root.size();
    if (!better) continue;
    chosen = &mount;
    chosen_shows = shows;
  }
  return chosen;
}

}  // namespace glassheap::tools
