// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to a history, and answers: points of equal length, each with exact counts and true
// quantiles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/rollups/rollup.h"
#include "metrics/tally/statistics.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// An empty member means: any.
struct HistoryFilter {
  std::string instance;  // never empty
  std::optional<std::string> operation;
  std::optional<std::string> stack;
  std::optional<std::string> protocol;
  std::optional<std::string> layer;
  // `operation` is a method, and the tools that do its work pass, too (metrics/comparison/tool_method.h).
  bool with_tools = false;

  bool passes(const OperationKey& key) const;
};

struct HistoryQuery {
  static constexpr std::uint32_t kMostPoints = 5'000;

  HistoryFilter filter;
  TimeStretch range;
  // 1 to kMostPoints. The answer may have fewer points, and one more if the range does not begin at
  // an edge between points: then its first and its last point are shorter.
  std::uint32_t points = 1;
};

struct HistoryPoint {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint64_t seconds = 0;
  WindowStats stats;  // covered_seconds: the time that was watched
};

// The range, extended to whole seconds (or to the finest stretches that are still kept at its ends),
// cut into points of equal length. The length is a multiple of a rollup's length: of the coarsest
// rollups that are not longer than a point must be and that are still kept for the whole range. So a
// day that is asked for in 1,000 points has 720 points of two minutes. The first and the last point
// end where the range does: `whole` is what was asked for.
struct HistoryAnswer {
  std::uint64_t begin_seconds = 0;
  std::uint64_t end_seconds = 0;
  std::uint64_t point_seconds = 0;
  WindowStats whole;
  std::vector<HistoryPoint> points;
};

// A point with all that is known of it.
struct TallyPoint {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint64_t seconds = 0;
  double covered_seconds = 0;
  // Records a second in the busiest of the stretches that the point was made of: a peak shorter than the point.
  double most_per_second = 0;
  Tally tally;
};

// A HistoryAnswer before statistics are made of it.
struct HistoryTallies {
  std::uint64_t begin_seconds = 0;
  std::uint64_t end_seconds = 0;
  std::uint64_t point_seconds = 0;
  std::vector<TallyPoint> points;
};
HistoryAnswer answer_of(const HistoryTallies& tallies);

// The range [begin, end), extended to whole seconds; at least one second.
struct Seconds {
  std::uint64_t begin;
  std::uint64_t end;
  // Of the range as asked for, rounded up; at most a second shorter than end - begin.
  std::uint64_t length;
};
Seconds whole_seconds(const TimeStretch& range);

// Makes points from rollups.
class HistoryPoints {
 public:
  // Edges between points lie at multiples of `step` seconds. Each rollup must lie between two of the
  // multiples, or between one and an end of the range.
  HistoryPoints(const Seconds& range, std::uint32_t points, std::uint64_t step);

  // The tally to which a rollup must be added; null outside of the range.
  Tally* at(std::uint64_t begin_seconds);
  // Call it for each rollup that was added, with its number of records.
  void count(std::uint64_t begin_seconds, std::uint64_t seconds, std::uint64_t records);

  // `observed`: stretches in the order of time, without overlaps. Afterwards there are no points.
  HistoryTallies take(const std::vector<TimeStretch>& observed);

 private:
  std::uint64_t begin_;
  std::uint64_t end_;
  std::uint64_t first_edge_;  // the first point would begin here if it were whole
  std::uint64_t width_;
  std::vector<Tally> tallies_;
  struct Stretch {
    std::uint64_t seconds;
    std::uint64_t records;
  };
  std::map<std::uint64_t, Stretch> stretches_;  // of all rollups that begin at the same time
};

// An answer from the rollups of a reader that keeps no file.
HistoryAnswer answer_from(const HistoryQuery& query, const RollupDelta& seen);

}  // namespace goxel_telemetry::metrics
