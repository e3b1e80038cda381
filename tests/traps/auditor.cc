// The smallest auditor: ld.so gives it a namespace and a libc of its own.

#include <link.h>

extern "C" unsigned la_version(unsigned version) { return version; }
