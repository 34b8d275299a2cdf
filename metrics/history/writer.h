// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the history file: rollups of 1 s, and from them those of 10 s, 1 min and 1 h.
//
// A commit is one transaction. It adds the new rollups, stores the reading position that belongs to
// them, makes the coarser rollups of the stretches that have ended, and removes the oldest rows. So
// whatever happens to the process, the file's state is that after some commit, and a reader that
// continues from the stored position counts nothing twice.
//
// A coarser rollup is made once, from finer ones, when its stretch has ended. Records that come
// later for the same stretch are added to both. All tiers therefore agree exactly.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "metrics/history/database.h"
#include "metrics/history/file_lock.h"
#include "metrics/history/names.h"
#include "metrics/rollups/rollup.h"

namespace goxel_telemetry::metrics {

struct HistoryRetention {
  // In the order of kRollupSeconds: an hour, a day, 30 days, two years.
  std::array<std::uint64_t, kRollupSeconds.size()> seconds = {
      3'600, 86'400, 30 * std::uint64_t{86'400}, 730 * std::uint64_t{86'400}};
  // If the file is larger than this, the oldest rows of the finest tier are removed early.
  std::uint64_t most_bytes = std::uint64_t{1} << 30;
  HistoryNameLimits names;
};

// What one instance adds in a commit.
struct HistoryDelta {
  std::string instance;
  RollupDelta delta;
};

class HistoryWriter {
 public:
  // Steps of SQLite's machine in one call, some seconds: hundreds of times what a bridge's commit needs.
  static constexpr std::uint64_t kMostSteps = 500'000'000;

  // Makes the file if there is none, and migrates a file of an older version. Keeps other writers
  // out (by FILE.lock) as long as the writer exists. Null if it cannot be opened: `why` says why. A file
  // in which a call would take more than `most_steps` counts as damaged. Calls end with `stopped` soon
  // after `stop` says so.
  static std::unique_ptr<HistoryWriter> open(const std::string& file,
                                             const HistoryRetention& retention, HistoryResult& why,
                                             std::uint64_t most_steps = kMostSteps,
                                             StopWanted stop = {});
  ~HistoryWriter();

  // The position up to which each instance's records are in the file.
  const std::map<std::string, ReadingPosition>& positions() const { return positions_; }

  // What was counted up to those positions when the file was opened.
  const std::map<std::string, std::map<OperationKey, Counters>>& counters() const {
    return counters_;
  }

  // Whether the file's last writer ended in order: it had nothing more than what is in the file.
  bool was_ended() const { return was_ended_; }
  // Call it after the last commit.
  void end();

  // Commits all of it; if the outcome is not `done`, nothing. A rollup that is longer than a second
  // (its RollupBuffer was full) counts in its first second. `now_seconds`: Unix time.
  // The names of instances in `followed` are not forgotten.
  HistoryResult commit(const std::vector<HistoryDelta>& deltas, std::uint64_t now_seconds,
                       const std::set<std::string>& followed = {});
  // The instances that the last commit forgot for want of room, with all that the file had of them.
  const std::vector<std::string>& forgotten() const { return forgotten_; }

 private:
  struct Tier;
  using Place = std::pair<std::uint64_t, std::int64_t>;  // begin, series
  using Tallies = std::map<Place, Tally>;

  HistoryWriter(std::string file, std::unique_ptr<FileLock> lock, const HistoryRetention& retention,
                std::uint64_t most_steps, StopWanted stop);
  void load();
  void load_counters();
  void write(const std::vector<HistoryDelta>& deltas, std::uint64_t now_seconds,
             const std::set<std::string>& followed);
  void store_position(std::int64_t instance, const ReadingPosition& position, std::uint64_t lost);
  void store_counters(std::int64_t instance, const std::map<OperationKey, Counters>& counters);
  void store_observed(std::int64_t instance, TimeStretch stretch);
  void store_beginning(std::uint64_t now_seconds);
  Tallies by_series(std::int64_t instance, const std::vector<Rollup>& rollups, std::uint64_t& lost);
  void add(const Tallies& seconds);
  static void merge(Tier& tier, const Place& place, const Tally& tally);
  void close(std::uint64_t now_seconds);
  void close(Tier& tier, Tier& finer, std::uint64_t until);
  void follow_clock(std::uint64_t now_seconds);
  std::uint64_t kept_from(std::size_t index, std::uint64_t now_seconds) const;
  void prune(std::uint64_t now_seconds);
  void prune(std::size_t index, std::uint64_t before);
  void store(const Tier& tier);

  const std::string file_;
  const std::unique_ptr<FileLock> lock_;
  const HistoryRetention retention_;
  const std::uint64_t most_steps_;
  const StopWanted stop_;
  std::vector<std::string> forgotten_;
  std::unique_ptr<Database> database_;
  std::optional<HistoryNames> names_;
  std::vector<Tier> tiers_;  // in the order of kRollupSeconds
  std::map<std::string, ReadingPosition> positions_;
  std::map<std::string, std::map<OperationKey, Counters>> counters_;
  bool was_ended_ = false;
  bool has_begun_ = false;  // a commit has said so
};

}  // namespace goxel_telemetry::metrics
