// SPDX-License-Identifier: GPL-3.0-or-later
// A segment into which a recorded run is played. Every reader can open it like a daemon's segment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metrics/recording/recording.h"
#include "shm/catalog.h"
#include "shm/producer.h"
#include "shm/segment.h"

namespace goxel_telemetry::cli {

class ReplayedSegment {
 public:
  // All records go through one lane, so that they keep their order.
  static constexpr std::uint64_t kSlots = std::uint64_t{1} << 17;

  // `created_ns` is of this machine's CLOCK_MONOTONIC, like all times below. Replaces an older
  // segment of this name if it is retired or its producer is dead. Throws Failure.
  ReplayedSegment(const std::string& instance, const metrics::recording::RunBegan& run,
                  std::uint64_t created_ns);
  // Removes the name.
  ~ReplayedSegment();
  ReplayedSegment(const ReplayedSegment&) = delete;
  ReplayedSegment& operator=(const ReplayedSegment&) = delete;

  void enter(const metrics::recording::Name& name);
  // The record's ids are the recorded ones.
  void publish(shm::Record record);
  // Shows the moment's gauges, own cost since the first moment of the run, and requests in flight.
  void show(const metrics::recording::Moment& moment);

  void beat(std::uint64_t now_ns);
  void retire(std::uint64_t now_ns);

 private:
  shm::ProducerView segment() const { return shm::ProducerView(mapping_->bytes()); }
  shm::Header& header() const { return segment().header(); }
  std::uint16_t id(std::uint64_t recorded) const;
  std::uint8_t short_id(std::uint64_t recorded) const;  // for a layer or a stack

  std::string instance_;
  std::unique_ptr<shm::Mapping> mapping_;
  std::unique_ptr<shm::CatalogWriter> catalog_;
  shm::Producer producer_;
  std::vector<std::uint16_t> ids_;  // by recorded id; names::kOther for ids without a name
  std::size_t lines_shown_ = 0;
  bool moment_seen_ = false;
  std::uint64_t first_own_cost_ns_ = 0;
  std::uint64_t first_own_cost_samples_ = 0;
  metrics::recording::CostSums first_cost_sums_;
};

}  // namespace goxel_telemetry::cli
