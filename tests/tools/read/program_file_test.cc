#include "tools/read/program_file.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

// An ELF file of one segment with the given contents.
std::string MakeElf(uint32_t segment_type, const std::string& contents, unsigned char elf_class = ELFCLASS64,
                    uint16_t machine = EM_X86_64) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = elf_class;
  header.e_machine = machine;
  header.e_phoff = sizeof header;
  header.e_phnum = 1;
  Elf64_Phdr segment = {};
  segment.p_type = segment_type;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = contents.size();
  std::string file(reinterpret_cast<const char*>(&header), sizeof header);
  file.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  return file + contents;
}

std::string GoNote() { return std::string("\4\0\0\0\4\0\0\0\4\0\0\0Go\0\0abcd", 20); }
std::string Loader(const char* path) { return std::string(path) + '\0'; }

class ProgramFileTest : public ::testing::Test {
 protected:
  std::string Why(const std::string& contents) {
    files_.Write("program", contents);
    return WhyNotPreloaded(files_.root().PathOf("program"));
  }
  void ExpectWhy(const std::string& contents, const char* part) {
    const std::string why = Why(contents);
    EXPECT_NE(why.find(part), std::string::npos) << why;
  }

  FakeRoot files_;
};

TEST_F(ProgramFileTest, EveryReasonIsNamed) {
  ExpectWhy(MakeElf(PT_LOAD, ""), "is a static binary");
  ExpectWhy(MakeElf(PT_NOTE, GoNote()), "is a Go program: it is static");
  ExpectWhy(MakeElf(PT_LOAD, "", ELFCLASS32), "is a 32-bit program");
  ExpectWhy(MakeElf(PT_INTERP, Loader("/lib/ld-musl-x86_64.so.1")), "uses musl's loader, /lib/ld-musl-x86_64.so.1");
  ExpectWhy(MakeElf(PT_INTERP, Loader("/lib64/ld-linux-x86-64.so.2")), "ended before its first allocation");
#if defined(__x86_64__)
  ExpectWhy(MakeElf(PT_LOAD, "", ELFCLASS64, EM_AARCH64), "another processor");
#endif
}

TEST_F(ProgramFileTest, AScriptIsAsItsInterpreter) {
  files_.Write("interpreter", MakeElf(PT_LOAD, ""));
  const std::string interpreter = files_.root().PathOf("interpreter");
  ExpectWhy("#! " + interpreter + " -x\necho\n", (interpreter + " is a static binary").c_str());
  ExpectWhy("#!/nowhere/sh\n", "/nowhere/sh cannot be read");
  ExpectWhy("#!\n", "interpreter was not found");
  ExpectWhy("#!" + files_.root().PathOf("program") + "\n",
            "interpreter was not found");  // itself, for ever
}

TEST_F(ProgramFileTest, SetuidOfAnotherUser) {
  files_.Write("program", MakeElf(PT_INTERP, Loader("/lib64/ld-linux-x86-64.so.2")));
  const std::string path = files_.root().PathOf("program");
  if (::chown(path.c_str(), 12345, 0) != 0) {
    GTEST_SKIP() << "may not give files away";
  }
  ASSERT_EQ(::chmod(path.c_str(), 04755), 0);
  EXPECT_NE(WhyNotPreloaded(path).find("is setuid: the dynamic loader ignores LD_PRELOAD"), std::string::npos);
}

TEST(ParseProgramFile, NeverReadsPastTheHead) {
  std::mt19937_64 random(7);
  const std::string whole = MakeElf(PT_NOTE, GoNote());
  for (size_t size = 0; size <= whole.size(); ++size) (void)ParseProgramFile(std::string_view(whole).substr(0, size));
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 4; ++i) bytes[4 + random() % (bytes.size() - 4)] = static_cast<char>(random());
    (void)ParseProgramFile(bytes);
  }
}

TEST(FindProgram, AsExecvpWould) {
  EXPECT_EQ(FindProgram("./x"), "./x");
  EXPECT_TRUE(FindProgram("sh"));
  EXPECT_FALSE(FindProgram("no-such-program-here"));
}

}  // namespace
}  // namespace glassheap::tools
