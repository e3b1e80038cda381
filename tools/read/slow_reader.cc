// Tested by tests/tools/read/slow_reader_test.cc.

#include "tools/read/slow_reader.h"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace glassheap::tools {
namespace {

using Clock = std::chrono::steady_clock;

int ReadFile(const SlowReader::Request& request, std::string& text) {
  // Not into text itself: thousands of answers wait together, and each would hold a page.
  thread_local std::string buffer;
  const int error = request.directory->ReadInto(request.name.c_str(), buffer, request.max_bytes);
  if (error == 0) text = buffer;
  return error;
}

}  // namespace

struct SlowReader::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Request> queue;
  std::vector<Answer> answers;
  std::optional<uint64_t> current;  // request that is being read
  Clock::time_point since;          // when it began
  bool end = false;
};

SlowReader::SlowReader() : SlowReader(ReadFile) {}
SlowReader::SlowReader(Read read) : read_(std::move(read)) {}

SlowReader::~SlowReader() {
  if (shared_ == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->end = true;
  shared_->changed.notify_all();
}

void SlowReader::Work(std::shared_ptr<Shared> shared, Read read) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return shared->end || !shared->queue.empty(); });
    if (shared->end) return;
    const Request request = std::move(shared->queue.front());
    shared->queue.pop_front();
    shared->current = request.id;
    const Clock::time_point start = shared->since = Clock::now();
    lock.unlock();
    Answer answer{.id = request.id};
    answer.error = read(request, answer.text);
    answer.text.shrink_to_fit();  // a read has room for 4 KiB: 8 MiB for the command lines of 2,000 processes
    answer.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    lock.lock();
    if (shared->end) return;  // given up meanwhile
    shared->current.reset();
    shared->answers.push_back(std::move(answer));
    if (shared->queue.empty()) shared->changed.notify_all();  // the caller waits for the last one
  }
}

void SlowReader::Start() {
  if (shared_ != nullptr) return;
  shared_ = std::make_shared<Shared>();
  std::thread(Work, shared_, read_).detach();
}

void SlowReader::Ask(std::vector<Request> requests) {
  if (requests.empty()) return;
  waiting_ += requests.size();
  if (stuck_ >= kMaxStuck) {
    for (const Request& request : requests) refused_.push_back({.id = request.id, .error = ETIMEDOUT});
    return;
  }
  Start();
  const std::lock_guard lock(shared_->mutex);
  for (Request& request : requests) shared_->queue.push_back(std::move(request));
  shared_->changed.notify_all();
}

// REQUIRES: the lock is not held.
bool SlowReader::GiveUpWhenLate(std::chrono::milliseconds patience, std::vector<Answer>& answers) {
  std::unique_lock lock(shared_->mutex);
  if (!shared_->current || Clock::now() - shared_->since < patience) return false;
  answers.push_back({.id = *shared_->current, .error = ETIMEDOUT});
  shared_->end = true;  // for that thread, should it ever come back
  std::deque<Request> rest = std::move(shared_->queue);
  for (Answer& answer : shared_->answers) answers.push_back(std::move(answer));
  shared_->answers.clear();
  lock.unlock();
  shared_.reset();
  ++stuck_;
  if (stuck_ < kMaxStuck) {
    Start();
    const std::lock_guard again(shared_->mutex);
    shared_->queue = std::move(rest);
    shared_->changed.notify_all();
  } else {
    for (const Request& request : rest) answers.push_back({.id = request.id, .error = ETIMEDOUT});
  }
  return true;
}

std::vector<SlowReader::Answer> SlowReader::CollectReady(std::chrono::milliseconds patience) {
  std::vector<Answer> answers = std::exchange(refused_, {});
  if (shared_ != nullptr) {
    {
      const std::lock_guard lock(shared_->mutex);
      answers = std::exchange(shared_->answers, {});
    }
    GiveUpWhenLate(patience, answers);
  }
  waiting_ -= answers.size();
  return answers;
}

std::vector<SlowReader::Answer> SlowReader::Collect(std::chrono::milliseconds patience) {
  std::vector<Answer> answers;
  while (waiting_ > 0) {
    if (shared_ != nullptr) {
      std::unique_lock lock(shared_->mutex);
      shared_->changed.wait_for(lock, patience, [&] { return shared_->queue.empty() && !shared_->current; });
    }
    for (Answer& answer : CollectReady(patience)) answers.push_back(std::move(answer));
  }
  return answers;
}

std::vector<SlowReader::Answer> SlowReader::CollectWithin(std::chrono::milliseconds time) {
  if (shared_ == nullptr) return {};
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, time, [&] { return shared_->queue.empty() && !shared_->current; });
  std::vector<Answer> answers = std::exchange(shared_->answers, {});
  waiting_ -= answers.size();
  return answers;
}

}  // namespace glassheap::tools
