// SPDX-License-Identifier: GPL-3.0-or-later
// How long requests took: the finished value that histogram and heat map draw, and the pure functions that turn it into
// bars and cells.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/tally/histogram.h"
#include "metrics/time.h"

namespace goxel_telemetry::viewer {

struct DistributionColumn {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint32_t seconds = 1;
  double covered_seconds = 0;  // 0: not watched
  metrics::Histogram latency;  // of answered requests
};

struct Distribution {
  std::string operation;       // empty: all
  metrics::TimeStretch range;  // CLOCK_REALTIME
  // In the order of time, without overlaps. Time without a column counts as not watched.
  std::vector<DistributionColumn> columns;
  metrics::Histogram latency;                  // of the whole range
  std::optional<metrics::Histogram> baseline;  // another stretch, to compare with
  std::string baseline_name;
  std::uint64_t target_ns = 0;  // 0: none
};

// Bars of equal width on a logarithmic axis of durations. A bar holds whole buckets of the histogram, never a part of
// one, so its count and the ends of its durations are exact. Each power of two is cut into 8, 6, 4, 3, 2 or 1 bars; the
// cuts are moved to the nearest bucket, which makes a bar at most 10 % wider or narrower than the others (with 7 or 5 bars
// it would be more, and an even distribution would look like a comb). The cuts do not depend on the data: bars stay where
// they are while requests come in. Below 64 ns a bucket is a nanosecond, and a bar a whole power of two.
//
// Durations beyond the last bucket have a bar of their own, `bars()`, half a bar away from the others.
class DurationGrid {
 public:
  static constexpr int kMostBars =
      40;  // without the one beyond; the whole range has 37 powers of two

  // A decade around a millisecond.
  DurationGrid() : DurationGrid(around(500'000, 2'000'000)) {}
  // The narrowest bars that hold both durations; at least three powers of two.
  static DurationGrid around(std::uint64_t least_ns, std::uint64_t most_ns);

  int bars() const { return bars_; }
  bool has_beyond() const { return has_beyond_; }
  double octaves() const { return static_cast<double>(bars_) / per_octave_; }
  int all_bars() const { return bars_ + (has_beyond_ ? 1 : 0); }

  // Both ends belong to the bar. The one beyond has no upper end: UINT64_MAX.
  std::uint64_t low_ns(int bar) const;
  std::uint64_t high_ns(int bar) const;
  // Its buckets: from first_bucket(bar) up to, and without, first_bucket(bar + 1).
  std::uint32_t first_bucket(int bar) const;
  // The nearest one, if no bar holds it.
  int bar_of(std::uint64_t ns) const;
  bool holds(std::uint64_t ns) const;

  // Places along the axis, in widths of a bar: bar `n` reaches from begin_of(n) to begin_of(n) + 1.
  double length() const { return has_beyond_ ? bars_ + 1.5 : bars_; }
  double begin_of(int bar) const { return bar < bars_ ? bar : bar + 0.5; }
  double place_of(std::uint64_t ns) const;
  // The ends of a stretch of durations that both belong to it.
  double place_below(std::uint64_t low_ns) const;
  double place_above(std::uint64_t high_ns) const;
  // Empty in the space before the bar beyond, and outside.
  std::optional<int> bar_at(double place) const;

  friend bool operator==(const DurationGrid&, const DurationGrid&) = default;

 private:
  DurationGrid(int per_octave, int first, int bars, bool has_beyond)
      : per_octave_(per_octave), first_(first), bars_(bars), has_beyond_(has_beyond) {}

  int per_octave_;
  int first_;  // cuts are numbered from 1 ns on
  int bars_;
  bool has_beyond_;
};

// The grid for all durations of `shown`. Stays `before` while these fill at least half of it: axes grow at once and
// shrink late.
DurationGrid grid_for(const Distribution& shown, const std::optional<DurationGrid>& before);

// How long the requests of each bucket took together, in nanoseconds; the last element is those beyond all buckets. The
// sum is that of the histogram. A bucket's share lies between its count times its lowest and times its highest duration: it
// is taken from the middle, and what is then missing from the exact sum, or too much, is spread over all buckets by
// the room that they leave.
std::vector<double> time_spent(const metrics::Histogram& latency);

struct DurationBar {
  std::uint64_t count = 0;
  double time_ns = 0;
  friend bool operator==(const DurationBar&, const DurationBar&) = default;
};
// One for each of all_bars(). Counts add up to those of the histogram if the grid holds all durations.
std::vector<DurationBar> bars_of(const metrics::Histogram& latency, const DurationGrid& grid);
// The same for all durations of the buckets that low_ns and high_ns lie in, and of those between.
DurationBar between(const metrics::Histogram& latency, std::uint64_t low_ns, std::uint64_t high_ns);

struct HeatColumn {
  std::uint64_t begin_seconds = 0;
  std::uint64_t end_seconds = 0;  // does not belong to it
  double covered_seconds = 0;
  std::uint64_t count = 0;

  bool is_watched() const { return covered_seconds > 0 || count != 0; }
  bool is_partly_watched() const;
};

struct HeatCells {
  DurationGrid grid;
  std::vector<HeatColumn> columns;
  std::vector<std::uint64_t> counts;  // column by column, all_bars() each

  std::uint64_t count(std::size_t column, int bar) const {
    return counts[column * static_cast<std::size_t>(grid.all_bars()) +
                  static_cast<std::size_t>(bar)];
  }
};
HeatCells cells_of(const std::vector<DistributionColumn>& columns, const DurationGrid& grid);
// Columns of `step_seconds` that begin at its multiples, so that they do not change when older ones leave. The first and
// the last end with the range. No count is lost; columns that are longer than that stay as they are.
HeatCells merged(const HeatCells& cells, std::uint64_t step_seconds,
                 const metrics::TimeStretch& range);
// How many seconds a column must have so that there are at most `most_columns`: a multiple of the shortest one's.
std::uint64_t merging_step(const HeatCells& cells, const metrics::TimeStretch& range,
                           int most_columns);

// The slowest requests that took at least half of the time, by whole buckets.
struct SlowHalf {
  std::uint64_t from_ns = 0;
  std::uint64_t count = 0;
  double time_share = 0;
};
std::optional<SlowHalf> slow_half(const metrics::Histogram& latency);

// "1.23 to 1.31 ms"
QString durations_text(std::uint64_t low_ns, std::uint64_t high_ns);
// "14:02:31 to 14:07:31", with dates if these differ.
QString range_text(const metrics::TimeStretch& range);
QString requests_text(std::uint64_t count);

// One sentence: how many, of what, when, and where the time went.
QString summary(const Distribution& shown);

}  // namespace goxel_telemetry::viewer
