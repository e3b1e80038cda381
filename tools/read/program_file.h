// Why a program did not take a preloaded library: what its file says. Only
// looked at after the fact.

#ifndef GLASSHEAP_TOOLS_READ_PROGRAM_FILE_H_
#define GLASSHEAP_TOOLS_READ_PROGRAM_FILE_H_

#include <optional>
#include <string>
#include <string_view>

namespace glassheap::tools {

struct ProgramFile {
  enum class Kind { kElf, kScript, kOther };
  Kind kind = Kind::kOther;
  std::string interpreter;  // of a script its interpreter, of an ELF file its
                            // dynamic loader; empty: none
  bool is_64_bit = true;
  bool is_this_machine = true;  // ELF: made for the processor we run on
  bool is_go = false;
};

// From the first bytes of a file. Never reads past them, whatever they claim.
ProgramFile ParseProgramFile(std::string_view head);

// The file that execvp would run; nothing when there is none.
std::optional<std::string> FindProgram(const std::string& command);

// One sentence about the program at path, or about the interpreter it is run
// by.
std::string WhyNotPreloaded(const std::string& path);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROGRAM_FILE_H_
