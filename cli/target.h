// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses the instance that a command is about, and takes the first look at it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "metrics/layers/layer_group.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::cli {

inline constexpr int kExitNotThere = 1;  // no daemon, no segment, no permission, no room to write
inline constexpr int kExitUsage = 2;     // bad flags or values
inline constexpr int kExitSlower = 3;    // compare --fail-on slower

// Ends the command: what() is one sentence for the operator.
class Failure : public std::runtime_error {
 public:
  Failure(int exit_code, const std::string& sentence)
      : std::runtime_error(sentence), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// `given`, or the only instance on this machine if it is empty. Throws Failure.
std::string choose_instance(const std::string& given);

// Sweeps for the first time, which reads the records that the ring still holds. Throws Failure if
// there is no segment to read; the daemon may be dead.
metrics::Snapshot first_look(metrics::Follower& follower);
// The same for a daemon with its outer layers.
metrics::Snapshot first_look(metrics::LayerGroup& group);

// Sweeps for so long as often as it takes to see what comes when it comes: for what needs two readings.
template <class Watched>
void keep_looking(Watched& watched, std::chrono::milliseconds how_long) {
  constexpr std::chrono::milliseconds kBetween{10};
  const auto until = std::chrono::steady_clock::now() + how_long;
  while (std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kBetween);
    watched.sweep(metrics::Time::now());
  }
}

}  // namespace goxel_telemetry::cli
