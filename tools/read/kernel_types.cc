// Tested by tests/tools/read/kernel_types_test.cc.

#include "tools/read/kernel_types.h"

#include <linux/btf.h>

#include <cstring>

namespace glassheap::tools {
namespace {

constexpr int kDeepest = 8;           // nameless structs in each other, or modifiers of a modifier; more is a loop
constexpr size_t kBytesPerType = 32;  // what a type takes on average, a little less

// What follows a type's record: so many bytes, and so many for each of its elements. Negative: not known.
struct Tail {
  int fixed = -1;
  int each = 0;
};

constexpr Tail kTails[] = {
    /* 0 is no kind */ {},
    /* INT */ {4},
    /* PTR */ {0},
    /* ARRAY */ {sizeof(btf_array)},
    /* STRUCT */ {0, sizeof(btf_member)},
    /* UNION */ {0, sizeof(btf_member)},
    /* ENUM */ {0, sizeof(btf_enum)},
    /* FWD */ {0},
    /* TYPEDEF */ {0},
    /* VOLATILE */ {0},
    /* CONST */ {0},
    /* RESTRICT */ {0},
    /* FUNC */ {0},
    /* FUNC_PROTO */ {0, sizeof(btf_param)},
    /* VAR */ {4},
    /* DATASEC */ {0, sizeof(btf_var_secinfo)},
    /* FLOAT */ {0},
    /* DECL_TAG */ {4},
    /* TYPE_TAG */ {0},
    /* ENUM64 */ {0, 12},
};

template <typename Record>
Record Copy(std::string_view text, size_t offset) {
  Record record;
  std::memcpy(&record, text.data() + offset, sizeof record);
  return record;
}

std::string_view Part(std::string_view text, size_t offset, size_t bytes) {
  if (offset > text.size() || bytes > text.size() - offset) return {};
  return text.substr(offset, bytes);
}

}  // namespace

struct KernelTypes::Type {
  btf_type record;
  uint32_t tail;  // where it starts in types_
  uint32_t kind() const { return BTF_INFO_KIND(record.info); }
  uint32_t elements() const { return BTF_INFO_VLEN(record.info); }
  bool has_members() const { return kind() == BTF_KIND_STRUCT || kind() == BTF_KIND_UNION; }
  bool is_modifier() const {
    return kind() == BTF_KIND_TYPEDEF || kind() == BTF_KIND_VOLATILE || kind() == BTF_KIND_CONST ||
           kind() == BTF_KIND_RESTRICT || kind() == BTF_KIND_TYPE_TAG;
  }
};

std::optional<KernelTypes> KernelTypes::Parse(std::string_view btf, std::span<Wanted> wanted) {
  if (btf.size() < sizeof(btf_header)) return std::nullopt;
  const auto header = Copy<btf_header>(btf, 0);
  if (header.magic != BTF_MAGIC || header.version != BTF_VERSION || header.hdr_len > btf.size()) return std::nullopt;
  const std::string_view body = btf.substr(header.hdr_len);
  KernelTypes types(Part(body, header.type_off, header.type_len), Part(body, header.str_off, header.str_len));
  if (types.types_.empty() || types.names_.empty() || types.names_.back() != '\0') return std::nullopt;
  if (!types.Index(wanted)) return std::nullopt;
  return types;
}

bool KernelTypes::Index(std::span<Wanted> wanted) {
  offsets_.reserve(types_.size() / kBytesPerType);
  offsets_.push_back(0);  // id 0 is void
  for (size_t at = 0; at < types_.size();) {
    if (types_.size() - at < sizeof(btf_type)) return false;
    const Type type = ReadAt(static_cast<uint32_t>(at));
    const uint32_t kind = type.kind();
    if (kind >= std::size(kTails) || kTails[kind].fixed < 0) return false;
    const size_t tail = static_cast<size_t>(kTails[kind].fixed) + size_t{type.elements()} * kTails[kind].each;
    if (tail > types_.size() - type.tail) return false;
    if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_FUNC) {
      for (Wanted& one : wanted) {
        if (one.id == 0 && one.function == (kind == BTF_KIND_FUNC) && IsNamed(type.record.name_off, one.name)) {
          one.id = static_cast<uint32_t>(offsets_.size());
        }
      }
    }
    offsets_.push_back(static_cast<uint32_t>(at));
    at = type.tail + tail;
  }
  return true;
}

KernelTypes::Type KernelTypes::ReadAt(uint32_t offset) const {
  return {Copy<btf_type>(types_, offset), offset + static_cast<uint32_t>(sizeof(btf_type))};
}

std::optional<KernelTypes::Type> KernelTypes::Read(uint32_t type) const {
  if (type == 0 || type >= offsets_.size()) return std::nullopt;
  return ReadAt(offsets_[type]);
}

bool KernelTypes::IsNamed(uint32_t name, std::string_view expected) const {
  if (name >= names_.size()) return false;
  // The names end with a NUL, so that a mismatch comes before their end.
  return ::strncmp(names_.data() + name, expected.data(), expected.size()) == 0 &&
         names_[name + expected.size()] == '\0';
}

uint32_t KernelTypes::WithoutModifiers(uint32_t type) const {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const auto found = Read(type);
    if (!found || !found->is_modifier()) return type;
    type = found->record.type;
  }
  return 0;
}

std::optional<KernelTypes::Member> KernelTypes::FindMember(uint32_t structure, std::string_view name) const {
  return FindMember(structure, name, kDeepest);
}

std::optional<KernelTypes::Member> KernelTypes::FindMember(uint32_t structure, std::string_view name, int depth) const {
  const auto found = Read(structure);
  if (depth == 0 || !found || !found->has_members()) return std::nullopt;
  for (uint32_t i = 0; i < found->elements(); ++i) {
    const auto member = Copy<btf_member>(types_, found->tail + i * sizeof(btf_member));
    const uint32_t bits = BTF_INFO_KFLAG(found->record.info) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
    if (member.name_off == 0) {
      const auto inside = FindMember(WithoutModifiers(member.type), name, depth - 1);
      if (inside) return Member{bits / 8 + inside->offset, inside->type};
    } else if (bits % 8 == 0 && IsNamed(member.name_off, name)) {
      return Member{bits / 8, member.type};
    }
  }
  return std::nullopt;
}

uint32_t KernelTypes::StructOf(uint32_t type) const {
  type = WithoutModifiers(type);
  auto found = Read(type);
  if (found && found->kind() == BTF_KIND_ARRAY) {
    type = WithoutModifiers(Copy<btf_array>(types_, found->tail).type);
    found = Read(type);
  }
  return found && found->kind() == BTF_KIND_STRUCT ? type : 0;
}

uint32_t KernelTypes::BytesOf(uint32_t structure) const {
  const auto found = Read(structure);
  return found ? found->record.size : 0;
}

uint32_t KernelTypes::ElementsOf(uint32_t type) const {
  const auto found = Read(WithoutModifiers(type));
  return found && found->kind() == BTF_KIND_ARRAY ? Copy<btf_array>(types_, found->tail).nelems : 0;
}

}  // namespace glassheap::tools
