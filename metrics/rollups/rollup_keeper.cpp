// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/rollups/rollup_keeper.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

// Bounds the memory if stretches are never taken: the oldest are dropped first.
constexpr std::size_t kMostStretches = 1'024;

}  // namespace

RollupKeeper::RollupKeeper(std::optional<ReadingPosition> position) {
  if (position) position_ = *std::move(position);
}

void RollupKeeper::begin_run(const shm::Reader& reader, const std::vector<LaneBeginning>& lanes,
                             const Time& now) {
  const shm::ProducerInfo& producer = reader.producer();
  const bool same_run = position_.run_id == producer.run_id;
  const bool first_ever = position_.run_id == 0;
  if (!same_run) position_.lanes.clear();
  position_.run_id = producer.run_id;
  position_.lanes.resize(lanes.size(), 0);

  wanted_ = began_at_ = position_.lanes;
  bool complete = true;
  std::uint64_t since_ns = producer.created_monotonic_ns;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    if (lanes[lane].oldest > position_.lanes[lane]) {
      complete = false;
      since_ns = std::max(since_ns, lanes[lane].end_ns);
    }
    if (first_ever) {
      position_.lanes[lane] = lanes[lane].oldest;
      wanted_[lane] = lanes[lane].head;
    }
    began_at_[lane] = std::min(began_at_[lane], lanes[lane].head);
  }
  if (std::exchange(began_, true)) return;  // watched without a break, even if records were lost
  std::uint64_t begin_ns = realtime_ns(std::min(since_ns, now.monotonic_ns), now);
  if (same_run && complete) begin_ns = position_.until_realtime_ns;
  begin_ns = std::max(begin_ns, position_.until_realtime_ns);
  if (begin_ns < now.realtime_ns) observe_since(begin_ns, now.realtime_ns);
}

void RollupKeeper::swept(const shm::Reader& reader) {
  std::uint64_t passed = 0;
  for (std::uint32_t lane = 0; lane < position_.lanes.size(); ++lane) {
    const std::uint64_t here = reader.lane_sequence(lane);
    std::uint64_t& before = position_.lanes[lane];
    const std::uint64_t from = std::max(before, wanted_[lane]);
    if (here > from) passed += here - from;
    // Also if a head went back, as in a damaged segment.
    before = std::max(here, began_at_[lane]);
  }
  const std::uint64_t taken = std::exchange(taken_, 0);
  if (passed > taken) lost_ += passed - taken;
}

void RollupKeeper::observed(const Time& now) {
  if (last_look_ && now.monotonic_ns >= last_look_->monotonic_ns) {
    const std::uint64_t passed = now.monotonic_ns - last_look_->monotonic_ns;
    observe_since(now.realtime_ns - std::min(passed, now.realtime_ns), now.realtime_ns);
  }
  last_look_ = now;
  position_.until_realtime_ns = now.realtime_ns;
}

void RollupKeeper::not_observed() {
  last_look_.reset();
}

void RollupKeeper::observe_since(std::uint64_t begin_ns, std::uint64_t end_ns) {
  if (!observed_.empty()) {
    TimeStretch& last = observed_.back();
    const std::uint64_t apart =
        begin_ns > last.end_ns ? begin_ns - last.end_ns : last.end_ns - begin_ns;
    if (apart < kSameClockNs) {
      last.end_ns = std::max(last.end_ns, end_ns);
      return;
    }
  }
  if (observed_.size() == kMostStretches) observed_.erase(observed_.begin());
  observed_.push_back({begin_ns, end_ns});
}

RollupDelta RollupKeeper::take() {
  return {buffer_.take(), position_, std::exchange(lost_, 0), std::exchange(observed_, {}), {}};
}

}  // namespace goxel_telemetry::metrics
