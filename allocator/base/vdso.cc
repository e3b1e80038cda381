#include "allocator/base/vdso.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstring>

namespace glassheap {
namespace {

// A shared object as the kernel maps it: whole, and not relocated.
struct Image {
  uintptr_t bias = 0;
  const ElfW(Dyn) * dynamic = nullptr;

  template <typename T>
  const T* At(ElfW(Addr) address) const {
    return reinterpret_cast<const T*>(bias + address);
  }
  // 0: it has none.
  ElfW(Addr) Entry(ElfW(Sxword) tag) const {
    for (const ElfW(Dyn)* entry = dynamic; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == tag) return entry->d_un.d_ptr;
    }
    return 0;
  }
};

Image ReadHeaders(uintptr_t start) {
  Image image;
  const auto& header = *reinterpret_cast<const ElfW(Ehdr)*>(start);
  const auto* const segments = reinterpret_cast<const ElfW(Phdr)*>(start + header.e_phoff);
  ElfW(Addr) dynamic = 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD) image.bias = start + segments[i].p_offset - segments[i].p_vaddr;
    if (segments[i].p_type == PT_DYNAMIC) dynamic = segments[i].p_vaddr;
  }
  if (dynamic != 0) image.dynamic = image.At<ElfW(Dyn)>(dynamic);
  return image;
}

}  // namespace

void* FindInVdso(const char* name) {
  const uintptr_t start = getauxval(AT_SYSINFO_EHDR);
  if (start == 0) return nullptr;
  const Image image = ReadHeaders(start);
  if (image.dynamic == nullptr) return nullptr;
  const ElfW(Addr) symbols = image.Entry(DT_SYMTAB), names = image.Entry(DT_STRTAB);
  const ElfW(Xword) names_size = image.Entry(DT_STRSZ);
  // The names follow the symbols in every kernel's; what else may lie between is not taken for one.
  for (ElfW(Addr) at = symbols; at + sizeof(ElfW(Sym)) <= names; at += sizeof(ElfW(Sym))) {
    const auto& symbol = *image.At<ElfW(Sym)>(at);
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names_size) continue;
    if (strcmp(image.At<char>(names + symbol.st_name), name) == 0) {
      return const_cast<char*>(image.At<char>(symbol.st_value));
    }
  }
  return nullptr;
}

}  // namespace glassheap
