// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/baseline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "metrics/encoding/checksum.h"
#include "metrics/encoding/leb128.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::metrics {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 8> kMagic = {'G', 'O', 'X', 'L', 'B', 'A', 'S', 'E'};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 4;

constexpr std::size_t kMostNameBytes = 63;
constexpr std::size_t kMostTextBytes = 255;
constexpr std::size_t kMostSeries = kMostOperations + kRoomForOther;
constexpr std::uint64_t kMostBlockSeconds = 1'000'000'000;
constexpr std::uint64_t kMostBeginSeconds = std::uint64_t{1} << 40;
// The most records of a file: up to here, counts are exact as floating point numbers.
constexpr std::uint64_t kMostRecords = std::uint64_t{1} << 53;

void put_text(Bytes& out, std::string_view text) {
  text = text.substr(0, kMostTextBytes);
  put_number(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

// False if the text is too long, or not fit to be shown.
bool take_text(Numbers& numbers, std::string& text) {
  const std::uint64_t size = numbers.next();
  if (size > kMostTextBytes) return false;
  const std::span<const std::uint8_t> bytes = numbers.bytes(size);
  text.assign(bytes.begin(), bytes.end());
  return !numbers.failed() && printable(text) == text;
}

bool take_operation(Numbers& numbers, Observation& observation, std::uint64_t& records) {
  OperationKey key;
  if (!take_text(numbers, key.stack) || !take_text(numbers, key.protocol) ||
      !take_text(numbers, key.layer) || !take_text(numbers, key.operation)) {
    return false;
  }
  if (!observation.operations.empty() && observation.operations.rbegin()->first >= key) {
    return false;
  }
  BlockSeries& series = observation.operations[key];
  const std::uint64_t count = numbers.next();
  std::uint64_t next = 0;
  if (count == 0) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t skipped = numbers.next();
    if (numbers.failed() || skipped >= observation.observed_ns.size() - next) return false;
    next += skipped;
    const std::span<const std::uint8_t> tally = numbers.bytes(numbers.next());
    const auto block = static_cast<std::uint32_t>(next++);
    if (observation.observed_ns[block] == 0 || !series.add_packed(block, tally)) return false;
    const std::uint64_t in_block = series.packed().at(block).outcomes.all();
    if (in_block > kMostRecords - records) return false;
    records += in_block;
  }
  return true;
}

bool take_body(Numbers& numbers, Baseline& baseline) {
  Observation& observation = baseline.observation;
  if (!take_text(numbers, baseline.name) || !valid_baseline_name(baseline.name) ||
      !take_text(numbers, baseline.source)) {
    return false;
  }
  baseline.saved_realtime_ns = numbers.next();
  observation.begin_seconds = numbers.next();
  const std::uint64_t block_seconds = numbers.next();
  const std::uint64_t blocks = numbers.next();
  if (numbers.failed() || observation.begin_seconds > kMostBeginSeconds || block_seconds == 0 ||
      block_seconds > kMostBlockSeconds || blocks == 0 || blocks > Observation::kMostBlocks) {
    return false;
  }
  observation.block_seconds = static_cast<std::uint32_t>(block_seconds);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    observation.observed_ns.push_back(numbers.next());
    if (observation.observed_ns.back() > block_seconds * 1'000'000'000) return false;
  }
  const std::uint64_t operations = numbers.next();
  if (numbers.failed() || operations > kMostSeries) return false;
  std::uint64_t records = 0;
  for (std::uint64_t i = 0; i < operations; ++i) {
    if (!take_operation(numbers, observation, records)) return false;
  }
  return !numbers.failed() && numbers.at_end();
}

}  // namespace

bool valid_baseline_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kMostNameBytes && name.front() != '.' && name != "live" &&
         std::all_of(name.begin(), name.end(), allowed);
}

Bytes encode_baseline(const Baseline& baseline) {
  const Observation& observation = baseline.observation;
  Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(kVersion);
  put_text(out, baseline.name);
  put_text(out, baseline.source);
  put_number(out, baseline.saved_realtime_ns);
  put_number(out, observation.begin_seconds);
  put_number(out, observation.block_seconds);
  put_number(out, observation.observed_ns.size());
  for (const std::uint64_t ns : observation.observed_ns) put_number(out, ns);
  put_number(out, observation.operations.size());
  for (const auto& [key, series] : observation.operations) {
    for (const std::string* text : {&key.stack, &key.protocol, &key.layer, &key.operation}) {
      put_text(out, *text);
    }
    put_number(out, series.packed().size());
    std::uint32_t next = 0;
    for (const auto& [block, packed] : series.packed()) {
      put_number(out, block - next);
      put_number(out, packed.tally.size());
      out.insert(out.end(), packed.tally.begin(), packed.tally.end());
      next = block + 1;
    }
  }
  const std::uint32_t sum = crc32(out);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(sum >> shift));
  }
  return out;
}

BaselineReading decode_baseline(std::span<const std::uint8_t> bytes, Baseline& baseline) {
  if (bytes.size() <= kMagic.size() + kChecksumBytes ||
      !std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return BaselineReading::foreign;
  }
  if (bytes[kMagic.size()] > kVersion) return BaselineReading::newer;
  const std::span<const std::uint8_t> checked = bytes.first(bytes.size() - kChecksumBytes);
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    stored |= static_cast<std::uint32_t>(bytes[checked.size() + i]) << (8 * i);
  }
  if (bytes.size() > kMostBaselineBytes || bytes[kMagic.size()] != kVersion ||
      crc32(checked) != stored) {
    return BaselineReading::damaged;
  }
  Numbers numbers(checked.subspan(kMagic.size() + 1));
  Baseline read;
  if (!take_body(numbers, read)) return BaselineReading::damaged;
  baseline = std::move(read);
  return BaselineReading::done;
}

}  // namespace goxel_telemetry::metrics
