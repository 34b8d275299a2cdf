// SPDX-License-Identifier: GPL-3.0-or-later
// Whoever cost much the last time has a turn when there is time left, so that the others are served as if
// it were not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace goxel_telemetry::http_bridge {

class Turns {
 public:
  // What one round may take, in time of the processor.
  explicit Turns(std::uint64_t budget_ns) : budget_ns_(budget_ns) {}

  // Serves each of `count` that cost little the last time, and as many of the others as there is time for, at
  // least one. They are known by their names.
  void round(std::size_t count, const std::function<const std::string&(std::size_t)>& name,
             const std::function<void(std::size_t)>& serve);
  void forget(const std::string& name) { cost_ns_.erase(name); }

  // What a round takes, of the last ones: one that was slow by chance hardly counts.
  std::uint64_t usual_round_ns() const { return usual_round_ns_; }

 private:
  const std::uint64_t budget_ns_;
  std::map<std::string, std::uint64_t> cost_ns_;  // the last time
  std::string last_costly_;                       // the last of those that was served
  std::uint64_t usual_round_ns_ = 0;
};

}  // namespace goxel_telemetry::http_bridge
