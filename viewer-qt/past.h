// SPDX-License-Identifier: GPL-3.0-or-later
// The past of daemons, for any range of time: what this viewer saw itself, which it keeps in a history file of its own
// as long as it runs, and before that what the bridge's file has. Lives on one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/history/answer.h"
#include "metrics/history/writer.h"
#include "metrics/rollups/rollup.h"

class QLockFile;
class QTemporaryDir;

namespace goxel_telemetry::metrics {
class HistoryReader;
}  // namespace goxel_telemetry::metrics

namespace goxel_telemetry::viewer {

class Past {
 public:
  // `bridge_file`: a history, read only; may be empty or absent.
  explicit Past(std::string bridge_file);
  // Removes its own file.
  ~Past();

  // Why less is known than could be, as a sentence; empty if nothing is wrong.
  const std::string& message() const { return message_; }

  // How far an instance's records have been added, by an earlier follower in this process.
  std::optional<metrics::ReadingPosition> position(const std::string& instance) const;
  // Of daemons, and of their outer layers. In one transaction: at best once a second.
  void add(std::vector<metrics::HistoryDelta> deltas, std::uint64_t now_seconds);

  // The range is extended to whole points of so many seconds (see point_seconds()), of which there may be
  // HistoryQuery::kMostPoints. Times of which nothing is known are not covered. Of a time whose finer rollups are gone,
  // points are longer.
  std::vector<metrics::TallyPoint> points(const metrics::HistoryFilter& filter,
                                          const metrics::TimeStretch& range, std::uint64_t seconds);
  // Each operation in the watched part of a range; from the file that watched more of it.
  std::optional<metrics::Observation> observe(const metrics::HistoryFilter& filter,
                                              const metrics::TimeStretch& range);
  // When the bridge began to write, Unix seconds; as far as its file tells. A restart, mostly.
  std::vector<std::uint64_t> bridge_starts();

 private:
  metrics::HistoryReader* bridge();
  void add_points(metrics::HistoryReader& reader, const metrics::HistoryFilter& filter,
                  std::uint64_t begin, std::uint64_t end, std::uint64_t seconds,
                  std::vector<metrics::TallyPoint>& out);

  const std::string bridge_file_;
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<QLockFile> in_use_;
  std::unique_ptr<metrics::HistoryWriter> writer_;
  std::unique_ptr<metrics::HistoryReader> own_;
  std::unique_ptr<metrics::HistoryReader> bridge_;
  std::uint64_t bridge_tried_ns_ = 0;                // CLOCK_MONOTONIC
  std::map<std::string, std::uint64_t> own_begins_;  // by instance: the first watched second
  std::string message_;
};

// The length of points, a number that suits a clock, of which at most `most` cover `seconds`; a multiple of the
// longest rollup that is not longer.
std::uint64_t point_seconds(std::uint64_t seconds, std::uint32_t most);

}  // namespace goxel_telemetry::viewer
