// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/writer.h"

#include <algorithm>
#include <utility>

#include "metrics/encoding/leb128.h"
#include "metrics/history/rows.h"
#include "metrics/history/schema.h"
#include "metrics/tally/counters_codec.h"

namespace goxel_telemetry::metrics {
namespace {

// A stretch is closed this long after its end: by then, most records that ended in it have been
// read.
constexpr std::uint64_t kCloseAfterSeconds = 3;
// About the number of rows that one commit removes from one tier.
constexpr int kPruneRows = 2'000;
constexpr std::uint64_t kHour = 3'600;

std::vector<std::uint8_t> encode_lanes(const std::vector<std::uint64_t>& lanes) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint64_t sequence : lanes) put_number(bytes, sequence);
  return bytes;
}

std::vector<std::uint64_t> decode_lanes(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint64_t> lanes;
  Numbers numbers(bytes);
  while (!numbers.at_end() && !numbers.failed()) lanes.push_back(numbers.next());
  if (numbers.failed()) throw damaged();
  return lanes;
}

}  // namespace

struct HistoryWriter::Tier {
  Tier(Database& database, std::uint64_t width) : Tier(database, width, rollup_table(width)) {}

  std::uint64_t seconds;
  std::uint64_t kept_from = 0;
  std::uint64_t closed_until = 0;
  Statement select;
  Statement replace;
  Statement between;  // rows of [begin, end), in the order of time
  Statement oldest;
  Statement nth;  // when the n-th row after the oldest begins
  Statement remove;

 private:
  Tier(Database& database, std::uint64_t width, const std::string& table)
      : seconds(width),
        select(database.prepare(
            ("SELECT tally FROM " + table + " WHERE begin = ? AND series = ?").c_str())),
        replace(database.prepare(("REPLACE INTO " + table + " VALUES (?, ?, ?)").c_str())),
        between(database.prepare(("SELECT begin, series, tally FROM " + table +
                                  " WHERE begin >= ? AND begin < ? ORDER BY begin, series")
                                     .c_str())),
        oldest(database.prepare(("SELECT min(begin), count(*) FROM (SELECT begin FROM " + table +
                                 " ORDER BY begin LIMIT 1)")
                                    .c_str())),
        nth(database.prepare(
            ("SELECT begin FROM " + table + " ORDER BY begin LIMIT 1 OFFSET ?").c_str())),
        remove(database.prepare(("DELETE FROM " + table + " WHERE begin < ?").c_str())) {}
};

HistoryWriter::HistoryWriter(std::string file, std::unique_ptr<FileLock> lock,
                             const HistoryRetention& retention, std::uint64_t most_steps,
                             StopWanted stop)
    : file_(std::move(file)),
      lock_(std::move(lock)),
      retention_(retention),
      most_steps_(most_steps),
      stop_(std::move(stop)) {}

HistoryWriter::~HistoryWriter() = default;

std::unique_ptr<HistoryWriter> HistoryWriter::open(const std::string& file,
                                                   const HistoryRetention& retention,
                                                   HistoryResult& why, std::uint64_t most_steps,
                                                   StopWanted stop) {
  why = {};
  std::unique_ptr<FileLock> lock = FileLock::take(kHistoryFile, file, why);
  if (lock == nullptr) return nullptr;
  std::unique_ptr<HistoryWriter> writer(
      new HistoryWriter(file, std::move(lock), retention, most_steps, std::move(stop)));
  try {
    writer->database_ = std::make_unique<Database>(file, Database::Mode::write);
    Database& database = *writer->database_;
    database.limit_steps(most_steps, writer->stop_);
    const HistoryResult schema = check_kind(kHistoryFile, database, file);
    if (!schema.done() && schema.outcome != HistoryOutcome::absent) {
      why = schema;
      return nullptr;
    }
    // A commit survives the end of the process at once, and the end of the machine after the next
    // checkpoint. What the kernel has not written by then is missing, but the file is not damaged.
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run("PRAGMA journal_size_limit = 16777216");
    database.run("PRAGMA cell_size_check = ON");
    migrate(kHistoryFile, database);
    writer->names_.emplace(database, retention.names);
    for (const std::uint32_t seconds : kRollupSeconds) {
      writer->tiers_.emplace_back(database, seconds);
    }
    writer->load();
    writer->load_counters();
    return writer;
  } catch (const DatabaseError& error) {
    why = result_of(kHistoryFile, error, file, writer->database_.get());
    return nullptr;
  }
}

void HistoryWriter::load() {
  Statement tier = database_->prepare("SELECT kept_from, closed_until FROM tier WHERE seconds = ?");
  for (Tier& loaded : tiers_) {
    if (!tier.reset().bind(1, to_signed(loaded.seconds)).step()) throw damaged();
    loaded.kept_from = to_unsigned(tier.number(0));
    loaded.closed_until = to_unsigned(tier.number(1));
  }
  positions_.clear();
  Statement instance = database_->prepare("SELECT name, run_id, lanes, until_ns FROM instance");
  while (instance.step()) {
    positions_[instance.text(0)] = {to_unsigned(instance.number(1)),
                                    decode_lanes(instance.bytes(2)),
                                    to_unsigned(instance.number(3))};
  }
  if (names_) names_->clear_cache();
}

void HistoryWriter::load_counters() {
  was_ended_ = database_->number("SELECT count(*) FROM ended") != 0;
  database_->run("DELETE FROM ended");
  Statement select = database_->prepare(
      "SELECT name, stack, protocol, layer, operation, counters FROM counter"
      " JOIN instance ON instance.id = counter.instance");
  while (select.step()) {
    const std::optional<Counters> counters = decode_counters(select.bytes(5));
    if (!counters) throw damaged();
    counters_[select.text(0)].emplace(
        OperationKey{select.text(1), select.text(2), select.text(3), select.text(4)}, *counters);
  }
}

void HistoryWriter::end() {
  try {
    database_->run("REPLACE INTO ended VALUES (1)");
  } catch (const DatabaseError&) {
    // As if it had been killed: the next one is careful.
  }
}

HistoryResult HistoryWriter::commit(const std::vector<HistoryDelta>& deltas,
                                    std::uint64_t now_seconds,
                                    const std::set<std::string>& followed) {
  if (database_->has_moved()) {
    return {HistoryOutcome::moved,
            "the history file " + file_ + " was moved away or deleted; it is opened anew"};
  }
  try {
    database_->limit_steps(most_steps_, stop_);
    forgotten_.clear();
    try {
      Database::Transaction transaction(*database_, "BEGIN IMMEDIATE");
      write(deltas, now_seconds, followed);
      transaction.commit();
    } catch (const DatabaseError& error) {
      HistoryResult result = result_of(kHistoryFile, error, file_, database_.get());
      forgotten_.clear();
      database_->limit_steps(most_steps_, {});
      load();  // the cache must agree with the file
      return result;
    }
  } catch (const DatabaseError& error) {
    return result_of(kHistoryFile, error, file_, database_.get());
  }
  for (const HistoryDelta& delta : deltas) positions_[delta.instance] = delta.delta.position;
  for (const std::string& instance : forgotten_) positions_.erase(instance);
  has_begun_ = true;
  return {};
}

void HistoryWriter::write(const std::vector<HistoryDelta>& deltas, std::uint64_t now_seconds,
                          const std::set<std::string>& followed) {
  follow_clock(now_seconds);
  if (!has_begun_) store_beginning(now_seconds);
  for (const HistoryDelta& delta : deltas) {
    const std::int64_t instance = names_->instance_id(delta.instance);
    std::uint64_t lost = delta.delta.lost;
    add(by_series(instance, delta.delta.rollups, lost));
    store_position(instance, delta.delta.position, lost);
    store_counters(instance, delta.delta.counters);
    for (const TimeStretch& stretch : delta.delta.observed) store_observed(instance, stretch);
  }
  close(now_seconds);
  prune(now_seconds);
  forgotten_ = names_->make_room(followed);
}

void HistoryWriter::store_position(std::int64_t instance, const ReadingPosition& position,
                                   std::uint64_t lost) {
  Statement update = database_->prepare(
      "UPDATE instance SET run_id = ?, lanes = ?, until_ns = ?, lost = lost + ? WHERE id = ?");
  update.bind(1, to_signed(position.run_id)).bind(2, encode_lanes(position.lanes));
  update.bind(3, to_signed(position.until_realtime_ns)).bind(4, to_signed(lost));
  update.bind(5, instance).run();
}

void HistoryWriter::store_counters(std::int64_t instance,
                                   const std::map<OperationKey, Counters>& counters) {
  Statement replace = database_->prepare("REPLACE INTO counter VALUES (?, ?, ?, ?, ?, ?)");
  for (const auto& [key, value] : counters) {
    replace.reset().bind(1, instance).bind(2, key.stack).bind(3, key.protocol);
    replace.bind(4, key.layer).bind(5, key.operation);
    const std::vector<std::uint8_t> bytes = encode_counters(value);
    replace.bind(6, bytes).run();
  }
}

// Stores a watched stretch, merged with the stretches that it touches.
void HistoryWriter::store_observed(std::int64_t instance, TimeStretch stretch) {
  if (stretch.begin_ns >= stretch.end_ns || stretch.end_ns > INT64_MAX) return;
  Statement near = database_->prepare(
      "SELECT begin_ns, end_ns FROM observed WHERE instance = ? AND begin_ns <= ?"
      " ORDER BY begin_ns DESC");
  near.bind(1, instance).bind(2, to_signed(stretch.end_ns + kSameClockNs));
  std::vector<std::int64_t> touched;
  while (near.step()) {
    const std::uint64_t begin_ns = to_unsigned(near.number(0));
    const std::uint64_t end_ns = to_unsigned(near.number(1));
    if (end_ns + kSameClockNs < stretch.begin_ns) break;
    touched.push_back(near.number(0));
    stretch = {std::min(stretch.begin_ns, begin_ns), std::max(stretch.end_ns, end_ns)};
  }
  near.reset();
  Statement remove = database_->prepare("DELETE FROM observed WHERE instance = ? AND begin_ns = ?");
  for (const std::int64_t begin_ns : touched) {
    remove.reset().bind(1, instance).bind(2, begin_ns).run();
  }
  Statement insert = database_->prepare("INSERT INTO observed VALUES (?, ?, ?)");
  insert.bind(1, instance).bind(2, to_signed(stretch.begin_ns));
  insert.bind(3, to_signed(stretch.end_ns)).run();
}

void HistoryWriter::store_beginning(std::uint64_t now_seconds) {
  Statement insert = database_->prepare("REPLACE INTO began VALUES (?)");
  insert.bind(1, to_signed(now_seconds)).run();
  Statement remove = database_->prepare(
      "DELETE FROM began WHERE at NOT IN (SELECT at FROM began ORDER BY at DESC LIMIT ?)");
  remove.bind(1, kMostBeginnings).run();
}

// Records without a name in the file are lost.
HistoryWriter::Tallies HistoryWriter::by_series(std::int64_t instance,
                                                const std::vector<Rollup>& rollups,
                                                std::uint64_t& lost) {
  Tallies tallies;
  for (const Rollup& rollup : rollups) {
    const std::uint64_t begin = rollup.begin_seconds;
    const auto series = names_->series_ids(instance, rollup.key, begin);
    if (!series) {
      lost += rollup.tally.outcomes.all();
      continue;
    }
    tallies[{begin, series->operation}].merge(rollup.tally);
    tallies[{begin, series->sum}].merge(rollup.tally);
  }
  return tallies;
}

// Adds tallies to the rows of one second, and to those of every coarser stretch that is closed
// already.
void HistoryWriter::add(const Tallies& seconds) {
  for (Tier& tier : tiers_) {
    Tallies of_tier;
    for (const auto& [place, tally] : seconds) {
      const std::uint64_t begin = round_down(place.first, tier.seconds);
      const bool reached = tier.seconds == 1 || begin < tier.closed_until;
      if (reached && begin >= tier.kept_from) of_tier[{begin, place.second}].merge(tally);
    }
    for (const auto& [place, tally] : of_tier) merge(tier, place, tally);
  }
}

void HistoryWriter::merge(Tier& tier, const Place& place, const Tally& tally) {
  const auto& [begin, series] = place;
  const Statement::Ending end_select(tier.select);
  tier.select.reset().bind(1, to_signed(begin)).bind(2, series);
  std::vector<std::uint8_t> row;
  if (tier.select.step()) {
    Tally sum = tally;
    merge_row(sum, tier.select.bytes(0));
    row = encode_tally(sum);
  } else {
    row = encode_tally(tally);
  }
  tier.select.reset();
  tier.replace.reset().bind(1, to_signed(begin)).bind(2, series).bind(3, row).run();
}

void HistoryWriter::close(std::uint64_t now_seconds) {
  std::uint64_t until = now_seconds - std::min(now_seconds, kCloseAfterSeconds);
  for (std::size_t i = 1; i < tiers_.size(); ++i) {
    until = round_down(until, tiers_[i].seconds);
    // Not if the clock went back: a stretch that is closed stays closed.
    if (until > tiers_[i].closed_until) close(tiers_[i], tiers_[i - 1], until);
    until = tiers_[i].closed_until;
  }
}

void HistoryWriter::close(Tier& tier, Tier& finer, std::uint64_t until) {
  std::map<std::int64_t, Tally> stretch;
  std::uint64_t begin = 0;
  const auto write_stretch = [&] {
    for (const auto& [series, tally] : stretch) merge(tier, {begin, series}, tally);
    stretch.clear();
  };
  const Statement::Ending end_between(finer.between);
  finer.between.reset().bind(1, to_signed(tier.closed_until)).bind(2, to_signed(until));
  while (finer.between.step()) {
    const std::uint64_t row_begin = round_down(to_unsigned(finer.between.number(0)), tier.seconds);
    if (row_begin != begin) write_stretch();
    begin = row_begin;
    merge_row(stretch[finer.between.number(1)], finer.between.bytes(2));
  }
  write_stretch();
  tier.closed_until = until;
  store(tier);
}

// While a clock was ahead, perhaps by years, rows were removed that should still be there. After it
// is set back, records must not be refused because they are older than the removed rows.
void HistoryWriter::follow_clock(std::uint64_t now_seconds) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (tiers_[i].kept_from <= now_seconds) continue;
    tiers_[i].kept_from = kept_from(i, now_seconds);
    store(tiers_[i]);
  }
}

std::uint64_t HistoryWriter::kept_from(std::size_t index, std::uint64_t now_seconds) const {
  const std::uint64_t before = now_seconds - std::min(now_seconds, retention_.seconds[index]);
  if (index + 1 == tiers_.size()) return round_down(before, tiers_[index].seconds);
  const Tier& coarser = tiers_[index + 1];
  return round_down(std::min(before, coarser.closed_until), coarser.seconds);
}

void HistoryWriter::prune(std::uint64_t now_seconds) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const std::uint64_t before = kept_from(i, now_seconds);
    if (before > tiers_[i].kept_from) prune(i, before);
  }
  const auto used = to_unsigned(database_->number("PRAGMA page_count") -
                                database_->number("PRAGMA freelist_count"));
  if (used * to_unsigned(database_->number("PRAGMA page_size")) <= retention_.most_bytes) return;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const std::uint64_t kept_from = tiers_[i].kept_from;
    const bool last = i + 1 == tiers_.size();
    prune(i, last ? round_down(now_seconds, kHour) : tiers_[i + 1].closed_until);
    if (tiers_[i].kept_from != kept_from) return;
  }
}

// Removes rows from before `before`, but no more than one commit may remove.
void HistoryWriter::prune(std::size_t index, std::uint64_t before) {
  Tier& tier = tiers_[index];
  tier.oldest.reset().step();
  const bool any = tier.oldest.number(1) != 0;
  const std::uint64_t oldest = to_unsigned(tier.oldest.number(0));
  tier.oldest.reset();
  if (any && oldest < before) {
    if (tier.nth.reset().bind(1, kPruneRows).step()) {
      // Removes at least one stretch, however many rows it has.
      before = std::min(before, std::max(to_unsigned(tier.nth.number(0)), oldest + tier.seconds));
    }
    tier.nth.reset();
    tier.remove.reset().bind(1, to_signed(before)).run();
  }
  if (before <= tier.kept_from) return;
  tier.kept_from = before;
  store(tier);
  // The last tier keeps its rows longest, so it decides.
  if (index + 1 == tiers_.size()) names_->forget_before(before);
}

void HistoryWriter::store(const Tier& tier) {
  Statement update =
      database_->prepare("UPDATE tier SET kept_from = ?, closed_until = ? WHERE seconds = ?");
  update.bind(1, to_signed(tier.kept_from)).bind(2, to_signed(tier.closed_until));
  update.bind(3, to_signed(tier.seconds)).run();
}

}  // namespace goxel_telemetry::metrics
