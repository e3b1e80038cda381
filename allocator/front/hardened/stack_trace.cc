#include "allocator/front/hardened/stack_trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <unwind.h>

#include "allocator/base/lock.h"
#include "allocator/base/message.h"
#include "allocator/base/system_call.h"
#include "allocator/base/types.h"

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

// Whether a load from there would not fault. The kernel reads the set before it sees that it is to do nothing with it; and a
// sandbox that lets a program allocate lets it mask signals. (process_vm_readv, asked before, ended sshd's.)
bool IsReadable(uintptr_t address) {
  constexpr long kNothing = -1;
  return SystemCall(SYS_rt_sigprocmask, kNothing, static_cast<long>(address), 0, 8) == -EINVAL;
}

// The chain of frame pointers, over two pages of stack: what is not an address there ends it.
__attribute__((no_sanitize("address", "thread"))) void FollowFramePointers(StackTrace* trace) {
  constexpr uintptr_t kReach = 2 * kSystemPageSize;
  constexpr uintptr_t kFrame = 2 * sizeof(uintptr_t);  // where the caller's lies, and the return address
  const uintptr_t start = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  uintptr_t readable_end = RoundUp(start, kSystemPageSize);
  for (uintptr_t frame = start; trace->count < kMaxFrames;) {
    if (frame % sizeof(uintptr_t) != 0 || frame - start > kReach) return;
    for (; frame + kFrame > readable_end; readable_end += kSystemPageSize) {
      if (!IsReadable(readable_end)) return;
    }
    const uintptr_t* const words = reinterpret_cast<const uintptr_t*>(frame);
    const uintptr_t next = words[0], from = words[1];
    if (from < kSystemPageSize) return;
    trace->frames[trace->count++] = from;
    if (next <= frame) return;
    frame = next;
  }
}

void Write(const Message& line) { SystemCall(SYS_write, 2, AsArgument(line.data()), static_cast<long>(line.size())); }

}  // namespace

void StackTrace::Capture() {
  count = 0;
  thread = Lock::Self();
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
