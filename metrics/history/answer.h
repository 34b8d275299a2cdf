// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to a history, and answers: points of the same length, each with exact counts and true
// quantiles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/rollup.h"
#include "metrics/snapshot.h"

namespace goxel_telemetry::metrics {

// What an empty member means: any.
struct HistoryFilter {
  std::string instance;  // never empty
  std::optional<std::string> operation;
  std::optional<std::string> stack;
  std::optional<std::string> protocol;
  std::optional<std::string> layer;

  bool passes(const OperationKey& key) const;
};

struct HistoryQuery {
  static constexpr std::uint32_t kMostPoints = 5'000;

  HistoryFilter filter;
  TimeStretch range;
  // 1 to kMostPoints. There may be fewer, and one more if the range does not begin with a stretch.
  std::uint32_t points = 1;
};

struct HistoryPoint {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint64_t seconds = 0;
  WindowStats stats;  // covered_seconds: while somebody watched
};

// The range grown to whole stretches, cut into points of the same length. That is a multiple of the
// coarsest rollups that are not longer than a point must be, and which are still kept of the whole
// range: so a day at 1,000 points has 720 of two minutes.
struct HistoryAnswer {
  std::uint64_t begin_seconds = 0;
  std::uint64_t end_seconds = 0;
  std::uint64_t point_seconds = 0;
  WindowStats whole;
  std::vector<HistoryPoint> points;
};

// [begin, end) in seconds, grown to whole ones; at least one.
struct Seconds {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t length;  // of the range itself, rounded up; at most a second shorter
};
Seconds whole_seconds(const TimeStretch& range);

// Puts an answer together from rollups.
class HistoryPoints {
 public:
  // Rollups are of `step` seconds, or of a length that divides it.
  HistoryPoints(const HistoryQuery& query, std::uint64_t step);

  std::uint64_t begin_seconds() const { return begin_; }
  std::uint64_t end_seconds() const { return end_; }

  // The tally that a rollup belongs to; null outside of the range.
  Tally* at(std::uint64_t begin_seconds);

  // `observed`: in order of time, without overlaps.
  HistoryAnswer answer(const std::vector<TimeStretch>& observed) const;

 private:
  std::uint64_t begin_;
  std::uint64_t end_;
  std::uint64_t width_;
  std::vector<Tally> tallies_;
};

// From rollups of a reader that keeps no file.
HistoryAnswer answer_from(const HistoryQuery& query, const RollupDelta& seen);

}  // namespace goxel_telemetry::metrics
