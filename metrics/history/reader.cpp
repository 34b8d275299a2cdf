// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/reader.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

#include "metrics/comparison/tool_method.h"
#include "metrics/history/rows.h"
#include "metrics/history/schema.h"
#include "metrics/text/printable.h"
#include "metrics/time.h"
#include "shm/segment.h"

namespace goxel_telemetry::metrics {
namespace {

// Looking up one series' rows one by one costs as much, for each, as reading this many rows that
// lie side by side.
constexpr std::size_t kRowsForOneLookup = 8;

// Far more than a history has, whatever names were sent to its daemons.
constexpr std::size_t kMostInstances = 10'000;
constexpr std::size_t kMostSeries = 100'000;
constexpr std::size_t kMostStretches = 1'000'000;

// Names were fitted into a catalog's entry, and made printable. The file may be from anybody.
std::string name_in(const Statement& row, int column) {
  constexpr std::size_t kMostBytes = 1'024;
  std::string name = row.text(column);
  if (name.size() > kMostBytes) throw damaged();
  return printable(name);
}

}  // namespace

struct HistoryReader::Series {
  std::int64_t id;
  OperationKey key;
};

struct HistoryReader::Tier {
  Tier(Database& database, std::uint64_t width) : Tier(database, width, rollup_table(width)) {}

  std::uint64_t seconds;
  std::uint64_t kept_from = 0;
  std::uint64_t closed_until = 0;
  Statement one;      // the row of a stretch and series
  Statement between;  // rows of all series in [begin, end), in the order of time
  Statement extent;   // when the first and the last row begin

 private:
  Tier(Database& database, std::uint64_t width, const std::string& table)
      : seconds(width),
        one(database.prepare(
            ("SELECT tally FROM " + table + " WHERE begin = ? AND series = ?").c_str())),
        between(database.prepare(("SELECT begin, series, tally FROM " + table +
                                  " WHERE begin >= ? AND begin < ? ORDER BY begin, series")
                                     .c_str())),
        extent(database.prepare(("SELECT (SELECT min(begin) FROM " + table +
                                 "), (SELECT max(begin) FROM " + table + ")")
                                    .c_str())) {}
};

HistoryReader::HistoryReader(std::string file, std::uint64_t most_steps, StopWanted stop)
    : file_(std::move(file)), most_steps_(most_steps), stop_(std::move(stop)) {}
HistoryReader::~HistoryReader() = default;

std::unique_ptr<HistoryReader> HistoryReader::open(const std::string& file, HistoryResult& why,
                                                   std::uint64_t most_steps, StopWanted stop) {
  std::unique_ptr<HistoryReader> reader(new HistoryReader(file, most_steps, std::move(stop)));
  why = reader->guarded([&]() -> HistoryResult {
    reader->database_ = open_to_read(file);
    Database& database = *reader->database_;
    database.limit_steps(most_steps, reader->stop_);
    HistoryResult schema =
        check_kind_to_read(kHistoryFile, database, file, kReadableHistoryVersion);
    if (!schema.done()) return schema;
    database.run("PRAGMA cache_size = -16384");
    database.run("PRAGMA cell_size_check = ON");
    for (const std::uint32_t seconds : kRollupSeconds) {
      reader->tiers_.emplace_back(database, seconds);
    }
    return {};
  });
  return why.done() ? std::move(reader) : nullptr;
}

HistoryResult HistoryReader::guarded(const std::function<HistoryResult()>& work) {
  try {
    if (database_ != nullptr) database_->limit_steps(most_steps_, stop_);
    return work();
  } catch (const DatabaseError& error) {
    return result_of(kHistoryFile, error, file_, database_.get());
  }
}

void HistoryReader::load_tiers() {
  Statement select =
      database_->prepare("SELECT kept_from, closed_until FROM tier WHERE seconds = ?");
  for (Tier& tier : tiers_) {
    if (!select.reset().bind(1, to_signed(tier.seconds)).step()) throw damaged();
    tier.kept_from = to_unsigned(select.number(0));
    tier.closed_until = round_down(to_unsigned(select.number(1)), tier.seconds);
  }
}

HistoryResult HistoryReader::instances(std::vector<std::string>& names) {
  return guarded([&]() -> HistoryResult {
    names.clear();
    Statement select = database_->prepare("SELECT name FROM instance ORDER BY name");
    std::set<std::string> outer;
    while (select.step()) {
      if (names.size() == kMostInstances) throw damaged();
      names.push_back(name_in(select, 0));
      if (!shm::valid_segment_name(names.back())) throw damaged();
      outer.insert(shm::layers_instance(names.back()));
    }
    std::erase_if(names, [&outer](const std::string& name) { return outer.contains(name); });
    return {};
  });
}

HistoryResult HistoryReader::beginnings(std::vector<std::uint64_t>& seconds) {
  return guarded([&]() -> HistoryResult {
    seconds.clear();
    // A writer may have brought the file up to date since it was opened.
    constexpr std::int64_t kSinceVersion = 4;
    if (database_->number("PRAGMA user_version") < kSinceVersion) return {};
    Statement select = database_->prepare("SELECT at FROM began ORDER BY at DESC LIMIT ?");
    select.bind(1, kMostBeginnings);
    while (select.step()) {
      const std::uint64_t at = to_unsigned(select.number(0));
      if (at > INT64_MAX / kNsPerSecond) throw damaged();
      seconds.push_back(at);
    }
    std::reverse(seconds.begin(), seconds.end());
    return {};
  });
}

HistoryResult HistoryReader::find_series(const HistoryFilter& filter, bool sums,
                                         std::vector<Series>& found) {
  Statement instance = database_->prepare("SELECT id FROM instance WHERE name = ?");
  if (!instance.bind(1, filter.instance).step()) {
    return {HistoryOutcome::unknown,
            "the history file " + file_ + " has no instance \"" + printable(filter.instance) + '"'};
  }
  Statement select = database_->prepare(
      "SELECT id, stack, protocol, layer, operation FROM series"
      " WHERE instance IN (SELECT id FROM instance WHERE name IN (?, ?))"
      " ORDER BY stack, protocol, layer, operation");
  select.bind(1, filter.instance).bind(2, shm::layers_instance(filter.instance));
  std::size_t rows = 0;
  std::set<std::string> stacks;
  std::set<std::string> protocols;
  std::set<std::string> layers;
  std::set<std::string> operations;
  while (select.step()) {
    Series series{select.number(0),
                  {name_in(select, 1), name_in(select, 2), name_in(select, 3), name_in(select, 4)}};
    if (++rows > kMostSeries) throw damaged();
    const OperationKey& key = series.key;
    const bool is_sum = key.operation.empty();
    stacks.insert(key.stack);
    protocols.insert(key.protocol);
    layers.insert(key.layer);
    if (!is_sum) operations.insert(key.operation);
    if (!is_sum && filter.with_tools) operations.insert(method_of_tool(key.operation));
    if (is_sum == sums && filter.passes(key)) found.push_back(std::move(series));
  }
  const auto unknown = [&](const char* what, const std::optional<std::string>& wanted,
                           const std::set<std::string>& known) -> HistoryResult {
    if (!wanted || known.contains(*wanted)) return {};
    return {HistoryOutcome::unknown, "the history of instance \"" + filter.instance + "\" has no " +
                                         what + " \"" + printable(*wanted) + '"'};
  };
  HistoryResult result = unknown("operation", filter.operation, operations);
  if (layers.empty()) return result;  // the file is still empty
  if (result.done()) result = unknown("layer", filter.layer, layers);
  if (result.done()) result = unknown("stack", filter.stack, stacks);
  if (result.done()) result = unknown("protocol", filter.protocol, protocols);
  return result;
}

std::size_t HistoryReader::tier_for(std::uint64_t begin, std::uint64_t end,
                                    std::uint32_t points) const {
  std::size_t tier = 0;
  while (tier + 1 < tiers_.size() &&
         (tiers_[tier + 1].seconds * points <= end - begin || tiers_[tier].kept_from > begin)) {
    ++tier;
  }
  return tier;
}

// The watched stretches that overlap [begin, end), in the order of time.
std::vector<TimeStretch> HistoryReader::observed(const std::string& instance,
                                                 std::uint64_t begin_seconds,
                                                 std::uint64_t end_seconds) {
  Statement select = database_->prepare(
      "SELECT begin_ns, end_ns FROM observed"
      " WHERE instance = (SELECT id FROM instance WHERE name = ?) AND begin_ns / 1000000000 < ?"
      " ORDER BY begin_ns DESC");
  select.bind(1, instance).bind(2, to_signed(end_seconds));
  std::vector<TimeStretch> stretches;
  while (select.step()) {
    const TimeStretch stretch{to_unsigned(select.number(0)), to_unsigned(select.number(1))};
    if (stretch.end_ns / kNsPerSecond < begin_seconds) break;
    if (stretches.size() == kMostStretches) throw damaged();
    stretches.push_back(stretch);
  }
  std::reverse(stretches.begin(), stretches.end());
  return stretches;
}

// Extends the range to stretches of the finest tiers, up to this one, that are kept at its ends.
void HistoryReader::extend_to_what_is_kept(std::size_t tier, Seconds& range) const {
  const auto fits = [this](std::uint64_t second, std::size_t i) {
    return second % tiers_[i].seconds == 0;
  };
  std::size_t at = tier;
  while (at > 0 && !fits(range.begin, at) &&
         tiers_[at - 1].kept_from <= round_down(range.begin, tiers_[at - 1].seconds)) {
    --at;
  }
  range.begin = round_down(range.begin, tiers_[at].seconds);
  at = tier;
  while (at > 0 && !fits(range.end, at) &&
         tiers_[at - 1].kept_from <=
             std::max(range.begin, round_down(range.end, tiers_[at].seconds))) {
    --at;
  }
  range.end = round_up(range.end, tiers_[at].seconds);
}

// Visits the tier's rows within [begin, end), and those of finer tiers for the stretches that the ends
// cut.
void HistoryReader::visit_exactly(std::size_t tier, std::uint64_t begin, std::uint64_t end,
                                  const std::vector<Series>& series, const Visit& visitor) {
  if (begin >= end) return;
  const std::uint64_t first = std::min(round_up(begin, tiers_[tier].seconds), end);
  const std::uint64_t last = std::max(round_down(end, tiers_[tier].seconds), first);
  if (first < last) visit(tier, first, last, series, visitor);
  if (begin < first) visit_exactly(tier - 1, begin, first, series, visitor);
  if (last < end) visit_exactly(tier - 1, last, end, series, visitor);
}

// Visits rows of the tier as far as it is closed, then rows of the finer tiers. `begin` and `end`
// are multiples of the tier's seconds.
void HistoryReader::visit(std::size_t tier, std::uint64_t begin, std::uint64_t end,
                          const std::vector<Series>& series, const Visit& visitor) {
  const std::uint64_t closed = tier == 0 ? end : std::min(end, tiers_[tier].closed_until);
  if (begin < closed) visit_rows(tiers_[tier], begin, closed, series, visitor);
  if (closed < end) visit(tier - 1, std::max(begin, closed), end, series, visitor);
}

void HistoryReader::visit_rows(Tier& tier, std::uint64_t begin, std::uint64_t end,
                               const std::vector<Series>& series, const Visit& visitor) {
  if (series.empty()) return;
  const Statement::Ending end_extent(tier.extent);
  const Statement::Ending end_one(tier.one);
  const Statement::Ending end_between(tier.between);
  if (!tier.extent.reset().step()) return;
  begin = std::max(begin, round_down(to_unsigned(tier.extent.number(0)), tier.seconds));
  end = std::min(end, to_unsigned(tier.extent.number(1)) + 1);
  const auto all = to_unsigned(database_->number("SELECT count(*) FROM series"));
  if (series.size() * kRowsForOneLookup < all) {
    for (; begin < end; begin += tier.seconds) {
      for (const Series& one : series) {
        tier.one.reset().bind(1, to_signed(begin)).bind(2, one.id);
        if (tier.one.step()) visitor({begin, tier.seconds, one.id, tier.one.bytes(0)});
      }
    }
    return;
  }
  std::vector<std::int64_t> wanted;
  wanted.reserve(series.size());
  for (const Series& one : series) wanted.push_back(one.id);
  std::sort(wanted.begin(), wanted.end());
  tier.between.reset().bind(1, to_signed(begin)).bind(2, to_signed(end));
  while (tier.between.step()) {
    const std::int64_t id = tier.between.number(1);
    if (!std::binary_search(wanted.begin(), wanted.end(), id)) continue;
    visitor({to_unsigned(tier.between.number(0)), tier.seconds, id, tier.between.bytes(2)});
  }
}

HistoryResult HistoryReader::query(const HistoryQuery& query, HistoryAnswer& answer) {
  HistoryTallies found;
  HistoryResult result = tallies(query, found);
  if (result.done()) answer = answer_of(found);
  return result;
}

HistoryResult HistoryReader::tallies(const HistoryQuery& query, HistoryTallies& out) {
  return guarded([&]() -> HistoryResult {
    Database::Transaction one_state(*database_, "BEGIN");
    load_tiers();
    std::vector<Series> series;
    HistoryResult found = find_series(query.filter, !query.filter.operation, series);
    if (!found.done()) return found;

    Seconds range = whole_seconds(query.range);
    const std::size_t tier = tier_for(range.begin, range.begin + range.length, query.points);
    extend_to_what_is_kept(tier, range);
    HistoryPoints points(range, query.points, tiers_[tier].seconds);
    visit_exactly(tier, range.begin, range.end, series, [&](const Row& row) {
      Tally* const tally = points.at(row.begin);
      if (tally == nullptr) throw damaged();
      const std::uint64_t before = tally->outcomes.all();
      merge_row(*tally, row.tally);
      points.count(row.begin, row.seconds, tally->outcomes.all() - before);
    });
    out = points.take(observed(query.filter.instance, range.begin, range.end));
    return {};
  });
}

HistoryResult HistoryReader::rollups(const HistoryFilter& filter, const TimeStretch& range,
                                     std::uint32_t seconds, std::vector<Rollup>& out) {
  const auto width = std::find(kRollupSeconds.begin(), kRollupSeconds.end(), seconds);
  assert(width != kRollupSeconds.end());
  return guarded([&]() -> HistoryResult {
    Database::Transaction one_state(*database_, "BEGIN");
    load_tiers();
    out.clear();
    std::vector<Series> series;
    HistoryResult found = find_series(filter, false, series);
    if (!found.done()) return found;

    const Seconds whole = whole_seconds(range);
    std::map<std::pair<std::uint64_t, std::int64_t>, Tally> tallies;
    visit(static_cast<std::size_t>(width - kRollupSeconds.begin()),
          round_down(whole.begin, seconds), round_up(whole.end, seconds), series,
          [&](const Row& row) {
            merge_row(tallies[{round_down(row.begin, seconds), row.series}], row.tally);
          });
    std::map<std::int64_t, const OperationKey*> keys;
    for (const Series& one : series) keys[one.id] = &one.key;
    for (auto& [place, tally] : tallies) {
      out.push_back({*keys.at(place.second), place.first, seconds, std::move(tally)});
    }
    return {};
  });
}

HistoryResult HistoryReader::observe(const HistoryFilter& filter, const TimeStretch& range,
                                     Observation& out) {
  return guarded([&]() -> HistoryResult {
    Database::Transaction one_state(*database_, "BEGIN");
    load_tiers();
    std::vector<Series> series;
    HistoryResult found = find_series(filter, false, series);
    if (!found.done()) return found;
    std::map<std::int64_t, const OperationKey*> keys;
    for (const Series& one : series) keys[one.id] = &one.key;

    const Seconds whole = whole_seconds(range);
    const std::vector<TimeStretch> watched = observed(filter.instance, whole.begin, whole.end);
    TimeStretch seen{UINT64_MAX, 0};
    for (const TimeStretch& stretch : watched) {
      if (stretch.end_ns <= range.begin_ns || stretch.begin_ns >= range.end_ns) continue;
      seen.begin_ns = std::min(seen.begin_ns, std::max(stretch.begin_ns, range.begin_ns));
      seen.end_ns = std::max(seen.end_ns, std::min(stretch.end_ns, range.end_ns));
    }
    if (seen.begin_ns >= seen.end_ns) {
      return {HistoryOutcome::unknown, "instance \"" + printable(filter.instance) +
                                           "\" was not watched in that range, as far as " + file_ +
                                           " knows"};
    }
    Seconds side = whole_seconds(seen);
    const std::size_t tier = tier_for(side.begin, side.end, Observation::kMostBlocks);
    const std::uint64_t step = tiers_[tier].seconds;
    side = {round_down(side.begin, step), round_up(side.end, step), side.length};
    ObservationBuilder builder(side.begin, side.end, static_cast<std::uint32_t>(step));
    for (const TimeStretch& stretch : watched) {
      builder.observed(std::max(stretch.begin_ns, side.begin * kNsPerSecond),
                       std::min(stretch.end_ns, side.end * kNsPerSecond));
    }
    visit(tier, side.begin, side.end, series, [&](const Row& row) {
      Tally* const sum = builder.at(*keys.at(row.series), row.begin);
      if (sum != nullptr) merge_row(*sum, row.tally);
    });
    out = std::move(builder).finish();
    return {};
  });
}

}  // namespace goxel_telemetry::metrics
