// SPDX-License-Identifier: GPL-3.0-or-later
// Compares what a daemon does now with a pinned session: an observation that somebody chose as what it ought to be like, and
// that stays what it is, so that slowly becoming slower is noticed, too. docs/metrics-math.md, "Regressions against a pinned
// session", defines every number.
//
// Only requests that the daemon itself reports are compared: the other layers contain them. If the sides have no stack in
// common ("4-layer" was pinned, "2-layer" runs), operations of the same method are compared, whatever their stack.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

enum class PinnedVerdict : std::uint8_t { too_little_data, no_difference, improved, regressed };
const char* to_string(PinnedVerdict verdict);  // "too little data", "no difference", …

// How one operation, or all of them, moved from the pinned session to now. Without enough data there are only the counts.
struct PinnedShift {
  PinnedVerdict verdict = PinnedVerdict::too_little_data;
  std::uint64_t requests_pinned = 0;  // answered ones
  std::uint64_t requests_now = 0;
  // Medians as they were observed, nanoseconds. Of all operations: geometric means of theirs, with the pinned shares.
  double median_pinned_ns = 0;
  double median_now_ns = 0;
  double ratio_low = 1;  // 95 % interval of now ÷ pinned
  double ratio_high = 1;
  // What the verdict is made from, natural logarithms of a latency. What is due to another load is not in the shift.
  double shift = 0;
  double standard_error = 0;
  double due_to_load = 0;

  double ratio() const { return median_pinned_ns > 0 ? median_now_ns / median_pinned_ns : 1; }
  // Whether operations take at least 3 % longer, proven or not.
  bool takes_longer() const;
  // No difference above this, up or down, as a ratio less 1: a greater one is more than three standard errors away.
  double greatest_difference() const;
};

struct PinnedComparison {
  PinnedShift all;  // with the pinned shares, of operations that could be compared
  // The share of each side's requests that these are.
  double covered_pinned = 0;
  double covered_now = 0;
  std::map<OperationKey, PinnedShift> operations;  // that are on both sides
  std::vector<OperationKey> only_pinned;
  std::vector<OperationKey> only_now;
  // Requests a second, of all operations; 0: nothing was watched.
  double load_pinned = 0;
  double load_now = 0;
};

class PinnedSession {
 public:
  explicit PinnedSession(const Observation& pinned);

  PinnedComparison compare(const Observation& now) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace goxel_telemetry::metrics
