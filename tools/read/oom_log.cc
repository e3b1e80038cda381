// Tested by tests/tools/read/oom_log_test.cc.

#include "tools/read/oom_log.h"

#include <charconv>

namespace glassheap::tools {
namespace {

template <typename Number>
std::optional<Number> NumberAt(std::string_view text, size_t at) {
  if (at >= text.size()) return std::nullopt;
  Number value{};
  if (std::from_chars(text.data() + at, text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

// The number behind a key, searched for from the end: a name that stands before cannot imitate it.
template <typename Number>
std::optional<Number> NumberOf(std::string_view text, std::string_view key) {
  const size_t at = text.rfind(key);
  return at == std::string_view::npos ? std::nullopt : NumberAt<Number>(text, at + key.size());
}

std::optional<uint64_t> BytesOf(std::string_view text, std::string_view key) {
  const auto kib = NumberOf<uint64_t>(text, key);
  if (!kib || *kib > UINT64_MAX / 1024) return std::nullopt;
  return *kib * 1024;
}

std::optional<std::string> Between(std::string_view text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t start = at + from.size();
  const size_t end = text.find(to, start);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(start, end - start));
}

void TakeConstraint(std::string_view text, OomKill& kill) {
  kill.cgroup = Between(text, ",oom_memcg=", ",task_memcg=");
  kill.task_cgroup = Between(text, ",task_memcg=", ",task=");
  if (text.find(",global_oom,") != std::string_view::npos) kill.limit.reset();
}

constexpr std::string_view kKilled = "Killed process ";

// Other lines begin with the name of a process, which may be anything: "Killed process  invoked oom-killer: ...".
bool TellsOfAKill(std::string_view text) {
  const bool begins_so =
      text.starts_with("Memory cgroup out of memory") || text.starts_with("Out of memory") || text.starts_with(kKilled);
  return begins_so && text.find(kKilled) != std::string_view::npos && text.find("total-vm:") != std::string_view::npos;
}

// "Killed process 42 (NAME) total-vm:58712kB, anon-rss:..."
void TakeKilled(std::string_view text, OomKill& kill) {
  const size_t start = text.find(kKilled) + kKilled.size();
  kill.pid = NumberAt<pid_t>(text, start);
  const size_t open = text.find('(', start);
  size_t close = text.rfind(") total-vm:");
  if (close == std::string_view::npos) close = text.rfind(", UID");  // 3.x: "(NAME), UID 0, total-vm:..."
  if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
    kill.name = text.substr(open + 1, close - open - 1);
    if (kill.name.ends_with(')')) kill.name.pop_back();
  }
  kill.anon = BytesOf(text, " anon-rss:");
  kill.file = BytesOf(text, " file-rss:");
  kill.shmem = BytesOf(text, " shmem-rss:");
  kill.page_tables = BytesOf(text, " pgtables:");
  kill.uid = NumberOf<uid_t>(text, ", UID:");
  kill.oom_score_adj = NumberOf<int>(text, " oom_score_adj:");
}

}  // namespace

std::optional<OomKill> OomLog::Take(std::string_view text) {
  if (text.starts_with("memory: usage ")) {
    next_.limit = BytesOf(text, ", limit ");
  } else if (text.starts_with("oom-kill:constraint=")) {
    TakeConstraint(text, next_);
  } else if (text.starts_with("Task in ")) {
    next_.task_cgroup = Between(text, "Task in ", " killed as a result of limit of ");
    const size_t at = text.find(" killed as a result of limit of ");
    if (next_.task_cgroup) next_.cgroup = text.substr(at + 32);
  } else if (text.starts_with("Out of memory")) {
    next_ = OomKill();  // not of a cgroup; before 4.20 a line of its own comes first: "Out of memory: Kill process ..."
  }
  if (!TellsOfAKill(text)) return std::nullopt;
  OomKill kill = next_;
  TakeKilled(text, kill);
  return kill.pid ? std::optional(kill) : std::nullopt;
}

}  // namespace glassheap::tools
