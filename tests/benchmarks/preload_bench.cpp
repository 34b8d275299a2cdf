// SPDX-License-Identifier: GPL-3.0-or-later
// What the preload door adds to the calls of one request: the daemon's poll, recv, send and send of a newline, by turns through
// the preloaded plugin and past it. The calls themselves are those of preload_calls.cpp, which do nothing, so that the
// difference is not lost in the kernel's noise. tests/benchmarks/run starts this program again and again, by turns with
// different builds of the plugin.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cold.h"
#include "fenced_clock.h"
#include "measured.h"
#include "preload_door.h"
#include "shm/clock.h"

namespace {

using goxel_telemetry::shm::clock_ns;

// Nanoseconds of this thread's processor time that `requests` requests take.
std::uint64_t cost_of(const Calls& calls, int fd, int requests) {
  char* const buffer = request_buffer();
  const std::uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < requests; ++i) one_request(calls, fd, buffer);
  return clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

// Nanoseconds a request, median of many pairs.
void hot() {
  constexpr int kRequests = 2000;
  constexpr int kPairs = 100;
  const int fd = new_connection();
  std::vector<double> added;
  for (int i = 0; i < kPairs; ++i) {
    const std::uint64_t through = cost_of(through_the_plugin(), fd, kRequests);
    const std::uint64_t past = cost_of(past_the_plugin(), fd, kRequests);
    added.push_back((static_cast<double>(through) - static_cast<double>(past)) / kRequests);
  }
  print_measured({{"added", median(added)}, {"quiet", quantile(added, 0.1)}});
}

// Everything is evicted while the daemon waits for the next request; then nothing but what the calls themselves evict. That the
// daemon works between recv and send, and evicts again, is not in it: tests/benchmarks/demo has that.
class Cold {
 public:
  Cold() : watch_(*of_preload_calls<PreloadWatch>("preload_watch")), ns_(ns_per_tick()) {
    watch = &watch_;
  }

  // Some requests in a row: what the plugin leaves for the next call is done by the next call.
  void requests(const Calls& calls, int fd, Added& added) {
    constexpr int kInARow = 5;
    constexpr int kWarmUp = 20;
    char* const buffer = request_buffer();
    for (int i = 0; i < kWarmUp; ++i) one_request(calls, fd, buffer);
    watch_.stamps = true;
    watch_.waiting = [] {
      become_cold();
      // The kernel has just written the request, and the daemon will just have written the answer.
      warm(request_buffer(), sizeof kRequest);
      warm(kAnswer, sizeof kAnswer);
      warm(watch, sizeof *watch);
    };
    for (int i = 0; i < kInARow; ++i) {
      one_request(calls, fd, buffer);
      const PreloadWatch last = watch_;
      watch_.nothing_comes = true;
      pollfd waiting{fd, POLLIN, 0};
      calls.poll(&waiting, 1, 100);
      watch_.nothing_comes = false;
      if (i == 0) continue;  // the branches of become_cold() are new
      double on_path = 0;
      for (std::size_t call = kPoll; call < kSendNewline; ++call) {
        on_path += static_cast<double>(last.entered[call + 1] - last.returned[call]);
      }
      added.add(on_path * ns_,
                static_cast<double>(watch_.entered[kPoll] - last.returned[kSendNewline]) * ns_);
    }
    watch_.stamps = false;
    watch_.waiting = nullptr;
  }

 private:
  inline static PreloadWatch* watch = nullptr;
  PreloadWatch& watch_;
  double ns_;
};

void cold() {
  constexpr int kPairs = 16;
  const int fd = new_connection();
  Cold cold;
  Added through;
  Added past;
  for (int i = 0; i < kPairs; ++i) {
    cold.requests(through_the_plugin(), fd, through);
    cold.requests(past_the_plugin(), fd, past);
  }
  print_cold(through, past);
}

// The clock readings alone: the part of the cost that depends on the machine.
void three_clocks() {
  constexpr int kRounds = 1'000'000;
  const auto source = goxel_telemetry::shm::best_clock_source();
  std::uint64_t sum = 0;
  const std::uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < 3 * kRounds; ++i) sum += goxel_telemetry::shm::read_ticks(source);
  const std::uint64_t spent = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
  asm volatile("" : : "r"(sum));
  print_measured({{"ns", static_cast<double>(spent) / kRounds}});
}

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

// The first request of a new connection on a new thread, with as many of both as the stock daemon
// allows. Threads and connections stay until all were measured.
void first_request() {
  constexpr int kThreads = 250;
  std::vector<double> costs;
  std::vector<std::thread> threads;
  std::atomic<bool> done{false};
  std::atomic<int> measured{0};
  std::atomic<long> faults{0};
  for (int i = 0; i < kThreads; ++i) {
    const int fd = new_connection();
    std::uint64_t cost = 0;
    threads.emplace_back([&, fd] {
      char* const buffer = request_buffer();
      one_request(past_the_plugin(), fd, buffer);  // the daemon's own stack and code are warm
      const long faults_before = page_faults();
      const std::uint64_t start = clock_ns(CLOCK_MONOTONIC);
      one_request(through_the_plugin(), fd, buffer);
      cost = clock_ns(CLOCK_MONOTONIC) - start;
      faults += page_faults() - faults_before;
      measured.fetch_add(1);
      while (!done.load()) usleep(1000);
    });
    while (measured.load() <= i) usleep(50);
    costs.push_back(static_cast<double>(cost));
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  print_measured({{"p50", median(costs)},
                  {"p99", quantile(costs, 0.99)},
                  {"most", quantile(costs, 1)},
                  {"page_faults", static_cast<double>(faults.load())}});
}

// Starts itself again with the plugin preloaded, and preload_calls.cpp after it.
void preload(char** arguments) {
  if (std::getenv("PRELOAD_BENCH") != nullptr) return;
  const std::string instance = "preload-bench-" + std::to_string(getpid());
  setenv("PRELOAD_BENCH", instance.c_str(), 1);
  setenv("GOXEL_TELEMETRY_SETTINGS", ("instance=" + instance).c_str(), 1);
  setenv("LD_PRELOAD", (std::string(arguments[2]) + ":" PRELOAD_CALLS_PATH).c_str(), 1);
  execv("/proc/self/exe", arguments);
  std::perror("preload_bench");
  std::exit(1);
}

}  // namespace

// preload_bench hot|cold|first|clocks PLUGIN
int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "preload_bench hot|cold|first|clocks PLUGIN\n");
    return 2;
  }
  preload(arguments);
  const std::string_view what = arguments[1];
  if (what == "hot") hot();
  if (what == "cold") cold();
  if (what == "first") first_request();
  if (what == "clocks") three_clocks();
  unlink((std::string("/dev/shm/goxel-telemetry.") + std::getenv("PRELOAD_BENCH")).c_str());
}
