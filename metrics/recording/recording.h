// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded session: what a reader of one instance saw, entry by entry, of the daemon's segment
// and of that of its outer layers. docs/recording-format.md says the bytes.
//
// Entries lie in chunks with a length and a checksum, so that a recording whose writer was killed,
// or whose disk was full, can be read up to the last whole chunk. All times are nanoseconds of the
// recorded machine's CLOCK_MONOTONIC, but where the name says realtime.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "metrics/leb128.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics::recording {

inline constexpr std::array<std::uint8_t, 8> kMagic = {'G', 'O', 'X', 'L', 'R', 'E', 'C', 'D'};
inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kMostChunkBytes = std::size_t{1} << 20;  // bounds a reader's memory
inline constexpr std::size_t kMostInHand = 8192;                      // of one Moment

// The segment that an entry is about. Each has runs, names, lanes and losses of its own.
enum class Segment : std::uint8_t {
  daemon,
  outer_layers,  // shm/segment.h, layers_instance()
};
inline constexpr std::size_t kSegments = 2;

// A run of the segment's producer, at the beginning or when it was started anew. Ids mean other
// names.
struct RunBegan {
  std::uint64_t run_id = 0;
  std::uint32_t pid = 0;
  shm::Door door = shm::Door::none;
  std::uint64_t created_monotonic_ns = 0;
  std::uint64_t created_realtime_ns = 0;
  std::uint64_t complete_since_ns = 0;  // the recording has every record of the run from then on
  std::string instance;
  std::string host_name;
  std::string host_version;
  std::string producer_version;
  friend bool operator==(const RunBegan&, const RunBegan&) = default;
};

// Comes before the first record of its run that refers to it.
struct Name {
  std::uint16_t id = 0;
  shm::NameKind kind = shm::NameKind::none;
  std::string text;  // as in the catalog: at most shm::kNameBytes, any bytes
  friend bool operator==(const Name&, const Name&) = default;
};

// Its ticks are nanoseconds. In the order of their ends as far as one sweep of the ring told it; in
// the lane's own order in any case.
struct LaneRecord {
  std::uint32_t lane = 0;
  shm::Record record{};
  friend bool operator==(const LaneRecord&, const LaneRecord&) = default;
};

// About once a second: what is not in records.
struct Moment {
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;
  shm::GaugeValues gauges;
  std::uint64_t own_cost_ns = 0;  // of the run so far
  std::uint64_t own_cost_samples = 0;
  std::vector<shm::InflightEntry> in_hand;  // at most kMostInHand; their ticks are nanoseconds
};

// Records that were overwritten before they could be read.
struct Lost {
  std::uint64_t records = 0;
  friend bool operator==(const Lost&, const Lost&) = default;
};

struct RunEnded {
  std::uint64_t last_sign_ns = 0;  // of life
  bool orderly = false;            // false: it was killed or crashed
  friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

// The last entry of a recording that was ended, not cut off.
struct End {
  std::uint64_t records = 0;  // of the daemon, in the whole recording
  std::uint64_t outer_records = 0;
  friend bool operator==(const End&, const End&) = default;
};

using Entry = std::variant<RunBegan, Name, LaneRecord, Moment, Lost, RunEnded, End>;

// Numbers of a chunk are told as differences to the segment's record before.
struct Before {
  std::uint64_t start_ns = 0;
  std::uint64_t layer = 0;
  std::uint64_t stack = 0;
  std::uint64_t protocol = 0;
};

// Bounded: holds one chunk.
class Writer {
 public:
  // Is given the file's beginning, then whole chunks, each at once. What it throws comes out of the
  // call that closed the chunk.
  using Sink = std::function<void(std::span<const std::uint8_t>)>;

  explicit Writer(Sink sink);

  void add(const RunBegan& run, Segment of = Segment::daemon);
  void add(const Name& name, Segment of = Segment::daemon);
  void add(const LaneRecord& record, Segment of = Segment::daemon);
  void add(const Moment& moment, Segment of = Segment::daemon);
  void add(const Lost& lost, Segment of = Segment::daemon);
  void add(const RunEnded& ended, Segment of = Segment::daemon);

  // Hands over what was added so far. A chunk of good size closes by itself.
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
  std::vector<std::uint8_t> chunk_;  // begins with room for its own length and checksum
  std::vector<std::uint8_t> entry_;
  std::array<Before, kSegments> before_{};
  std::array<std::uint64_t, kSegments> records_{};
};

enum class Outcome {
  entry,            // `out` is it
  end,              // the recording was read to its end
  cut,              // it breaks off; everything up to the last whole chunk was read
  damaged,          // a chunk is not what was written; everything before it was read
  foreign,          // no recording
  unknown_version,  // made by a newer version of this software
};

// Reads bytes that are not trusted: whatever they are, in a megabyte or two of memory.
class Reader {
 public:
  // Fills the span, with less only at the end of the recording.
  using Source = std::function<std::size_t(std::span<std::uint8_t>)>;

  explicit Reader(Source source) : source_(std::move(source)) {}

  // After any other outcome than `entry` it comes again.
  Outcome next(Entry& out);
  // What the entry is about that came last.
  Segment segment() const { return segment_; }

 private:
  Outcome begin();
  Outcome load_chunk();
  // The entry at the front of `rest_`; false if it is nonsense. `skipped`: it is of a kind that a
  // later minor change added.
  bool parse(Entry& out, bool& skipped);
  bool parse(Numbers& bytes, Segment of, Entry& out, bool& skipped);

  Source source_;
  bool begun_ = false;
  Outcome state_ = Outcome::entry;
  std::vector<std::uint8_t> chunk_;
  Numbers rest_{{}};
  Segment segment_ = Segment::daemon;
  std::array<Before, kSegments> before_{};
  std::array<std::uint64_t, kSegments> records_{};
};

}  // namespace goxel_telemetry::metrics::recording
