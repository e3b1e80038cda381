// Tested by tests/tools/read/cgroup_test.cc.

#include "tools/read/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace glassheap::tools {
namespace {

constexpr char kNoController[] =
    "no memory controller: this kernel runs without it (cgroup_disable=memory), or no cgroup file system is mounted "
    "here";
constexpr size_t kMaxFigureBytes = size_t{64} << 10;   // memory.stat is 2 KiB
constexpr size_t kMaxDepth = 64;                       // of cgroups below one; real trees have about 8
constexpr uint64_t kV1Unlimited = 0x7fffffffffff0000;  // LONG_MAX in whole pages, of 64 KiB at most

using Field = std::optional<uint64_t> CgroupLevel::*;

// One row per file that holds one number.
struct NumberFile {
  CgroupVersion version;
  const char* name;
  Field field;
  bool every_level;  // else only where a limit or a process is
};
constexpr NumberFile kNumberFiles[] = {
    {CgroupVersion::kV2, "memory.max", &CgroupLevel::limit, true},
    {CgroupVersion::kV2, "memory.high", &CgroupLevel::high, true},
    {CgroupVersion::kV2, "memory.swap.max", &CgroupLevel::swap_limit, true},
    {CgroupVersion::kV2, "memory.current", &CgroupLevel::usage, false},
    {CgroupVersion::kV2, "memory.swap.current", &CgroupLevel::swap_usage, false},
    {CgroupVersion::kV2, "memory.oom.group", &CgroupLevel::oom_group, true},
    {CgroupVersion::kV1, "memory.limit_in_bytes", &CgroupLevel::limit, true},
    {CgroupVersion::kV1, "memory.memsw.limit_in_bytes", &CgroupLevel::memsw_limit, true},
    {CgroupVersion::kV1, "memory.usage_in_bytes", &CgroupLevel::usage, false},
    {CgroupVersion::kV1, "memory.memsw.usage_in_bytes", &CgroupLevel::memsw_usage, false},
    {CgroupVersion::kV1, "memory.swappiness", &CgroupLevel::swappiness, false},
};

// One row per line we want of a file of lines "KEY NUMBER".
struct KeyedLine {
  CgroupVersion version;
  const char* file;
  std::string_view key;
  Field field;
};
constexpr KeyedLine kKeyedLines[] = {
    {CgroupVersion::kV2, "memory.stat", "inactive_file", &CgroupLevel::inactive_file},
    {CgroupVersion::kV2, "memory.events", "oom_kill", &CgroupLevel::oom_kills},
    {CgroupVersion::kV1, "memory.stat", "total_inactive_file", &CgroupLevel::inactive_file},
    {CgroupVersion::kV1, "memory.stat", "hierarchical_memory_limit", &CgroupLevel::hierarchical_limit},
    {CgroupVersion::kV1, "memory.stat", "hierarchical_memsw_limit", &CgroupLevel::hierarchical_memsw},
    {CgroupVersion::kV1, "memory.oom_control", "oom_kill", &CgroupLevel::oom_kills},
    {CgroupVersion::kV1, "memory.oom_control", "oom_kill_disable", &CgroupLevel::oom_kill_disable},
};

// Nothing for "max", for v1's way to say it, and for what is no number.
std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size() || *end == '\n';
  return error == std::errc() && whole && value < kV1Unlimited ? std::optional(value) : std::nullopt;
}

std::optional<uint64_t> FindKey(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' '))
      return ParseNumber(line.substr(key.size() + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

void ReadNumbers(const Directory& folder, CgroupVersion version, bool every_level, std::string& buffer,
                 CgroupLevel& level) {
  for (const NumberFile& row : kNumberFiles) {
    if (row.version != version || row.every_level != every_level) continue;
    if (folder.ReadRecordInto(row.name, buffer, kMaxFigureBytes) == 0) level.*row.field = ParseNumber(buffer);
  }
}

void ReadKeyedLines(const Directory& folder, CgroupVersion version, std::string& buffer, CgroupLevel& level) {
  std::string_view in_buffer;
  for (const KeyedLine& row : kKeyedLines) {
    if (row.version != version) continue;
    if (in_buffer != row.file && folder.ReadRecordInto(row.file, buffer, kMaxFigureBytes) != 0) buffer.clear();
    in_buffer = row.file;
    level.*row.field = FindKey(buffer, row.key);
  }
}

bool SetsLimit(const CgroupLevel& level) { return level.limit || level.high || level.swap_limit || level.memsw_limit; }

// "proc/self", or "proc/42".
std::string ProcessFolder(std::optional<pid_t> pid) { return "proc/" + (pid ? std::to_string(*pid) : "self"); }

std::vector<CgroupMount> ReadMounts(const Root& root) {
  const Result<std::string> text = root.ReadFile("proc/self/mountinfo", size_t{8} << 20);
  return text ? ParseCgroupMounts(*text) : UsualCgroupMounts();
}

// A cgroup in the hierarchy of a mount.
struct Place {
  CgroupMount mount;
  std::string below;  // the mount's point: "" or "/system.slice"

  std::string Folder() const { return mount.point + below; }
  std::string PathInHierarchy() const {
    const std::string path = (mount.root == "/" ? "" : mount.root) + below;
    return path.empty() ? "/" : path;
  }
  bool GoUp() {
    if (below.empty()) return false;
    below.erase(below.rfind('/'));
    return true;
  }
};

std::optional<Place> FindPlace(const std::vector<CgroupMount>& mounts, CgroupVersion version, std::string_view path) {
  const CgroupMount* mount = ChooseCgroupMount(mounts, version, path);
  if (mount == nullptr) return std::nullopt;
  return Place{*mount, PathBelowMount(*mount, path).value_or("")};
}

CgroupLevel ReadLevel(const Directory& folder, const Place& place, bool in_full, std::string& buffer) {
  CgroupLevel level;
  level.path = place.PathInHierarchy();
  ReadNumbers(folder, place.mount.version, /*every_level=*/true, buffer, level);
  if (!in_full && !SetsLimit(level)) return level;
  ReadNumbers(folder, place.mount.version, /*every_level=*/false, buffer, level);
  ReadKeyedLines(folder, place.mount.version, buffer, level);
  return level;
}

// A folder that went away meanwhile is skipped: its ancestors still hold.
Result<MemoryCgroup> ReadLevels(const Root& root, Place place) {
  MemoryCgroup cgroup;
  cgroup.version = place.mount.version;
  std::string buffer;
  bool counted = false;
  Error error{root.PathOf(place.Folder()), kNoController};
  do {
    const Result<Directory> folder = root.OpenDirectory(place.Folder());
    if (folder) {
      cgroup.levels.push_back(ReadLevel(*folder, place, /*in_full=*/!counted, buffer));
      counted = counted || cgroup.levels.back().usage;
    } else if (cgroup.levels.empty()) {
      error = folder.error();
    }
  } while (place.GoUp());
  if (cgroup.levels.empty()) return error;
  return cgroup;
}

std::optional<Pressure> ReadPressureAt(const Root& root, const Place& place) {
  const Result<std::string> text = root.ReadRecord(place.Folder() + "/memory.pressure");
  return text ? ParsePressure(*text) : std::nullopt;
}

Result<MemoryCgroup> ReadOf(const Root& root, std::optional<pid_t> pid) {
  const std::string file = ProcessFolder(pid) + "/cgroup";
  const Result<std::string> text = root.ReadRecord(file);
  if (!text) return text.error();
  const CgroupMembership membership = ParseCgroupMembership(*text);
  const std::vector<CgroupMount> mounts = ReadMounts(root);
  std::optional<Place> unified;
  std::optional<Place> place;
  if (membership.unified) unified = FindPlace(mounts, CgroupVersion::kV2, *membership.unified);
  if (membership.memory_v1) place = FindPlace(mounts, CgroupVersion::kV1, *membership.memory_v1);
  if (!place && !membership.memory_v1) place = unified;
  if (!place) return Error{root.PathOf(file), kNoController};
  Result<MemoryCgroup> cgroup = ReadLevels(root, *place);
  if (cgroup && unified) cgroup->pressure = ReadPressureAt(root, *unified);
  return cgroup;
}

// Where the memory controller is: in v1 where that is mounted, else in v2.
std::optional<CgroupVersion> MemoryVersion(const std::vector<CgroupMount>& mounts) {
  if (mounts.empty()) return std::nullopt;
  const bool v1 = std::any_of(mounts.begin(), mounts.end(),
                              [](const CgroupMount& mount) { return mount.version == CgroupVersion::kV1; });
  return v1 ? CgroupVersion::kV1 : CgroupVersion::kV2;
}

// A path in the hierarchy, or one in the file system that is below a mount's point.
Result<Place> FindNamedPlace(const Root& root, std::string_view path) {
  std::vector<CgroupMount> mounts = ReadMounts(root);
  const std::optional<CgroupVersion> version = MemoryVersion(mounts);
  if (!version) return Error{std::string(path), kNoController};
  for (const CgroupMount& mount : mounts) {
    const std::optional<std::string> below = PathBelowMount({mount.version, mount.point, ""}, path);
    if (below && mount.version == *version && root.OpenDirectory(mount.point + *below)) return Place{mount, *below};
  }
  const std::string rooted = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  const CgroupMount* mount = ChooseCgroupMount(mounts, *version, rooted);
  const std::optional<std::string> below = mount ? PathBelowMount(*mount, rooted) : std::nullopt;
  if (!below) return Error{std::string(path), "this cgroup cannot be seen from here"};
  Place place{*mount, *below};
  if (root.OpenDirectory(place.Folder())) return place;
  return Error{std::string(path), "no such cgroup in " + mount->point + "; /proc/PID/cgroup has the one of a process",
               ENOENT};
}

void AddPids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::optional<uint64_t> pid = ParseNumber(line);
    if (pid && *pid > 0 && *pid <= INT32_MAX) pids.push_back(static_cast<pid_t>(*pid));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

void AddProcesses(const Directory& folder, size_t depth, std::vector<pid_t>& pids) {
  if (const Result<std::string> text = folder.ReadFile("cgroup.procs", size_t{64} << 20)) AddPids(*text, pids);
  const Result<std::vector<std::string>> names = folder.List();
  if (!names || depth == 0) return;
  for (const std::string& name : *names) {
    if (name.starts_with("memory.") || name.starts_with("cgroup.")) continue;  // files of the kernel's
    if (const Result<Directory> child = folder.OpenDirectory(name.c_str())) AddProcesses(*child, depth - 1, pids);
  }
}

}  // namespace

Result<MemoryCgroup> ReadMemoryCgroup(const Root& root) { return ReadOf(root, std::nullopt); }

Result<MemoryCgroup> ReadMemoryCgroup(const Root& root, pid_t pid) { return ReadOf(root, pid); }

Result<MemoryCgroup> ReadMemoryCgroupAt(const Root& root, std::string_view path) {
  const Result<Place> place = FindNamedPlace(root, path);
  if (!place) return place.error();
  Result<MemoryCgroup> cgroup = ReadLevels(root, *place);
  if (cgroup && cgroup->version == CgroupVersion::kV2) cgroup->pressure = ReadPressureAt(root, *place);
  return cgroup;
}

Result<std::vector<pid_t>> ListCgroupProcesses(const Root& root, std::string_view path) {
  const Result<Place> place = FindNamedPlace(root, path);
  if (!place) return place.error();
  const Result<Directory> folder = root.OpenDirectory(place->Folder());
  if (!folder) return folder.error();
  std::vector<pid_t> pids;
  AddProcesses(*folder, kMaxDepth, pids);
  return pids;
}

}  // namespace glassheap::tools
