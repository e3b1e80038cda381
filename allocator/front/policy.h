// Which of the two libraries this is. The rooms know nothing of it, but for what hardened::Start() tells them.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_POLICY_H_
#define GLASSHEAP_ALLOCATOR_FRONT_POLICY_H_

namespace glassheap {

#ifdef GLASSHEAP_HARDENED
inline constexpr bool kHardened = true;
#else
inline constexpr bool kHardened = false;
#endif

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_POLICY_H_
