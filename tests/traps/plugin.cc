// A C++ library that comes and goes: it allocates in constructors, keeps
// memory in static and thread-local objects, and frees in destructors.

#include <stdlib.h>

#include <map>
#include <string>

namespace {

struct Entries {
  Entries() {
    for (int i = 0; i < 500; ++i) map[i] = std::string(40, 'p');
  }
  std::map<int, std::string> map;
};
Entries entries;

struct Line {
  std::string text = std::string(100, 'l');
};
thread_local Line line;

__attribute__((tls_model("initial-exec"))) thread_local char static_tls[600];

}  // namespace

extern "C" {
int plugin_entries() {
  line.text += "x";
  return static_cast<int>(entries.map.size());
}
void* plugin_malloc(size_t size) { return malloc(size); }
void plugin_free(void* block) { free(block); }
int plugin_static_tls(int value) {
  static_tls[599] = static_cast<char>(value);
  return static_tls[599];
}
}
