// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/tally_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "metrics/encoding/leb128.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint8_t kVersion = 1;
// With notifications, which version 1 did not know. Written only where there are some, so that
// earlier software reads all the rest.
constexpr std::uint8_t kVersionWithNotifications = 2;
constexpr std::uint8_t kHistogramVersion = 1;  // Histogram::encode(): byte 0 of what it writes
constexpr unsigned kBitsOfShift = 5;

class BitWriter {
 public:
  explicit BitWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  void put(std::uint64_t value, unsigned bits) {
    while (bits > 0) {
      if (free_ == 0) {
        out_.push_back(0);
        free_ = 8;
      }
      const unsigned now = std::min(bits, free_);
      bits -= now;
      free_ -= now;
      out_.back() =
          static_cast<std::uint8_t>(out_.back() | ((value >> bits) & ((1u << now) - 1)) << free_);
    }
  }
  void put_gamma(std::uint64_t value) {
    const auto bits = static_cast<unsigned>(std::bit_width(value));
    put(0, bits - 1);
    put(value, bits);
  }

 private:
  std::vector<std::uint8_t>& out_;
  unsigned free_ = 0;  // unused bits of the last byte
};

// Returns zeros after the end; failed() is true then.
class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t take(unsigned bits) {
    if (bits > kWindow) {
      const std::uint64_t high = take(bits - 32);
      return high << 32 | take(32);
    }
    if (bits == 0) return 0;
    const std::uint64_t value = window() >> (64 - bits);
    at_ += bits;
    return value;
  }
  std::uint64_t take_gamma() {
    auto zeros = static_cast<unsigned>(std::countl_zero(window()));
    if (zeros >= kWindow) {
      at_ += kWindow;
      zeros = kWindow + static_cast<unsigned>(std::countl_zero(window()));
      at_ -= kWindow;
      if (zeros >= 64) {
        failed_ = true;
        return 1;
      }
    }
    at_ += zeros;
    return take(zeros + 1);
  }

  bool failed() const { return failed_ || at_ > bytes_.size() * 8; }
  // True at the end, except for the padding of the last byte, which must be zeros.
  bool at_end() {
    const auto padding = static_cast<unsigned>((8 - at_ % 8) % 8);
    return !failed() && take(padding) == 0 && at_ == bytes_.size() * 8;
  }

 private:
  static constexpr unsigned kWindow = 57;

  // The next bits, from the highest bit on: at least kWindow bits.
  std::uint64_t window() const {
    const std::size_t first = at_ / 8;
    std::uint64_t value = 0;
    if (first + 8 <= bytes_.size()) {
      std::memcpy(&value, bytes_.data() + first, 8);
      value = __builtin_bswap64(value);
    } else {
      for (std::size_t i = first; i < first + 8; ++i) {
        value = value << 8 | (i < bytes_.size() ? bytes_[i] : 0u);
      }
    }
    return value << at_ % 8;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

void put_wide(std::vector<std::uint8_t>& out, WideSum sum) {
  put_number(out, static_cast<std::uint64_t>(sum));
  put_number(out, static_cast<std::uint64_t>(sum >> 64));
}

WideSum take_wide(Numbers& numbers) {
  const std::uint64_t low = numbers.next();
  return static_cast<WideSum>(numbers.next()) << 64 | low;
}

constexpr std::array kOutcomes = {&Outcomes::ok,         &Outcomes::error,
                                  &Outcomes::unanswered, &Outcomes::malformed,
                                  &Outcomes::cancelled,  &Outcomes::notification};

}  // namespace

std::vector<std::uint8_t> encode_tally(const Tally& tally) {
  std::vector<std::uint8_t> out;
  out.reserve(256);
  out.push_back(tally.outcomes.notification != 0 ? kVersionWithNotifications : kVersion);
  unsigned which = 0;
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    which |= static_cast<unsigned>(tally.outcomes.*kOutcomes[i] != 0) << i;
  }
  out.push_back(static_cast<std::uint8_t>(which));
  for (const auto outcome : kOutcomes) {
    if (tally.outcomes.*outcome != 0) put_number(out, tally.outcomes.*outcome);
  }
  put_number(out, tally.bytes_in);
  put_number(out, tally.bytes_out);
  if (tally.latency.count() == 0) return out;
  for (const WideSum sum : {tally.receive_ns, tally.wait_ns, tally.send_ns}) put_wide(out, sum);

  const std::vector<std::uint8_t> plain = tally.latency.encode();
  assert(plain.front() == kHistogramVersion);
  Numbers numbers({plain.begin() + 1, plain.end()});
  for (int i = 0; i < 5; ++i) put_number(out, numbers.next());
  const std::uint64_t used = numbers.next();
  put_number(out, used);
  const std::uint64_t mean = used == 0 ? 1 : tally.latency.count() / used;
  // A little less than the number of bits of the mean, because most counts are below the mean.
  const unsigned shift =
      mean < 4 ? 0 : std::min(31u, static_cast<unsigned>(std::bit_width(mean)) - 2);
  BitWriter bits(out);
  bits.put(shift, kBitsOfShift);
  for (std::uint64_t i = 0; i < used; ++i) {
    bits.put_gamma(numbers.next() + 1);
    const std::uint64_t count = numbers.next() - 1;
    bits.put_gamma((count >> shift) + 1);
    bits.put(count, shift);
  }
  return out;
}

bool merge_encoded_tally(Tally& tally, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 2 || (bytes[0] != kVersion && bytes[0] != kVersionWithNotifications)) {
    return false;
  }
  const unsigned which = bytes[1];
  if (which >> kOutcomes.size() != 0) return false;
  Tally added;  // without its histogram, which is added to `tally` directly
  Numbers numbers(bytes.subspan(2));
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if ((which >> i & 1) == 0) continue;
    added.outcomes.*kOutcomes[i] = numbers.next();
    if (added.outcomes.*kOutcomes[i] == 0) return false;
  }
  added.bytes_in = numbers.next();
  added.bytes_out = numbers.next();
  if (numbers.failed()) return false;
  const std::uint64_t answered = added.outcomes.ok + added.outcomes.error;
  if (answered == 0) {
    if (!numbers.at_end()) return false;
    tally.merge(added);
    return true;
  }
  added.receive_ns = take_wide(numbers);
  added.wait_ns = take_wide(numbers);
  added.send_ns = take_wide(numbers);

  std::vector<std::uint8_t> plain;
  plain.reserve(64 + 4 * bytes.size());
  plain.push_back(kHistogramVersion);
  std::uint64_t count = numbers.next();  // so far of the values out of range
  put_number(plain, count);
  for (int i = 0; i < 4; ++i) put_number(plain, numbers.next());
  const std::uint64_t used = numbers.next();
  if (numbers.failed() || used > Histogram::kBuckets) return false;
  put_number(plain, used);
  BitReader bits(numbers.rest());
  const auto shift = static_cast<unsigned>(bits.take(kBitsOfShift));
  for (std::uint64_t i = 0; i < used && !bits.failed(); ++i) {
    put_number(plain, bits.take_gamma() - 1);
    const std::uint64_t high = bits.take_gamma() - 1;
    if (high > UINT64_MAX >> 1 >> shift) return false;
    const std::uint64_t n = (high << shift | bits.take(shift)) + 1;
    put_number(plain, n);
    count += n;
  }
  if (!bits.at_end() || count != answered || !tally.latency.merge_encoded(plain)) return false;
  tally.merge(added);
  return true;
}

}  // namespace goxel_telemetry::metrics
