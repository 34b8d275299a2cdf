// SPDX-License-Identifier: GPL-3.0-or-later
// A segment with one writer, and verbs to put records into it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>

#include "metrics/live/follower.h"
#include "shm/catalog.h"
#include "shm/clock.h"
#include "shm/inflight.h"
#include "shm/producer.h"
#include "shm/segment.h"
#include "tests/shm/remove_segment.h"

namespace goxel_telemetry::metrics {

inline constexpr std::uint64_t kSecond = 1'000'000'000;

// A name that no other test uses at the same time.
inline std::string unique_instance() {
  static std::atomic<int> number{0};
  return "metrics-test-" + std::to_string(getpid()) + "-" + std::to_string(number++);
}

// A file that any user may put where an instance's segment is looked for.
class JunkFile {
 public:
  explicit JunkFile(const std::string& instance) : path_("/dev/shm/goxel-telemetry." + instance) {
    std::ofstream(path_) << "junk";
  }
  ~JunkFile() { unlink(path_.c_str()); }
  JunkFile(const JunkFile&) = delete;
  JunkFile& operator=(const JunkFile&) = delete;

 private:
  std::string path_;
};

class TestSegment {
 public:
  explicit TestSegment(const std::string& instance, std::vector<shm::LaneTier> tiers = {{2, 1024}},
                       std::uint32_t catalog_capacity = 512, std::uint16_t operation_totals = 0) {
    shm::SegmentOptions options;
    options.instance = instance;
    options.host_name = "test-daemon";
    options.host_version = "1.2";
    options.door = shm::Door::abi;
    options.workers_configured = 8;
    options.catalog_capacity = catalog_capacity;
    options.inflight_capacity = 16;
    options.operation_totals = operation_totals;
    options.tiers = std::move(tiers);
    shm::Created created = shm::create_segment(options);
    EXPECT_EQ(created.outcome, shm::CreateOutcome::created) << created.message;
    mapping_ = std::move(created.mapping);
    catalog_ = std::make_unique<shm::CatalogWriter>(header(), segment().catalog());
    shm::store(header().calibration, shm::Calibration{});  // ticks are nanoseconds
    use_lane(0);
  }

  void use_lane(std::uint32_t lane) { producer_ = shm::Producer(segment(), lane); }

  void show_point(std::uint32_t place, const shm::CollectionPoint& point) {
    shm::show(segment().collection_points()[place], point);
  }

  std::uint16_t operation(std::string_view name, std::uint32_t target_us = 0) {
    return catalog_->intern(shm::NameKind::operation, name, target_us);
  }

  // Gives two ids the same name, as two threads do that enter a name at the same instant.
  void rename(std::uint16_t id, std::string_view name) {
    shm::CatalogEntry& entry = segment().catalog()[id];
    name.copy(entry.name, name.size());
    entry.length = static_cast<std::uint8_t>(name.size());
  }

  // A record of the daemon; its ticks are CLOCK_MONOTONIC nanoseconds.
  static shm::Record record(std::uint16_t operation, std::uint64_t end_ns,
                            std::uint64_t duration_ns, shm::Status status = shm::Status::ok) {
    shm::Record record{};
    record.start_ticks = end_ns - duration_ns;
    record.duration_ticks = shm::clip_ticks(duration_ns) & shm::kTicksAtLeast;
    record.operation = operation;
    record.layer = shm::names::kDaemon;
    record.stack = shm::names::kTwoLayer;
    record.protocol = static_cast<std::uint8_t>(shm::Protocol::mcp);
    record.status = static_cast<std::uint8_t>(status);
    record.bytes_in = 100;
    record.bytes_out = 50;
    return record;
  }

  void publish(const shm::Record& record) {
    producer_.publish(record);
    if (record.status < shm::kStatusCount) shm::add(producer_.counters().records[record.status], 1);
    shm::add(producer_.counters().bytes_in, record.bytes_in);
    shm::add(producer_.counters().bytes_out, record.bytes_out);
    shm::add(producer_.counters().span_ticks, record.duration_ticks);
  }
  void publish(std::string_view name, std::uint64_t end_ns, std::uint64_t duration_ns,
               shm::Status status = shm::Status::ok) {
    publish(record(operation(name), end_ns, duration_ns, status));
  }

  void hold(std::uint32_t line, const shm::InflightEntry& entry) {
    shm::write_stamped(segment().inflight()[line], 1, 2, entry.words());
  }

  shm::ProducerView segment() const { return shm::ProducerView(mapping_->bytes()); }
  std::span<std::byte> bytes() const { return mapping_->bytes(); }
  shm::Header& header() { return segment().header(); }
  shm::LaneCounters& counters() { return producer_.counters(); }
  std::uint64_t created_ns() { return header().created_monotonic_ns; }
  void retire() {
    header().state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                         std::memory_order_release);
  }

 private:
  std::unique_ptr<shm::Mapping> mapping_;
  std::unique_ptr<shm::CatalogWriter> catalog_;
  shm::Producer producer_;
};

// A follower, and a clock that begins when the test starts and moves only when the test says so.
class FollowerTest : public testing::Test {
 protected:
  ~FollowerTest() override { shm::remove_segment_of(instance_); }

  // Moves the clock to the beginning of a second: of the next one, or of the one `seconds` - 1
  // later.
  void pass(std::uint64_t seconds) {
    const std::uint64_t passed = kSecond - now_.monotonic_ns % kSecond + (seconds - 1) * kSecond;
    now_.monotonic_ns += passed;
    now_.realtime_ns += passed;
  }

  Snapshot look() {
    follower_.sweep(now_);
    return follower_.snapshot(now_);
  }

  const std::string instance_ = unique_instance();
  Follower follower_{instance_};
  Time now_ = Time::now();
};

inline const OperationStats* find(const Snapshot& snapshot, std::string_view operation) {
  for (const OperationStats& stats : snapshot.operations) {
    if (stats.key.operation == operation) return &stats;
  }
  return nullptr;
}

}  // namespace goxel_telemetry::metrics
