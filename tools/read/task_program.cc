// Tested by tests/tools/read/task_iterator_test.cc: the kernel is the judge.

#include "tools/read/task_program.h"

#include <cstddef>

namespace glassheap::tools {
namespace {

enum Register : uint8_t { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

// What is kept in them through the program.
constexpr Register kContext = R6;
constexpr Register kTask = R7;
constexpr Register kProcessor = R8;
constexpr Register kSlot = R9;  // memory of this processor where a pointer turns into a number
constexpr Register kFrame = R10;

// The stack, below kFrame.
constexpr int16_t kRecord = -static_cast<int16_t>(sizeof(TaskRecord));
constexpr int16_t kCounters = kRecord - static_cast<int16_t>(kMostCounterBytes);
constexpr int16_t kParts = kCounters - 16;  // what one processor has counted: 4 x s32
constexpr int16_t kBase = kParts - 8;       // the per-processor pointer to the slot
constexpr int16_t kPointer = kBase - 8;     // what is followed
constexpr int16_t kMm = kPointer - 8;

constexpr int16_t InRecord(size_t offset) { return static_cast<int16_t>(kRecord + static_cast<int16_t>(offset)); }

// Appends instructions; what they are is in the kernel's documentation, bpf/standardization/instruction-set.
class Code {
 public:
  void Load(uint8_t size, Register to, Register from, uint32_t offset) {
    Add(BPF_LDX | size | BPF_MEM, to, from, static_cast<int16_t>(offset), 0);
  }
  void Store(uint8_t size, Register to, int16_t offset, Register from) {
    Add(BPF_STX | size | BPF_MEM, to, from, offset, 0);
  }
  void StoreNumber(uint8_t size, Register to, int16_t offset, int32_t value) {
    Add(BPF_ST | size | BPF_MEM, to, R0, offset, value);
  }
  void Move(Register to, Register from) { Add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void Set(Register to, int32_t value) { Add(BPF_ALU64 | BPF_MOV | BPF_K, to, R0, 0, value); }
  void Operate(uint8_t operation, Register to, Register from) { Add(BPF_ALU64 | operation | BPF_X, to, from, 0, 0); }
  void OperateNumber(uint8_t operation, Register to, int32_t value) {
    Add(BPF_ALU64 | operation | BPF_K, to, R0, 0, value);
  }
  void SetMap(Register to, int map) {
    Add(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Register>(BPF_PSEUDO_MAP_FD), 0, map);
    Add(0, R0, R0, 0, 0);
  }
  void Address(Register to, Register base, int32_t offset) {
    Move(to, base);
    OperateNumber(BPF_ADD, to, offset);
  }
  void Call(int32_t helper) { Add(BPF_JMP | BPF_CALL, R0, R0, 0, helper); }
  void Exit() { Add(BPF_JMP | BPF_EXIT, R0, R0, 0, 0); }

  // Jumps return where they are; Land() makes one go to the next instruction.
  size_t JumpIf(uint8_t condition, Register a, Register b) { return Jump(condition | BPF_X, a, b, 0); }
  size_t JumpIfNumber(uint8_t condition, Register a, int32_t b) { return Jump(condition | BPF_K, a, R0, b); }
  size_t JumpAlways() { return Jump(BPF_JA, R0, R0, 0); }
  void Land(size_t jump) { code_[jump].off = static_cast<int16_t>(code_.size() - jump - 1); }
  void LandAt(size_t jump, size_t target) {
    code_[jump].off = static_cast<int16_t>(static_cast<int>(target) - static_cast<int>(jump) - 1);
  }
  size_t here() const { return code_.size(); }

  std::vector<bpf_insn> Take() { return std::move(code_); }

 private:
  void Add(int code, Register to, Register from, int16_t offset, int32_t value) {
    bpf_insn instruction{};
    instruction.code = static_cast<uint8_t>(code);
    instruction.dst_reg = to & 0xf;
    instruction.src_reg = from & 0xf;
    instruction.off = offset;
    instruction.imm = value;
    code_.push_back(instruction);
  }
  size_t Jump(int condition, Register a, Register b, int32_t value) {
    Add(BPF_JMP | condition, a, b, 0, value);
    return code_.size() - 1;
  }

  std::vector<bpf_insn> code_;
};

class TaskProgram {
 public:
  TaskProgram(const TaskLayout& layout, const TaskProgramOptions& options) : layout_(layout), options_(options) {}

  std::vector<bpf_insn> Make() {
    code_.Move(kContext, R1);
    code_.Load(BPF_DW, kTask, kContext, offsetof(Context, task));
    leave_.push_back(code_.JumpIfNumber(BPF_JEQ, kTask, 0));  // the end of the list
    SkipOthers();
    WriteIdentity();
    WriteInnermostPid();
    WriteMemory();
    HandOut();
    for (const size_t jump : leave_) code_.Land(jump);
    code_.Set(R0, 0);
    code_.Exit();
    return code_.Take();
  }

 private:
  // What the program is given: struct bpf_iter__task and the start of struct bpf_iter_meta. Of the kernel's interface.
  struct Context {
    uint64_t meta;
    uint64_t task;
  };

  void Copy(uint8_t size, Register from, uint32_t offset, size_t to) {
    code_.Load(size, R1, from, offset);
    code_.Store(size, kFrame, InRecord(to), R1);
  }

  // Threads that are not the first of their process.
  void SkipOthers() {
    code_.Load(BPF_W, R1, kTask, layout_.task.pid);
    code_.Load(BPF_W, R2, kTask, layout_.task.tgid);
    leave_.push_back(code_.JumpIf(BPF_JNE, R1, R2));
    code_.Store(BPF_W, kFrame, InRecord(offsetof(TaskRecord, pid)), R1);
    code_.Store(BPF_W, kFrame, InRecord(offsetof(TaskRecord, innermost_pid)), R1);
    Copy(BPF_W, kTask, layout_.task.flags, offsetof(TaskRecord, flags));
  }

  void WriteIdentity() {
    Copy(BPF_W, kTask, layout_.task.state, offsetof(TaskRecord, state));
    Copy(BPF_W, kTask, layout_.task.exit_state, offsetof(TaskRecord, exit_state));
    for (uint32_t at = 0; at < sizeof(TaskRecord::comm); at += sizeof(uint32_t)) {
      Copy(BPF_W, kTask, layout_.task.comm + at, offsetof(TaskRecord, comm) + at);
    }
    ReadPointer(layout_.task.real_parent, kPointer);
    Follow(layout_.task.tgid, sizeof(int32_t), offsetof(TaskRecord, ppid));
    ReadPointer(layout_.task.real_cred, kPointer);
    Follow(layout_.cred_euid, sizeof(uint32_t), offsetof(TaskRecord, uid));
    ReadPointer(layout_.task.signal, kPointer);
    Follow(layout_.signal.threads, sizeof(int32_t), offsetof(TaskRecord, threads));
    code_.StoreNumber(BPF_W, kFrame, InRecord(offsetof(TaskRecord, oom_score_adj)), 0);
    Follow(layout_.signal.oom_score_adj, sizeof(int16_t), offsetof(TaskRecord, oom_score_adj));
    code_.StoreNumber(BPF_DW, kFrame, InRecord(offsetof(TaskRecord, cgroups)), 0);
    if (layout_.task.cgroups != 0) ReadPointer(layout_.task.cgroups, InRecord(offsetof(TaskRecord, cgroups)));
  }

  // Reads `bytes` at the address in R3 to the stack; zeros where nothing can be read.
  void ReadKernel(int16_t to, int32_t bytes) {
    code_.Address(R1, kFrame, to);
    code_.Set(R2, bytes);
    code_.Call(BPF_FUNC_probe_read_kernel);
  }

  // A pointer of the task's. By a call and not by a load: of every pointer that is loaded the verifier looks four names
  // up in all the kernel's types, 1.4 ms of processor time each.
  void ReadPointer(uint32_t offset, int16_t to) {
    code_.Address(R3, kTask, static_cast<int32_t>(offset));
    ReadKernel(to, sizeof(uint64_t));
  }

  void LoadPointer(Register to, int16_t from, uint32_t offset) {
    code_.Load(BPF_DW, to, kFrame, static_cast<uint32_t>(from));
    code_.OperateNumber(BPF_ADD, to, static_cast<int32_t>(offset));
  }

  // Copies what kPointer points to, and `offset` bytes behind.
  void Follow(uint32_t offset, int32_t bytes, size_t to) {
    LoadPointer(R3, kPointer, offset);
    ReadKernel(InRecord(to), bytes);
  }

  void WriteInnermostPid() {
    ReadPointer(layout_.task.thread_pid, kPointer);
    code_.Load(BPF_DW, R1, kFrame, static_cast<uint32_t>(kPointer));
    leave_.push_back(code_.JumpIfNumber(BPF_JEQ, R1, 0));  // it is gone
    LoadPointer(R3, kPointer, layout_.pid.level);
    ReadKernel(kParts, sizeof(uint32_t));
    code_.Load(BPF_W, R1, kFrame, static_cast<uint32_t>(kParts));
    const size_t outermost = code_.JumpIfNumber(BPF_JEQ, R1, 0);
    code_.OperateNumber(BPF_MUL, R1, static_cast<int32_t>(layout_.pid.number_bytes));
    LoadPointer(R3, kPointer, layout_.pid.numbers + layout_.pid.number);
    code_.Operate(BPF_ADD, R3, R1);
    ReadKernel(InRecord(offsetof(TaskRecord, innermost_pid)), sizeof(int32_t));
    code_.Land(outermost);
  }

  // An address space is let go of only after its process has forgotten it: what was read is good when it is still there.
  void WriteMemory() {
    for (size_t at = offsetof(TaskRecord, pages); at <= offsetof(TaskRecord, page_tables); at += sizeof(uint64_t)) {
      code_.StoreNumber(BPF_DW, kFrame, InRecord(at), 0);
    }
    SetMemory(TaskRecord::kNoMemory);
    ReadPointer(layout_.task.mm, kMm);
    code_.Load(BPF_DW, R1, kFrame, static_cast<uint32_t>(kMm));
    const size_t none = code_.JumpIfNumber(BPF_JEQ, R1, 0);
    SetMemory(TaskRecord::kLost);
    LoadPointer(R3, kMm, layout_.mm.page_tables);
    ReadKernel(InRecord(offsetof(TaskRecord, page_tables)), sizeof(uint64_t));
    LoadPointer(R3, kMm, layout_.mm.counters);
    ReadKernel(kCounters, static_cast<int32_t>(layout_.mm.counter_bytes));
    for (uint32_t i = 0; i < kPageCounters; ++i) Copy(BPF_DW, kFrame, Counter(layout_.mm.counts[i]), PagesOf(i));
    std::vector<size_t> lost;
    if (options_.processors > 0) AddParts(lost);
    ReadPointer(layout_.task.mm, kPointer);
    code_.Load(BPF_DW, R1, kFrame, static_cast<uint32_t>(kPointer));
    code_.Load(BPF_DW, R2, kFrame, static_cast<uint32_t>(kMm));
    lost.push_back(code_.JumpIf(BPF_JNE, R1, R2));
    SetMemory(TaskRecord::kMemory);
    for (const size_t jump : lost) code_.Land(jump);
    code_.Land(none);
  }

  static uint32_t Counter(uint32_t offset) { return static_cast<uint32_t>(kCounters) + offset; }

  void SetMemory(int32_t value) { code_.StoreNumber(BPF_W, kFrame, InRecord(offsetof(TaskRecord, memory)), value); }

  static size_t PagesOf(uint32_t counter) { return offsetof(TaskRecord, pages) + counter * sizeof(int64_t); }

  void LookUp(int32_t helper) {
    code_.StoreNumber(BPF_W, kFrame, kParts, 0);  // the key
    code_.Address(R2, kFrame, kParts);
    code_.SetMap(R1, options_.map);
    code_.Call(helper);
  }

  // The verifier lets only numbers be counted with freely, and memory of a map holds numbers.
  void MakeNumber(Register pointer) {
    code_.Store(BPF_DW, kSlot, 0, pointer);
    code_.Load(BPF_DW, pointer, kSlot, 0);
  }

  // The kernel has no helper that adds the parts of a counter up. Where a processor keeps its part is the counter's
  // pointer and the processor's offset, and that is how far a value of our map is from the map's own pointer.
  void AddParts(std::vector<size_t>& lost) {
    LookUp(BPF_FUNC_map_lookup_elem);
    leave_.push_back(code_.JumpIfNumber(BPF_JEQ, R0, 0));
    code_.Move(kSlot, R0);
    FindMapBase();
    CheckParts(lost);
    code_.Set(kProcessor, 0);
    const size_t again = code_.here();
    code_.Move(R3, kProcessor);
    LookUp(BPF_FUNC_map_lookup_percpu_elem);
    const size_t no_more = code_.JumpIfNumber(BPF_JEQ, R0, 0);
    AddPart();
    code_.OperateNumber(BPF_ADD, kProcessor, 1);
    const size_t more = code_.JumpIfNumber(BPF_JLT, kProcessor, static_cast<int32_t>(options_.processors));
    code_.LandAt(more, again);
    code_.Land(no_more);
  }

  void FindMapBase() {
    code_.SetMap(R3, options_.map);
    MakeNumber(R3);
    code_.OperateNumber(BPF_ADD, R3, static_cast<int32_t>(layout_.map_base));
    ReadKernel(kBase, sizeof(uint64_t));
  }

  // The four parts of a processor lie side by side in every kernel that adds them up; if not, nothing is made of them.
  void CheckParts(std::vector<size_t>& lost) {
    code_.Load(BPF_DW, R3, kFrame, Counter(layout_.mm.parts[0]));
    for (uint32_t i = 1; i < kPageCounters; ++i) {
      code_.OperateNumber(BPF_ADD, R3, sizeof(int32_t));
      code_.Load(BPF_DW, R2, kFrame, Counter(layout_.mm.parts[i]));
      lost.push_back(code_.JumpIf(BPF_JNE, R2, R3));
    }
  }

  // R0: the map's value of the processor.
  void AddPart() {
    MakeNumber(R0);
    code_.Load(BPF_DW, R1, kFrame, static_cast<uint32_t>(kBase));
    code_.Operate(BPF_SUB, R0, R1);
    code_.Load(BPF_DW, R3, kFrame, Counter(layout_.mm.parts[0]));
    code_.Operate(BPF_ADD, R3, R0);
    ReadKernel(kParts, kPageCounters * sizeof(int32_t));
    for (uint32_t i = 0; i < kPageCounters; ++i) {
      code_.Load(BPF_W, R1, kFrame, static_cast<uint32_t>(kParts) + i * sizeof(int32_t));
      code_.OperateNumber(BPF_LSH, R1, 32);
      code_.OperateNumber(BPF_ARSH, R1, 32);
      code_.Load(BPF_DW, R2, kFrame, static_cast<uint32_t>(InRecord(PagesOf(i))));
      code_.Operate(BPF_ADD, R2, R1);
      code_.Store(BPF_DW, kFrame, InRecord(PagesOf(i)), R2);
    }
  }

  void HandOut() {
    code_.Load(BPF_DW, R1, kContext, offsetof(Context, meta));
    code_.Load(BPF_DW, R1, R1, 0);  // its seq_file
    code_.Address(R2, kFrame, kRecord);
    code_.Set(R3, sizeof(TaskRecord));
    code_.Call(BPF_FUNC_seq_write);
  }

  const TaskLayout& layout_;
  const TaskProgramOptions& options_;
  Code code_;
  std::vector<size_t> leave_;  // jumps to the end
};

}  // namespace

std::vector<bpf_insn> MakeTaskProgram(const TaskLayout& layout, const TaskProgramOptions& options) {
  return TaskProgram(layout, options).Make();
}

}  // namespace glassheap::tools
