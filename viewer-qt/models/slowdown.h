// SPDX-License-Identifier: GPL-3.0-or-later
// What has got slower in the last quarter of an hour, and whether it still is: looked for when a daemon begins to be
// followed, and again and again from then on.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>

#include "metrics/operation_key.h"
#include "metrics/time.h"
#include "viewer-qt/models/changes.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

struct Slowdown {
  std::shared_ptr<const Changes> changes;
  std::size_t row = 0;  // of changes->found->own_times: what was not known before

  const metrics::OwnTimeChange& what() const { return changes->found->own_times[row]; }
};
using SlowdownPointer = std::shared_ptr<const Slowdown>;

// "goxel.fill in mcp-server takes 1.00 ms longer since about 14:02:31, proven; 2 more got slower"
QString in_words(const Slowdown& slowdown);

class SlowdownWatch {
 public:
  // Compares two stretches at a level of confidence; null `found` if one of them is not known.
  using Compare = std::function<std::shared_ptr<Changes>(const metrics::TimeStretch& before,
                                                         const metrics::TimeStretch& after,
                                                         const Selection& selection, double level)>;

  static constexpr std::uint64_t kEveryNs = 60 * metrics::kNsPerSecond;

  // `now`: CLOCK_REALTIME.
  bool is_due(std::uint64_t now_ns) const { return now_ns - looked_ns_ >= kEveryNs; }
  void look(std::uint64_t now_ns, const Compare& compare);

  // What was found last; null: nothing yet.
  const SlowdownPointer& found() const { return found_; }
  // The same as long as it is so; null: there is nothing, or nothing any more.
  const SlowdownPointer& holding() const { return holding_; }

 private:
  double added_by_unknown(const Changes& changes) const;
  SlowdownPointer first_unknown(std::shared_ptr<const Changes> changes) const;
  std::shared_ptr<const Changes> search(std::uint64_t now_ns, double risk,
                                        const Compare& compare) const;
  std::shared_ptr<const Changes> glance(std::uint64_t now_ns, const Compare& compare) const;
  void keep_while_it_holds(std::uint64_t now_ns, const Compare& compare);

  SlowdownPointer found_;
  SlowdownPointer holding_;
  std::set<metrics::OperationKey> known_;  // what got slower with it
  std::uint64_t held_ns_ = 0;              // when it was last seen to be so
  std::uint64_t looked_ns_ = 0;            // 0: not yet
  std::uint64_t looks_ = 0;
};

}  // namespace goxel_telemetry::viewer
