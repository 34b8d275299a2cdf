// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a history file, while it is written or not, and never changes it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/history/database.h"
#include "metrics/rollup.h"
#include "metrics/snapshot.h"

namespace goxel_telemetry::metrics {

// What an empty member means: any.
struct HistoryFilter {
  std::string instance;  // never empty
  std::optional<std::string> operation;
  std::optional<std::string> stack;
  std::optional<std::string> protocol;
  std::optional<std::string> layer;
};

struct HistoryQuery {
  static constexpr std::uint32_t kMostPoints = 5'000;

  HistoryFilter filter;
  TimeStretch range;
  std::uint32_t points = 1;  // at most so many; 1 to kMostPoints
};

struct HistoryPoint {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint64_t seconds = 0;
  WindowStats stats;
};

// The range grown to whole stretches, cut into points of the same length. That is a multiple of the
// coarsest rollups that are not longer than a point must be, and which are still kept of the whole
// range: so a day at 1,000 points has 720 of two minutes.
struct HistoryAnswer {
  std::uint64_t begin_seconds = 0;
  std::uint64_t end_seconds = 0;
  std::uint64_t point_seconds = 0;
  WindowStats whole;
  std::vector<HistoryPoint> points;
};

class HistoryReader {
 public:
  // Null: `why` says.
  static std::unique_ptr<HistoryReader> open(const std::string& file, HistoryResult& why);
  ~HistoryReader();

  // Names, sorted.
  HistoryResult instances(std::vector<std::string>& names);

  // Exact: merged from rollups, each of which counts once. `unknown` if the file has no instance or
  // no operation of that name.
  HistoryResult query(const HistoryQuery& query, HistoryAnswer& answer);

  // The rollups of a range grown to whole stretches of `seconds` (one of kRollupSeconds), one for
  // each operation and stretch, in the order of time. Where those were taken away already there are
  // none.
  HistoryResult rollups(const HistoryFilter& filter, const TimeStretch& range,
                        std::uint32_t seconds, std::vector<Rollup>& out);

 private:
  struct Tier;
  struct Series;
  using Visit = std::function<void(std::uint64_t begin, std::int64_t series,
                                   std::span<const std::uint8_t> tally)>;

  explicit HistoryReader(std::string file);
  HistoryResult guarded(const std::function<HistoryResult()>& work);
  void load_tiers();
  HistoryResult find_series(const HistoryFilter& filter, bool sums, std::vector<Series>& found);
  std::vector<TimeStretch> observed(const std::string& instance, std::uint64_t begin_seconds,
                                    std::uint64_t end_seconds);
  void visit(std::size_t tier, std::uint64_t begin, std::uint64_t end,
             const std::vector<Series>& series, const Visit& visit);
  void visit_rows(Tier& tier, std::uint64_t begin, std::uint64_t end,
                  const std::vector<Series>& series, const Visit& visit);

  const std::string file_;
  std::unique_ptr<Database> database_;
  std::vector<Tier> tiers_;  // by kRollupSeconds
};

}  // namespace goxel_telemetry::metrics
