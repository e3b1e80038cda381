#include "tests/support/process_dump.h"

#include <fcntl.h>

#include <string>

#include "tests/support/fake_core.h"
#include "tools/read/byte_source.h"
#include "tools/read/mappings.h"
#include "tools/read/root.h"

namespace glassheap::testing {

std::vector<std::byte> DumpProcess(pid_t pid, int signal) {
  constexpr uint64_t kMaxMapping = 64 << 20;
  const auto process = tools::Root().OpenDirectory("proc/" + std::to_string(pid));
  if (!process) return {};
  const auto mappings = tools::ReadMappings(*process, false);
  const auto memory = process->Open("mem", O_RDONLY);
  if (!mappings || !memory) return {};
  std::vector<FakeSegment> segments;
  for (const tools::Mapping& mapping : *mappings) {
    if (!mapping.Writable() || mapping.size() > kMaxMapping) continue;
    std::vector<std::byte> bytes(mapping.size());
    const tools::FileBytes source(memory->get(), mapping.end);
    if (source.Read(mapping.start, bytes)) segments.push_back({mapping.start, std::move(bytes)});
  }
  return segments.empty() ? std::vector<std::byte>() : MakeFakeCore(pid, signal, segments);
}

}  // namespace glassheap::testing
