// SPDX-License-Identifier: GPL-3.0-or-later
// The file in which alerts are kept: those that are active, those of the past, what people judged of them, what they silenced, and
// the messages that are still to be sent. SQLite with a write-ahead log, so that a crash loses nothing that was put in: the bridge
// writes alerts, and terminal and viewer write judgements and silences into the same file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/history/database.h"

namespace goxel_telemetry::metrics {

// Nobody is told of alerts that match. What is empty matches all.
struct Silence {
  std::int64_t id = 0;
  std::string rule = {};
  std::string instance = {};
  std::string operation = {};  // one of the alert's operations, or its subject
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME
  std::uint64_t end_ns = 0;
  std::string author = {};
  std::string reason = {};

  bool matches(const Alert& alert, std::uint64_t now_ns) const;
};

// How often alerts were right, of those that were raised in some stretch of time and judged.
struct AlertAccuracy {
  std::uint64_t raised = 0;
  std::uint64_t right = 0;  // with those that were known already
  std::uint64_t wrong = 0;
  // Of the judged ones; empty: none was.
  std::optional<double> wrong_ratio() const;
};
// It is told of so many days.
inline constexpr std::uint64_t kAccuracyDays = 30;
// Of alerts that were judged, no more than this share may have been wrong.
inline constexpr double kPromisedWrongRatio = 0.01;

struct AlertQuery {
  bool only_active = false;
  std::string instance = {};   // empty: all
  bool with_bridge = false;    // beside the instance's, those of the bridge itself
  std::uint64_t begin_ns = 0;  // only those that were active at some time in [begin, end)
  std::uint64_t end_ns = UINT64_MAX;
  std::size_t most = 100;  // newest first; at most kMostAnswered
};
inline constexpr std::size_t kMostAnswered = 1000;

// A message that a channel still has to send.
struct Outgoing {
  std::int64_t number = 0;  // messages are sent in this order
  std::string channel = {};
  std::string alert = {};  // id
  AlertChange change = AlertChange::raised;
  std::uint64_t queued_ns = 0;
  std::uint32_t attempts = 0;
  std::uint64_t not_before_ns = 0;  // CLOCK_REALTIME
  // What the channel has remembered of the alert's first message; empty: none.
  std::string thread = {};
};

// How a channel has done, from the first message on.
struct ChannelCounts {
  std::uint64_t sent = 0;     // messages; each may be about several alerts
  std::uint64_t failed = 0;   // tries after which another one follows
  std::uint64_t refused = 0;  // events, as are all that follow
  std::uint64_t too_old = 0;
  std::uint64_t silenced = 0;        // after they were queued
  std::uint64_t last_sent_ns = 0;    // CLOCK_REALTIME; 0: never
  std::uint64_t last_failed_ns = 0;  // a try, or it was refused
  std::string problem = {};          // one sentence while the channel takes nothing, else empty
  bool operator==(const ChannelCounts&) const = default;
};

// Not thread-safe: use one per thread, on the same file. Errors are results, never exceptions. After `moved` or `corrupt`,
// open another.
class AlertStore {
 public:
  enum class Mode { write, read };
  // Bounded: the oldest ended alerts beyond kMostKept are dropped, and ended alerts older than two years; messages beyond
  // kMostWaiting, the oldest first.
  static constexpr std::size_t kMostKept = 10'000;
  static constexpr std::size_t kMostWaiting = 10'000;
  static constexpr std::size_t kMostSilences = 1'000;  // that have not ended
  // A reader needs no permission to write. A file whose name begins with ":memory:" is in this process's memory
  // (metrics/history/database.h).
  static std::unique_ptr<AlertStore> open(const std::string& file, Mode mode,
                                          HistoryResult& result);
  ~AlertStore();

  // Puts an alert in place of the one with its id (a judgement stays), and a message for each of `channels`, in one
  // transaction. The same message twice is one, as long as it waits.
  HistoryResult put(const Alert& alert, AlertChange change, std::span<const std::string> channels);
  // The same without messages: only its evidence changed.
  HistoryResult put(const Alert& alert);

  HistoryResult list(const AlertQuery& query, std::vector<Alert>& alerts);
  HistoryResult find(const std::string& id, Alert& alert);  // `unknown` if there is none
  HistoryResult judge(const std::string& id, Judgement judgement, std::uint64_t now_ns);
  HistoryResult accuracy(std::uint64_t begin_ns, std::uint64_t end_ns, AlertAccuracy& accuracy);

  HistoryResult silence(Silence& silence);                           // sets its id
  HistoryResult end_silence(std::int64_t id, std::uint64_t now_ns);  // `unknown` if none has it
  HistoryResult silences(std::uint64_t now_ns,
                         std::vector<Silence>& silences);  // those that have not ended

  // Messages that `channel` may send now, in their order: none while an earlier one about its alert may not be sent yet.
  HistoryResult due(const std::string& channel, std::uint64_t now_ns, std::size_t most,
                    std::vector<Outgoing>& messages);
  // The channel has sent them as one, or nobody wants them any more: all of them are taken off, or none. `thread`: to be remembered for
  // later messages about their alerts, of which nothing is remembered yet.
  HistoryResult done(std::span<const Outgoing> messages, const std::string& thread);
  HistoryResult retry(std::span<const Outgoing> messages, std::uint64_t not_before_ns,
                      const std::string& why);

  // Those that are told of alerts from now on. How others did is forgotten.
  HistoryResult set_channels(std::span<const std::string> names);
  // What a channel did since this was last said: numbers are added, the rest is put in place of what was.
  HistoryResult note(const std::string& channel, const ChannelCounts& more);
  struct Channel {
    std::string name;
    ChannelCounts counts = {};
    // Messages that wait, also if nobody sends them any more.
    std::uint64_t messages = 0;
    std::uint64_t oldest_ns = 0;  // 0: none waits
    std::string why = {};         // the oldest was not sent yet
  };
  HistoryResult channels(std::vector<Channel>& channels);

  // What is watched for regressions as of `now_ns`, in place of what was; and, by instance, what is there, as of when (0: nothing yet).
  HistoryResult put_series(const std::vector<InstanceSeries>& series, std::uint64_t now_ns);
  HistoryResult series(std::vector<InstanceSeries>& series, std::uint64_t& as_of_ns);

 private:
  class State;
  explicit AlertStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::metrics
