// Tested by tests/tools/read/region_attach_test.cc.

#include "tools/read/region_attach.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/read/process_stat.h"
#include "tools/read/region_reader.h"

namespace glassheap::tools {
namespace {

constexpr int kNumbersToTry = 4;    // from kRegionFdMin, before the whole directory is listed
constexpr int kMaxCandidates = 16;  // descriptors of one process that are opened
constexpr size_t kMaxDescriptors = 65536;

const std::string& RegionLink() {
  static const std::string link = std::string("/memfd:") + abi::kRegionName + " (deleted)";
  return link;
}

// In another time namespace CLOCK_BOOTTIME, which regions are dated by, has another zero.
bool SameTimeNamespace(const Directory& process) {
  const Result<std::string> theirs = process.ReadLink("ns/time");
  char ours[64];
  const ssize_t size = ::readlink("/proc/self/ns/time", ours, sizeof ours);
  return !theirs || size <= 0 || *theirs == std::string_view(ours, static_cast<size_t>(size));
}

// True of a region that was made before the process started: it came down from a process that had the same pid and is
// gone. A region that does not say when it was made is believed.
bool IsOlderThan(const Directory& process, const abi::RegionHeader& header) {
  const Result<std::string> text = process.ReadRecord("stat");
  const std::optional<ProcessStat> stat = text ? ParseProcessStat(*text) : std::nullopt;
  if (!stat || header.created_boottime_ns == 0) return false;
  const auto tick = static_cast<uint64_t>(1'000'000'000 / ::sysconf(_SC_CLK_TCK));
  return header.created_boottime_ns / tick < stat->start_ticks && SameTimeNamespace(process);
}

// Tries the open files of one process until one is its own region; remembers
// why the others were not.
class Search {
 public:
  Search(const Directory& process, pid_t innermost_pid) : process_(process), pid_(innermost_pid) {}

  // True when the search is over.
  bool Try(int number) {
    const std::string name = "fd/" + std::to_string(number);
    const Result<std::string> link = process_.ReadLink(name.c_str());
    if (!link) {
      if (link.error().errno_value != ENOENT) failure_ = link.error();
      return false;
    }
    if (*link != RegionLink() || ++candidates_ > kMaxCandidates) return false;
    return Open(name);
  }

  bool found() const { return found_.has_value(); }

  Result<AttachedRegion> Take() && {
    if (found_) return *std::move(found_);
    if (failure_) return *std::move(failure_);
    return Error{"not a glassheap process", "start it with `memstat run -- COMMAND`", kErrorNoRegion};
  }

 private:
  bool Open(const std::string& name) {
    const Result<FileDescriptor> path = process_.Open(name.c_str(), O_PATH);
    if (!path) return Fail(path.error());
    Result<FileDescriptor> fd = ReopenRegion(path->get());
    if (!fd) return Fail(fd.error());
    Result<RegionImage> image = ReadRegion(fd->get());
    if (!image) return Fail(image.error());
    if (image->header().pid != static_cast<uint64_t>(pid_)) {
      return Fail(Error{"no region of its own yet",
                        "it is a fork of pid " + std::to_string(image->header().pid) + " and has not allocated since",
                        kErrorInherited});
    }
    if (IsOlderThan(process_, image->header())) {
      return Fail(
          Error{"no region of its own yet", "it holds that of an earlier process with the same pid", kErrorInherited});
    }
    found_ = AttachedRegion{*std::move(fd), *std::move(image)};
    return true;
  }

  bool Fail(Error error) {
    failure_ = std::move(error);
    return false;
  }

  const Directory& process_;
  pid_t pid_;
  int candidates_ = 0;
  std::optional<AttachedRegion> found_;
  std::optional<Error> failure_;
};

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Numbers of open files, the high ones first: that is where a region is moved
// to.
std::vector<int> Numbers(const std::vector<std::string>& names) {
  std::vector<int> numbers;
  for (const std::string& name : names) {
    if (const std::optional<int> number = ParseNumber(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  const auto high = std::lower_bound(numbers.begin(), numbers.end(), abi::kRegionFdMin);
  std::rotate(numbers.begin(), high, numbers.end());
  if (numbers.size() > kMaxDescriptors) numbers.resize(kMaxDescriptors);
  return numbers;
}

}  // namespace

Result<AttachedRegion> AttachRegion(const Directory& process, pid_t innermost_pid) {
  Search search(process, innermost_pid);
  const int tried_end = abi::kRegionFdMin + kNumbersToTry;
  for (int number = abi::kRegionFdMin; number < tried_end; ++number) {
    if (search.Try(number)) return std::move(search).Take();
  }
  const Result<std::vector<std::string>> names = process.List("fd");
  if (!names) return names.error();
  for (const int number : Numbers(*names)) {
    const bool tried = number >= abi::kRegionFdMin && number < tried_end;
    if (!tried && search.Try(number)) break;
  }
  return std::move(search).Take();
}

}  // namespace glassheap::tools
