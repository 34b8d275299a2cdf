// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a history file, also while another process writes it, and never changes it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/history/answer.h"
#include "metrics/history/database.h"
#include "metrics/rollups/rollup.h"

namespace goxel_telemetry::metrics {

class HistoryReader {
 public:
  // Steps of SQLite's machine in one call, some twenty seconds: years of a bridge's history need fewer.
  static constexpr std::uint64_t kMostSteps = 2'000'000'000;

  // Null if it cannot be opened: `why` says why. A file in which a call would take more than
  // `most_steps` counts as damaged. Calls end with `stopped` soon after `stop` says so.
  static std::unique_ptr<HistoryReader> open(const std::string& file, HistoryResult& why,
                                             std::uint64_t most_steps = kMostSteps,
                                             StopWanted stop = {});
  ~HistoryReader();

  // The names of daemons, sorted. The records of a daemon's outer layers belong to the daemon, but
  // are kept under the name of the layers' own segment (shm::layers_instance).
  HistoryResult instances(std::vector<std::string>& names);

  // The Unix seconds at which its writers began (a bridge was started), in the order of time. None in a
  // file of a version that does not keep them.
  HistoryResult beginnings(std::vector<std::uint64_t>& seconds);

  // Exact: the answer is merged from rollups, and each record counts once. `unknown` if the file
  // has no such instance, operation, stack, protocol or layer.
  HistoryResult query(const HistoryQuery& query, HistoryAnswer& answer);
  // The same, with the tallies instead of their statistics.
  HistoryResult tallies(const HistoryQuery& query, HistoryTallies& out);

  // The rollups of a range: one for each operation and each stretch of `seconds` (one of
  // kRollupSeconds), in the order of time. The range is extended to whole stretches. Rollups that
  // were removed already are missing.
  HistoryResult rollups(const HistoryFilter& filter, const TimeStretch& range,
                        std::uint32_t seconds, std::vector<Rollup>& out);

  // The watched part of a range, from its first moment to its last, as one side of a comparison.
  // `unknown` also if no part was watched.
  HistoryResult observe(const HistoryFilter& filter, const TimeStretch& range, Observation& out);

 private:
  struct Tier;
  struct Series;
  struct Row {
    std::uint64_t begin;
    std::uint64_t seconds;
    std::int64_t series;
    std::span<const std::uint8_t> tally;
  };
  using Visit = std::function<void(const Row&)>;

  HistoryReader(std::string file, std::uint64_t most_steps, StopWanted stop);
  HistoryResult guarded(const std::function<HistoryResult()>& work);
  void load_tiers();
  HistoryResult find_series(const HistoryFilter& filter, bool sums, std::vector<Series>& found);
  // The coarsest tier whose rollups are not longer than one of `points` points and are kept from
  // `begin` on.
  std::size_t tier_for(std::uint64_t begin, std::uint64_t end, std::uint32_t points) const;
  void extend_to_what_is_kept(std::size_t tier, Seconds& range) const;
  std::vector<TimeStretch> observed(const std::string& instance, std::uint64_t begin_seconds,
                                    std::uint64_t end_seconds);
  void visit_exactly(std::size_t tier, std::uint64_t begin, std::uint64_t end,
                     const std::vector<Series>& series, const Visit& visit);
  void visit(std::size_t tier, std::uint64_t begin, std::uint64_t end,
             const std::vector<Series>& series, const Visit& visit);
  void visit_rows(Tier& tier, std::uint64_t begin, std::uint64_t end,
                  const std::vector<Series>& series, const Visit& visit);

  const std::string file_;
  const std::uint64_t most_steps_;
  const StopWanted stop_;
  std::unique_ptr<Database> database_;
  std::vector<Tier> tiers_;  // by kRollupSeconds
};

}  // namespace goxel_telemetry::metrics
