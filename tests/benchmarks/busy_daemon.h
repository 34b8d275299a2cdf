// SPDX-License-Identifier: GPL-3.0-or-later
// For benchmarks: a daemon of 64 operations whose latencies are spread over three powers of ten. Its clock is an argument.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "shm/catalog.h"
#include "shm/clock.h"
#include "shm/producer.h"
#include "shm/segment.h"

namespace goxel_telemetry::benchmarks {

inline constexpr std::uint32_t kOperations = 64;

inline std::vector<std::uint64_t> latencies(std::size_t count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> distribution(std::log(150'000.0), 1.0);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values) value = static_cast<std::uint64_t>(distribution(random));
  return values;
}

inline std::string name_of_operation(std::uint64_t operation) {
  return "goxel.operation_" + std::to_string(operation);
}

class BusyDaemon {
 public:
  explicit BusyDaemon(const std::string& instance) {
    shm::SegmentOptions options;
    options.instance = instance;
    shm::Created created = shm::create_segment(options);
    if (created.outcome != shm::CreateOutcome::created) throw std::runtime_error(created.message);
    mapping_ = std::move(created.mapping);
    const shm::ProducerView segment(mapping_->bytes());
    shm::Header& header = segment.header();
    instance_ = options.instance;
    run_id_ = header.run_id;
    shm::store(header.calibration, shm::Calibration{});
    shm::CatalogWriter catalog(header, segment.catalog());
    for (std::uint32_t i = 0; i < kOperations; ++i) {
      operations_.push_back(catalog.intern(shm::NameKind::operation, name_of_operation(i)));
    }
    for (std::uint32_t i = 0; i < kBusyLanes; ++i) lanes_.emplace_back(segment, i);
  }
  ~BusyDaemon() { shm::remove_segment(instance_, run_id_); }
  BusyDaemon(const BusyDaemon&) = delete;
  BusyDaemon& operator=(const BusyDaemon&) = delete;

  // `count` records that end one after the other from `begin_ns` on, spread over the lanes.
  void publish(std::uint64_t count, std::uint64_t begin_ns, std::uint64_t step_ns) {
    for (std::uint64_t i = 0; i < count; ++i, ++published_) {
      const std::uint64_t duration = durations_[published_ % durations_.size()];
      shm::Record record{};
      record.start_ticks = begin_ns + i * step_ns - duration;
      record.duration_ticks = duration & shm::kTicksAtLeast;
      record.operation = operations_[published_ * 7 % kOperations];
      record.layer = shm::names::kDaemon;
      record.stack = published_ % 3 == 0 ? shm::names::kTwoLayer : shm::names::kFourLayer;
      record.protocol = 1;
      record.bytes_in = 120;
      record.bytes_out = 80;
      lanes_[published_ % kBusyLanes].publish(record);
    }
  }
  std::uint64_t published() const { return published_; }

  const std::string& instance() const { return instance_; }

 private:
  static constexpr std::uint32_t kBusyLanes = 8;

  std::unique_ptr<shm::Mapping> mapping_;
  std::string instance_;
  std::uint64_t run_id_ = 0;
  std::vector<std::uint16_t> operations_;
  std::vector<shm::Producer> lanes_;
  const std::vector<std::uint64_t> durations_ = latencies(65'536);
  std::uint64_t published_ = 0;
};

}  // namespace goxel_telemetry::benchmarks
