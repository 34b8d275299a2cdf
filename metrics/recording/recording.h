// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded session: what a reader of one instance saw, entry by entry, of the daemon's segment
// and of the segment of its outer layers. docs/recording-format.md describes the bytes.
//
// Entries lie in chunks with a length and a checksum, so that a recording can be read up to the
// last whole chunk if its writer was killed or the disk was full. All times are nanoseconds of the
// recorded machine's CLOCK_MONOTONIC, unless the name says realtime.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "metrics/encoding/leb128.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics::recording {

inline constexpr std::array<std::uint8_t, 8> kMagic = {'G', 'O', 'X', 'L', 'R', 'E', 'C', 'D'};
inline constexpr std::uint8_t kVersion = 2;
inline constexpr std::size_t kMostChunkBytes = std::size_t{1} << 20;  // bounds a reader's memory
// Requests in flight in one Moment.
inline constexpr std::size_t kMostInflight = shm::kMaxInflight;

// The segment that an entry is about. Each segment has its own runs, names, lanes and losses.
enum class Segment : std::uint8_t {
  daemon,
  outer_layers,  // shm/segment.h, layers_instance()
};
inline constexpr std::size_t kSegments = 2;

// A run of the segment's producer: the first one, or the next after a restart. From here on ids
// mean other names.
struct RunBegan {
  std::uint64_t run_id = 0;
  std::uint32_t pid = 0;
  shm::Door door = shm::Door::none;
  std::uint64_t created_monotonic_ns = 0;
  std::uint64_t created_realtime_ns = 0;
  std::uint64_t complete_since_ns = 0;  // from then on the recording has every record of the run
  std::string instance;
  std::string host_name;
  std::string host_version;
  std::string producer_version;
  friend bool operator==(const RunBegan&, const RunBegan&) = default;
};

// A name of the catalog. Comes before the first record of its run that refers to it.
struct Name {
  std::uint16_t id = 0;
  shm::NameKind kind = shm::NameKind::none;
  std::string text;             // as in the catalog: at most shm::kNameBytes, any bytes
  std::uint32_t target_us = 0;  // as in the catalog
  friend bool operator==(const Name&, const Name&) = default;
};

// A record; its ticks are nanoseconds. Within one sweep of the ring, records come in the order of
// their ends, but those of one lane always in the lane's own order.
struct LaneRecord {
  std::uint32_t lane = 0;
  shm::Record record{};
  friend bool operator==(const LaneRecord&, const LaneRecord&) = default;
};

// As shm::CostMeter, in nanoseconds; squares in units of 65,536 ns².
struct CostSums {
  std::uint64_t waited_ns = 0;
  std::uint64_t waited_ns2 = 0;
  std::uint64_t after_ns = 0;
  std::uint64_t after_ns2 = 0;
  std::uint64_t interrupted_calls = 0;
  friend bool operator==(const CostSums&, const CostSums&) = default;
};

// Comes about once a second: what is not in records.
struct Moment {
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;
  shm::GaugeValues gauges;
  std::uint64_t own_cost_ns = 0;  // of the run so far
  std::uint64_t own_cost_samples = 0;
  CostSums cost_sums;  // of the run so far; all 0 if the recording has none
  // Requests in flight, at most kMostInflight; ticks are nanoseconds.
  std::vector<shm::InflightEntry> inflight;
};

// Records that were overwritten before they could be read.
struct Lost {
  std::uint64_t records = 0;
  friend bool operator==(const Lost&, const Lost&) = default;
};

struct RunEnded {
  std::uint64_t last_sign_ns = 0;  // the last sign of life
  bool orderly = false;            // false: the producer was killed or crashed
  friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

// The last entry of a recording that was completed and not cut off.
struct End {
  std::uint64_t records = 0;  // of the daemon, in the whole recording
  std::uint64_t outer_records = 0;
  friend bool operator==(const End&, const End&) = default;
};

using Entry = std::variant<RunBegan, Name, LaneRecord, Moment, Lost, RunEnded, End>;

// Within a chunk, a record's numbers are written as differences to the segment's record before it.
struct Before {
  std::uint64_t start_ns = 0;
  std::uint64_t layer = 0;
  std::uint64_t stack = 0;
  std::uint64_t protocol = 0;
};

// Writes a recording. Its memory is bounded: it holds one chunk.
class Writer {
 public:
  // Gets the file's beginning, then whole chunks, one in each call. Exceptions that it throws come
  // out of the call that closed the chunk.
  using Sink = std::function<void(std::span<const std::uint8_t>)>;

  explicit Writer(Sink sink);

  void add(const RunBegan& run, Segment of = Segment::daemon);
  void add(const Name& name, Segment of = Segment::daemon);
  void add(const LaneRecord& record, Segment of = Segment::daemon);
  void add(const Moment& moment, Segment of = Segment::daemon);
  void add(const Lost& lost, Segment of = Segment::daemon);
  void add(const RunEnded& ended, Segment of = Segment::daemon);

  // Hands over the entries that were added so far. A chunk that is large enough is closed
  // automatically.
  void close_chunk();
  // The recording is complete.
  void finish();

  std::uint64_t records() const { return records_[0] + records_[1]; }
  std::uint64_t records(Segment of) const { return records_[static_cast<std::size_t>(of)]; }

 private:
  template <class Kind>
  void put_entry(std::uint8_t tag, const Kind& entry, Segment of);
  void put(std::span<const std::uint8_t> entry, Segment of);

  Sink sink_;
  std::vector<std::uint8_t> chunk_;  // begins with room for its length and checksum
  std::vector<std::uint8_t> entry_;
  std::array<Before, kSegments> before_{};
  std::array<std::uint64_t, kSegments> records_{};
};

enum class Outcome {
  entry,            // `out` is it
  end,              // the recording was read to its end
  cut,              // the recording breaks off; everything up to the last whole chunk was read
  damaged,          // a chunk is not as it was written; everything before it was read
  foreign,          // not a recording
  unknown_version,  // made by a newer version of this software
};

// Reads bytes that are not trusted, whatever they are, in one or two megabytes of memory.
class Reader {
 public:
  // Fills the span and returns the number of bytes; fewer than the span holds only at the end of
  // the recording.
  using Source = std::function<std::size_t(std::span<std::uint8_t>)>;

  explicit Reader(Source source) : source_(std::move(source)) {}

  // Reads the next entry. An outcome other than `entry` is returned again by all later calls.
  Outcome next(Entry& out);
  // The segment that the last entry is about.
  Segment segment() const { return segment_; }

 private:
  Outcome begin();
  Outcome load_chunk();
  // Reads the entry at the front of `rest_`; false if it is invalid. `skipped`: the entry is of a
  // kind that a later minor version added.
  bool parse(Entry& out, bool& skipped);
  bool parse(Numbers& bytes, Segment of, Entry& out, bool& skipped);

  Source source_;
  bool begun_ = false;
  std::uint8_t version_ = 0;
  Outcome state_ = Outcome::entry;
  std::vector<std::uint8_t> chunk_;
  Numbers rest_{{}};
  Segment segment_ = Segment::daemon;
  std::array<Before, kSegments> before_{};
  std::array<std::uint64_t, kSegments> records_{};
};

}  // namespace goxel_telemetry::metrics::recording
