// SPDX-License-Identifier: GPL-3.0-or-later
// The names in a history file: of instances, and of their series (one operation of one instance, or the sum
// of a layer's). They outlive the rows of daemons and clients that are long gone, and anybody can
// make new ones, so they are bounded:
// - an instance has so many series; its further operations count as _OTHER, as in a full table.
// - if all instances have more than there is room for, those that were watched longest ago are
//   forgotten, with all that they had.
//
// The ids of what was forgotten are not given again, because its rows stay until their time is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "metrics/history/database.h"
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

struct HistoryNameLimits {
  std::size_t instances = 1'000;
  std::size_t series = 50'000;
  std::size_t series_of_instance = 10'000;  // beside its sums and _OTHERs: kRoomForOther
};

class HistoryNames {
 public:
  explicit HistoryNames(Database& database, const HistoryNameLimits& limits)
      : database_(database), limits_(limits) {}

  // Makes it if it is new.
  std::int64_t instance_id(const std::string& name);

  struct SeriesIds {
    std::int64_t operation;
    std::int64_t sum;  // of all operations of its stack, protocol and layer
  };
  // For a row that begins at `begin`, Unix seconds. Makes them if they are new. Empty: there is no room,
  // not even for its _OTHER.
  std::optional<SeriesIds> series_ids(std::int64_t instance, const OperationKey& key,
                                      std::uint64_t begin);

  // Forgets instances, but none of `followed`, until the rest is within the limits. Returns their names.
  std::vector<std::string> make_room(const std::set<std::string>& followed);
  // Forgets what no row at or after `kept_from` uses, and what was last watched before it.
  void forget_before(std::uint64_t kept_from);

  // After a transaction that was not committed.
  void clear_cache();

 private:
  struct Series {
    std::int64_t id;
    std::uint64_t last_begin;  // as stored: whole hours
  };

  std::optional<std::int64_t> series_id(std::int64_t instance, const OperationKey& key,
                                        std::uint64_t hour);
  bool has_room(std::int64_t instance, const OperationKey& key);
  bool within_limits();
  std::optional<std::string> forget_one(const std::set<std::string>& followed);

  Database& database_;
  const HistoryNameLimits limits_;
  bool may_be_over_ = true;
  std::map<std::string, std::int64_t> instances_;
  std::map<std::pair<std::int64_t, OperationKey>, Series> series_;
};

}  // namespace goxel_telemetry::metrics
