// SPDX-License-Identifier: GPL-3.0-or-later
// Looks once a second, on a thread of its own, whether there is something to alert about, keeps alerts in their file, and queues
// the messages about them there. Neither the sweep nor the front ever waits for it.
//
// While the file cannot be written, alerts go on in memory, and what is to be written waits. If it has become another file, what
// is active is written into that one. While another bridge writes it, this one only looks: it writes nothing and tells nobody, until the
// other one ends. Then it goes on with the alerts of the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http-bridge/alerts/alert_counts.h"
#include "http-bridge/snapshots.h"
#include "metrics/alerts/alert_book.h"
#include "metrics/alerts/alert_store.h"
#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/alerts/rules.h"
#include "metrics/history/file_lock.h"

namespace goxel_telemetry::http_bridge {

class AlertService {
 public:
  static constexpr std::size_t kMostUnwritten =
      4'096;  // alerts and messages; the oldest are dropped

  // `latest` is never null. `channels`: who is told of alerts, by their names in the file of alerts. `others`: what the bridge writes
  // beside that file.
  AlertService(std::string file, const metrics::AlertSettings& settings,
               std::vector<std::string> channels, const std::vector<std::string>& others,
               std::function<std::shared_ptr<const Snapshots>()> latest);
  ~AlertService();

  // All before start(). Sources are asked, and `listener` is called, on the service's thread.
  void add_source(metrics::ConditionSource source);
  void on_queued(std::function<void()> listener);  // there is a message more
  // What is watched for regressions; kept in the file, as of once a minute. Never null.
  using Series = std::shared_ptr<const std::vector<metrics::InstanceSeries>>;
  void keep_series(std::function<Series()> series) { series_ = std::move(series); }

  void start();
  // Nobody looks any more. What is active stays so in the file, where the next bridge goes on with it. Until this is destroyed no other
  // bridge writes the file.
  void stop();
  // One look. Only while not started.
  void look(const metrics::Time& now);

  // What follows is thread-safe.
  void set(const metrics::AlertSettings& settings, std::vector<std::string> channels);
  // Whether it is this bridge that sends the messages in the file.
  bool may_send() const { return may_send_; }
  std::shared_ptr<const AlertCounts> counts() const;  // never null
  // One sentence while the file is not written as it should be, else empty.
  std::string message() const;
  const std::string& file() const { return file_; }

 private:
  // To be written.
  struct Unwritten {
    metrics::Alert alert;
    std::optional<metrics::AlertChange> change;
    bool is_told = false;  // by messages
  };

  void run(const std::stop_token& stop);
  bool is_open(const metrics::Time& now);
  metrics::HistoryResult open();
  void reconcile(const metrics::Time& now);
  void set_channels();
  void take(std::vector<metrics::AlertBook::News> news);
  bool may_tell(const metrics::Alert& alert, metrics::AlertChange change);
  void tell_what_was_silenced(const metrics::Time& now);
  bool is_silenced(const metrics::Alert& alert, std::uint64_t now_ns) const;
  void keep(metrics::Alert alert, std::optional<metrics::AlertChange> change, bool is_told);
  void write(const metrics::Time& now);
  void write_series(const metrics::Time& now);
  void show(const metrics::Time& now);
  AlertKeeping keeping() const;
  bool check(const metrics::HistoryResult& result);

  const std::string file_;
  const std::function<std::shared_ptr<const Snapshots>()> latest_;
  std::vector<metrics::ConditionSource> sources_;
  std::function<void()> queued_ = [] {};
  std::function<Series()> series_;

  // Of the service's thread:
  metrics::AlertRules rules_;
  metrics::AlertBook book_;
  std::unique_ptr<metrics::FileLock> lock_;
  std::unique_ptr<metrics::AlertStore> store_;
  bool is_another_bridges_ = false;   // the file
  bool was_another_bridges_ = false;  // until it was open
  std::vector<std::string> channels_;
  std::uint64_t opened_ns_ = 0;  // CLOCK_MONOTONIC of the last try; 0: none yet
  std::deque<Unwritten> unwritten_;
  std::vector<metrics::Silence> silences_;
  // By id: what nobody was told of an active alert, because it was silenced then: that it was raised, or confirmed.
  std::map<std::string, metrics::AlertChange> untold_;
  AlertCounts totals_;
  std::uint64_t counted_ns_ = 0;  // CLOCK_MONOTONIC: when accuracy was read
  std::uint64_t series_ns_ = 0;   // CLOCK_MONOTONIC: when they were written; 0: not yet

  std::atomic<bool> may_send_ = false;

  mutable std::mutex mutex_;  // guards what follows, never during I/O
  metrics::AlertSettings settings_;
  std::optional<std::vector<std::string>> next_channels_;
  std::shared_ptr<const AlertCounts> counts_ = std::make_shared<AlertCounts>();
  std::string message_;

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge
