// SPDX-License-Identifier: GPL-3.0-or-later
// That one daemon is slower than its pinned session, as a condition that alerts are made of: from the first comparison that
// proves it until one in which nothing of it is left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "metrics/alerts/condition.h"
#include "metrics/regression/pinned.h"

namespace goxel_telemetry::metrics {

// Whose session it is, and which.
struct PinnedName {
  std::string instance;
  std::string baseline;  // its name
  std::uint64_t saved_realtime_ns = 0;
};

class PinnedCondition {
 public:
  explicit PinnedCondition(PinnedName name) : name_(std::move(name)) {}

  // Of the time from `begin_ns` to `end_ns`, CLOCK_REALTIME; none ends before the one before.
  void look(const PinnedComparison& comparison, std::uint64_t begin_ns, std::uint64_t end_ns);

  const std::optional<Condition>& condition() const { return condition_; }

 private:
  // Empty: all operations together.
  using Series = std::optional<OperationKey>;
  void follow(const Series& series, const PinnedShift& shift, std::uint64_t end_ns);

  PinnedName name_;
  std::map<Series, std::uint64_t> slower_;  // and when it could last be compared
  std::uint64_t since_ns_ = 0;
  std::uint64_t first_proof_ns_ = 0;
  bool confirmed_ = false;
  std::optional<Condition> condition_;
};

}  // namespace goxel_telemetry::metrics
