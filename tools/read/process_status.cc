// Tested by tests/tools/read/process_status_test.cc.

#include "tools/read/process_status.h"

#include <charconv>

#include "tools/read/kibibytes.h"

namespace glassheap::tools {
namespace {

constexpr pid_t kKthreadd = 2;

void SkipBlanks(std::string_view& text) {
  const size_t first = text.find_first_not_of(" \t");
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

template <typename Number>
std::optional<Number> TakeNumber(std::string_view& text) {
  SkipBlanks(text);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

template <typename Number>
std::optional<Number> TakeLast(std::string_view text) {
  std::optional<Number> last;
  while (auto next = TakeNumber<Number>(text)) last = next;
  return last;
}

// "real effective saved filesystem".
std::optional<uid_t> TakeEffective(std::string_view text) {
  TakeNumber<uid_t>(text);
  return TakeNumber<uid_t>(text);
}

// The kernel writes a newline as \n and a backslash as \\; every other byte
// stands for itself.
std::string UndoEscapes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == 'n' || next == '\\')) {
      out += next == 'n' ? '\n' : '\\';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Field {
  std::string_view key;
  void (*take)(ProcessStatus& status, std::string_view value);
};

constexpr Field kFields[] = {
    {"State",
     [](auto& s, auto v) {
       SkipBlanks(v);
       if (!v.empty()) s.state = v.front();
     }},
    {"Tgid", [](auto& s, auto v) { s.tgid = TakeNumber<pid_t>(v); }},
    {"PPid", [](auto& s, auto v) { s.ppid = TakeNumber<pid_t>(v); }},
    {"Uid", [](auto& s, auto v) { s.uid = TakeEffective(v); }},
    {"NSpid", [](auto& s, auto v) { s.innermost_pid = TakeLast<pid_t>(v); }},
    {"Kthread", [](auto& s, auto v) { s.kernel_thread = TakeNumber<int>(v) == 1; }},
    {"VmRSS", [](auto& s, auto v) { s.rss = ParseKibibytes(v); }},
    {"RssAnon", [](auto& s, auto v) { s.rss_anon = ParseKibibytes(v); }},
    {"RssFile", [](auto& s, auto v) { s.rss_file = ParseKibibytes(v); }},
    {"RssShmem", [](auto& s, auto v) { s.rss_shmem = ParseKibibytes(v); }},
    {"VmPTE", [](auto& s, auto v) { s.page_tables = ParseKibibytes(v); }},
    // Linux 4.0 to 4.14 count them apart; the kernel's sum has both.
    {"VmPMD", [](auto& s, auto v) { s.page_tables = s.page_tables.value_or(0) + ParseKibibytes(v).value_or(0); }},
    {"VmSwap", [](auto& s, auto v) { s.swap = ParseKibibytes(v); }},
    {"Threads", [](auto& s, auto v) { s.threads = TakeNumber<uint64_t>(v); }},
};

bool StartsAsOneOfOurs(char c) {
  return c == 'S' || c == 'T' || c == 'P' || c == 'U' || c == 'N' || c == 'K' || c == 'V' || c == 'R';
}

void TakeLine(ProcessStatus& status, std::string_view line, bool& saw_kthread) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view key = line.substr(0, colon);
  for (const Field& field : kFields) {
    if (field.key != key) continue;
    field.take(status, line.substr(colon + 1));
    saw_kthread = saw_kthread || key == "Kthread";
    return;
  }
}

std::string_view NextLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::optional<ProcessStatus> ParseProcessStatus(std::string_view text) {
  constexpr std::string_view kName = "Name:\t";
  if (!text.starts_with(kName)) return std::nullopt;
  ProcessStatus status;
  status.name = UndoEscapes(NextLine(text).substr(kName.size()));
  bool saw_kthread = false;
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    if (!line.empty() && StartsAsOneOfOurs(line.front())) TakeLine(status, line, saw_kthread);
    if (line.starts_with("Threads:")) break;  // nothing of ours comes after it, and a third of the text does
  }
  if (!saw_kthread && !status.has_memory() && status.state != 'Z') {
    status.kernel_thread = status.tgid == kKthreadd || status.ppid == kKthreadd;
  }
  return status;
}

}  // namespace glassheap::tools
