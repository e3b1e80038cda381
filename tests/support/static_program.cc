// A program without a dynamic loader: nothing can be preloaded into it.
#include <cstdio>

int main() { return std::puts("static") < 0 ? 1 : 3; }
