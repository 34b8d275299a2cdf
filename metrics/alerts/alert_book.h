// SPDX-License-Identifier: GPL-3.0-or-later
// The life of alerts: what is so for long enough becomes an alert, what is no longer so for long enough ends it, and in
// between it may be confirmed or widen, but never calms down: who was woken wants to know when it is over, and not each change.
//
// Deterministic: time is an argument. Holding and clearing is measured by the monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

class AlertBook {
 public:
  // At once, of all instances, those included that are only held; further ones are left out, and counted.
  static constexpr std::size_t kMostActive = 256;
  static constexpr std::uint64_t kBetweenUpdatesNs = 30 * kNsPerSecond;  // of an alert's evidence
  static constexpr std::uint64_t kBetweenWideningsNs = 60 * kNsPerSecond;

  struct News {
    Alert alert;
    std::optional<AlertChange> change;  // empty: only its evidence is newer
  };

  // An alert of another bridge that is still active goes on, under its id: in place of the one that was raised here, if there is one
  // of the same thing. False: there is no room.
  bool take_up(const Alert& alert, const Time& now);

  // All that is so now, called about once a second. `watched`: the instances that can be said something about.
  std::vector<News> look(const std::vector<Condition>& conditions,
                         const std::set<std::string>& watched, const AlertSettings& settings,
                         const Time& now);
  std::vector<Alert> active() const;
  // Conditions that were not taken as alerts, because there were so many. Since the beginning, of each look.
  std::uint64_t left_out() const { return left_out_; }

 private:
  using Key = std::tuple<AlertRule, std::string, std::string>;  // with instance and subject
  struct Entry {
    Alert alert;                    // without an id as long as it is only held
    std::uint64_t so_since_ns = 0;  // CLOCK_MONOTONIC, as is all that follows
    std::uint64_t last_so_ns = 0;
    std::uint64_t last_so_realtime_ns = 0;
    std::uint64_t stored_ns = 0;
    std::uint64_t widened_ns = 0;
    // Not 0: of another bridge, and it was not seen here that it is so. Since when it is looked for.
    std::uint64_t taken_up_ns = 0;
    std::set<std::string> operations;  // that people were told of
  };
  static bool raised(const Entry& entry) { return !entry.alert.id.empty(); }
  static bool has_learnt(const Entry& entry, const AlertSettings& settings, const Time& now);
  void take(const Condition& condition, const AlertSettings& settings, const Time& now,
            std::vector<News>& news);
  std::optional<AlertChange> change_of(Entry& entry, AlertLevel level, const Time& now);
  void raise(Entry& entry, const Time& now);
  static void end(Entry& entry, AlertEnd end, const Time& now, std::vector<News>& news);

  std::map<Key, Entry> entries_;
  std::uint64_t left_out_ = 0;
  std::uint64_t numbered_ = 0;  // alerts, for their ids
};

}  // namespace goxel_telemetry::metrics
