// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/distribution.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::Histogram;

// Powers of two from which on a bar may be less than one: those with 64 buckets.
constexpr int kFirstCutOctave = std::bit_width(Histogram::kPerOctave) - 1;
constexpr int kOctaves = std::bit_width(Histogram::kHighest);
constexpr int kFewestOctaves = 3;
constexpr std::array kCuts = {8, 6, 4, 3, 2, 1};

QString tr(const char* text) {
  return QCoreApplication::translate("Distribution", text);
}

// A number stays in one line with its unit.
QString unbroken(const std::string& number) {
  return QString::fromStdString(number).replace(QLatin1Char(' '), QChar(QChar::Nbsp));
}

QString percent(double ratio) {
  return unbroken(metrics::format_percent(ratio));
}

QString duration(double ns) {
  return unbroken(metrics::format_duration(ns));
}

std::uint32_t bucket_at_cut(int cut, int per_octave) {
  const int octave = cut / per_octave;
  if (octave < kFirstCutOctave) return octave == 0 ? 0 : std::uint32_t{1} << octave;
  const double part = static_cast<double>(cut % per_octave) / per_octave;
  const auto within =
      static_cast<std::uint32_t>(std::lround(Histogram::kPerOctave * std::exp2(part)));
  return static_cast<std::uint32_t>(octave - kFirstCutOctave) * Histogram::kPerOctave + within;
}

// The last cut that is not above the bucket.
int cut_at_most(std::uint32_t bucket, int per_octave) {
  int low = 0;
  int high = kOctaves * per_octave;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (bucket_at_cut(middle, per_octave) <= bucket ? low : high) = middle;
  }
  return low;
}

std::uint32_t bucket_of(std::uint64_t ns) {
  return Histogram::bucket_of(std::min(ns, Histogram::kHighest));
}

std::uint32_t last_used_bucket(const Histogram& latency) {
  return bucket_of(latency.max());
}

bool has_buckets(const Histogram& latency) {
  return latency.count() > latency.out_of_range();
}

// Spreads what `time` lacks of `sum` over the buckets by the room that each leaves.
void spread(std::vector<double>& time, const Histogram& latency, double sum) {
  const auto room = [&latency](std::uint32_t bucket) {
    const std::uint64_t width = Histogram::highest_in(bucket) - Histogram::lowest_in(bucket);
    return static_cast<double>(latency.count_in(bucket)) * static_cast<double>(width) / 2;
  };
  double missing = sum;
  double all_room = 0;
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    missing -= time[bucket];
    all_room += room(bucket);
  }
  const double all_time = sum - missing;
  // More than there is room for can only come from a file that somebody has changed.
  const bool fits = std::abs(missing) <= all_room * (1 + 1e-9);
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    if (!fits) {
      time[bucket] *= all_time > 0 ? sum / all_time : 0;
    } else if (all_room > 0) {
      time[bucket] += missing * (room(bucket) / all_room);
    }
  }
}

std::uint64_t floor_seconds(std::uint64_t ns) {
  return ns / metrics::kNsPerSecond;
}
std::uint64_t ceil_seconds(std::uint64_t ns) {
  return ns / metrics::kNsPerSecond + (ns % metrics::kNsPerSecond != 0 ? 1 : 0);
}

}  // namespace

DurationGrid DurationGrid::around(std::uint64_t least_ns, std::uint64_t most_ns) {
  const std::uint32_t least = bucket_of(least_ns);
  const std::uint32_t most = std::max(least, bucket_of(most_ns));
  for (const int per_octave : kCuts) {
    int first = cut_at_most(least, per_octave);
    int end = cut_at_most(most, per_octave) + 1;
    for (int grow = 0; end - first < kFewestOctaves * per_octave; ++grow) {
      const bool down = first > 0 && (grow % 2 == 0 || end == kOctaves * per_octave);
      down ? --first : ++end;
    }
    const bool is_cut = first >= kFirstCutOctave * per_octave || per_octave == 1;
    if (is_cut && end - first <= kMostBars) {
      return {per_octave, first, end - first, most_ns > Histogram::kHighest};
    }
  }
  return {1, 0, kOctaves, most_ns > Histogram::kHighest};
}

std::uint32_t DurationGrid::first_bucket(int bar) const {
  return bucket_at_cut(first_ + bar, per_octave_);
}

std::uint64_t DurationGrid::low_ns(int bar) const {
  return bar < bars_ ? Histogram::lowest_in(first_bucket(bar)) : Histogram::kHighest + 1;
}

std::uint64_t DurationGrid::high_ns(int bar) const {
  return bar < bars_ ? Histogram::highest_in(first_bucket(bar + 1) - 1) : UINT64_MAX;
}

int DurationGrid::bar_of(std::uint64_t ns) const {
  if (ns > Histogram::kHighest) return all_bars() - 1;
  return std::clamp(cut_at_most(bucket_of(ns), per_octave_) - first_, 0, bars_ - 1);
}

bool DurationGrid::holds(std::uint64_t ns) const {
  if (ns > Histogram::kHighest) return has_beyond_;
  return ns >= low_ns(0) && ns <= high_ns(bars_ - 1);
}

double DurationGrid::place_of(std::uint64_t ns) const {
  if (ns > Histogram::kHighest && has_beyond_) return length();
  const int bar = bar_of(ns);
  const double low = std::log2(std::max<double>(static_cast<double>(low_ns(bar)), 1));
  const double end = std::log2(static_cast<double>(high_ns(bar)) + 1);
  const double at = std::log2(std::max<double>(static_cast<double>(ns), 1));
  return bar + std::clamp((at - low) / (end - low), 0.0, 1.0);
}

double DurationGrid::place_below(std::uint64_t low_ns) const {
  return low_ns > Histogram::kHighest && has_beyond_ ? begin_of(bars_) : place_of(low_ns);
}

double DurationGrid::place_above(std::uint64_t high_ns) const {
  if (high_ns > Histogram::kHighest) return length();
  return high_ns == Histogram::kHighest ? bars_ : place_of(high_ns + 1);
}

std::optional<int> DurationGrid::bar_at(double place) const {
  if (place < 0 || place >= length()) return std::nullopt;
  if (place < bars_) return static_cast<int>(place);
  if (has_beyond_ && place >= begin_of(bars_)) return bars_;
  return std::nullopt;
}

DurationGrid grid_for(const Distribution& shown, const std::optional<DurationGrid>& before) {
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  const auto take = [&](const Histogram& latency) {
    if (latency.count() == 0) return;
    least = std::min(least, latency.min());
    most = std::max(most, latency.max());
  };
  take(shown.latency);
  if (shown.baseline) take(*shown.baseline);
  for (const DistributionColumn& column : shown.columns) take(column.latency);
  if (least > most) return before.value_or(DurationGrid());
  const DurationGrid fitting = DurationGrid::around(least, most);
  if (!before || !before->holds(least) || !before->holds(most)) return fitting;
  if (before->has_beyond() != fitting.has_beyond()) return fitting;
  const int used = before->bar_of(std::min(most, Histogram::kHighest)) - before->bar_of(least) + 1;
  const bool is_filled = used * 2 >= before->bars();
  return is_filled || before->octaves() <= fitting.octaves() ? *before : fitting;
}

std::vector<double> time_spent(const Histogram& latency) {
  std::vector<double> time(Histogram::kBuckets + 1);
  double by_middles = 0;
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const auto ends =
        static_cast<double>(Histogram::lowest_in(bucket) + Histogram::highest_in(bucket));
    time[bucket] = static_cast<double>(latency.count_in(bucket)) * (ends / 2);
    by_middles += time[bucket];
  }
  const auto sum = static_cast<double>(latency.sum());
  double beyond = 0;
  if (latency.out_of_range() != 0) {
    // One of them took max(), the others at least a nanosecond more than the last bucket.
    const auto others = static_cast<double>(latency.out_of_range() - 1);
    const auto longest = static_cast<double>(latency.max());
    const double least = others * static_cast<double>(Histogram::kHighest + 1) + longest;
    beyond = std::clamp(sum - by_middles, least, std::max(least, (others + 1) * longest));
    beyond = std::min(beyond, sum);
  }
  spread(time, latency, sum - beyond);
  time[Histogram::kBuckets] = beyond;
  return time;
}

std::vector<DurationBar> bars_of(const Histogram& latency, const DurationGrid& grid) {
  std::vector<DurationBar> bars(static_cast<std::size_t>(grid.all_bars()));
  if (latency.count() == 0) return bars;
  const std::vector<double> time = time_spent(latency);
  for (int bar = 0; bar < grid.bars(); ++bar) {
    DurationBar& sums = bars[static_cast<std::size_t>(bar)];
    for (std::uint32_t bucket = grid.first_bucket(bar); bucket < grid.first_bucket(bar + 1);
         ++bucket) {
      sums.count += latency.count_in(bucket);
      sums.time_ns += time[bucket];
    }
  }
  if (grid.has_beyond()) bars.back() = {latency.out_of_range(), time[Histogram::kBuckets]};
  return bars;
}

DurationBar between(const Histogram& latency, std::uint64_t low_ns, std::uint64_t high_ns) {
  DurationBar sums;
  if (latency.count() == 0) return sums;
  const std::vector<double> time = time_spent(latency);
  if (low_ns <= Histogram::kHighest) {
    for (std::uint32_t bucket = bucket_of(low_ns); bucket <= bucket_of(high_ns); ++bucket) {
      sums.count += latency.count_in(bucket);
      sums.time_ns += time[bucket];
    }
  }
  if (high_ns > Histogram::kHighest) {
    sums.count += latency.out_of_range();
    sums.time_ns += time[Histogram::kBuckets];
  }
  return sums;
}

bool HeatColumn::is_partly_watched() const {
  constexpr double kWhole = 0.99;  // clocks are corrected all the time
  return is_watched() &&
         covered_seconds < kWhole * static_cast<double>(end_seconds - begin_seconds);
}

HeatCells cells_of(const std::vector<DistributionColumn>& columns, const DurationGrid& grid) {
  HeatCells cells{grid, {}, {}};
  const auto bars = static_cast<std::size_t>(grid.all_bars());
  // Buckets outside the grid count as its outermost bars.
  std::vector<std::size_t> bar_of_bucket(Histogram::kBuckets);
  for (int bar = 0; bar < grid.bars(); ++bar) {
    const std::uint32_t begin = grid.first_bucket(bar);
    const std::uint32_t end =
        bar + 1 < grid.bars() ? grid.first_bucket(bar + 1) : Histogram::kBuckets;
    std::fill(bar_of_bucket.begin() + begin, bar_of_bucket.begin() + end,
              static_cast<std::size_t>(bar));
  }
  cells.columns.reserve(columns.size());
  cells.counts.resize(columns.size() * bars);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const DistributionColumn& column = columns[i];
    const Histogram& latency = column.latency;
    cells.columns.push_back({column.begin_seconds, column.begin_seconds + column.seconds,
                             column.covered_seconds, latency.count()});
    std::uint64_t* counts = cells.counts.data() + i * bars;
    if (has_buckets(latency)) {
      for (std::uint32_t bucket = bucket_of(latency.min()); bucket <= last_used_bucket(latency);
           ++bucket) {
        counts[bar_of_bucket[bucket]] += latency.count_in(bucket);
      }
    }
    counts[bars - 1] += latency.out_of_range();
  }
  return cells;
}

HeatCells merged(const HeatCells& cells, std::uint64_t step_seconds,
                 const metrics::TimeStretch& range) {
  HeatCells result{cells.grid, {}, {}};
  const auto bars = static_cast<std::size_t>(cells.grid.all_bars());
  const std::uint64_t range_begin = floor_seconds(range.begin_ns);
  const std::uint64_t range_end = ceil_seconds(range.end_ns);
  std::uint64_t last_key = 0;
  for (std::size_t i = 0; i < cells.columns.size(); ++i) {
    const HeatColumn& column = cells.columns[i];
    const bool is_long = column.end_seconds - column.begin_seconds >= step_seconds;
    const std::uint64_t key = column.begin_seconds / step_seconds;
    const std::uint64_t* counts = cells.counts.data() + i * bars;
    if (result.columns.empty() || key != last_key) {
      HeatColumn added = column;
      if (!is_long) {
        std::uint64_t begin = std::max(key * step_seconds, range_begin);
        if (!result.columns.empty()) begin = std::max(begin, result.columns.back().end_seconds);
        added.begin_seconds = std::min(begin, column.begin_seconds);
        added.end_seconds =
            std::max(column.end_seconds, std::min((key + 1) * step_seconds, range_end));
      }
      if (!result.columns.empty()) {
        std::uint64_t& end = result.columns.back().end_seconds;
        end = std::min(end, std::max(result.columns.back().begin_seconds, added.begin_seconds));
      }
      result.columns.push_back(added);
      result.counts.insert(result.counts.end(), counts, counts + bars);
      last_key = key;
      continue;
    }
    HeatColumn& into = result.columns.back();
    into.covered_seconds += column.covered_seconds;
    into.count += column.count;
    into.end_seconds = std::max(into.end_seconds, column.end_seconds);
    std::uint64_t* sums = result.counts.data() + (result.columns.size() - 1) * bars;
    for (std::size_t bar = 0; bar < bars; ++bar) sums[bar] += counts[bar];
  }
  return result;
}

std::uint64_t merging_step(const HeatCells& cells, const metrics::TimeStretch& range,
                           int most_columns) {
  std::uint64_t shortest = UINT64_MAX;
  for (const HeatColumn& column : cells.columns) {
    shortest =
        std::min(shortest, std::max<std::uint64_t>(column.end_seconds - column.begin_seconds, 1));
  }
  if (shortest == UINT64_MAX || range.end_ns <= range.begin_ns) return 1;
  const double seconds = static_cast<double>(range.end_ns - range.begin_ns) / metrics::kNsPerSecond;
  const double wanted = seconds / std::max(most_columns, 1);
  constexpr std::array kTimes = {1, 2, 3, 5, 6, 10, 15, 20, 30};
  for (std::uint64_t sixties = 1;; sixties *= 60) {
    for (const int times : kTimes) {
      const std::uint64_t step = shortest * sixties * static_cast<std::uint64_t>(times);
      if (static_cast<double>(step) >= wanted) return step;
    }
  }
}

std::optional<SlowHalf> slow_half(const Histogram& latency) {
  if (latency.count() == 0 || latency.sum() == 0) return std::nullopt;
  const std::vector<double> time = time_spent(latency);
  const auto sum = static_cast<double>(latency.sum());
  double slower = time[Histogram::kBuckets];
  SlowHalf half{Histogram::kHighest + 1, latency.out_of_range(), 0};
  for (std::uint32_t bucket = Histogram::kBuckets; slower * 2 < sum && bucket-- > 0;) {
    if (latency.count_in(bucket) == 0) continue;
    slower += time[bucket];
    half.count += latency.count_in(bucket);
    half.from_ns = std::max(Histogram::lowest_in(bucket), latency.min());
  }
  if (half.count == 1) slower = static_cast<double>(latency.max());
  half.time_share = std::min(slower / sum, 1.0);
  return half;
}

QString durations_text(std::uint64_t low_ns, std::uint64_t high_ns) {
  const auto text = [](std::uint64_t ns) {
    return QString::fromStdString(metrics::format_duration(static_cast<double>(ns)));
  };
  if (low_ns > Histogram::kHighest) return tr("longer than %1").arg(text(Histogram::kHighest));
  const QString low = text(low_ns);
  if (high_ns > Histogram::kHighest) return tr("%1 and longer").arg(low);
  const QString high = text(high_ns + 1);
  const QStringList low_parts = low.split(QLatin1Char(' '));
  const QStringList high_parts = high.split(QLatin1Char(' '));
  const bool one_unit =
      low_parts.size() == 2 && high_parts.size() == 2 && low_parts[1] == high_parts[1];
  return tr("%1 to %2").arg(one_unit ? low_parts[0] : low, high);
}

QString range_text(const metrics::TimeStretch& range) {
  constexpr qsizetype kDate = 11;  // "2025-11-25 "
  const QString begin = QString::fromStdString(metrics::format_date_time(range.begin_ns));
  const QString end = QString::fromStdString(metrics::format_date_time(range.end_ns));
  const bool one_day = begin.left(kDate) == end.left(kDate);
  return tr("%1 to %2").arg(one_day ? begin.mid(kDate) : begin, one_day ? end.mid(kDate) : end);
}

QString requests_text(std::uint64_t count) {
  if (count == 1) return tr("1 request");
  return tr("%1 requests").arg(QString::fromStdString(metrics::format_count(count)));
}

QString summary(const Distribution& shown) {
  const Histogram& latency = shown.latency;
  const QString number = QString::fromStdString(metrics::format_count(latency.count()));
  QString text = latency.count() == 0   ? tr("No answered request")
                 : latency.count() == 1 ? tr("1 answered request")
                                        : tr("%1 answered requests").arg(number);
  if (!shown.operation.empty()) text = tr("%1 of %2").arg(text, viewer::shown(shown.operation));
  text = tr("%1, %2").arg(text, range_text(shown.range));
  if (latency.count() == 1) {
    text = tr("%1; it took %2").arg(text, duration(static_cast<double>(latency.max())));
  } else if (const std::optional<SlowHalf> half = slow_half(latency)) {
    const double share = static_cast<double>(half->count) / static_cast<double>(latency.count());
    const QString longest = duration(static_cast<double>(latency.max()));
    // Whole percents: a bucket's time is known to 0.8 %.
    const QString time = unbroken(std::to_string(std::lround(half->time_share * 100)) + " %");
    if (half->count == latency.count()) {
      text = tr("%1; they took %2 to %3")
                 .arg(text, duration(static_cast<double>(latency.min())), longest);
    } else if (half->count == 1) {
      text = tr("%1; %2 of the time went into a single one that took %3").arg(text, time, longest);
    } else {
      text = tr("%1; %2 of the time went into the %3 that took %4 or longer, up to %5")
                 .arg(text, time, percent(share), duration(static_cast<double>(half->from_ns)),
                      longest);
    }
  }
  const double seconds =
      shown.range.end_ns > shown.range.begin_ns
          ? static_cast<double>(shown.range.end_ns - shown.range.begin_ns) / metrics::kNsPerSecond
          : 0;
  double covered = 0;
  for (const DistributionColumn& column : shown.columns) covered += column.covered_seconds;
  if (covered == 0) {
    text = tr("%1; nothing of it was watched").arg(text);
  } else if (seconds - covered >= std::max(1.0, seconds / 100)) {
    text = tr("%1; %2 of it were not watched").arg(text, duration((seconds - covered) * 1e9));
  }
  return text + QLatin1Char('.');
}

}  // namespace goxel_telemetry::viewer
