// The kernel's own description of its types: BTF, as /sys/kernel/btf/vmlinux has it (Linux documentation, bpf/btf).
//
// A parser of bytes for the few questions that a program for the kernel has to ask: where a member lies. One pass over
// the types (some 130,000) and no copy: 3 ms of processor time where libbpf needs 30.
//
// Invariants: (1) Bytes that are not BTF, are cut short, or have a kind of type that is not known give nothing: ids
// after it would be wrong. (2) Nothing outside the bytes is read, whatever they hold. (3) The bytes outlive it.

#ifndef GLASSHEAP_TOOLS_READ_KERNEL_TYPES_H_
#define GLASSHEAP_TOOLS_READ_KERNEL_TYPES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace glassheap::tools {

class KernelTypes {
 public:
  struct Wanted {
    std::string_view name;
    bool function = false;  // else a struct
    uint32_t id = 0;        // out: 0 when there is none. The first of that name
  };
  struct Member {
    uint32_t offset = 0;  // bytes from the start of the struct that was asked about
    uint32_t type = 0;
  };

  // Looks the wanted up on its way.
  static std::optional<KernelTypes> Parse(std::string_view btf, std::span<Wanted> wanted);

  // Members of nameless members count as the struct's own, as in C. Nothing when there is no such member or it is a
  // bit field that starts inside a byte.
  std::optional<Member> FindMember(uint32_t structure, std::string_view name) const;

  // Of a struct, or of what an array is of. 0 when it is neither.
  uint32_t StructOf(uint32_t type) const;
  // REQUIRES: StructOf(structure) == structure.
  uint32_t BytesOf(uint32_t structure) const;
  uint32_t ElementsOf(uint32_t type) const;  // 0: not an array

 private:
  struct Type;  // a record of the text

  explicit KernelTypes(std::string_view types, std::string_view names) : types_(types), names_(names) {}

  bool Index(std::span<Wanted> wanted);
  std::optional<Type> Read(uint32_t type) const;
  Type ReadAt(uint32_t offset) const;
  bool IsNamed(uint32_t name, std::string_view expected) const;
  uint32_t WithoutModifiers(uint32_t type) const;
  std::optional<Member> FindMember(uint32_t structure, std::string_view name, int depth) const;

  std::string_view types_;
  std::string_view names_;
  std::vector<uint32_t> offsets_;  // by id, of the type in types_
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_KERNEL_TYPES_H_
