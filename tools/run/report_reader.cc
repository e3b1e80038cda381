// Tested by tests/tools/run/report_reader_test.cc.

#include "tools/run/report_reader.h"

#include <cerrno>
#include <mutex>
#include <utility>

#include "tools/run/heap_survey.h"
#include "tools/run/process_lookup.h"

namespace glassheap::tools {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};

}  // namespace

// Shared with a thread that may be left behind, in a read that never comes back.
struct ReportReader::Slot {
  explicit Slot(const Root& of) : root(of) {}

  const Root root;
  std::mutex mutex;
  uint64_t id = 0;
  pid_t pid = 0;
  std::optional<Result<HeapReport>> report;

  int Fill(uint64_t wanted) {
    std::unique_lock lock(mutex);
    const pid_t of = pid;
    if (id != wanted) return ECANCELED;
    lock.unlock();
    Result<HeapReport> made = ReportHeap(root, of);
    lock.lock();
    if (id == wanted) report = std::move(made);
    return 0;
  }
};

ReportReader::ReportReader(const Root& root)
    : slot_(std::make_shared<Slot>(root)),
      slow_([slot = slot_](const SlowReader::Request& request, std::string&) { return slot->Fill(request.id); }) {}

void ReportReader::Ask(uint64_t id, pid_t pid, std::shared_ptr<const Directory> process) {
  {
    const std::lock_guard lock(slot_->mutex);
    slot_->id = id;
    slot_->pid = pid;
    slot_->report.reset();
  }
  slow_.Ask({{id, std::move(process), "report", 0}});
}

std::optional<ReportReader::Answer> ReportReader::Take(std::chrono::milliseconds wait) {
  auto answers = slow_.CollectWithin(wait);
  if (answers.empty()) answers = slow_.CollectReady(kPatience);
  if (answers.empty()) return std::nullopt;
  const SlowReader::Answer& answer = answers.front();
  const std::lock_guard lock(slot_->mutex);
  if (answer.error == 0 && slot_->report && slot_->id == answer.id) {
    return Answer{answer.id, answer.seconds, *std::exchange(slot_->report, std::nullopt)};
  }
  return Answer{answer.id, answer.seconds, Error{PidText(slot_->pid), "does not answer in time"}};
}

}  // namespace glassheap::tools
