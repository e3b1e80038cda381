cat >plugin.cc <<'END'
#include <iostream>
#include <map>
#include <string>
static std::map<int, std::string> table = [] {
  std::map<int, std::string> t;
  for (int i = 0; i < 1000; ++i) t[i] = std::string(i, 'p');
  return t;
}();
extern "C" long total() {
  long n = 0;
  try { for (auto& [k, v] : table) { n += v.size(); if (k == 999) throw n; } }
  catch (long caught) { std::cout << "caught " << caught << std::endl; }
  return n;
}
END
cat >main.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  for (int i = 0; i < 20; ++i) {
    void* early = malloc(1000);
    void* handle = dlopen("./plugin.so", RTLD_NOW);
    if (!handle) { puts(dlerror()); return 1; }
    long (*total)(void) = (long (*)(void))dlsym(handle, "total");
    printf("%ld\n", total());
    fflush(stdout);
    dlclose(handle);
    free(early);
  }
  return 4;
}
END
g++ -std=c++20 -O1 -shared -fPIC plugin.cc -o plugin.so
gcc -O1 main.c -o main -ldl
exec ./main
