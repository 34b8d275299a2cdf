// SPDX-License-Identifier: GPL-3.0-or-later
// What the preload door adds to the calls of one request: the daemon's recv, send and send of a
// newline, by turns through the preloaded plugin and past it. The calls themselves are those of
// preload_calls.cpp, which do nothing, so that the difference is not lost in the kernel's noise.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "preload_calls.h"
#include "shm/clock.h"

namespace {

using goxel_telemetry::shm::clock_ns;

struct Calls {
  ssize_t (*recv)(int, void*, size_t, int);
  ssize_t (*send)(int, const void*, size_t, int);
};

const Calls& through_the_plugin() {
  static const Calls calls = {::recv, ::send};
  return calls;
}

template <class Function>
Function* look_up(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

const Calls& past_the_plugin() {
  static const Calls calls = [] {
    void* const library = dlopen(PRELOAD_CALLS_PATH, RTLD_NOLOAD | RTLD_LAZY);
    if (library == nullptr) std::exit(1);
    return Calls{look_up<ssize_t(int, void*, size_t, int)>(library, "recv"),
                 look_up<ssize_t(int, const void*, size_t, int)>(library, "send")};
  }();
  return calls;
}

void one_request(const Calls& calls, int fd) {
  static char buffer[sizeof kRequest];
  static bool filled = std::memcpy(buffer, kRequest, sizeof kRequest) != nullptr;
  benchmark::DoNotOptimize(filled);
  calls.recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  calls.send(fd, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL);
  calls.send(fd, "\n", 1, MSG_NOSIGNAL);
}

int new_connection() {
  static const bool listens = listen(kListener, 1) == 0;
  return listens ? accept(kListener, nullptr, nullptr) : -1;
}

// Nanoseconds of this thread's processor time that `requests` requests take.
std::uint64_t cost_of(const Calls& calls, int fd, int requests) {
  const std::uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < requests; ++i) one_request(calls, fd);
  return clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The figure is "added": nanoseconds a request, median of many pairs.
void request(benchmark::State& state) {
  constexpr int kRequests = 2000;
  const int fd = new_connection();
  std::vector<double> added;
  for (auto _ : state) {
    const std::uint64_t through = cost_of(through_the_plugin(), fd, kRequests);
    const std::uint64_t past = cost_of(past_the_plugin(), fd, kRequests);
    added.push_back((static_cast<double>(through) - static_cast<double>(past)) / kRequests);
  }
  state.counters["added"] = median(added);
  state.counters["least"] = *std::min_element(added.begin(), added.end());
}
BENCHMARK(request)->Name("preload/request");

// The clock readings alone: the part of the cost that depends on the machine.
void three_clocks(benchmark::State& state) {
  const auto source = goxel_telemetry::shm::best_clock_source();
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) {
      benchmark::DoNotOptimize(goxel_telemetry::shm::read_ticks(source));
    }
  }
}
BENCHMARK(three_clocks)->Name("preload/three_clocks");

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

// The first request of a new connection on a new thread, with as many of both as the stock daemon
// allows. Threads and connections stay until all were measured.
void first_request(benchmark::State& state) {
  constexpr int kThreads = 250;
  for (auto _ : state) {
    std::vector<std::uint64_t> costs;
    std::vector<std::thread> threads;
    std::atomic<bool> done{false};
    std::atomic<int> measured{0};
    std::atomic<long> faults{0};
    for (int i = 0; i < kThreads; ++i) {
      const int fd = new_connection();
      std::uint64_t cost = 0;
      threads.emplace_back([&, fd] {
        one_request(past_the_plugin(), fd);  // the daemon's own stack and code are warm
        const long faults_before = page_faults();
        const std::uint64_t start = clock_ns(CLOCK_MONOTONIC);
        one_request(through_the_plugin(), fd);
        cost = clock_ns(CLOCK_MONOTONIC) - start;
        faults += page_faults() - faults_before;
        measured.fetch_add(1);
        while (!done.load()) usleep(1000);
      });
      while (measured.load() <= i) usleep(50);
      costs.push_back(cost);
    }
    done = true;
    for (std::thread& thread : threads) thread.join();
    std::sort(costs.begin(), costs.end());
    state.counters["page_faults"] = static_cast<double>(faults.load());
    state.counters["p50"] = static_cast<double>(costs[kThreads / 2]);
    state.counters["p99"] = static_cast<double>(costs[kThreads * 99 / 100]);
    state.counters["most"] = static_cast<double>(costs.back());
  }
}
BENCHMARK(first_request)->Name("preload/first_request")->Iterations(1);

// Starts itself again with the plugin preloaded, and preload_calls.cpp after it.
void preload(char** arguments) {
  if (std::getenv("PRELOAD_BENCH") != nullptr) return;
  const std::string instance = "preload-bench-" + std::to_string(getpid());
  setenv("PRELOAD_BENCH", instance.c_str(), 1);
  setenv("GOXEL_TELEMETRY_SETTINGS", ("instance=" + instance).c_str(), 1);
  setenv("LD_PRELOAD", PLUGIN_PATH ":" PRELOAD_CALLS_PATH, 1);
  execv("/proc/self/exe", arguments);
  std::perror("preload_bench");
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  preload(arguments);
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  unlink((std::string("/dev/shm/goxel-telemetry.") + std::getenv("PRELOAD_BENCH")).c_str());
}
