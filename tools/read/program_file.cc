// Tested by tests/tools/read/program_file_test.cc.

#include "tools/read/program_file.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

constexpr size_t kHeadBytes = 64 * 1024;  // holds headers, the loader's name
                                          // and the notes of any linked program
constexpr int kMaxInterpreters = 4;       // as the kernel

#if defined(__x86_64__)
constexpr uint16_t kThisMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kThisMachine = EM_AARCH64;
#else
constexpr uint16_t kThisMachine = EM_NONE;
#endif

template <typename T>
std::optional<T> Load(std::string_view bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view Part(std::string_view bytes, uint64_t offset, uint64_t size) {
  return offset > bytes.size() ? std::string_view() : bytes.substr(offset, size);
}

// Go's linker leaves a note named "Go".
bool IsGoNote(std::string_view note) {
  const std::optional<Elf64_Nhdr> header = Load<Elf64_Nhdr>(note, 0);
  return header && header->n_namesz == 4 && Part(note, sizeof *header, 4) == std::string_view("Go\0\0", 4);
}

void ParseSegments(std::string_view head, const Elf64_Ehdr& elf, ProgramFile& program) {
  for (size_t i = 0; i < elf.e_phnum; ++i) {
    const std::optional<Elf64_Phdr> segment = Load<Elf64_Phdr>(head, elf.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return;
    const std::string_view bytes = Part(head, segment->p_offset, segment->p_filesz);
    if (segment->p_type == PT_INTERP) program.interpreter = bytes.substr(0, bytes.find('\0'));
    if (segment->p_type == PT_NOTE && IsGoNote(bytes)) program.is_go = true;
  }
}

ProgramFile ParseElf(std::string_view head) {
  ProgramFile program;
  program.kind = ProgramFile::Kind::kElf;
  program.is_64_bit = head.size() > EI_CLASS && head[EI_CLASS] == ELFCLASS64;
  const std::optional<Elf64_Ehdr> elf = Load<Elf64_Ehdr>(head, 0);
  if (!program.is_64_bit || !elf) return program;
  program.is_this_machine = elf->e_machine == kThisMachine;
  ParseSegments(head, *elf, program);
  return program;
}

// "#! /usr/bin/env python3" -> "/usr/bin/env".
ProgramFile ParseScript(std::string_view head) {
  ProgramFile program;
  program.kind = ProgramFile::Kind::kScript;
  std::string_view line = head.substr(2, head.find('\n') - 2);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  program.interpreter = line.substr(0, line.find_first_of(" \t"));
  return program;
}

bool GainsPrivilege(const std::string& path, std::string& how) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return false;
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != ::geteuid()) how = "is setuid";
  if ((status.st_mode & S_ISGID) != 0 && status.st_gid != ::getegid()) how = "is setgid";
  if (::geteuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
    how = "has file capabilities";
  }
  return !how.empty();
}

std::string ElfReason(const std::string& path, const ProgramFile& program) {
  if (!program.is_64_bit) return path + " is a 32-bit program, libglassheap.so a 64-bit library";
  if (!program.is_this_machine) return path + " was made for another processor";
  if (program.is_go && program.interpreter.empty()) {
    return path + " is a Go program: it is static and has an allocator of its own";
  }
  if (program.interpreter.empty())
    return path +
           " is a static binary: there is no dynamic loader to load "
           "libglassheap.so";
  if (program.interpreter.find("musl") != std::string::npos) {
    return path + " uses musl's loader, " + program.interpreter + "; libglassheap.so is made for glibc";
  }
  if (program.is_go) return path + " is a Go program: it has an allocator of its own";
  return path +
         " ended before its first allocation, or its loader refused "
         "libglassheap.so and said so above";
}

}  // namespace

ProgramFile ParseProgramFile(std::string_view head) {
  if (head.substr(0, SELFMAG) == ELFMAG) return ParseElf(head);
  if (head.substr(0, 2) == "#!") return ParseScript(head);
  return {};
}

std::optional<std::string> FindProgram(const std::string& command) {
  if (command.find('/') != std::string::npos) return command;
  const char* variable = ::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
  while (true) {
    const std::string_view directory = path.substr(0, path.find(':'));
    const std::string candidate = (directory.empty() ? "." : std::string(directory)) + "/" + command;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    if (directory.size() == path.size()) return std::nullopt;
    path.remove_prefix(directory.size() + 1);
  }
}

std::string WhyNotPreloaded(const std::string& path) {
  std::string current = path;
  for (int i = 0; i <= kMaxInterpreters; ++i) {
    const Result<std::string> head =
        Root().ReadFile(current[0] == '/' ? current : "proc/self/cwd/" + current, kHeadBytes);
    if (!head) return current + " cannot be read, so the reason is not known";
    const ProgramFile program = ParseProgramFile(*head);
    if (program.kind != ProgramFile::Kind::kScript) {
      std::string how;
      if (GainsPrivilege(current, how)) return current + " " + how + ": the dynamic loader ignores LD_PRELOAD for it";
      if (program.kind == ProgramFile::Kind::kElf) return ElfReason(current, program);
    }
    current = program.kind == ProgramFile::Kind::kScript ? program.interpreter : "/bin/sh";  // as execvp does
    if (current.empty()) break;
  }
  return path + " is a script whose interpreter was not found";
}

}  // namespace glassheap::tools
