// SPDX-License-Identifier: GPL-3.0-or-later
// What the preload door costs a request on top of the calls themselves: a 100-byte request, its
// 110-byte answer and the newline after it, as the stock daemon sends them, with the readings of
// the clock that the wrappers make.
#include <benchmark/benchmark.h>

#include <unistd.h>
#include <cstring>
#include <memory>
#include <string>

#include "plugin/socket_observer.h"

namespace goxel_telemetry::plugin {
namespace {

constexpr char kRequest[] =
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [10, 20, 30, 255, 0, 0, 255]}   )"
    "\n";
constexpr char kAnswer[] =
    R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "color": [ 255, 0, 0 ] }, "id": 5 }  )";
static_assert(sizeof kRequest - 1 >= 100 && sizeof kAnswer - 1 >= 108);

constexpr int kDescriptor = 40;

// One for the process: observers and recorders live for ever.
struct Observed {
  std::unique_ptr<Recorder> recorder;
  SocketObserver* observer;

  static Observed& instance() {
    static Observed observed = make();
    return observed;
  }

 private:
  static Observed make() {
    static constinit SocketObserver observer;
    Settings settings;
    settings.instance = "bench-" + std::to_string(getpid());
    std::string why;
    Observed made{Recorder::create(settings, {"preload_bench", "", 1}, shm::Door::preload, why),
                  &observer};
    if (made.recorder == nullptr) {
      std::fprintf(stderr, "preload_bench: %s\n", why.c_str());
      std::exit(1);
    }
    unlink(("/dev/shm/goxel-telemetry." + settings.instance).c_str());
    observer.start(*made.recorder);
    return made;
  }
};

void one_request(Observed& observed, int fd) {
  Recorder& recorder = *observed.recorder;
  const Chunk request{kRequest, sizeof kRequest - 1};
  const Chunk answer{kAnswer, sizeof kAnswer - 1};
  const Chunk newline{"\n", 1};
  observed.observer->received(fd, {&request, 1}, recorder.now());
  std::uint64_t before = recorder.now();
  observed.observer->sent(fd, {&answer, 1}, before, recorder.now());
  before = recorder.now();
  observed.observer->sent(fd, {&newline, 1}, before, recorder.now());
}

void request(benchmark::State& state) {
  Observed& observed = Observed::instance();
  observed.observer->accepted(kDescriptor);
  for (auto _ : state) one_request(observed, kDescriptor);
  observed.observer->closing(kDescriptor);
}
BENCHMARK(request)->Name("preload/request");

// The clock alone, which is most of it on a machine with a slow one.
void five_clocks(benchmark::State& state) {
  Recorder& recorder = *Observed::instance().recorder;
  for (auto _ : state) {
    for (int i = 0; i < 5; ++i) benchmark::DoNotOptimize(recorder.now());
  }
}
BENCHMARK(five_clocks)->Name("preload/five_clocks");

}  // namespace
}  // namespace goxel_telemetry::plugin

BENCHMARK_MAIN();
