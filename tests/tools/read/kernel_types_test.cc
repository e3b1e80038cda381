#include "tools/read/kernel_types.h"

#include <gtest/gtest.h>
#include <linux/btf.h>

#include <cstring>
#include <string>

#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

// Types as the kernel writes them, one after the other.
class Types {
 public:
  uint32_t Name(const std::string& name) {
    if (name.empty()) return 0;
    const auto at = static_cast<uint32_t>(names_.size());
    names_ += name + '\0';
    return at;
  }
  uint32_t Add(uint32_t kind, const std::string& name, uint32_t elements, uint32_t size_or_type, bool flag = false) {
    Put({Name(name), elements | kind << 24 | (flag ? 1u << 31 : 0), size_or_type});
    return ++last_;
  }
  void Put(std::initializer_list<uint32_t> words) {
    for (const uint32_t word : words) types_.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  std::string Text() const {
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof header;
    header.type_len = static_cast<uint32_t>(types_.size());
    header.str_off = header.type_len;
    header.str_len = static_cast<uint32_t>(names_.size());
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + types_ + names_;
  }

 private:
  std::string types_;
  std::string names_ = std::string(1, '\0');
  uint32_t last_ = 0;
};

// struct inner { int value; int more; };
// struct outer { int first; union { struct inner inside; }; bits low : 4; bits high : 4; inner_t row[3]; };
std::string Sample() {
  Types types;
  const uint32_t number = types.Add(BTF_KIND_INT, "int", 0, 4);
  types.Put({32});
  const uint32_t inner = types.Add(BTF_KIND_STRUCT, "inner", 2, 8);
  types.Put({types.Name("value"), number, 0, types.Name("more"), number, 32});
  types.Add(BTF_KIND_ENUM64, "wide", 1, 8);
  types.Put({types.Name("one"), 1, 0});
  const uint32_t alias = types.Add(BTF_KIND_TYPEDEF, "inner_t", 0, inner);
  const uint32_t row = types.Add(BTF_KIND_ARRAY, "", 0, 0);
  types.Put({alias, number, 3});
  const uint32_t either = types.Add(BTF_KIND_UNION, "", 1, 8);
  types.Put({0, inner, 0});
  types.Add(BTF_KIND_STRUCT, "outer", 5, 40, true);
  types.Put({types.Name("first"), number, 0, 0, either, 32, types.Name("low"), number, 4u << 24 | 96});
  types.Put({types.Name("high"), number, 4u << 24 | 100, types.Name("row"), row, 128});
  types.Add(BTF_KIND_FUNC, "outer", 0, 0);
  return types.Text();
}

struct Found {
  KernelTypes::Wanted wanted[3] = {{"inner"}, {"outer"}, {"outer", true}};
  std::optional<KernelTypes> types;
  explicit Found(std::string_view text) : types(KernelTypes::Parse(text, wanted)) {}
};

TEST(KernelTypes, FindsStructsAndFunctions) {
  const std::string text = Sample();
  const Found found(text);
  ASSERT_TRUE(found.types);
  EXPECT_EQ(found.wanted[0].id, 2u);
  EXPECT_EQ(found.wanted[1].id, 7u);
  EXPECT_EQ(found.wanted[2].id, 8u);
  EXPECT_EQ(found.types->BytesOf(7), 40u);
}

TEST(KernelTypes, MembersOfNamelessMembersAreTheStructsOwn) {
  const std::string text = Sample();
  const Found found(text);
  ASSERT_TRUE(found.types);
  EXPECT_EQ(found.types->FindMember(7, "first")->offset, 0u);
  EXPECT_EQ(found.types->FindMember(7, "more")->offset, 8u);
  EXPECT_EQ(found.types->FindMember(7, "low")->offset, 12u);
  EXPECT_FALSE(found.types->FindMember(7, "high"));  // starts inside a byte
  EXPECT_FALSE(found.types->FindMember(7, "mor"));
  EXPECT_FALSE(found.types->FindMember(7, "more or less"));
  EXPECT_FALSE(found.types->FindMember(1, "first"));
  EXPECT_FALSE(found.types->FindMember(70, "first"));
}

TEST(KernelTypes, WhatAnArrayIsOf) {
  const std::string text = Sample();
  const Found found(text);
  ASSERT_TRUE(found.types);
  const auto row = found.types->FindMember(7, "row");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->offset, 16u);
  EXPECT_EQ(found.types->StructOf(row->type), 2u);
  EXPECT_EQ(found.types->ElementsOf(row->type), 3u);
  EXPECT_EQ(found.types->ElementsOf(2), 0u);
  EXPECT_EQ(found.types->StructOf(1), 0u);
}

TEST(KernelTypes, WhatIsNoBtfOrIsCutShortGivesNothing) {
  const std::string text = Sample();
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    EXPECT_FALSE(Found(std::string_view(text).substr(0, bytes)).types) << bytes;
  }
  Types unknown;
  unknown.Add(25, "later", 0, 0);
  EXPECT_FALSE(Found(unknown.Text()).types);
}

// Every byte in turn is made something else: whatever comes of it, nothing outside is read (the sanitizers see to that).
TEST(KernelTypes, AnyByteMayBeWrong) {
  const std::string text = Sample();
  size_t parsed = 0;
  for (size_t at = 0; at < text.size() * 3; ++at) {
    const std::string wrong_bytes[] = {std::string(1, '\xff'), std::string(1, '\x7f'), std::string(1, '\1')};
    std::string wrong = text;
    wrong.replace(at / 3, 1, wrong_bytes[at % 3]);
    const Found found(wrong);
    if (!found.types) continue;
    ++parsed;
    for (uint32_t type = 0; type < 12; ++type) {
      for (const char* name : {"first", "more", "row", ""}) found.types->FindMember(type, name);
      found.types->StructOf(type);
      found.types->ElementsOf(type);
    }
  }
  EXPECT_GT(parsed, 0u);
}

TEST(KernelTypes, OfThisKernel) {
  const auto file = Root().ReadFile("sys/kernel/btf/vmlinux", size_t{64} << 20);
  if (!file) GTEST_SKIP() << "this kernel does not describe its types: " << file.error().Text();
  KernelTypes::Wanted wanted[] = {{"task_struct"}, {"mm_struct"}, {"no such struct"}};
  const auto types = KernelTypes::Parse(*file, wanted);
  ASSERT_TRUE(types);
  const auto pid = types->FindMember(wanted[0].id, "pid");
  ASSERT_TRUE(pid);
  EXPECT_EQ(types->FindMember(wanted[0].id, "tgid")->offset, pid->offset + sizeof(pid_t));
  EXPECT_TRUE(types->FindMember(wanted[1].id, "pgtables_bytes"));
  EXPECT_EQ(wanted[2].id, 0u);
}

}  // namespace
}  // namespace glassheap::tools
