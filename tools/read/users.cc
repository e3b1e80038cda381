// Tested by tests/tools/read/users_test.cc.

#include "tools/read/users.h"

#include <pwd.h>

#include <charconv>

namespace glassheap::tools {
namespace {

std::optional<uid_t> ParseUid(std::string_view text) {
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return uid;
}

std::string_view TakeUpTo(char delimiter, std::string_view& text) {
  const size_t end = text.find(delimiter);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

}  // namespace

std::unordered_map<uid_t, std::string> ParsePasswd(std::string_view text) {
  std::unordered_map<uid_t, std::string> names;
  while (!text.empty()) {
    std::string_view line = TakeUpTo('\n', text);
    const std::string_view name = TakeUpTo(':', line);
    TakeUpTo(':', line);
    const auto uid = ParseUid(TakeUpTo(':', line));
    if (uid && !name.empty()) names.emplace(*uid, name);
  }
  return names;
}

Users::Users(const Root& root) : ask_name_service_(root.is_machine()) {
  if (const Result<std::string> text = root.ReadFile("etc/passwd")) names_ = ParsePasswd(*text);
}

const std::string& Users::Name(uid_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  const passwd* entry = ask_name_service_ ? ::getpwuid(uid) : nullptr;
  return names_[uid] = entry != nullptr ? entry->pw_name : std::to_string(uid);
}

std::optional<uid_t> Users::Find(std::string_view name_or_number) const {
  if (const auto uid = ParseUid(name_or_number)) return uid;
  for (const auto& [uid, name] : names_) {
    if (name == name_or_number) return uid;
  }
  const passwd* entry = ask_name_service_ ? ::getpwnam(std::string(name_or_number).c_str()) : nullptr;
  if (entry == nullptr) return std::nullopt;
  return entry->pw_uid;
}

}  // namespace glassheap::tools
