cat >all.cc <<'END'
#include <bits/stdc++.h>
#include <coroutine>
#include <ranges>
int main() {
  std::map<std::string, std::vector<int>> m;
  return static_cast<int>(m.size());
}
END
g++ -std=c++20 -O2 -c all.cc -o all.o
md5sum <all.o
