// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "metrics/alerts/alert_rows.h"
#include "metrics/alerts/alert_schema.h"
#include "metrics/alerts/series_rows.h"
#include "metrics/text/format.h"
#include "metrics/text/printable.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kMostSteps = 500'000'000;  // of SQLite's machine in one call, some seconds
constexpr std::uint64_t kKeptNs = std::uint64_t{730} * 86'400 * kNsPerSecond;
constexpr int kDroppedAtOnce = 100;
constexpr int kMostChannels = 100;

}  // namespace

bool Silence::matches(const Alert& alert, std::uint64_t now_ns) const {
  if (now_ns < begin_ns || now_ns >= end_ns) return false;
  if (!rule.empty() && rule != to_string(alert.rule)) return false;
  if (!instance.empty() && instance != alert.instance) return false;
  const auto& shifts = alert.evidence.operations;
  return operation.empty() || operation == alert.subject ||
         std::any_of(shifts.begin(), shifts.end(), [this](const OperationShift& shift) {
           return shift.key.operation == operation;
         });
}

std::optional<double> AlertAccuracy::wrong_ratio() const {
  if (right + wrong == 0) return std::nullopt;
  return static_cast<double>(wrong) / static_cast<double>(right + wrong);
}

class AlertStore::State {
 public:
  explicit State(std::string file) : file_(std::move(file)) {}

  HistoryResult open(Mode mode) {
    return guarded([&]() -> HistoryResult {
      if (mode == Mode::read) {
        database_ = open_to_read(file_);
        limit();
        return check_kind_to_read(kAlertsFile, *database_, file_, kAlertsFile.version());
      }
      database_ = std::make_unique<Database>(file_, Database::Mode::write);
      limit();
      HistoryResult kind = check_kind(kAlertsFile, *database_, file_);
      if (!kind.done() && kind.outcome != HistoryOutcome::absent) return kind;
      database_->run("PRAGMA journal_mode = WAL");
      // What was put in is there also after the machine's end: alerts are few.
      database_->run("PRAGMA synchronous = FULL");
      database_->run("PRAGMA journal_size_limit = 4194304");
      database_->run("PRAGMA cell_size_check = ON");
      migrate(kAlertsFile, *database_);
      return {};
    });
  }

  // Does all of `work` or nothing.
  template <class Work>
  HistoryResult write(const Work& work) {
    return transaction("BEGIN IMMEDIATE", work);
  }
  // `work` sees one state of the file.
  template <class Work>
  HistoryResult read(const Work& work) {
    return transaction("BEGIN", work);
  }

  HistoryResult unknown(const std::string& what) const {
    return {HistoryOutcome::unknown, "the alerts file " + file_ + " has no " + what};
  }

 private:
  template <class Work>
  HistoryResult guarded(const Work& work) {
    try {
      return work();
    } catch (const DatabaseError& error) {
      return result_of(kAlertsFile, error, file_, database_.get());
    }
  }
  template <class Work>
  HistoryResult transaction(const char* begin, const Work& work) {
    return guarded([&]() -> HistoryResult {
      if (database_->has_moved()) {
        return {HistoryOutcome::moved, "the alerts file " + file_ + " was moved away or deleted"};
      }
      limit();
      Database::Transaction transaction(*database_, begin);
      HistoryResult result = work(*database_);
      if (result.done()) transaction.commit();
      return result;
    });
  }
  void limit() { database_->limit_steps(kMostSteps, {}); }

  const std::string file_;
  std::unique_ptr<Database> database_;
};

namespace {

bool changed_any(Database& database) {
  return database.number("SELECT changes()") != 0;
}

// Removes ended alerts that there is no room for, and those that nobody wants any more.
void drop_old_alerts(Database& database, std::uint64_t now_ns) {
  Statement old = database.prepare(
      "SELECT id FROM (SELECT id, ended_ns FROM alert WHERE ended_ns > 0 ORDER BY ended_ns DESC"
      " LIMIT ?1 OFFSET ?2) UNION SELECT id FROM"
      " (SELECT id FROM alert WHERE ended_ns > 0 AND ended_ns < ?3 LIMIT ?1)");
  old.bind(1, std::int64_t{kDroppedAtOnce});
  old.bind(2, std::int64_t{AlertStore::kMostKept});
  old.bind(3, time_for_file(now_ns - std::min(now_ns, kKeptNs)));
  std::vector<std::string> ids;
  while (old.step()) ids.push_back(old.text(0));
  for (const std::string& id : ids) remove_alert(database, id);
}

void queue(Database& database, const Alert& alert, AlertChange change,
           std::span<const std::string> channels) {
  Statement insert = database.prepare(
      "INSERT OR IGNORE INTO message"
      " (channel, alert, change, queued_ns, attempts, not_before_ns, why)"
      " VALUES (?, ?, ?, ?, 0, 0, '')");
  for (const std::string& channel : channels) {
    insert.reset().bind(1, text_for_file(channel, kMostNameBytes));
    insert.bind(2, text_for_file(alert.id, kMostNameBytes));
    insert.bind(3, std::string_view(to_string(change)));
    insert.bind(4, time_for_file(alert.updated_ns)).run();
  }
  database
      .prepare(
          "DELETE FROM message WHERE number <="
          " (SELECT number FROM message ORDER BY number DESC LIMIT 1 OFFSET ?)")
      .bind(1, std::int64_t{AlertStore::kMostWaiting})
      .run();
}

Silence silence_in(const Statement& row) {
  return {row.number(0),
          text_in(row, 1, kMostNameBytes),
          text_in(row, 2, kMostNameBytes),
          text_in(row, 3, kMostNameBytes),
          time_in(row, 4),
          time_in(row, 5),
          text_in(row, 6, kMostNameBytes),
          text_in(row, 7, kMostSentenceBytes)};
}

std::int64_t not_ended(Database& database, std::uint64_t now_ns) {
  Statement count = database.prepare("SELECT count(*) FROM silence WHERE end_ns > ?");
  count.bind(1, time_for_file(now_ns)).step();
  return count.number(0);
}

std::int64_t most_rows(std::size_t wanted, std::size_t most) {
  return static_cast<std::int64_t>(std::min(wanted, most));
}

}  // namespace

AlertStore::AlertStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
AlertStore::~AlertStore() = default;

std::unique_ptr<AlertStore> AlertStore::open(const std::string& file, Mode mode,
                                             HistoryResult& result) {
  auto state = std::make_unique<State>(file);
  result = state->open(mode);
  if (!result.done()) return nullptr;
  return std::unique_ptr<AlertStore>(new AlertStore(std::move(state)));
}

HistoryResult AlertStore::put(const Alert& alert, AlertChange change,
                              std::span<const std::string> channels) {
  return state_->write([&](Database& database) -> HistoryResult {
    put_alert(database, alert);
    queue(database, alert, change, channels);
    if (!alert.active()) drop_old_alerts(database, alert.updated_ns);
    return {};
  });
}

HistoryResult AlertStore::put(const Alert& alert) {
  return state_->write([&](Database& database) -> HistoryResult {
    put_alert(database, alert);
    return {};
  });
}

HistoryResult AlertStore::list(const AlertQuery& query, std::vector<Alert>& alerts) {
  return state_->read([&](Database& database) -> HistoryResult {
    alerts.clear();
    const std::string only = query.only_active ? "state = 'active' AND " : "";
    Statement select =
        database.prepare(("SELECT " + std::string(kAlertColumns) + " FROM alert WHERE " + only +
                          "(?1 = '' OR instance = ?1 OR (?5 AND instance = '')) AND since_ns < ?2 "
                          "AND (state = 'active' OR ended_ns > ?3)"
                          " ORDER BY raised_ns DESC, id DESC LIMIT ?4")
                             .c_str());
    select.bind(1, query.instance).bind(2, time_for_file(query.end_ns));
    select.bind(3, time_for_file(query.begin_ns)).bind(4, most_rows(query.most, kMostAnswered));
    select.bind(5, std::int64_t{query.with_bridge});
    AlertRows rows(database);
    while (select.step()) alerts.push_back(rows.read(select));
    return {};
  });
}

HistoryResult AlertStore::find(const std::string& id, Alert& alert) {
  return state_->read([&](Database& database) -> HistoryResult {
    Statement select = database.prepare(
        ("SELECT " + std::string(kAlertColumns) + " FROM alert WHERE id = ?").c_str());
    if (!select.bind(1, id).step()) return state_->unknown("alert \"" + printable(id) + '"');
    alert = AlertRows(database).read(select);
    return {};
  });
}

HistoryResult AlertStore::judge(const std::string& id, Judgement judgement, std::uint64_t now_ns) {
  return state_->write([&](Database& database) -> HistoryResult {
    Statement update =
        database.prepare("UPDATE alert SET judgement = ?, judged_ns = ? WHERE id = ?");
    update.bind(1, std::string_view(to_string(judgement))).bind(2, time_for_file(now_ns));
    update.bind(3, id).run();
    if (!changed_any(database)) return state_->unknown("alert \"" + printable(id) + '"');
    return {};
  });
}

HistoryResult AlertStore::accuracy(std::uint64_t begin_ns, std::uint64_t end_ns,
                                   AlertAccuracy& accuracy) {
  return state_->read([&](Database& database) -> HistoryResult {
    Statement count = database.prepare(
        "SELECT count(*), count(*) FILTER (WHERE judgement IN ('true', 'known')),"
        " count(*) FILTER (WHERE judgement = 'false')"
        " FROM alert WHERE raised_ns >= ? AND raised_ns < ?");
    count.bind(1, time_for_file(begin_ns)).bind(2, time_for_file(end_ns)).step();
    accuracy = {to_unsigned(count.number(0)), to_unsigned(count.number(1)),
                to_unsigned(count.number(2))};
    return {};
  });
}

HistoryResult AlertStore::silence(Silence& silence) {
  return state_->write([&](Database& database) -> HistoryResult {
    if (not_ended(database, silence.begin_ns) >= std::int64_t{kMostSilences}) {
      return {HistoryOutcome::full, "there are " + format_count(kMostSilences) +
                                        " silences already: end one (alerts unsilence)"};
    }
    database.prepare("DELETE FROM silence WHERE end_ns < ?")
        .bind(1, time_for_file(silence.begin_ns - std::min(silence.begin_ns, kKeptNs)))
        .run();
    Statement insert = database.prepare(
        "INSERT INTO silence (rule, instance, operation, begin_ns, end_ns, author, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, text_for_file(silence.rule, kMostNameBytes));
    insert.bind(2, text_for_file(silence.instance, kMostNameBytes));
    insert.bind(3, text_for_file(silence.operation, kMostNameBytes));
    insert.bind(4, time_for_file(silence.begin_ns)).bind(5, time_for_file(silence.end_ns));
    insert.bind(6, text_for_file(silence.author, kMostNameBytes));
    insert.bind(7, text_for_file(silence.reason, kMostSentenceBytes)).run();
    silence.id = database.number("SELECT last_insert_rowid()");
    return {};
  });
}

HistoryResult AlertStore::end_silence(std::int64_t id, std::uint64_t now_ns) {
  return state_->write([&](Database& database) -> HistoryResult {
    Statement update =
        database.prepare("UPDATE silence SET end_ns = ?2 WHERE id = ?1 AND end_ns > ?2");
    update.bind(1, id).bind(2, time_for_file(now_ns)).run();
    if (!changed_any(database)) return state_->unknown("silence " + std::to_string(id));
    return {};
  });
}

HistoryResult AlertStore::silences(std::uint64_t now_ns, std::vector<Silence>& silences) {
  return state_->read([&](Database& database) -> HistoryResult {
    silences.clear();
    Statement select = database.prepare(
        "SELECT id, rule, instance, operation, begin_ns, end_ns, author, reason FROM silence"
        " WHERE end_ns > ? ORDER BY id LIMIT ?");
    select.bind(1, time_for_file(now_ns)).bind(2, std::int64_t{kMostSilences});
    while (select.step()) silences.push_back(silence_in(select));
    return {};
  });
}

HistoryResult AlertStore::due(const std::string& channel, std::uint64_t now_ns, std::size_t most,
                              std::vector<Outgoing>& messages) {
  return state_->read([&](Database& database) -> HistoryResult {
    messages.clear();
    Statement select = database.prepare(
        "SELECT number, channel, alert, change, queued_ns, attempts, not_before_ns,"
        " ifnull((SELECT thread FROM thread WHERE thread.alert = one.alert"
        "   AND thread.channel = one.channel), '')"
        " FROM message AS one WHERE channel = ?1 AND not_before_ns <= ?2 AND NOT EXISTS"
        "  (SELECT 1 FROM message AS earlier WHERE earlier.channel = ?1"
        "   AND earlier.alert = one.alert AND earlier.number < one.number"
        "   AND earlier.not_before_ns > ?2)"
        " ORDER BY number LIMIT ?3");
    select.bind(1, channel).bind(2, time_for_file(now_ns));
    select.bind(3, most_rows(most, kMostAnswered));
    while (select.step()) {
      messages.push_back({select.number(0), text_in(select, 1, kMostNameBytes),
                          text_in(select, 2, kMostNameBytes), change_in(select, 3),
                          time_in(select, 4), static_cast<std::uint32_t>(time_in(select, 5)),
                          time_in(select, 6), text_in(select, 7, kMostNameBytes)});
    }
    return {};
  });
}

HistoryResult AlertStore::done(std::span<const Outgoing> messages, const std::string& thread) {
  return state_->write([&](Database& database) -> HistoryResult {
    // Another file has the same numbers, if this one was begun anew since.
    Statement remove =
        database.prepare("DELETE FROM message WHERE number = ? AND channel = ? AND alert = ?");
    // Not of an alert that was dropped meanwhile.
    Statement remember =
        database.prepare("INSERT OR IGNORE INTO thread SELECT id, ?2, ?3 FROM alert WHERE id = ?1");
    for (const Outgoing& message : messages) {
      remove.reset().bind(1, message.number).bind(2, message.channel);
      remove.bind(3, message.alert).run();
      if (thread.empty()) continue;
      remember.reset().bind(1, message.alert).bind(2, message.channel);
      remember.bind(3, text_for_file(thread, kMostNameBytes)).run();
    }
    return {};
  });
}

HistoryResult AlertStore::retry(std::span<const Outgoing> messages, std::uint64_t not_before_ns,
                                const std::string& why) {
  return state_->write([&](Database& database) -> HistoryResult {
    Statement update = database.prepare(
        "UPDATE message SET attempts = min(attempts + 1, 4294967295), not_before_ns = ?, why = ?"
        " WHERE number = ?");
    for (const Outgoing& message : messages) {
      update.reset().bind(1, time_for_file(not_before_ns));
      update.bind(2, text_for_file(why, kMostSentenceBytes)).bind(3, message.number).run();
    }
    return {};
  });
}

HistoryResult AlertStore::set_channels(std::span<const std::string> names) {
  return state_->write([&](Database& database) -> HistoryResult {
    std::vector<std::string> gone;
    Statement known = database.prepare("SELECT name FROM channel");
    while (known.step()) {
      if (std::find(names.begin(), names.end(), known.text(0)) == names.end())
        gone.push_back(known.text(0));
    }
    for (const std::string& name : gone)
      database.prepare("DELETE FROM channel WHERE name = ?").bind(1, name).run();
    Statement insert =
        database.prepare("INSERT OR IGNORE INTO channel VALUES (?, 0, 0, 0, 0, 0, 0, 0, '')");
    for (const std::string& name : names)
      insert.reset().bind(1, text_for_file(name, kMostNameBytes)).run();
    return {};
  });
}

HistoryResult AlertStore::note(const std::string& channel, const ChannelCounts& more) {
  return state_->write([&](Database& database) -> HistoryResult {
    Statement update = database.prepare(
        "UPDATE channel SET sent = sent + ?2, failed = failed + ?3, refused = refused + ?4,"
        " too_old = too_old + ?5, silenced = silenced + ?6, last_sent_ns = max(last_sent_ns, ?7),"
        " last_failed_ns = max(last_failed_ns, ?8), problem = ?9 WHERE name = ?1");
    update.bind(1, channel).bind(2, to_signed(more.sent)).bind(3, to_signed(more.failed));
    update.bind(4, to_signed(more.refused)).bind(5, to_signed(more.too_old));
    update.bind(6, to_signed(more.silenced)).bind(7, time_for_file(more.last_sent_ns));
    update.bind(8, time_for_file(more.last_failed_ns));
    update.bind(9, text_for_file(more.problem, kMostSentenceBytes)).run();
    return {};
  });
}

HistoryResult AlertStore::channels(std::vector<Channel>& channels) {
  return state_->read([&](Database& database) -> HistoryResult {
    std::map<std::string, Channel> found;
    Statement counted = database.prepare(
        "SELECT name, sent, failed, refused, too_old, silenced, last_sent_ns, last_failed_ns,"
        " problem FROM channel ORDER BY name LIMIT ?");
    counted.bind(1, std::int64_t{kMostChannels});
    while (counted.step()) {
      Channel& one = found[text_in(counted, 0, kMostNameBytes)];
      one.counts = {time_in(counted, 1), time_in(counted, 2),
                    time_in(counted, 3), time_in(counted, 4),
                    time_in(counted, 5), time_in(counted, 6),
                    time_in(counted, 7), text_in(counted, 8, kMostSentenceBytes)};
    }
    // Beside min(), a column is that of the row with the minimum.
    Statement waiting = database.prepare(
        "SELECT channel, count(*), min(number), queued_ns, why FROM message"
        " GROUP BY channel ORDER BY channel LIMIT ?");
    waiting.bind(1, std::int64_t{kMostChannels});
    while (waiting.step()) {
      Channel& one = found[text_in(waiting, 0, kMostNameBytes)];
      one.messages = time_in(waiting, 1);
      one.oldest_ns = time_in(waiting, 3);
      one.why = text_in(waiting, 4, kMostSentenceBytes);
    }
    channels.clear();
    for (auto& [name, one] : found) {
      one.name = name;
      channels.push_back(std::move(one));
    }
    return {};
  });
}

HistoryResult AlertStore::put_series(const std::vector<InstanceSeries>& series,
                                     std::uint64_t now_ns) {
  return state_->write([&](Database& database) -> HistoryResult {
    metrics::put_series(database, series, now_ns);
    return {};
  });
}

HistoryResult AlertStore::series(std::vector<InstanceSeries>& series, std::uint64_t& as_of_ns) {
  return state_->read([&](Database& database) -> HistoryResult {
    as_of_ns = read_series(database, series);
    return {};
  });
}

}  // namespace goxel_telemetry::metrics
