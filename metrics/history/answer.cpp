// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/answer.h"

#include <algorithm>
#include <cassert>

#include "metrics/comparison/tool_method.h"
#include "metrics/history/rounding.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

// The seconds of [begin, begin + seconds) that the stretches cover.
double overlap(const std::vector<TimeStretch>& stretches, std::uint64_t begin,
               std::uint64_t seconds) {
  const TimeStretch point{begin * kNsPerSecond, (begin + seconds) * kNsPerSecond};
  auto stretch =
      std::partition_point(stretches.begin(), stretches.end(),
                           [&](const TimeStretch& s) { return s.end_ns <= point.begin_ns; });
  std::uint64_t covered_ns = 0;
  for (; stretch != stretches.end() && stretch->begin_ns < point.end_ns; ++stretch) {
    covered_ns +=
        std::min(stretch->end_ns, point.end_ns) - std::max(stretch->begin_ns, point.begin_ns);
  }
  return static_cast<double>(covered_ns) / 1e9;
}

}  // namespace

bool HistoryFilter::passes(const OperationKey& key) const {
  const auto is = [](const std::optional<std::string>& wanted, const std::string& name) {
    return !wanted || *wanted == name;
  };
  const bool of_operation =
      with_tools ? is(operation, method_of_tool(key.operation)) : is(operation, key.operation);
  return of_operation && is(stack, key.stack) && is(protocol, key.protocol) && is(layer, key.layer);
}

Seconds whole_seconds(const TimeStretch& range) {
  const std::uint64_t begin = range.begin_ns / kNsPerSecond;
  const std::uint64_t end = round_up(range.end_ns, kNsPerSecond) / kNsPerSecond;
  const std::uint64_t length = round_up(range.end_ns - range.begin_ns, kNsPerSecond) / kNsPerSecond;
  return {begin, std::max(begin + 1, end), std::max<std::uint64_t>(length, 1)};
}

HistoryPoints::HistoryPoints(const Seconds& range, std::uint32_t points, std::uint64_t step)
    : begin_(range.begin),
      end_(range.end),
      first_edge_(round_down(range.begin, step)),
      width_(round_up((range.length + points - 1) / points, step)) {
  assert(points >= 1 && points <= HistoryQuery::kMostPoints);
  tallies_.resize((end_ - first_edge_ + width_ - 1) / width_);
}

Tally* HistoryPoints::at(std::uint64_t begin_seconds) {
  if (begin_seconds < begin_ || begin_seconds >= end_) return nullptr;
  return &tallies_[(begin_seconds - first_edge_) / width_];
}

void HistoryPoints::count(std::uint64_t begin_seconds, std::uint64_t seconds,
                          std::uint64_t records) {
  Stretch& stretch = stretches_[begin_seconds];
  stretch.seconds = seconds;
  stretch.records += records;
}

HistoryTallies HistoryPoints::take(const std::vector<TimeStretch>& observed) {
  HistoryTallies out{begin_, end_, width_, {}};
  for (std::size_t i = 0; i < tallies_.size(); ++i) {
    TallyPoint& point = out.points.emplace_back();
    const std::uint64_t edge = first_edge_ + i * width_;
    point.begin_seconds = std::max(edge, begin_);
    point.seconds = std::min(edge + width_, end_) - point.begin_seconds;
    point.covered_seconds = overlap(observed, point.begin_seconds, point.seconds);
    point.tally = std::move(tallies_[i]);
  }
  for (const auto& [begin, stretch] : stretches_) {
    if (begin < begin_ || begin >= end_) continue;
    double& most = out.points[(begin - first_edge_) / width_].most_per_second;
    most =
        std::max(most, static_cast<double>(stretch.records) / static_cast<double>(stretch.seconds));
  }
  tallies_.clear();
  stretches_.clear();
  return out;
}

HistoryAnswer answer_of(const HistoryTallies& tallies) {
  HistoryAnswer answer{tallies.begin_seconds, tallies.end_seconds, tallies.point_seconds, {}, {}};
  Tally whole;
  double covered = 0;
  for (const TallyPoint& point : tallies.points) {
    answer.points.push_back(
        {point.begin_seconds, point.seconds, stats_of(point.tally, point.covered_seconds)});
    covered += point.covered_seconds;
    whole.merge(point.tally);
  }
  answer.whole = stats_of(whole, covered);
  return answer;
}

HistoryAnswer answer_from(const HistoryQuery& query, const RollupDelta& seen) {
  // All rollups of a hand-out are of the same length.
  const std::uint64_t step = seen.rollups.empty() ? 1 : seen.rollups.front().seconds;
  Seconds range = whole_seconds(query.range);
  range.begin = round_down(range.begin, step);
  range.end = round_up(range.end, step);
  HistoryPoints points(range, query.points, step);
  for (const Rollup& rollup : seen.rollups) {
    if (!query.filter.passes(rollup.key)) continue;
    if (Tally* const tally = points.at(rollup.begin_seconds)) {
      tally->merge(rollup.tally);
      points.count(rollup.begin_seconds, rollup.seconds, rollup.tally.outcomes.all());
    }
  }
  std::vector<TimeStretch> observed = seen.observed;
  std::sort(observed.begin(), observed.end(),
            [](const TimeStretch& a, const TimeStretch& b) { return a.begin_ns < b.begin_ns; });
  for (std::size_t i = 1; i < observed.size(); ++i) {
    observed[i].begin_ns = std::max(observed[i].begin_ns, observed[i - 1].end_ns);
    observed[i].end_ns = std::max(observed[i].end_ns, observed[i].begin_ns);
  }
  return answer_of(points.take(observed));
}

}  // namespace goxel_telemetry::metrics
