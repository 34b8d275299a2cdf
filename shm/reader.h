// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a segment: records, gauges, requests in flight. It is a broadcast: each reader keeps its
// own place and writes nothing, and the producer does not know of its readers.
//
// Contract
//  1. Every byte of a segment is untrusted. Values are copied, checked, and only the copy is used;
//     a hostile segment can make a reader see invalid data, but cannot make it touch memory outside
//     of the mapping, loop without bound or allocate without bound.
//  2. Of each lane, every record counts once: as delivered (whole, and in lane order), as lost, or as
//     gone before this reader began. Lost is what was published after a reader had attached and was
//     overwritten before the reader came to it. What was published earlier is there to be read as
//     long as the ring still holds it; if it is overwritten first, that is no reader's loss.
//  3. Sweep on a timer (tens of milliseconds). A reader that chases the newest slot makes the
//     writer's cache lines travel and slows it 2 to 20 times.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/catalog.h"
#include "shm/clock.h"
#include "shm/lane_reader.h"
#include "shm/producer_state.h"
#include "shm/segment.h"

namespace goxel_telemetry::shm {

struct Sweep {
  std::uint64_t records = 0;
  std::uint64_t lost = 0;
  bool more = false;  // its time was up before all was read: the next one goes on from there
};
// CLOCK_MONOTONIC at which a sweep stops.
inline constexpr std::uint64_t kNever = UINT64_MAX;
// A sweep reads so many records at least, however late it is.
inline constexpr std::uint64_t kRecordsBetweenLooks = 256;

// Sums of all lanes' counters. Times are in ticks.
struct Totals {
  std::uint64_t published = 0;  // sum of heads
  std::uint64_t by_status[kStatusCount] = {};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t span_ticks = 0;
  std::uint64_t own_cost_ticks = 0;
  std::uint64_t own_cost_samples = 0;
  // As in CostMeter: of the timed calls alone.
  std::uint64_t waited_ticks = 0;
  std::uint64_t waited_ticks2 = 0;
  std::uint64_t after_ticks = 0;
  std::uint64_t after_ticks2 = 0;
  std::uint64_t interrupted_calls = 0;
};

// What the producer has counted of each operation in its whole life, up to a place in each lane: the
// sequence of the first record that is not in it. Records from there on are still to be added.
struct OperationTotals {
  struct Operation {
    OperationIds ids;
    std::array<std::uint64_t, kStatusCount> records;  // by Status
  };
  std::uint64_t version = 0;  // different from one time of counting to the next; 0: none yet
  std::vector<std::uint64_t> places;  // by lane
  std::vector<Operation> operations;
  // Of the same daemon's segments before this one: they are in `operations`, unless they were
  // overwritten before they were counted, and not in this segment's lanes.
  std::array<std::uint64_t, kStatusCount> earlier_records{};
  std::uint64_t earlier_bytes_in = 0;
  std::uint64_t earlier_bytes_out = 0;
};

// What a header says about its producer, copied once.
struct ProducerInfo {
  std::uint64_t run_id = 0;
  ProcessIdentity process;
  bool life_locked = false;  // it holds the life lock as long as it lives
  Door door = Door::none;
  ClockSource clock_source = ClockSource::monotonic;
  std::uint64_t created_realtime_ns = 0;
  std::uint64_t created_monotonic_ns = 0;
  std::uint64_t segment_bytes = 0;
  std::string instance;
  std::string host_name;
  std::string host_version;
  std::string producer_version;
};

// Reads one whole segment. Not thread-safe: use one Reader per thread.
class Reader {
 public:
  // Attaches to an instance's segment; every record that is still in it counts as unread. Otherwise
  // returns null, with the outcome and a sentence in `why`.
  static std::unique_ptr<Reader> open(const std::string& instance, Opened* why = nullptr);
  // The same on a mapping that the caller has; null if its layout is bad.
  static std::unique_ptr<Reader> attach(std::unique_ptr<Mapping> mapping);

  const ProducerInfo& producer() const { return producer_; }
  Provenance provenance() const { return mapping_->provenance(); }

  // Judged by the life lock. Of a producer without one (an older version): by the process, and by
  // the heartbeat (3 s) where /proc does not say. `now_ns`: CLOCK_MONOTONIC.
  ProducerState state(std::uint64_t now_ns) const;
  // CLOCK_MONOTONIC of the producer's last sign of life.
  std::uint64_t heartbeat_ns() const;
  // How long it is ago that the heartbeat moved. The producer's clock may be another one (time
  // namespaces), so what this reader saw counts if it saw more than one beat.
  std::uint64_t silent_for_ns(std::uint64_t now_ns);

  // The newest calibration that could be read whole; the one before if the producer died while
  // writing.
  const Calibration& calibration();

  // Calls `sink(const Record&, std::uint32_t lane)` for each unread record, lane by lane, with the
  // record's sequence as a third argument if the sink takes one. One call delivers at most as many
  // records as the segment holds, so that a fast producer cannot keep a reader in here, and none
  // after `until_ns`.
  template <class Sink>
  Sweep sweep(Sink&& sink, std::uint64_t until_ns = kNever) {
    Sweep result;
    std::uint64_t looked_after = kRecordsBetweenLooks;
    const auto first = std::exchange(first_lane_, 0);
    for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
      const auto lane = static_cast<std::uint32_t>((first + i) % lanes_.size());
      // Works on a copy, which stays in registers. The copy is written back also if the sink
      // throws: that record was delivered.
      struct Visit {
        LaneReader& kept;
        LaneReader here = kept;
        ~Visit() { kept = here; }
      } visit{lanes_[lane]};
      Record record;
      for (std::uint64_t budget = visit.here.capacity(); budget != 0; --budget) {
        if (looked_after == 0) {
          if (until_ns != kNever && monotonic_ns() >= until_ns) {
            first_lane_ = lane;
            result.more = true;
            return result;
          }
          looked_after = kRecordsBetweenLooks;
        }
        std::uint64_t lost = 0;
        const LaneReader::Outcome outcome = visit.here.next(record, lost);
        if (outcome == LaneReader::Outcome::empty) break;
        --looked_after;
        if (outcome == LaneReader::Outcome::record) {
          ++result.records;
          const Record& delivered = record;
          if constexpr (std::is_invocable_v<Sink&, const Record&, std::uint32_t, std::uint64_t>) {
            sink(delivered, lane, visit.here.sequence() - 1);
          } else {
            sink(delivered, lane);
          }
        } else {
          result.lost += lost;
        }
      }
    }
    return result;
  }

  // See LaneReader.
  void rewind();
  void skip_to_end();

  // The oldest record of a lane that can still be read, and its sequence, unless too many slots in a
  // row are damaged; the reader's place does not change. `lane` must be below lane_count(), as in the next two.
  struct Oldest {
    std::uint64_t sequence;
    Record record;
  };
  std::optional<Oldest> oldest(std::uint32_t lane) const;
  std::uint64_t lane_head(std::uint32_t lane) const { return lanes_[lane].head(); }

  // Of all lanes: records that this reader has come to, and those of them that were gone before it
  // began. The rest was delivered or lost.
  std::uint64_t reached() const;
  std::uint64_t before() const;

  Totals totals() const;
  // The newest totals that could be read whole. Before the first time, and in a segment without them,
  // there are no operations, and all places are 0.
  OperationTotals operation_totals() const;
  std::uint64_t operation_totals_version() const;
  GaugeValues gauges() const { return header().gauges.load(); }
  // Copies the name out of the catalog; empty if there is none.
  std::string name(std::uint32_t id, NameKind* kind = nullptr) const;
  std::uint32_t name_count() const;
  // How long the operation with this id should take; 0: no target is set.
  std::uint32_t target_us(std::uint32_t id) const;

  // Requests in flight, in table order; at most inflight_capacity.
  std::vector<InflightEntry> inflight() const;

  // Processes that report, in table order; at most kMaxCollectionPoints.
  std::vector<CollectionPoint> collection_points() const;

  // See Mapping.
  bool is_whole() const { return mapping_->is_whole(); }

  std::size_t segment_bytes() const { return mapping_->bytes().size(); }
  std::uint32_t lane_count() const { return static_cast<std::uint32_t>(lanes_.size()); }
  // Records of a lane that were delivered or skipped so far. Does not change while a sweep is inside that lane.
  std::uint64_t lane_sequence(std::uint32_t lane) const { return lanes_[lane].sequence(); }
  // The furthest of these places so far.
  std::uint64_t lane_reached(std::uint32_t lane) const { return lanes_[lane].reached(); }

  // Calls `sink(const Record&)` for each record of a lane in [from, until), whatever this reader has
  // read of them; its place does not change. False if not all of them are there any more.
  template <class Sink>
  bool between(std::uint32_t lane, std::uint64_t from, std::uint64_t until, Sink&& sink) const {
    if (until <= from) return true;
    if (until - from > lanes_[lane].capacity()) return false;
    LaneReader look = lanes_[lane].at(from);
    Record record;
    for (std::uint64_t lost = 0; look.sequence() < until;) {
      if (look.next(record, lost) != LaneReader::Outcome::record) return false;
      sink(std::as_const(record));
    }
    return true;
  }

 private:
  Reader(std::unique_ptr<Mapping> mapping, const Geometry& geometry);
  const Header& header() const { return segment_.header(); }

  std::unique_ptr<Mapping> mapping_;
  ReaderView segment_;
  ProducerInfo producer_;
  std::vector<LaneReader> lanes_;
  std::uint32_t first_lane_ = 0;  // where the next sweep begins
  Calibration calibration_;
  std::uint64_t seen_beat_ = 0;
  std::optional<std::uint64_t> moved_at_ns_;  // when another beat was seen first
};

}  // namespace goxel_telemetry::shm
