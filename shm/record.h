// SPDX-License-Identifier: GPL-3.0-or-later
// One event: what an operation cost at one collection point. It has a fixed size, no pointers and
// no text.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace goxel_telemetry::shm {

enum class Protocol : std::uint8_t { none = 0, json_rpc = 1, mcp = 2 };

enum class Status : std::uint8_t {
  ok = 0,
  error = 1,         // answered with an error
  unanswered = 2,    // the connection ended, a later request was answered, or the time limit passed
  malformed = 3,     // a complete message that is no request
  cancelled = 4,     // the client hung up while it was being worked on, or cancelled it
  notification = 5,  // needs no answer and got none
};
inline constexpr std::size_t kStatusCount = 6;

// Ticks are those of the segment's clock (Header::clock_source); Calibration turns them into
// nanoseconds. A 48-bit duration that would not fit is stored as kTicksAtLeast, which means "this
// or more": 26 hours at 3 GHz.
struct Record {
  std::uint64_t start_ticks;  // of the span, on the clock's own scale
  std::uint64_t trace_id;     // low 64 bits of the W3C trace id; 0: none

  // The span: from the last byte read (or from its start, if a worker started it) to the first byte
  // of the answer.
  std::uint64_t duration_ticks : 48;
  std::uint64_t operation : 16;  // catalog id

  std::uint64_t receive_ticks : 48;  // first byte to last byte of the request
  std::uint64_t worker : 16;         // that worked on it; kNoWorker if unknown

  std::uint64_t wait_ticks : 48;  // in the host's queue, before the span
  std::uint64_t layer : 8;        // catalog id
  std::uint64_t stack : 8;        // catalog id

  std::uint64_t send_ticks : 48;  // first byte to last byte of the answer, after the span
  std::uint64_t protocol : 8;     // Protocol; two bits are kept
  std::uint64_t status : 8;       // Status; three bits are kept

  std::uint32_t bytes_in;   // of the request; UINT32_MAX means this or more
  std::uint32_t bytes_out;  // of the answer; 0 if there was none

  std::uint16_t error;  // ErrorCode, of an answer with an error; 11 bits are kept

  friend bool operator==(const Record& a, const Record& b) { return a.words() == b.words(); }

  // Made word by word and not by std::bit_cast, so that a record stays in registers. A record that
  // is copied as a whole is written field by field and read back in wider pieces. Such a load waits
  // until the stores have left the processor's store buffer: publishing takes 19 ns instead of 3.
  using Words = std::array<std::uint64_t, 7>;
  Words words() const {
    return {start_ticks,
            trace_id,
            duration_ticks | std::uint64_t{operation} << 48,
            receive_ticks | std::uint64_t{worker} << 48,
            wait_ticks | std::uint64_t{layer} << 48 | std::uint64_t{stack} << 56,
            send_ticks | (std::uint64_t{protocol} & 0x3) << 48 |
                (std::uint64_t{status} & 0x7) << 50 | std::uint64_t{error} << 53,
            bytes_in | std::uint64_t{bytes_out} << 32};
  }
  static Record from_words(const Words& words) {
    constexpr std::uint64_t kLow48 = (std::uint64_t{1} << 48) - 1;
    Record record;
    record.start_ticks = words[0];
    record.trace_id = words[1];
    record.duration_ticks = words[2] & kLow48;
    record.operation = static_cast<std::uint16_t>(words[2] >> 48);
    record.receive_ticks = words[3] & kLow48;
    record.worker = static_cast<std::uint16_t>(words[3] >> 48);
    record.wait_ticks = words[4] & kLow48;
    record.layer = static_cast<std::uint8_t>(words[4] >> 48);
    record.stack = static_cast<std::uint8_t>(words[4] >> 56);
    record.send_ticks = words[5] & kLow48;
    record.protocol = words[5] >> 48 & 0x3;
    record.status = words[5] >> 50 & 0x7;
    record.error = static_cast<std::uint16_t>(words[5] >> 53);
    record.bytes_in = static_cast<std::uint32_t>(words[6]);
    record.bytes_out = static_cast<std::uint32_t>(words[6] >> 32);
    return record;
  }
};
static_assert(sizeof(Record::Words) == 56, "a record and its stamp fill one cache line");
static_assert(std::endian::native == std::endian::little, "the layout is little-endian");

inline constexpr std::uint64_t kTicksAtLeast = (std::uint64_t{1} << 48) - 1;
inline constexpr std::uint16_t kNoWorker = 0xFFFF;

// The number of ticks, but not more than a record can hold.
constexpr std::uint64_t clip_ticks(std::uint64_t ticks) {
  return ticks < kTicksAtLeast ? ticks : kTicksAtLeast;
}
constexpr std::uint32_t clip_bytes(std::uint64_t bytes) {
  return bytes < UINT32_MAX ? static_cast<std::uint32_t>(bytes) : UINT32_MAX;
}

}  // namespace goxel_telemetry::shm
