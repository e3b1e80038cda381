#include "allocator/front/hardened/stack_trace.h"

#include <dlfcn.h>
#include <unwind.h>

#include "allocator/base/message.h"
#include "allocator/base/system_call.h"

// Weak: there when libgcc_s is loaded. The library itself must not pull it into C programs.
#pragma weak _Unwind_Backtrace
#pragma weak _Unwind_GetIP

namespace glassheap {
namespace {

_Unwind_Reason_Code AddFrame(struct _Unwind_Context* context, void* argument) {
  StackTrace& trace = *static_cast<StackTrace*>(argument);
  if (trace.count == kMaxFrames) return _URC_END_OF_STACK;
  trace.frames[trace.count++] = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

// The chain of frame pointers, in a copy of the stack that the kernel makes: a wild pointer ends it.
void FollowFramePointers(StackTrace* trace) {
  constexpr size_t kBytes = 8192;
  static_assert(kBytes % sizeof(uintptr_t) == 0);
  uintptr_t copy[kBytes / sizeof(uintptr_t)];
  const uintptr_t start = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  struct {
    void* base;
    size_t size;
  } local = {copy, kBytes}, remote = {reinterpret_cast<void*>(start), kBytes};
  const long got =
      SystemCall(SYS_process_vm_readv, SystemCall(SYS_getpid), AsArgument(&local), 1, AsArgument(&remote), 1);
  if (got <= 0) return;
  for (uintptr_t frame = start; trace->count < kMaxFrames;) {
    const size_t offset = frame - start;
    if (offset % sizeof(uintptr_t) != 0 || offset + 16 > static_cast<size_t>(got)) return;
    const uintptr_t next = copy[offset / 8], from = copy[offset / 8 + 1];
    if (from < 4096) return;
    trace->frames[trace->count++] = from;
    if (next <= frame) return;
    frame = next;
  }
}

void Write(const Message& line) { SystemCall(SYS_write, 2, AsArgument(line.data()), static_cast<long>(line.size())); }

}  // namespace

void StackTrace::Capture() {
  count = 0;
  thread = static_cast<uint32_t>(SystemCall(SYS_gettid));
  if (_Unwind_Backtrace != nullptr && _Unwind_GetIP != nullptr) {
    _Unwind_Backtrace(&AddFrame, this);
  } else {
    FollowFramePointers(this);
  }
}

void StackTrace::Print(const char* title) const {
  Write(Message().Text("  ").Text(title).Text(" by thread ").Decimal(thread).Text(count == 0 ? ": no stack\n" : ":\n"));
  for (uint32_t i = 0; i < count; ++i) {
    Message line;
    line.Text("    #").Decimal(i).Text(" ").Hex(frames[i]);
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(frames[i]), &info) != 0 && info.dli_fname != nullptr) {
      line.Text(" in ").Text(info.dli_fname).Text("+").Hex(frames[i] - reinterpret_cast<uintptr_t>(info.dli_fbase));
      if (info.dli_sname != nullptr) line.Text(" ").Text(info.dli_sname);
    }
    Write(line.Text("\n"));
  }
}

}  // namespace glassheap
