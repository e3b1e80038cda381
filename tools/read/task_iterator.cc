// Tested by tests/tools/read/task_iterator_test.cc.

#include "tools/read/task_iterator.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>

#include "tools/read/task_layout.h"

namespace glassheap::tools {
namespace {

constexpr char kTypesPath[] = "sys/kernel/btf/vmlinux";
constexpr char kFirstPidNamespace[] = "pid:[4026531836]";  // PROC_PID_INIT_INO: the same on every machine
constexpr size_t kBatch = 320;                             // records a read; the kernel hands out at most 32 KiB

FileDescriptor Bpf(int command, bpf_attr& attributes) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

uint64_t Pointer(const void* address) { return reinterpret_cast<uintptr_t>(address); }

// The bytes of a file, mapped (since 6.16, which saves a copy of 5 MB) or read.
class FileBytes {
 public:
  explicit FileBytes(const FileDescriptor& file) {
    struct stat status;
    if (::fstat(file.get(), &status) != 0 || status.st_size <= 0) return;
    const size_t bytes = static_cast<size_t>(status.st_size);
    void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
    const bool mapped = start != MAP_FAILED;
    if (!mapped) start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return;
    start_ = static_cast<char*>(start);
    bytes_ = bytes;
    if (!mapped && !Fill(file)) Drop();
  }
  FileBytes(const FileBytes&) = delete;
  ~FileBytes() { Drop(); }

  std::string_view text() const { return {start_, bytes_}; }  // empty when it cannot be read

 private:
  bool Fill(const FileDescriptor& file) {
    for (size_t used = 0; used < bytes_;) {
      const ssize_t got = ::read(file.get(), start_ + used, bytes_ - used);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      used += static_cast<size_t>(got);
    }
    return true;
  }
  void Drop() {
    if (bytes_ > 0) ::munmap(start_, bytes_);
    bytes_ = 0;
  }

  char* start_ = nullptr;
  size_t bytes_ = 0;
};

std::optional<TaskLayout> ReadTaskLayout(const Root& root) {
  const auto file = root.Open(kTypesPath, O_RDONLY);
  if (!file) return std::nullopt;
  const FileBytes types(*file);
  return FindTaskLayout(types.text());
}

FileDescriptor MakeMap() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = sizeof(uint64_t);
  attributes.max_entries = 1;
  return Bpf(BPF_MAP_CREATE, attributes);
}

FileDescriptor LoadProgram(const std::vector<bpf_insn>& code, uint32_t iterator) {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_TRACING;
  attributes.expected_attach_type = BPF_TRACE_ITER;
  attributes.attach_btf_id = iterator;
  attributes.insns = Pointer(code.data());
  attributes.insn_cnt = static_cast<uint32_t>(code.size());
  attributes.license = Pointer(kTaskProgramLicense);
  std::memcpy(attributes.prog_name, "oomscore", sizeof "oomscore");
  return Bpf(BPF_PROG_LOAD, attributes);
}

FileDescriptor StartIterator(const FileDescriptor& program) {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program.get());
  attributes.link_create.attach_type = BPF_TRACE_ITER;
  const FileDescriptor link = Bpf(BPF_LINK_CREATE, attributes);
  if (!link.valid()) return FileDescriptor(-1);
  attributes = {};
  attributes.iter_create.link_fd = static_cast<uint32_t>(link.get());
  return Bpf(BPF_ITER_CREATE, attributes);
}

FileDescriptor OpenIterator(const Root& root, bool exact_counts) {
  const auto layout = ReadTaskLayout(root);
  if (!layout) return FileDescriptor(-1);
  TaskProgramOptions program;
  FileDescriptor map(-1);
  if (exact_counts && layout->mm.in_parts) {
    map = MakeMap();
    const long processors = ::sysconf(_SC_NPROCESSORS_CONF);
    if (!map.valid() || processors <= 0) return FileDescriptor(-1);
    program.processors = static_cast<uint32_t>(processors);
    program.map = map.get();
  }
  const FileDescriptor loaded = LoadProgram(MakeTaskProgram(*layout, program), layout->iterator);
  return loaded.valid() ? StartIterator(loaded) : FileDescriptor(-1);
}

bool HasRights() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  const auto has = [&](int right) { return (data[right / 32].effective >> (right % 32) & 1) != 0; };
  return has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON));
}

// As fs/proc/array.c has it (get_task_state), from the highest bit of what the task is and what became of it.
char StateLetter(uint32_t state, uint32_t exit_state) {
  constexpr char kLetters[] = "RSDTtXZP";
  constexpr uint32_t kReported = 0x7f;
  constexpr uint32_t kIdle = 0x402;          // uninterruptible, and no load
  constexpr uint32_t kAsDiskSleep = 0x9000;  // waits for a lock that a real-time kernel made sleep; frozen
  if ((state & kIdle) == kIdle) return 'I';
  if ((state & kAsDiskSleep) != 0) return 'D';
  return kLetters[std::bit_width((state | exit_state) & kReported)];
}

uint64_t BytesOf(int64_t pages) {
  static const uint64_t page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return static_cast<uint64_t>(std::max<int64_t>(pages, 0)) *
         page_bytes;  // a sum of parts can be below zero for a moment
}

}  // namespace

bool MayIterateTasks(const Root& root, const Directory& proc) {
  if (!root.is_machine() || !HasRights() || ::prctl(PR_GET_SECCOMP) != 0) return false;
  // A process is seen in its namespace and those above: who sees itself from the first is in the first.
  return proc.ReadLink("self/ns/pid").optional().value_or("") == kFirstPidNamespace;
}

bool IterateTasks(const Root& root, bool exact_counts, const std::function<void(std::span<const TaskRecord>)>& take) {
  const FileDescriptor iterator = OpenIterator(root, exact_counts);
  if (!iterator.valid()) return false;
  std::vector<TaskRecord> batch(kBatch);
  for (;;) {
    const ssize_t got = ::read(iterator.get(), batch.data(), batch.size() * sizeof(TaskRecord));
    if (got == 0) return true;
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0 || static_cast<size_t>(got) % sizeof(TaskRecord) != 0) return false;
    take(std::span(batch.data(), static_cast<size_t>(got) / sizeof(TaskRecord)));
  }
}

ProcessStatus StatusOf(const TaskRecord& record) {
  ProcessStatus status;
  status.name.assign(record.comm, ::strnlen(record.comm, sizeof record.comm));
  status.state = StateLetter(record.state, record.exit_state);
  status.tgid = record.pid;
  status.ppid = record.ppid;
  status.uid = record.uid;
  status.innermost_pid = record.innermost_pid;
  status.threads = static_cast<uint64_t>(std::max(record.threads, 0));
  status.kernel_thread = (record.flags & kKernelThreadFlag) != 0;
  if (status.kernel_thread || record.memory != TaskRecord::kMemory) return status;
  status.rss_anon = BytesOf(record.pages[kAnonPages]);
  status.rss_file = BytesOf(record.pages[kFilePages]);
  status.rss_shmem = BytesOf(record.pages[kShmemPages]);
  status.rss = *status.rss_anon + *status.rss_file + *status.rss_shmem;
  status.swap = BytesOf(record.pages[kSwapEntries]);
  status.page_tables = record.page_tables;
  return status;
}

}  // namespace glassheap::tools
