// A process that does nothing until the object goes: for tests to look at and
// to write to.

#ifndef GLASSHEAP_TESTS_SUPPORT_IDLE_PROCESS_H_
#define GLASSHEAP_TESTS_SUPPORT_IDLE_PROCESS_H_

#include <sys/types.h>

#include <functional>

namespace glassheap::testing {

class IdleProcess {
 public:
  // In the child, before it idles: prepare().
  explicit IdleProcess(const std::function<void()>& prepare = [] {});
  ~IdleProcess();
  IdleProcess(const IdleProcess&) = delete;
  IdleProcess& operator=(const IdleProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Ends it; it stays a zombie until the object goes.
  void End();

 private:
  pid_t pid_;
};

// A process that idles, with a pid of our choice that nobody has; another number, or -1, where that is not allowed. Needs
// CAP_CHECKPOINT_RESTORE or root.
pid_t ForkWithPid(pid_t pid);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_IDLE_PROCESS_H_
