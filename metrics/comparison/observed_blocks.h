// SPDX-License-Identifier: GPL-3.0-or-later
// Series that have a value for each watched block of an observation, and for no other block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/comparison/observation.h"

namespace goxel_telemetry::metrics {

// `observation` must outlive it.
class ObservedBlocks {
 public:
  explicit ObservedBlocks(const Observation& observation)
      : observation_(observation), place_(observation.observed_ns.size()) {
    for (std::size_t block = 0; block < place_.size(); ++block) {
      place_[block] = count_;
      count_ += observation.observed_ns[block] != 0;
    }
  }

  std::vector<double> series() const { return std::vector<double>(count_); }
  std::size_t place(std::uint32_t block) const { return place_[block]; }

  // Adds to each block its share of `sum`, in proportion to the time that was watched in it.
  void spread_evenly(double sum, std::vector<double>& series) const {
    const double whole = observation_.observed_seconds() * 1e9;
    for (std::size_t block = 0; block < place_.size(); ++block) {
      const std::uint64_t ns = observation_.observed_ns[block];
      if (ns != 0) series[place_[block]] += sum * static_cast<double>(ns) / whole;
    }
  }

 private:
  const Observation& observation_;
  std::vector<std::size_t> place_;
  std::size_t count_ = 0;
};

}  // namespace goxel_telemetry::metrics
