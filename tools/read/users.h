// Names of users. From etc/passwd of the Root; on the machine itself, what is
// not there is asked of the name service.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_READ_USERS_H_
#define GLASSHEAP_TOOLS_READ_USERS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tools/read/root.h"

namespace glassheap::tools {

// uid -> name, from the text of a passwd file. The first line of a uid holds.
// Lines that are not name:x:uid: are skipped.
std::unordered_map<uid_t, std::string> ParsePasswd(std::string_view text);

class Users {
 public:
  explicit Users(const Root& root);

  // The name, or the number where there is none.
  const std::string& Name(uid_t uid);

  // By name or number. Nothing when there is no such name.
  std::optional<uid_t> Find(std::string_view name_or_number) const;

 private:
  bool ask_name_service_;
  std::unordered_map<uid_t, std::string> names_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_USERS_H_
