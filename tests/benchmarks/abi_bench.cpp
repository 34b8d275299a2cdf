// SPDX-License-Identifier: GPL-3.0-or-later
// What the calls of one request through the plugin ABI take, less what calls of functions that do nothing take.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "abi_door.h"
#include "cold.h"
#include "fenced_clock.h"
#include "measured.h"
#include "shm/clock.h"

namespace {

using goxel_telemetry::shm::clock_ns;

// A plugin that does nothing.
const goxel_plugin& nothing() {
  static const goxel_plugin table = [] {
    goxel_plugin made{};
    made.request_received = [](const goxel_plugin_request*) -> goxel_plugin_request_token {
      return 1;
    };
    made.request_queued = [](goxel_plugin_request_token) {};
    made.request_started = [](goxel_plugin_request_token, std::uint32_t) {};
    made.request_answering = [](goxel_plugin_request_token) {};
    made.request_finished = [](goxel_plugin_request_token, std::uint32_t, std::uint64_t) {};
    return made;
  }();
  return table;
}

std::uint64_t cost_of(const goxel_plugin& plugin, const goxel_plugin_request& request,
                      int requests) {
  const std::uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < requests; ++i) abi_request(plugin, request, [] { asm volatile(""); });
  return clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

void hot(const goxel_plugin& plugin, const goxel_plugin_request& request) {
  constexpr int kRequests = 2000;
  constexpr int kPairs = 100;
  std::vector<double> added;
  for (int i = 0; i < kPairs; ++i) {
    const std::uint64_t through = cost_of(plugin, request, kRequests);
    const std::uint64_t past = cost_of(nothing(), request, kRequests);
    added.push_back((static_cast<double>(through) - static_cast<double>(past)) / kRequests);
  }
  print_measured({{"added", median(added)}, {"quiet", quantile(added, 0.1)}});
}

void cold_requests(const goxel_plugin& plugin, const goxel_plugin_request& request, double ns,
                   Added& added) {
  constexpr int kInARow = 5;
  constexpr int kWarmUp = 20;
  for (int i = 0; i < kWarmUp; ++i) abi_request(plugin, request, [] { asm volatile(""); });
  for (int i = 0; i < kInARow; ++i) {
    become_cold();
    warm(&request, sizeof request);
    warm(request.operation, request.operation_length);
    warm(&plugin, sizeof plugin);
    std::uint64_t departed = 0;
    const std::uint64_t arrived = fenced_ticks();
    abi_request(plugin, request, [&departed] { departed = fenced_ticks(); });
    const std::uint64_t finished = fenced_ticks();
    if (i == 0) continue;  // the branches of become_cold() are new
    added.add(static_cast<double>(departed - arrived) * ns,
              static_cast<double>(finished - departed) * ns);
  }
}

void cold(const goxel_plugin& plugin, const goxel_plugin_request& request) {
  constexpr int kPairs = 16;
  const double ns = ns_per_tick();
  Added through;
  Added past;
  for (int i = 0; i < kPairs; ++i) {
    cold_requests(plugin, request, ns, through);
    cold_requests(nothing(), request, ns, past);
  }
  print_cold(through, past);
}

}  // namespace

// abi_bench hot|cold PLUGIN
int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "abi_bench hot|cold PLUGIN\n");
    return 2;
  }
  const std::string instance = "abi-bench-" + std::to_string(getpid());
  const goxel_plugin& plugin = activated_plugin(arguments[2], instance.c_str());
  const goxel_plugin_request request = request_of_abi();
  plugin.connection_opened(request.connection);
  const std::string_view what = arguments[1];
  if (what == "hot") hot(plugin, request);
  if (what == "cold") cold(plugin, request);
  plugin.deactivate();
  unlink(("/dev/shm/goxel-telemetry." + instance).c_str());
}
