// The exporter: metrics of the machine and of every heap at http://HOST:PORT/metrics, until SIGTERM or SIGINT.
// Started by `memstat serve`, which has checked the options: memstat-serve HOST:PORT MAX_HEAPS ROOT.
//
// Tested by tests/tools/memstat_serve_test.cc.

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <signal.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/cli/program.h"
#include "tools/read/listen_address.h"
#include "tools/run/metrics_survey.h"
#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr char kName[] = "memstat";
constexpr size_t kServerThreads = 2;

prometheus::ClientMetric Convert(const MetricSample& sample, MetricKind kind) {
  prometheus::ClientMetric metric;
  for (const MetricLabel& label : sample.labels) metric.label.push_back({label.name, SanitizeUtf8(label.value)});
  if (kind == MetricKind::kCounter) {
    metric.counter.value = sample.value;
  } else {
    metric.gauge.value = sample.value;
  }
  return metric;
}

prometheus::MetricFamily Convert(const MetricFamily& family) {
  prometheus::MetricFamily converted;
  converted.name = family.name;
  converted.help = family.help;
  const bool counter = family.kind == MetricKind::kCounter;
  converted.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  for (const MetricSample& sample : family.samples) converted.metric.push_back(Convert(sample, family.kind));
  return converted;
}

// Asked by the server's threads, which take turns.
class HeapsCollectable : public prometheus::Collectable {
 public:
  HeapsCollectable(const Root& root, size_t max_heaps) : survey_(root, max_heaps) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<prometheus::MetricFamily> families;
    for (const MetricFamily& family : survey_.Collect()) families.push_back(Convert(family));
    return families;
  }

 private:
  mutable std::mutex mutex_;
  mutable MetricsSurvey survey_;
};

// Blocked in every thread, so that one place waits for them.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int Serve(const ListenAddress& address, size_t max_heaps, const Root& root) {
  const sigset_t signals = BlockEndSignals();
  if (const std::optional<Error> error = CheckFree(address)) return Failed(kName, *error);
  prometheus::Exposer exposer(address.Text(), kServerThreads);
  const auto heaps = std::make_shared<HeapsCollectable>(root, max_heaps);
  exposer.RegisterCollectable(heaps);
  const std::vector<int> ports = exposer.GetListeningPorts();
  const ListenAddress bound{address.host, static_cast<uint16_t>(ports.empty() ? address.port : ports.front())};
  if (const auto stop = WriteOutput(kName, "listening on http://" + bound.Text() + "/metrics\n")) return *stop;
  int signal = 0;
  ::sigwait(&signals, &signal);
  return kExitOk;
}

int Main(int argc, char** argv) {
  if (argc != 4) return Misused(kName, {"memstat-serve", "it is started by memstat serve"});
  const Result<ListenAddress> address = ParseListenAddress(argv[1]);
  if (!address) return Misused(kName, address.error());
  return Serve(*address, std::strtoul(argv[2], nullptr, 10), Root(argv[3]));
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kName, [&] { return Main(argc, argv); });
}
