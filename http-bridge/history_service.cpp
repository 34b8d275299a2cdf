// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/history_service.h"

#include <algorithm>
#include <utility>

#include "http-bridge/log.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::HistoryDelta;
using metrics::HistoryOutcome;
using metrics::HistoryResult;
using metrics::ReadingPosition;
using metrics::RollupDelta;
using metrics::TimeStretch;

constexpr std::chrono::seconds kCommitInterval{1};
constexpr std::size_t kMostStretches = 1'024;

// The times of the last look may differ: no record came in between.
bool same_place(const ReadingPosition& a, const ReadingPosition& b) {
  return a.run_id == b.run_id && a.lanes == b.lanes;
}

bool goes_on(const std::optional<ReadingPosition>& since, const ReadingPosition& stored) {
  return since ? same_place(*since, stored) : stored.run_id == 0;
}

}  // namespace

HistoryService::HistoryService(std::string file, const metrics::HistoryRetention& retention)
    : file_(std::move(file)), retention_(retention) {}

void HistoryService::start() {
  open();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void HistoryService::stop() {
  ending_ = true;
  thread_ = {};
  ending_ = false;
  const bool done = commit(shm::realtime_ns() / 1'000'000'000);
  if (done) writer_->end();
  writer_.reset();
}

void HistoryService::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    commit(shm::realtime_ns() / 1'000'000'000);
    stopped.wait_for(lock, stop, kCommitInterval, [] { return false; });
  }
}

void HistoryService::begin(metrics::Follower& follower) {
  const std::scoped_lock lock(mutex_);
  const auto [place, is_new] = pending_.try_emplace(follower.instance());
  Pending& p = place->second;
  p.followed = true;
  // The instance's earlier follower, which was given up, had handed out up to here.
  if (!is_new && !p.restart) p.restart = p.until;
  follower.keep_rollups(std::exchange(p.restart, std::nullopt));
}

void HistoryService::let_go(const std::string& instance) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = pending_.find(instance); found != pending_.end()) {
    found->second.followed = false;
  }
}

void HistoryService::exchange(metrics::Follower& follower) {
  const std::scoped_lock lock(mutex_);
  Pending& pending = pending_[follower.instance()];
  if (pending.restart) {
    pending.since = pending.restart;
    follower.keep_rollups(std::exchange(pending.restart, std::nullopt));
    return;
  }
  RollupDelta delta = follower.take_rollups();
  if (delta.position.run_id == 0) return;  // there was no run yet
  pending.until = delta.position;
  if (!pending.counted) pending.counted.emplace();
  pending.counted->position = delta.position;
  pending.counted->was_shown = false;
  for (const auto& [key, counters] : delta.counters) pending.counted->counters[key] = counters;
  add(pending, std::move(delta));
  share_room();
}

void HistoryService::continue_counters(metrics::Follower& follower) {
  const std::scoped_lock lock(mutex_);
  const auto found = pending_.find(follower.instance());
  if (found == pending_.end() || !found->second.counted) return;
  follower.continue_counters(*found->second.counted);
}

// Of all that wait for the file.
void HistoryService::share_room() {
  constexpr std::size_t kLeastOfOne = 256;
  const auto waiting =
      static_cast<std::size_t>(std::count_if(pending_.begin(), pending_.end(), [](const auto& one) {
        return one.second.rollups.size() != 0;
      }));
  const std::size_t room =
      std::max(kLeastOfOne, metrics::RollupBuffer::kMost / std::max<std::size_t>(waiting, 1));
  for (auto& [instance, pending] : pending_) pending.rollups.limit(room);
}

// Adds `delta`, which comes after what is pending.
void HistoryService::add(Pending& pending, RollupDelta delta) {
  for (const metrics::Rollup& rollup : delta.rollups) {
    if (!pending.rollups.merge(rollup)) pending.rest.lost += rollup.tally.outcomes.all();
  }
  pending.rest.lost += delta.lost;
  pending.rest.position = std::move(delta.position);
  for (auto& [key, counters] : delta.counters) pending.rest.counters[key] = counters;
  std::vector<TimeStretch>& observed = pending.rest.observed;
  for (const TimeStretch& stretch : delta.observed) {
    // True if the stretch follows the last one without a gap, except for corrections of the clocks.
    const bool follows = !observed.empty() && stretch.begin_ns >= observed.back().begin_ns &&
                         stretch.begin_ns <= observed.back().end_ns + metrics::kSameClockNs;
    if (follows) {
      observed.back().end_ns = std::max(observed.back().end_ns, stretch.end_ns);
    } else if (observed.size() < kMostStretches) {
      observed.push_back(stretch);
    }
  }
  pending.any = true;
}

bool HistoryService::commit(std::uint64_t now_seconds) {
  if (writer_ == nullptr && !open()) {
    forget();
    return false;
  }
  std::vector<HistoryDelta> deltas = take();
  const HistoryResult result = writer_->commit(deltas, now_seconds, followed());
  if (result.done()) {
    committed(deltas);
    report("");
    tell_forgotten(writer_->forgotten());
    forget();
    return true;
  }
  put_back(std::move(deltas));
  forget();
  if (result.outcome != HistoryOutcome::stopped) report(result.message);
  // A full disk or a lock may pass; after any other error, find out what the file is by now.
  const bool passes = result.outcome == HistoryOutcome::full ||
                      result.outcome == HistoryOutcome::in_use ||
                      result.outcome == HistoryOutcome::stopped;
  if (!passes) writer_.reset();
  return false;
}

// An instance that nobody follows is kept in mind only as long as the file has it, or while something of it
// waits and there is room. Without a file, reconcile() will find its place in the ring.
void HistoryService::forget() {
  const auto in_file = [this](const std::string& name) {
    return writer_ != nullptr && writer_->positions().contains(name);
  };
  const std::scoped_lock lock(mutex_);
  std::erase_if(pending_, [&](const auto& one) {
    return !one.second.followed && !one.second.any && !in_file(one.first);
  });
  while (pending_.size() > 2 * retention_.names.instances) {
    auto oldest = pending_.end();
    for (auto at = pending_.begin(); at != pending_.end(); ++at) {
      if (at->second.followed || in_file(at->first)) continue;
      const auto until = [](const auto& one) {
        return one->second.until ? one->second.until->until_realtime_ns : 0;
      };
      if (oldest == pending_.end() || until(at) < until(oldest)) oldest = at;
    }
    if (oldest == pending_.end()) break;
    pending_.erase(oldest);
  }
}

bool HistoryService::open() {
  HistoryResult why;
  writer_ = metrics::HistoryWriter::open(file_, retention_, why, metrics::HistoryWriter::kMostSteps,
                                         [this] { return ending_.load(); });
  if (writer_ == nullptr) {
    report(why.message);
    return false;
  }
  reconcile();
  return true;
}

// Pending rollups may be committed only if the file's position is the one where they begin.
void HistoryService::reconcile() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [instance, stored] : writer_->positions()) {
    const auto [place, is_new] = pending_.try_emplace(instance);
    Pending& pending = place->second;
    if (!is_new && goes_on(pending.since, stored)) continue;
    const bool followed = pending.followed;
    pending = {};
    pending.followed = followed;
    pending.restart = pending.since = pending.until = stored;
    pending.counted = {stored, {}, writer_->was_ended()};
    const auto counters = writer_->counters().find(instance);
    if (counters != writer_->counters().end()) pending.counted->counters = counters->second;
  }
  // A file that is not the one of before may lack counters that have not changed since.
  for (auto& [instance, pending] : pending_) {
    if (pending.counted) pending.rest.counters = pending.counted->counters;
  }
}

std::vector<HistoryDelta> HistoryService::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<HistoryDelta> deltas;
  for (auto& [instance, pending] : pending_) {
    if (!std::exchange(pending.any, false)) continue;
    HistoryDelta& delta = deltas.emplace_back();
    delta.instance = instance;
    delta.delta = std::exchange(pending.rest, {});
    delta.delta.rollups = pending.rollups.take();
  }
  return deltas;
}

std::set<std::string> HistoryService::followed() const {
  const std::scoped_lock lock(mutex_);
  std::set<std::string> names;
  for (const auto& [instance, pending] : pending_) {
    if (pending.followed) names.insert(instance);
  }
  return names;
}

void HistoryService::committed(const std::vector<HistoryDelta>& deltas) {
  const std::scoped_lock lock(mutex_);
  for (const HistoryDelta& delta : deltas) {
    pending_.at(delta.instance).since = delta.delta.position;
  }
}

void HistoryService::put_back(std::vector<HistoryDelta> deltas) {
  const std::scoped_lock lock(mutex_);
  for (HistoryDelta& delta : deltas) {
    Pending& pending = pending_.at(delta.instance);
    RollupDelta later = std::exchange(pending.rest, {});
    later.rollups = pending.rollups.take();
    const bool any_later = pending.any;
    add(pending, std::move(delta.delta));
    if (any_later) add(pending, std::move(later));
  }
}

void HistoryService::report(const std::string& message) {
  {
    const std::scoped_lock lock(mutex_);
    if (message == message_) return;
    message_ = message;
  }
  if (message.empty()) {
    log_trouble(LogLevel::info, "history_is_written_again", {{"file", file_}});
  } else {
    log_trouble(LogLevel::warning, "history_is_not_written", {{"why", message}});
  }
}

void HistoryService::tell_forgotten(const std::vector<std::string>& instances) {
  if (instances.empty()) return;
  log_trouble(LogLevel::warning, "history_forgot_names",
              {{"why", "it has no room for more; these were watched longest ago"},
               {"instance", instances.front()},
               {"instances", std::to_string(instances.size())}});
}

std::size_t HistoryService::waiting() const {
  const std::scoped_lock lock(mutex_);
  std::size_t waiting = 0;
  for (const auto& [instance, pending] : pending_) waiting += pending.rollups.size();
  return waiting;
}

std::size_t HistoryService::known() const {
  const std::scoped_lock lock(mutex_);
  return pending_.size();
}

std::string HistoryService::message() const {
  const std::scoped_lock lock(mutex_);
  return message_;
}

}  // namespace goxel_telemetry::http_bridge
