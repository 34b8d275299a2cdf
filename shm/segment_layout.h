// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a segment: header, catalog, in-flight table, collection points, lanes and their
// slots, totals. docs/shm-format.md says the same in words, byte by byte; change both in one commit.
//
// Every multi-byte value is little-endian; every offset counts bytes from the segment's start;
// reserved bytes are zero. Members that change after creation are atomic. Only the producer writes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shm/gauges.h"
#include "shm/record.h"

namespace goxel_telemetry::shm {

inline constexpr std::uint64_t kMagic = 0x4D4C'4554'4C58'4F47;  // "GOXLTELM"
inline constexpr std::uint16_t kLayoutMajor = 2;                // a reader refuses another major
inline constexpr std::uint16_t kLayoutMinor = 1;  // a newer minor only uses reserved bytes

inline constexpr std::size_t kCacheLine = 64;

// Limits of every segment. They bound the memory and the time that a hostile segment can cost a
// reader.
inline constexpr std::uint64_t kMaxSegmentBytes = std::uint64_t{1} << 30;
inline constexpr std::uint32_t kMaxLanes = 4096;
inline constexpr std::uint32_t kMinNames = 9;      // the well-known ones (catalog.h)
inline constexpr std::uint32_t kMaxNames = 65536;  // a record has 16 bits for an operation
inline constexpr std::uint32_t kMaxCollectionPoints = 1024;
inline constexpr std::uint32_t kMaxInflight = 16384;  // no producer shows more
inline constexpr std::uint64_t kMaxLaneSlots = std::uint64_t{1} << 20;
inline constexpr std::uint16_t kMaxOperationTotals = 4096;

using AtomicWord = std::atomic<std::uint64_t>;
static_assert(AtomicWord::is_always_lock_free && sizeof(AtomicWord) == 8);

enum class ClockSource : std::uint32_t { monotonic = 0, tsc = 1 };

// What a producer says of itself.
enum class Lifecycle : std::uint64_t {
  starting = 0,
  live = 1,
  retired = 2,  // ended in an orderly way: no record follows
};

// How the producer got its events.
enum class Door : std::uint32_t { none = 0, abi = 1, preload = 2, collector = 3, replay = 4 };

// Maps ticks to CLOCK_MONOTONIC: ns = anchor_ns + (ticks - anchor_ticks) * ns_per_tick_q32 / 2^32.
// A sequence lock: `sequence` is odd while the rest is being written.
struct alignas(kCacheLine) CalibrationBlock {
  AtomicWord sequence;
  AtomicWord anchor_ticks;
  AtomicWord anchor_ns;
  AtomicWord ns_per_tick_q32;
  AtomicWord error_ppb;    // of ns_per_tick_q32, estimated from the width of the readings
  AtomicWord corrections;  // how often the clocks were found to have jumped apart
  AtomicWord reserved[2];
};
static_assert(sizeof(CalibrationBlock) == 64);

// What the plugin measured of itself: sums over the calls of the host that were timed, not
// extrapolated. A client waits for what comes before its answer has left.
struct CostMeter {
  AtomicWord waited_ticks;   // while a client waits
  AtomicWord waited_ticks2;  // squares of the calls' times, in units of 65,536 ticks²
  AtomicWord after_ticks;    // when its answer has left
  AtomicWord after_ticks2;
  AtomicWord interrupted_calls;  // cut to a limit: the kernel did something else meanwhile
};

struct alignas(kCacheLine) Header {
  AtomicWord magic;  // stored last, with release, when all members below are in place
  std::uint16_t layout_major;
  std::uint16_t layout_minor;
  std::uint32_t header_bytes;
  std::uint64_t segment_bytes;
  std::uint64_t run_id;  // random; different for each run of a producer

  // The process that writes. A pid alone is not enough: pids are reused.
  std::uint32_t producer_pid;
  Door door;
  std::uint64_t producer_start_time;  // field 22 of /proc/<pid>/stat, in clock ticks since boot
  std::uint8_t boot_id[16];           // /proc/sys/kernel/random/boot_id

  std::uint64_t created_realtime_ns;   // CLOCK_REALTIME
  std::uint64_t created_monotonic_ns;  // CLOCK_MONOTONIC
  ClockSource clock_source;
  std::uint32_t lane_count;
  std::uint64_t catalog_offset;
  std::uint32_t catalog_capacity;
  std::uint32_t inflight_capacity;
  std::uint64_t inflight_offset;
  std::uint64_t lanes_offset;
  std::uint64_t collection_points_offset;
  std::uint32_t collection_points_capacity;  // 0: there is no such table
  std::uint8_t
      life_locked;  // 1: the producer holds the life lock as long as it lives (life_lock.h)
  std::uint8_t reserved;
  std::uint16_t totals_capacity;  // entries of a copy; 0: there are no totals
  std::uint64_t totals_offset;

  char instance[64];      // NUL-padded
  char host_name[64];     // program that the plugin runs in; NUL-padded
  char host_version[32];  // as the host says; NUL-padded
  char producer_version[32];

  AtomicWord state;         // Lifecycle
  AtomicWord heartbeat_ns;  // CLOCK_MONOTONIC of the last sign of life; about one a second
  AtomicWord catalog_count;
  CostMeter cost_meter;

  CalibrationBlock calibration;
  Gauges gauges;
};
static_assert(sizeof(Header) == 640);

enum class NameKind : std::uint64_t { none = 0, operation = 1, layer = 2, stack = 3 };

// An entry is written once. Its kind is stored last: once it is not `none`, the rest is there.
inline constexpr std::size_t kNameBytes = 55;
struct alignas(kCacheLine) CatalogEntry {
  std::atomic<std::uint8_t> kind;  // NameKind
  char name[kNameBytes];           // NUL-padded UTF-8; see fit_name()
  std::uint8_t length;
  std::uint8_t reserved[3];
  std::uint32_t target_us;  // how long this operation should take (the operator's); 0: not set
};
static_assert(sizeof(CatalogEntry) == 64);

// One record in a lane. The stamp is 2n + 1 while the record with sequence n is being written and
// 2n + 2 when it is whole; 0 before the first.
struct alignas(kCacheLine) Slot {
  AtomicWord stamp;
  AtomicWord words[7];
};
static_assert(sizeof(Slot) == 64);

// Totals of all records ever published on a lane: exact, however many of them a reader missed.
struct LaneCounters {
  AtomicWord records[kStatusCount];  // by Status
  AtomicWord bytes_in;
  AtomicWord bytes_out;
  AtomicWord span_ticks;        // sum of durations of ok and error: the host's busy time
  AtomicWord own_cost_ticks;    // time spent inside the plugin, extrapolated from the timed calls
  AtomicWord own_cost_samples;  // calls that were timed
  AtomicWord reserved[1];
};

// A lane: a ring of slots with exactly one writing thread at a time.
struct alignas(kCacheLine) Lane {
  AtomicWord head;  // sequence: records ever published
  std::uint64_t slots_offset;
  std::uint64_t capacity;  // slots; a power of two
  std::uint64_t reserved;
  LaneCounters counters;
};
static_assert(sizeof(Lane) == 128);

// One request in flight. The stamp counts in steps of 4; its low two bits are an InflightState.
enum class InflightState : std::uint64_t { free = 0, writing = 1, active = 2 };
enum class Phase : std::uint8_t { received = 0, queued = 1, started = 2 };

struct InflightEntry {
  std::uint64_t since_ticks;  // when its present phase began
  std::uint64_t trace_id;
  std::uint64_t connection;
  std::uint64_t operation : 16;
  std::uint64_t worker : 16;
  std::uint64_t stack : 8;
  std::uint64_t protocol : 8;
  std::uint64_t phase : 8;
  std::uint64_t layer : 8;
  std::uint64_t receive_ticks : 48;
  std::uint64_t unused : 16;
  std::uint64_t wait_ticks;
  std::uint32_t bytes_in;
  std::uint32_t thread;  // kernel thread id that read or started it; 0 if unknown

  // Made word by word: see Record::words().
  using Words = std::array<std::uint64_t, 7>;
  Words words() const {
    return {since_ticks,
            trace_id,
            connection,
            operation | std::uint64_t{worker} << 16 | std::uint64_t{stack} << 32 |
                std::uint64_t{protocol} << 40 | std::uint64_t{phase} << 48 |
                std::uint64_t{layer} << 56,
            receive_ticks | std::uint64_t{unused} << 48,
            wait_ticks,
            bytes_in | std::uint64_t{thread} << 32};
  }
  static InflightEntry from_words(const Words& words) {
    InflightEntry entry;
    entry.since_ticks = words[0];
    entry.trace_id = words[1];
    entry.connection = words[2];
    entry.operation = static_cast<std::uint16_t>(words[3]);
    entry.worker = static_cast<std::uint16_t>(words[3] >> 16);
    entry.stack = static_cast<std::uint8_t>(words[3] >> 32);
    entry.protocol = static_cast<std::uint8_t>(words[3] >> 40);
    entry.phase = static_cast<std::uint8_t>(words[3] >> 48);
    entry.layer = static_cast<std::uint8_t>(words[3] >> 56);
    entry.receive_ticks = words[4] & ((std::uint64_t{1} << 48) - 1);
    entry.unused = static_cast<std::uint16_t>(words[4] >> 48);
    entry.wait_ticks = words[5];
    entry.bytes_in = static_cast<std::uint32_t>(words[6]);
    entry.thread = static_cast<std::uint32_t>(words[6] >> 32);
    return entry;
  }
};
static_assert(sizeof(InflightEntry) == 56);

struct alignas(kCacheLine) InflightLine {
  AtomicWord stamp;
  AtomicWord words[7];
};
static_assert(sizeof(InflightLine) == 64);

// A process that records spans of one layer. Its stamp works like that of an in-flight line.
struct CollectionPoint {
  std::uint64_t process_start_time;  // field 22 of /proc/<pid>/stat: pids are reused
  std::uint64_t last_seen_ns;        // CLOCK_MONOTONIC of its last sign of life
  std::uint32_t pid;
  std::uint8_t layer;  // catalog id

  // Of a source that reports in batches (docs/http-api.md, "Reporting spans"); else 0. Whoever takes over from the
  // segment's producer, which may have died, knows by this which spans were published already.
  std::uint64_t source_id = 0;
  std::uint64_t completed = 0;  // operations that it has ended, as it says
  std::uint64_t taken = 0;      // of its spans
  std::uint32_t batch = 0;      // the latest; 31 bits
  bool batch_is_open = false;   // it is being published
  // Of an open batch: low bits of the sequence in lane 0 at which its records begin. Else: how many spans of the
  // next batch are in an earlier segment, whose producer was killed over it.
  std::uint32_t batch_place = 0;

  using Words = std::array<std::uint64_t, 7>;
  Words words() const {
    return {process_start_time,
            last_seen_ns,
            pid | std::uint64_t{layer} << 32,
            source_id,
            completed,
            taken,
            batch | std::uint64_t{batch_is_open} << 31 | std::uint64_t{batch_place} << 32};
  }
  static CollectionPoint from_words(const Words& words) {
    return {words[0],
            words[1],
            static_cast<std::uint32_t>(words[2]),
            static_cast<std::uint8_t>(words[2] >> 32),
            words[3],
            words[4],
            words[5],
            static_cast<std::uint32_t>(words[6]) & 0x7FFF'FFFF,
            (words[6] >> 31 & 1) != 0,
            static_cast<std::uint32_t>(words[6] >> 32)};
  }
};

struct alignas(kCacheLine) CollectionPointLine {
  AtomicWord stamp;
  AtomicWord words[7];
};
static_assert(sizeof(CollectionPointLine) == 64);

// Totals of each operation: what the producer's own thread has counted of the records in the lanes,
// up to a place in each lane. There are two copies, written in turn, so that one of them is whole at
// any moment; that with the greater even sequence is the newer one. A copy is a TotalsHead, a place
// for each lane (a cache line's worth at a time), and the entries.
struct alignas(kCacheLine) TotalsHead {
  AtomicWord sequence;  // odd while the copy is being written; 0 before the first time
  AtomicWord entries;   // that are in use
  AtomicWord reserved[6];
  // Of the same daemon's earlier segments, which somebody removed: their lanes' counters.
  AtomicWord earlier_records[kStatusCount];  // by Status
  AtomicWord earlier_bytes_in;
  AtomicWord earlier_bytes_out;
};
static_assert(sizeof(TotalsHead) == 128);

struct alignas(kCacheLine) TotalsEntry {
  AtomicWord ids;                    // OperationIds, packed
  AtomicWord records[kStatusCount];  // by Status
  AtomicWord reserved;
};
static_assert(sizeof(TotalsEntry) == 64);

// What tells operations apart: the catalog ids and the protocol of a record.
struct OperationIds {
  std::uint16_t operation = 0;
  std::uint8_t layer = 0;
  std::uint8_t protocol = 0;
  std::uint8_t stack = 0;

  static OperationIds of(const Record& record) {
    return {static_cast<std::uint16_t>(record.operation), static_cast<std::uint8_t>(record.layer),
            static_cast<std::uint8_t>(record.protocol), static_cast<std::uint8_t>(record.stack)};
  }
  std::uint64_t packed() const {
    return operation | std::uint64_t{layer} << 16 | std::uint64_t{protocol} << 24 |
           std::uint64_t{stack} << 32;
  }
  static OperationIds unpack(std::uint64_t word) {
    return {static_cast<std::uint16_t>(word), static_cast<std::uint8_t>(word >> 16),
            static_cast<std::uint8_t>(word >> 24), static_cast<std::uint8_t>(word >> 32)};
  }
  friend bool operator==(const OperationIds&, const OperationIds&) = default;
};

// What a record counts as whose status is none of ours.
constexpr std::size_t status_place(std::uint64_t status) {
  return status < kStatusCount ? static_cast<std::size_t>(status) : 0;
}

// Reads, exactly once, a value that the segment's owner may change at any moment, so that the value
// that was checked is the value that is used.
template <class T>
T read_once(const T& value) noexcept {
  return *const_cast<const volatile T*>(&value);
}

}  // namespace goxel_telemetry::shm
