// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/names.h"

#include "metrics/history/rounding.h"
#include "metrics/history/rows.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostCached = 4'096;
constexpr std::uint64_t kHour = 3'600;

std::size_t count(Statement& statement) {
  if (!statement.step()) throw damaged();
  return static_cast<std::size_t>(statement.number(0));
}

}  // namespace

std::int64_t HistoryNames::instance_id(const std::string& name) {
  if (const auto known = instances_.find(name); known != instances_.end()) return known->second;
  Statement select = database_.prepare("SELECT id FROM instance WHERE name = ?");
  if (!select.bind(1, name).step()) {
    database_.prepare("INSERT INTO instance VALUES (NULL, ?, 0, x'', 0, 0)").bind(1, name).run();
    may_be_over_ = true;
    if (!select.reset().bind(1, name).step()) throw damaged();
  }
  return instances_[name] = select.number(0);
}

std::optional<HistoryNames::SeriesIds> HistoryNames::series_ids(std::int64_t instance,
                                                                const OperationKey& key,
                                                                std::uint64_t begin) {
  const std::uint64_t hour = round_down(begin, kHour);
  OperationKey named = key;
  named.operation.clear();
  const std::optional<std::int64_t> sum = series_id(instance, named, hour);
  if (!sum) return std::nullopt;
  std::optional<std::int64_t> operation = series_id(instance, key, hour);
  if (!operation) {
    named.operation = kOtherOperation;
    operation = series_id(instance, named, hour);
    if (!operation) return std::nullopt;
    series_[{instance, key}] = {*operation, hour};
  }
  return SeriesIds{*operation, *sum};
}

// last_begin shows which names are not used by any row any more. As it is a whole hour, it changes only once
// an hour.
std::optional<std::int64_t> HistoryNames::series_id(std::int64_t instance, const OperationKey& key,
                                                    std::uint64_t hour) {
  if (series_.size() >= kMostCached) series_.clear();
  const auto known = series_.find({instance, key});
  if (known != series_.end() && known->second.last_begin >= hour) return known->second.id;

  const auto bind_names = [&](Statement& statement) {
    statement.bind(1, instance).bind(2, key.stack).bind(3, key.protocol).bind(4, key.layer);
    statement.bind(5, key.operation).bind(6, to_signed(hour));
  };
  Statement update = database_.prepare(
      "UPDATE series SET last_begin = max(last_begin, ?6) WHERE instance = ?1 AND stack = ?2"
      " AND protocol = ?3 AND layer = ?4 AND operation = ?5 RETURNING id, last_begin");
  bind_names(update);
  // The first step makes all changes, also those of a statement with RETURNING.
  if (update.step()) {
    const Series series{update.number(0), to_unsigned(update.number(1))};
    series_[{instance, key}] = series;
    return series.id;
  }
  if (!has_room(instance, key)) return std::nullopt;
  Statement insert =
      database_.prepare("INSERT INTO series VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6) RETURNING id");
  bind_names(insert);
  if (!insert.step()) throw damaged();
  may_be_over_ = true;
  series_[{instance, key}] = {insert.number(0), hour};
  return insert.number(0);
}

bool HistoryNames::has_room(std::int64_t instance, const OperationKey& key) {
  const bool collects = key.operation.empty() || key.operation == kOtherOperation;
  Statement select = database_.prepare("SELECT count(*) FROM series WHERE instance = ?");
  return count(select.bind(1, instance)) <
         limits_.series_of_instance + (collects ? kRoomForOther : 0);
}

bool HistoryNames::within_limits() {
  Statement instances = database_.prepare("SELECT count(*) FROM instance");
  Statement series = database_.prepare("SELECT count(*) FROM series");
  return count(instances) <= limits_.instances && count(series) <= limits_.series;
}

std::vector<std::string> HistoryNames::make_room(const std::set<std::string>& followed) {
  std::vector<std::string> forgotten;
  while (may_be_over_ && !within_limits()) {
    std::optional<std::string> name = forget_one(followed);
    if (!name) break;
    forgotten.push_back(*std::move(name));
  }
  may_be_over_ = false;
  if (!forgotten.empty()) clear_cache();
  return forgotten;
}

// SQLite gives the highest id again if its row is gone: so that row stays.
std::optional<std::string> HistoryNames::forget_one(const std::set<std::string>& followed) {
  Statement oldest = database_.prepare(
      "SELECT id, name FROM instance WHERE id < (SELECT max(id) FROM instance)"
      " ORDER BY until_ns, id");
  do {
    if (!oldest.step()) return std::nullopt;
  } while (followed.contains(oldest.text(1)));
  const std::int64_t id = oldest.number(0);
  std::string name = oldest.text(1);
  oldest.reset();
  for (const char* remove :
       {"DELETE FROM series WHERE instance = ? AND id < (SELECT max(id) FROM series)",
        "DELETE FROM counter WHERE instance = ?", "DELETE FROM observed WHERE instance = ?",
        "DELETE FROM instance WHERE id = ?"}) {
    database_.prepare(remove).bind(1, id).run();
  }
  return name;
}

void HistoryNames::forget_before(std::uint64_t kept_from) {
  for (const char* remove :
       {"DELETE FROM series WHERE last_begin < ?",
        "DELETE FROM observed WHERE end_ns / 1000000000 < ?",
        "DELETE FROM instance WHERE until_ns / 1000000000 < ?"
        " AND id < (SELECT max(id) FROM instance) AND id NOT IN (SELECT instance FROM series)"}) {
    database_.prepare(remove).bind(1, to_signed(kept_from)).run();
  }
  database_.run("DELETE FROM counter WHERE instance NOT IN (SELECT id FROM instance)");
  clear_cache();
}

void HistoryNames::clear_cache() {
  instances_.clear();
  series_.clear();
  may_be_over_ = true;
}

}  // namespace goxel_telemetry::metrics
