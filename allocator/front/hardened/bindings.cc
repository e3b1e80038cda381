#include "allocator/front/hardened/bindings.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>
#include <cstring>

namespace glassheap {
namespace {

// An object's code and data in memory.
struct Range {
  uintptr_t begin = UINTPTR_MAX;
  uintptr_t end = 0;
  bool Contains(uintptr_t address) const { return address >= begin && address < end; }
};

Range RangeOf(const dl_phdr_info& object) {
  Range range;
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t begin = object.dlpi_addr + header.p_vaddr;
    if (begin < range.begin) range.begin = begin;
    if (begin + header.p_memsz > range.end) range.end = begin + header.p_memsz;
  }
  return range;
}

const ElfW(Dyn) * DynamicOf(const dl_phdr_info& object) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    if (header.p_type == PT_DYNAMIC) return reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + header.p_vaddr);
  }
  return nullptr;
}

bool IsOurName(const char* name) {
  if (strncmp(name, "_Zn", 3) == 0 || strncmp(name, "_Zd", 3) == 0)
    return name[3] == 'w' || name[3] == 'a' || name[3] == 'l';
  return strcmp(name, "malloc") == 0 || strcmp(name, "free") == 0;
}

constexpr char kNewName[] = "_Znwm";

// As in DT_GNU_HASH.
uint32_t HashOf(const char* name) {
  uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

// What its dynamic section tells of one object.
class Object {
 public:
  Object(const dl_phdr_info& info, const Range& ours) : base_(info.dlpi_addr), range_(RangeOf(info)), ours_(ours) {
    for (const ElfW(Dyn)* entry = DynamicOf(info); entry != nullptr && entry->d_tag != DT_NULL; ++entry) Note(*entry);
  }

  bool BoundToUs() {
    if (symbols_ == 0 || names_ == 0 || range_.begin == ours_.begin) return true;
    if (!BoundToUs(calls_, calls_size_) || !BoundToUs(relocations_, relocations_size_)) return false;
    // With an operator new of its own that it does not ask the loader for, linked with -Bsymbolic, it calls that one.
    return asks_for_new_ || !Defines(kNewName);
  }

 private:
  // The loader relocates these words, but not where they cannot be written (the vDSO).
  uintptr_t Address(uintptr_t value) const { return value < base_ ? base_ + value : value; }

  void Note(const ElfW(Dyn) & entry) {
    switch (entry.d_tag) {
      case DT_SYMTAB:
        symbols_ = Address(entry.d_un.d_ptr);
        break;
      case DT_STRTAB:
        names_ = Address(entry.d_un.d_ptr);
        break;
      case DT_JMPREL:
        calls_ = Address(entry.d_un.d_ptr);
        break;
      case DT_PLTRELSZ:
        calls_size_ = entry.d_un.d_val;
        break;
      case DT_RELA:
        relocations_ = Address(entry.d_un.d_ptr);
        break;
      case DT_RELASZ:
        relocations_size_ = entry.d_un.d_val;
        break;
      case DT_GNU_HASH:
        hash_ = Address(entry.d_un.d_ptr);
        break;
    }
  }

  const ElfW(Sym) & Symbol(size_t index) const { return reinterpret_cast<const ElfW(Sym)*>(symbols_)[index]; }
  const char* Name(const ElfW(Sym) & symbol) const { return reinterpret_cast<const char*>(names_ + symbol.st_name); }

  // By the hash table: its header of four words, a filter, a bucket's first symbol, and of each symbol the hash, whose
  // lowest bit ends the bucket.
  bool Defines(const char* name) const {
    if (hash_ == 0) return false;
    const uint32_t* const table = reinterpret_cast<const uint32_t*>(hash_);
    const uint32_t bucket_count = table[0], first_symbol = table[1], filter_words = table[2];
    const uint32_t* const buckets = table + 4 + filter_words * (sizeof(uintptr_t) / sizeof(uint32_t));
    const uint32_t* const hashes = buckets + bucket_count;
    const uint32_t hash = HashOf(name);
    uint32_t index = bucket_count != 0 ? buckets[hash % bucket_count] : 0;
    if (index < first_symbol) return false;
    for (;; ++index) {
      const uint32_t of_symbol = hashes[index - first_symbol];
      if ((of_symbol | 1) == (hash | 1) && strcmp(Name(Symbol(index)), name) == 0) return true;
      if (of_symbol & 1) return false;
    }
  }

  bool BoundToUs(uintptr_t table, size_t bytes) {
    const ElfW(Rela)* const relocations = reinterpret_cast<const ElfW(Rela)*>(table);
    for (size_t i = 0; table != 0 && i < bytes / sizeof(ElfW(Rela)); ++i) {
      if (!BoundToUs(relocations[i])) return false;
    }
    return true;
  }

  bool BoundToUs(const ElfW(Rela) & relocation) {
#if defined(__x86_64__)
    const uint32_t type = ELF64_R_TYPE(relocation.r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) return true;
#endif
    const size_t index = ELF64_R_SYM(relocation.r_info);
    if (index == 0) return true;
    const char* const name = Name(Symbol(index));
    if (!IsOurName(name)) return true;
    if (strcmp(name, kNewName) == 0) asks_for_new_ = true;
    const uintptr_t target = *reinterpret_cast<const uintptr_t*>(base_ + relocation.r_offset);
    // In the object itself: not called yet, or its own definition. Below its base: weak, and not there.
    return target < 4096 || range_.Contains(target) || ours_.Contains(target);
  }

  uintptr_t base_;
  Range range_;
  const Range& ours_;
  uintptr_t symbols_ = 0, names_ = 0;
  uintptr_t calls_ = 0, relocations_ = 0;
  size_t calls_size_ = 0, relocations_size_ = 0;
  uintptr_t hash_ = 0;
  bool asks_for_new_ = false;
};

bool IsWithin(const dl_phdr_info& object, const void* address) {
  return RangeOf(object).Contains(reinterpret_cast<uintptr_t>(address));
}

int FindOurs(dl_phdr_info* object, size_t, void* range) {
  if (!IsWithin(*object, reinterpret_cast<const void*>(&AllBoundToUs))) return 0;
  *static_cast<Range*>(range) = RangeOf(*object);
  return 1;
}

int LookForOthers(dl_phdr_info* object, size_t, void* ours) {
  return Object(*object, *static_cast<const Range*>(ours)).BoundToUs() ? 0 : 1;
}

// The families' names, those that another object of the program may define for itself.
constexpr const char* kNames[] = {
    "malloc",
    "free",
    "_Znwm",
    "_Znam",
    "_ZnwmRKSt9nothrow_t",
    "_ZnamRKSt9nothrow_t",
    "_ZnwmSt11align_val_t",
    "_ZnamSt11align_val_t",
    "_ZnwmSt11align_val_tRKSt9nothrow_t",
    "_ZnamSt11align_val_tRKSt9nothrow_t",
    "_ZdlPv",
    "_ZdaPv",
    "_ZdlPvm",
    "_ZdaPvm",
    "_ZdlPvRKSt9nothrow_t",
    "_ZdaPvRKSt9nothrow_t",
    "_ZdlPvSt11align_val_t",
    "_ZdaPvSt11align_val_t",
    "_ZdlPvmSt11align_val_t",
    "_ZdaPvmSt11align_val_t",
    "_ZdlPvSt11align_val_tRKSt9nothrow_t",
    "_ZdaPvSt11align_val_tRKSt9nothrow_t",
};

bool NamesAreOurs(const Range& ours) {
  for (const char* name : kNames) {
    if (!ours.Contains(reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, name)))) return false;
  }
  return true;
}

constinit bool found_others = false;

}  // namespace

// Who is not bound to us now may be called a million times.
bool AllBoundToUs() {
  if (__atomic_load_n(&found_others, __ATOMIC_RELAXED)) return false;
  Range ours;
  dl_iterate_phdr(&FindOurs, &ours);
  if (NamesAreOurs(ours) && dl_iterate_phdr(&LookForOthers, &ours) == 0) return true;
  __atomic_store_n(&found_others, true, __ATOMIC_RELAXED);
  return false;
}

}  // namespace glassheap
