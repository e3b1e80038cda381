// Tested by tests/tools/read/page_frames_test.cc.

#include "tools/read/page_frames.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace glassheap::tools {
namespace {

// By bit number. Those from 32 on are for kernel developers and may change (include/linux/kernel-page-flags.h).
constexpr const char* kFlagNames[] = {
    "locked",    "error",   "referenced",  "uptodate", "dirty",     "lru",           "active",     "slab",
    "writeback", "reclaim", "buddy",       "mmap",     "anon",      "swapcache",     "swapbacked", "compound",
    "tail",      "huge",    "unevictable", "hwpoison", "nopage",    "ksm",           "thp",        "offline",
    "zero_page", "idle",    "pgtable",     nullptr,    nullptr,     nullptr,         nullptr,      nullptr,
    "reserved",  "mlocked", "owner_2",     "private",  "private_2", "owner_private", "arch",       "uncached",
    "softdirty", "arch_2",  "arch_3",
};

constexpr bool Bit(uint64_t word, unsigned bit) { return (word >> bit & 1) != 0; }
constexpr uint64_t Low(uint64_t word, unsigned bits) { return word & ((uint64_t{1} << bits) - 1); }

// Words [first, first + count) of a file; fewer where it ends.
Result<std::vector<uint64_t>> ReadWords(int fd, const std::string& path, uint64_t first, size_t count) {
  std::vector<uint64_t> words(count);
  ssize_t got = 0;
  do {
    got = ::pread(fd, words.data(), count * sizeof(uint64_t), static_cast<off_t>(first * sizeof(uint64_t)));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error::FromErrno(path, errno);
  words.resize(static_cast<size_t>(got) / sizeof(uint64_t));
  return words;
}

// What /proc/NAME says of a frame; nothing without the right to read it.
std::optional<uint64_t> WordOfFrame(const Result<FileDescriptor>& file, uint64_t frame) {
  if (!file) return std::nullopt;
  const Result<std::vector<uint64_t>> words = ReadWords(file->get(), "", frame, 1);
  if (!words || words->empty()) return std::nullopt;
  return words->front();
}

}  // namespace

PageState ParsePagemapEntry(uint64_t address, uint64_t entry) {
  PageState page;
  page.address = address;
  page.present = Bit(entry, 63);
  page.guard = Bit(entry, 58);
  page.swapped = Bit(entry, 62) && !page.guard;  // a guard stands where a swap entry would
  page.file_or_shared = Bit(entry, 61);
  page.exclusive = Bit(entry, 56);
  page.soft_dirty = Bit(entry, 55);
  if (page.present && Low(entry, 55) != 0) page.frame = Low(entry, 55);
  if (page.swapped) {
    page.swap_type = Low(entry, 5);
    page.swap_offset = Low(entry, 55) >> 5;
  }
  return page;
}

std::string PageFlagNames(uint64_t bits) {
  std::string names;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (!Bit(bits, bit)) continue;
    if (!names.empty()) names += ' ';
    const char* name = bit < std::size(kFlagNames) ? kFlagNames[bit] : nullptr;
    names += name != nullptr ? name : "bit" + std::to_string(bit);
  }
  return names;
}

Result<std::vector<PageState>> ReadPages(const Root& root, const Directory& process, uint64_t address, size_t count) {
  const Result<FileDescriptor> pagemap = process.Open("pagemap", O_RDONLY);
  if (!pagemap) return pagemap.error();
  const uint64_t first = address / kKernelPage;
  const Result<std::vector<uint64_t>> entries = ReadWords(pagemap->get(), process.PathOf("pagemap"), first, count);
  if (!entries) return entries.error();
  const Result<FileDescriptor> flags = root.Open("proc/kpageflags", O_RDONLY);
  const Result<FileDescriptor> mapped = root.Open("proc/kpagecount", O_RDONLY);
  std::vector<PageState> pages;
  for (size_t i = 0; i < entries->size(); ++i) {
    PageState page = ParsePagemapEntry((first + i) * kKernelPage, (*entries)[i]);
    if (page.frame) {
      page.flag_bits = WordOfFrame(flags, *page.frame);
      page.mapped = WordOfFrame(mapped, *page.frame);
    }
    pages.push_back(page);
  }
  return pages;
}

}  // namespace glassheap::tools
