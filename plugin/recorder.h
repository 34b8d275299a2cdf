// SPDX-License-Identifier: GPL-3.0-or-later
// Owns the segment, its lanes and its in-flight table. Both doors record through it.
//
// Threads: everything marked hot may be called from any thread at once. It takes no lock, does not
// allocate and makes no system call. A thread gets a lane of its own with its first record and
// gives it back when it ends. A thread for which no lane is free uses, for each record, one of a
// few shared lanes, which belong to a thread only for the time of one record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "plugin/settings.h"
#include "shm/catalog.h"
#include "shm/clock.h"
#include "shm/inflight.h"
#include "shm/place_map.h"
#include "shm/producer.h"
#include "shm/segment.h"

namespace goxel_telemetry::plugin {

// Requests that can be in flight at once; a further request ends the oldest one of its connection.
inline constexpr std::uint32_t kInflightLines = 8192;

class Recorder {
 public:
  struct Host {
    std::string name;
    std::string version;
    std::uint32_t workers_configured = 0;
  };

  // Null, with a sentence for the operator in `why`, if the segment cannot be made. [any thread,
  // not hot]
  static std::unique_ptr<Recorder> create(const Settings& settings, const Host& host,
                                          shm::Door door, std::string& why);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The segment's clock. [hot]
  std::uint64_t now() const noexcept { return shm::read_ticks(clock_source_); }

  // A time in nanoseconds as ticks. [hot]
  std::uint64_t ticks_of_ns(std::uint64_t ns) const noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(ns) * ticks_per_ns_);
  }

  // Publishes a finished request and counts it. The record is packed into words in the calling
  // function, where its fields are still in registers: see Record::words(). [hot]
  void publish(const shm::Record& record) noexcept { publish(record.words()); }
  void publish(const shm::Words& record) noexcept;

  // The catalog's number of a method or tool. [hot]
  std::uint16_t operation(std::string_view name) noexcept {
    if (name.starts_with('_')) [[unlikely]]
      return operation_of_theirs(name);
    return catalog_.intern(shm::NameKind::operation, name);
  }
  // The catalog's number of a stack that a caller names. Stacks whose number does not fit a
  // record's 8 bits count as names::kOther.
  std::uint8_t stack(std::string_view name) noexcept;

  // A line of the in-flight table, index below kInflightLines. The thread that claimed it owns it.
  // [hot]
  shm::InflightLine& line(std::uint32_t index) noexcept { return inflight_[index]; }

  shm::Gauges& gauges() noexcept { return header_->gauges; }

  std::uint64_t unanswered_after_ticks() const noexcept { return unanswered_after_ticks_; }

  // Adds to the time that the plugin has spent, as extrapolated from one timed call. [hot]
  void add_own_cost(std::uint64_t ticks) noexcept;

  // The ticks that two readings of the clock take by themselves.
  std::uint64_t clock_cost_ticks() const noexcept { return clock_cost_ticks_; }

  // The number of the calling thread's lane, for Record::worker; kNoWorker if it has none. [hot]
  std::uint16_t worker() noexcept;

  // Gives a sign of life and a fresh calibration. [one thread at a time, about once a second]
  void beat() noexcept;
  // Marks the segment as retired: no record follows. The segment stays and can be read.
  void retire() noexcept;
  // Retires a segment that was never in use, and removes it.
  void withdraw() noexcept;

 private:
  Recorder(std::unique_ptr<shm::Mapping> mapping, const Settings& settings,
           shm::ClockSource clock_source);

  // Names that begin with an underscore are ours; those of clients get a second one.
  std::uint16_t operation_of_theirs(std::string_view name) noexcept;
  bool claim_lane() noexcept;
  void publish_without_lane(const shm::Words& record) noexcept;
  void publish_shared(const shm::Words& record) noexcept;
  static void give_lane_back(void* thread_state) noexcept;
  // One thread at a time, like beat().
  void show_sign_of_life() noexcept;

  std::unique_ptr<shm::Mapping> mapping_;
  shm::ProducerView segment_;
  shm::Header* header_;
  shm::CatalogWriter catalog_;
  shm::InflightLine* inflight_;
  shm::CollectionPointLine& own_point_;  // this process, in the table of collection points
  std::uint32_t lane_count_;
  std::uint32_t own_lanes_;  // the lanes after these are shared
  shm::ClockSource clock_source_;
  shm::Calibrator calibrator_;
  double ticks_per_ns_ = 1;
  std::uint64_t unanswered_after_ticks_ = 0;
  std::uint64_t clock_cost_ticks_ = 0;
  // Different for each recorder: distinguishes this recorder's lanes from those of a parent
  // process's recorder.
  std::uint64_t epoch_;
  static constexpr std::uint32_t kMaxLanes = 4096;
  shm::PlaceMap<kMaxLanes> lane_map_;
};

}  // namespace goxel_telemetry::plugin
