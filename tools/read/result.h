// What a reader hands back: a value, or an error that says which thing failed
// and why.
//
// Value types; nothing here throws. An Error prints as `WHAT: WHY`; the mains
// put the tool's name in front of it.

#ifndef GLASSHEAP_TOOLS_READ_RESULT_H_
#define GLASSHEAP_TOOLS_READ_RESULT_H_

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace glassheap::tools {

struct Error {
  std::string what;     // the thing: a path, "pid 42", "line 3 of /proc/meminfo"
  std::string why;      // and what the user can do about it, where there is something
  int errno_value = 0;  // 0: not from a system call

  static Error FromErrno(std::string what, int errno_value) {
    return Error{std::move(what), std::strerror(errno_value), errno_value};
  }

  std::string Text() const { return what.empty() ? why : what + ": " + why; }
};

// Either a T or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return value_.has_value(); }
  bool ok() const { return value_.has_value(); }

  // REQUIRES: ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  // REQUIRES: !ok().
  const Error& error() const { return error_; }

  // The value, or nothing: for readers to whom every failure is "not
  // available".
  std::optional<T> optional() && { return std::move(value_); }

 private:
  std::optional<T> value_;
  Error error_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_RESULT_H_
