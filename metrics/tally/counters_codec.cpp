// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/counters_codec.h"

#include "metrics/encoding/leb128.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kVersion = 1;

void put(std::vector<std::uint8_t>& out, const ExposedHistogram& histogram) {
  put_number(out, histogram.sum_ns);
  put_number(out, histogram.counts.size());
  for (const std::uint64_t count : histogram.counts) put_number(out, count);
}

bool get(Numbers& numbers, ExposedHistogram& histogram) {
  histogram.sum_ns = numbers.next();
  if (numbers.next() != histogram.counts.size()) return false;
  for (std::uint64_t& count : histogram.counts) {
    count = numbers.next();
    histogram.count += count;
  }
  return true;
}

// Whether the errors can be a part of all answers: their difference is shown.
bool contains(const ExposedHistogram& all, const ExposedHistogram& part) {
  for (std::size_t i = 0; i < all.counts.size(); ++i) {
    if (part.counts[i] > all.counts[i]) return false;
  }
  return part.sum_ns <= all.sum_ns;
}

}  // namespace

std::vector<std::uint8_t> encode_counters(const Counters& counters) {
  std::vector<std::uint8_t> out;
  put_number(out, kVersion);
  const Outcomes& o = counters.outcomes;
  for (const std::uint64_t n :
       {o.ok, o.error, o.unanswered, o.malformed, o.cancelled, o.notification}) {
    put_number(out, n);
  }
  put(out, counters.exposed);
  put_number(out, counters.errors.size());
  for (const auto& [code, histogram] : counters.errors) {
    put_number(out, static_cast<std::uint64_t>(code));
    put(out, histogram);
  }
  return out;
}

std::optional<Counters> decode_counters(std::span<const std::uint8_t> bytes) {
  Numbers numbers(bytes);
  Counters counters;
  if (numbers.next() != kVersion) return std::nullopt;
  Outcomes& o = counters.outcomes;
  for (std::uint64_t* const n :
       {&o.ok, &o.error, &o.unanswered, &o.malformed, &o.cancelled, &o.notification}) {
    *n = numbers.next();
  }
  if (!get(numbers, counters.exposed)) return std::nullopt;
  const std::uint64_t types = numbers.next();
  if (types > Counters::kErrorTypes) return std::nullopt;
  for (std::uint64_t i = 0; i < types; ++i) {
    const std::uint64_t code = numbers.next();
    if (code >= shm::kErrorCodes) return std::nullopt;
    ExposedHistogram& histogram = counters.errors[static_cast<shm::ErrorCode>(code)];
    if (histogram.count != 0 || !get(numbers, histogram)) return std::nullopt;
  }
  if (numbers.failed() || !numbers.at_end() || !contains(counters.exposed, counters.error())) {
    return std::nullopt;
  }
  return counters;
}

}  // namespace goxel_telemetry::metrics
