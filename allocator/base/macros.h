// Attributes, by names that say what they are for.

#ifndef GLASSHEAP_ALLOCATOR_BASE_MACROS_H_
#define GLASSHEAP_ALLOCATOR_BASE_MACROS_H_

#define GH_ALWAYS_INLINE inline __attribute__((always_inline))
#define GH_NOINLINE __attribute__((noinline))
#define GH_EXPORT __attribute__((visibility("default")))
// The library's TLS must not need malloc to come into being: no dynamic TLS (research: trap 1).
#define GH_INITIAL_EXEC __attribute__((tls_model("initial-exec")))

#endif  // GLASSHEAP_ALLOCATOR_BASE_MACROS_H_
