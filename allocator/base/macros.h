// Attributes, by names that say what they are for.

#ifndef GLASSHEAP_ALLOCATOR_BASE_MACROS_H_
#define GLASSHEAP_ALLOCATOR_BASE_MACROS_H_

#define GH_ALWAYS_INLINE inline __attribute__((always_inline))
#define GH_NOINLINE __attribute__((noinline))
#define GH_EXPORT __attribute__((visibility("default")))
// The library's TLS must not need malloc to come into being: no dynamic TLS (research: trap 1).
#define GH_INITIAL_EXEC __attribute__((tls_model("initial-exec")))

namespace glassheap {

// False in the build that tests/bench compares with, to show what being seen into costs: no countdown in malloc, no
// counters but those the rooms need themselves, no region.
#ifdef GLASSHEAP_BLIND
inline constexpr bool kIntrospection = false;
#else
inline constexpr bool kIntrospection = true;
#endif

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_MACROS_H_
