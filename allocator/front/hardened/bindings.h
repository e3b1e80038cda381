// Whose malloc, new and delete the loaded objects call.
//
// A library that dlopen loads with RTLD_DEEPBIND looks for symbols in its own dependencies first: its `new` is then
// libstdc++'s own, which calls our malloc, while code of libstdc++ deletes the same object by our operator delete. What the
// hardened library would call a mix of families is the loader's doing there, and right. Likewise a program with an `operator
// new` of its own may take from malloc what our `delete` gets.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BINDINGS_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BINDINGS_H_

namespace glassheap {

// False if some loaded object's malloc, free, operator new or delete is bound to another definition than ours, or has been.
// Walks all relocations of all objects: for those about to die. Takes the dynamic loader's lock.
bool AllBoundToUs();

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BINDINGS_H_
