// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/series_rows.h"

#include <algorithm>
#include <cmath>

#include "metrics/alerts/alert_rows.h"
#include "metrics/history/rows.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostInstances = 1'000;

// Screens round them to whole numbers, so they must be such as have them.
constexpr double kMostReal = 1e15;
constexpr double kLeastDueToLoad = -1;

std::optional<double> real_for_file(std::optional<double> value, double least = 0) {
  if (!value || std::isnan(*value)) return std::nullopt;
  return std::clamp(*value, least, kMostReal);
}

std::optional<double> real_in(const Statement& row, int column, double least = 0) {
  const auto value = row.real_or_null(column);
  if (value && !(*value >= least && *value <= kMostReal)) throw damaged();
  return value;
}

void put(Statement& statement, const std::string& instance, std::int64_t place,
         const WatchedSeries& series) {
  const OperationKey key = series.key.value_or(OperationKey{});
  statement.reset().bind(1, text_for_file(instance, kMostNameBytes)).bind(2, place);
  statement.bind(3, std::int64_t{series.is_outer}).bind(4, std::int64_t{!series.key});
  int column = 5;
  for (const std::string* part : {&key.stack, &key.protocol, &key.layer, &key.operation})
    statement.bind(column++, text_for_file(*part, kMostNameBytes));
  statement.bind(9, std::string_view(to_string(series.channel)));
  statement.bind(10, std::string_view(to_string(series.state)));
  statement.bind_real(11, real_for_file(series.requests).value_or(0));
  statement.bind_real(12, real_for_file(series.ticks_needed));
  statement.bind_real(13, real_for_file(series.usual_ns));
  statement.bind_real(14, real_for_file(series.usual_share));
  statement.bind_real(15, real_for_file(series.due_to_load, kLeastDueToLoad));
  const WatchedSeries::Noticeable found = series.noticeable.value_or(WatchedSeries::Noticeable{});
  statement.bind_real(16, real_for_file(found.ratio)).bind_real(17, real_for_file(found.share));
  statement.bind_real(18, series.noticeable ? real_for_file(found.within_seconds) : std::nullopt);
  statement.run();
}

WatchedSeries series_in(const Statement& row) {
  WatchedSeries series;
  series.is_outer = row.number(0) != 0;
  if (row.number(1) == 0) {
    series.key = {text_in(row, 2, kMostNameBytes), text_in(row, 3, kMostNameBytes),
                  text_in(row, 4, kMostNameBytes), text_in(row, 5, kMostNameBytes)};
  }
  series.channel = named_in<OperationShift::Channel>(row, 6, 3);
  series.state = named_in<WatchedSeries::State>(row, 7, 6);
  series.requests = real_in(row, 8).value_or(0);
  series.ticks_needed = real_in(row, 9);
  series.usual_ns = real_in(row, 10);
  series.usual_share = real_in(row, 11);
  series.due_to_load = real_in(row, 12, kLeastDueToLoad);
  if (const auto within = real_in(row, 15))
    series.noticeable = {real_in(row, 13), real_in(row, 14), *within};
  return series;
}

}  // namespace

void put_series(Database& database, const std::vector<InstanceSeries>& series,
                std::uint64_t now_ns) {
  database.run("DELETE FROM series");
  database.run("DELETE FROM watched");
  Statement watched = database.prepare("INSERT INTO watched VALUES (?, ?, ?)");
  Statement insert = database.prepare(
      "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const InstanceSeries& of : series) {
    watched.reset().bind(1, text_for_file(of.instance, kMostNameBytes));
    watched.bind(2, time_for_file(now_ns)).bind(3, time_for_file(of.left_out)).run();
    for (std::size_t i = 0; i < of.series.size(); ++i)
      put(insert, of.instance, static_cast<std::int64_t>(i), of.series[i]);
  }
}

std::uint64_t read_series(Database& database, std::vector<InstanceSeries>& series) {
  series.clear();
  std::uint64_t as_of_ns = 0;
  Statement watched =
      database.prepare("SELECT instance, as_of_ns, left_out FROM watched ORDER BY instance");
  Statement select = database.prepare(
      "SELECT is_outer, is_all, stack, protocol, layer, operation, channel, state, requests_a_tick,"
      " ticks_needed, usual_ns, usual_share, due_to_load, noticeable_ratio, noticeable_share,"
      " within_seconds FROM series WHERE instance = ? ORDER BY place");
  while (watched.step()) {
    if (series.size() == kMostInstances) throw damaged();
    as_of_ns = std::max(as_of_ns, time_in(watched, 1));
    InstanceSeries& of = series.emplace_back();
    of.instance = text_in(watched, 0, kMostNameBytes);
    of.left_out = time_in(watched, 2);
    for (select.reset().bind(1, of.instance); select.step();) {
      if (of.series.size() == InstanceSeries::kMost) throw damaged();
      of.series.push_back(series_in(select));
    }
  }
  return as_of_ns;
}

}  // namespace goxel_telemetry::metrics
