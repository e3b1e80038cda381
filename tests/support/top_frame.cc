#include "tests/support/top_frame.h"

#include "tools/view/top/table.h"

namespace glassheap::testing {
namespace {

using namespace tools;

constexpr uint64_t kMiB = uint64_t{1} << 20;

Machine MakeMachine() {
  Machine machine;
  machine.memory.total = 24064 * kMiB;
  machine.memory.used = 15872 * kMiB;
  machine.memory.free = 3000 * kMiB;
  machine.memory.cache = 5000 * kMiB;
  machine.memory.shared = 900 * kMiB;
  machine.memory.buffers = 700 * kMiB;
  machine.memory.available = 8233 * kMiB;
  machine.memory.swap_total = 4096 * kMiB;
  machine.memory.swap_used = 205 * kMiB;
  machine.load = LoadAverage{2.1, 1.84, 1.2};
  machine.uptime_seconds = 2687400;
  machine.pressure = Pressure{12.4, 3.1, 4.0, 1.0};
  machine.tasks = 312;
  machine.heaps = HeapTotals{
      .processes = 3, .live = 3174 * int64_t{kMiB}, .cached = 212 * int64_t{kMiB}, .fragmented = 480 * int64_t{kMiB}};
  return machine;
}

Process MakeRedis() {
  Process redis = MakeTopProcess(4242, "redis", 4034, "redis-server *:6379");
  redis.name = "redis-server";
  redis.growth_per_minute = 18.0 * kMiB;
  redis.growth_sustained = true;
  redis.allocated_per_second = 310.0 * kMiB;
  redis.heap =
      ProcessHeap{.live = 2662 * int64_t{kMiB}, .cached = 412 * int64_t{kMiB}, .fragmented = 490 * int64_t{kMiB}};
  redis.thread_list = {{4242, "redis-server", 'S', 1 << 20, {}}, {4243, "bio_close_file", 'S', 1 << 16, {}}};
  return redis;
}

}  // namespace

Process MakeTopProcess(pid_t pid, const char* user, uint64_t mib, const char* command_line) {
  Process process;
  process.pid = pid;
  process.incarnation = static_cast<uint64_t>(pid) + 1000;
  process.ppid = 1;
  process.user = user;
  process.name = "name";
  process.command_line = command_line;
  process.state = 'S';
  process.rss = mib * kMiB;
  process.swap = 0;
  process.oom_score_adj = 0;
  process.badness = static_cast<int64_t>(mib * kMiB);
  process.rank = static_cast<uint64_t>(pid) % 7 + 1;
  process.growth_per_minute = 0;
  return process;
}

TopFrame MakeTopFrame() {
  TopFrame frame;
  frame.machine = MakeMachine();
  Process postgres = MakeTopProcess(977, "postgres", 2150, "postgres: checkpointer");
  postgres.swap = 120 * kMiB;
  postgres.oom_score_adj = -900;
  postgres.name = "postgres";
  Process hostile = MakeTopProcess(6001, "averyveryverylongusername", 4, "./evil \x1b[2J\n日本語 \xff");
  hostile.name = ") R 1 (\x1b[2J";
  hostile.cgroup = "/a\x1b[31m\nb";
  Process kernel;
  kernel.pid = 2;
  kernel.ppid = 0;
  kernel.user = "root";
  kernel.name = "kthreadd";
  kernel.kernel_thread = true;
  frame.processes = {kernel, postgres, MakeRedis(), hostile};
  for (pid_t pid = 7000; pid < 7020; ++pid) {
    Process worker = MakeTopProcess(pid, "www", 3, "node worker.js");
    worker.name = "node";
    worker.ppid = pid == 7000 ? 1 : 7000;
    frame.processes.push_back(worker);
  }
  return frame;
}

TopState MakeTopState() {
  TopState state;
  state.settings.fields = TopDefaultFields();
  state.settings.sort = *ParseProcessSort("rss");
  return state;
}

KeyPress PressOf(const std::string& name) {
  if (name == "Space") return {Key::kCharacter, " "};
  if (name.size() == 2 && name[0] == '^') return {Key::kCharacter, std::string(1, static_cast<char>(name[1] - '@'))};
  for (int key = static_cast<int>(Key::kUp); key <= static_cast<int>(Key::kF10); ++key) {
    if (NameOf({static_cast<Key>(key)}) == name) return {static_cast<Key>(key)};
  }
  return {Key::kCharacter, name};
}

}  // namespace glassheap::testing
