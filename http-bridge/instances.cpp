// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/instances.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "http-bridge/log.h"
#include "http-bridge/memory_shares.h"
#include "metrics/live/instances_here.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

using Time = metrics::Time;

// Between two sweeps. A sweep of one daemon takes some 15 µs, and the waking up as much and more: so the shorter time is
// 0.6 to 0.9 % of a processor, and each sweep costs the daemon at most a cache miss (shm/reader.h). Where sweeps take longer, they come more
// seldom, so that they take one part in kRestPart; while no daemon lives, they come as seldom as they may.
constexpr std::chrono::nanoseconds kShortestRest{8'000'000};
constexpr std::chrono::nanoseconds kLongestRest{50'000'000};
constexpr std::int64_t kRestPart = 100;
// Snapshots of so long ago are as good as new ones. To many who ask again and again, those are that are a little older: each
// snapshot makes all answers anew.
constexpr std::uint64_t kFreshNs = 5'000'000;
constexpr std::uint64_t kFreshInACrowdNs = 50'000'000;
constexpr std::uint64_t kHurriedAtOnce = 100;
constexpr std::uint64_t kHurryNs = 100'000'000;  // for one more

constexpr std::uint64_t kLookIntervalNs = 1'000'000'000;
constexpr std::uint64_t kShowIntervalNs = 1'000'000'000;
constexpr std::uint64_t kHandOutIntervalNs = 1'000'000'000;

// While there are more instances than places, so many are looked at once a second.
constexpr std::size_t kMostLooks = 128;
constexpr int kGone = -1;  // below all that is there

// Layers that report count less than a daemon: their segment does not show that there is one.
int standing_with_layers(shm::ProducerState daemon, shm::ProducerState outer) {
  return std::max(metrics::standing(daemon), metrics::standing(outer) - 1);
}

int standing_of(const std::string& name) {
  return standing_with_layers(metrics::look_at(name).state,
                              metrics::look_at(shm::layers_instance(name)).state);
}

}  // namespace

Instances::Instances(std::vector<std::string> names, List list, std::uint64_t budget_ns,
                     std::size_t most_window_bytes)
    : watches_all_(names.empty()),
      list_(std::move(list)),
      budget_ns_(budget_ns),
      most_window_bytes_(most_window_bytes),
      reading_(budget_ns),
      showing_(budget_ns) {
  for (std::string& name : names) name = shm::segment_name_of(name);
  for (const std::string& name : metrics::daemons_among(std::move(names))) {
    watch(name);
  }
}

metrics::LayerGroup& Instances::watch(const std::string& name) {
  metrics::LayerGroup& group = groups_.emplace_back(name);
  group.share(places_);
  group.daemon().expect_known_operations();
  listen_to(group);
  return group;
}

void Instances::keep_history(HistoryService& history) {
  history_ = &history;
  for (metrics::LayerGroup& group : groups_) begin_history(group);
}

void Instances::begin_history(metrics::LayerGroup& group) {
  history_->continue_counters(group.daemon());
  history_->continue_counters(group.outer());
  history_->begin(group.daemon());
}

void Instances::export_operations(Listener listener, std::function<ExportCounts()> counts) {
  listener_ = std::move(listener);
  export_counts_ = std::move(counts);
  for (metrics::LayerGroup& group : groups_) listen_to(group);
}

void Instances::listen_to(metrics::LayerGroup& group) {
  if (!listener_) return;
  group.on_operation([this, &daemon = group.daemon()](const metrics::ListenedOperation& joined) {
    listener_(daemon, joined);
  });
}

void Instances::start() {
  sweep_or_complain(true);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Instances::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "sweep");
  std::unique_lock lock(mutex_);
  for (;;) {  // start() has just looked
    const auto rest_for = rest();
    asked_.wait_for(lock, stop, rest_for, [this] { return is_asked_; });
    if (stop.stop_requested()) break;
    const bool is_asked = std::exchange(is_asked_, false);
    lock.unlock();
    sweep_or_complain(is_asked);
    lock.lock();
  }
  lock.unlock();
  handed_out_ns_.reset();
  sweep_or_complain(false);
  if (!listener_) return;
  for (metrics::LayerGroup& group : groups_) group.join_what_waits(Time::now());
}

std::chrono::nanoseconds Instances::rest() {
  const bool any_lives = std::any_of(groups_.begin(), groups_.end(), [](auto& group) {
    return group.daemon().state() == shm::ProducerState::live ||
           group.outer().state() == shm::ProducerState::live;
  });
  if (!any_lives) return kLongestRest;
  const auto took = std::chrono::nanoseconds(static_cast<std::int64_t>(reading_.usual_round_ns()));
  return std::clamp(took * kRestPart, kShortestRest, kLongestRest);
}

// What is wrong with one sweep (no memory, no descriptors) may pass until the next: answers are then
// those of the last good one.
void Instances::sweep_or_complain(bool is_asked) {
  try {
    const Time now = Time::now();
    read(now);
    if (is_asked || now.monotonic_ns - std::min(shown_ns_, now.monotonic_ns) >= kShowIntervalNs) {
      show(now);
    }
  } catch (const std::exception& error) {
    log_trouble(LogLevel::error, "nothing_new_can_be_read", {{"why", error.what()}});
  }
  ++sweeps_;
}

void Instances::sweep(const Time& now) {
  read(now);
  show(now);
}

void Instances::read(const Time& now) {
  if (!began_ns_) began_ns_ = now.monotonic_ns;
  if (watches_all_ && (!looked_at_ns_ || now.monotonic_ns - *looked_at_ns_ >= kLookIntervalNs)) {
    looked_at_ns_ = now.monotonic_ns;
    look_for_new();
  }
  if (std::exchange(shared_second_, now.monotonic_ns / metrics::kNsPerSecond) !=
      now.monotonic_ns / metrics::kNsPerSecond) {
    share_memory();
  }
  reading_.round(
      groups_.size(), [this](std::size_t i) -> const std::string& { return name_of(i); },
      [&](std::size_t i) { groups_[i].sweep(now, budget_ns_ / groups_.size()); });
  if (history_ != nullptr) hand_out(now);
  if (tick_listener_) hand_out_ticks(now);
}

// Those that have ended. After a pause, those of which the windows still have every second.
void Instances::hand_out_ticks(const Time& now) {
  constexpr std::uint64_t kMostAtOnce = 10;
  const std::uint64_t second = now.monotonic_ns / metrics::kNsPerSecond;
  const std::uint64_t end = (second - metrics::kTickClosesAfterSeconds) / metrics::kTickSeconds;
  const std::uint64_t first = std::max(next_tick_.value_or(end), end - kMostAtOnce);
  for (std::uint64_t number = first; number < end; ++number) {
    for (metrics::LayerGroup& group : groups_)
      tick_listener_(group.instance(), group.daemon().tick(number), group.outer().tick(number));
  }
  next_tick_ = end;
}

// Of an instance that waits for its turn, the last snapshot stands.
void Instances::show(const Time& now) {
  const std::shared_ptr<const Snapshots> before = latest();
  std::vector<std::optional<View>> views(groups_.size());
  showing_.round(
      groups_.size(), [this](std::size_t i) -> const std::string& { return name_of(i); },
      [&](std::size_t i) {
        View& view = views[i].emplace();
        view.snapshot = groups_[i].snapshot(now);
        view.layers = groups_[i].layers(view.snapshot);
        view.slowest = groups_[i].slowest();
      });
  auto snapshots = std::make_shared<Snapshots>();
  snapshots->taken_realtime_ns = now.realtime_ns;
  snapshots->instances_left_out = left_out_;
  if (export_counts_) snapshots->exported = export_counts_();
  if (alert_counts_) snapshots->alerts = alert_counts_();
  if (series_) snapshots->series = series_();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!views[i]) {
      const auto old =
          std::find_if(before->instances.begin(), before->instances.end(),
                       [&](const metrics::Snapshot& s) { return s.instance == name_of(i); });
      if (old == before->instances.end()) continue;
      const auto place = static_cast<std::size_t>(old - before->instances.begin());
      views[i] = {*old, before->layers[place], before->slowest[place]};
    }
    snapshots->instances.push_back(std::move(views[i]->snapshot));
    snapshots->layers.push_back(std::move(views[i]->layers));
    snapshots->slowest.push_back(std::move(views[i]->slowest));
  }
  {
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(snapshots);
    shown_ns_ = now.monotonic_ns;
  }
  shown_.notify_all();
}

void Instances::share_memory() {
  std::vector<MemoryClaim> claims;
  claims.reserve(groups_.size());
  for (metrics::LayerGroup& group : groups_) {
    claims.push_back({standing_with_layers(group.daemon().state(), group.outer().state()),
                      group.window_bytes()});
  }
  const std::vector<std::size_t> shares =
      memory_shares(claims, most_window_bytes_, kMostWindowBytesOfOne);
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].limit_window_bytes(shares[i]);
}

void Instances::hand_out(const Time& now) {
  if (handed_out_ns_ && now.monotonic_ns - *handed_out_ns_ < kHandOutIntervalNs) return;
  handed_out_ns_ = now.monotonic_ns;
  for (metrics::LayerGroup& group : groups_) {
    history_->exchange(group.daemon());
    if (group.outer().state() == shm::ProducerState::absent) continue;
    // The outer layers' history is kept under the name of their own segment, from the moment when
    // there is one.
    if (with_outer_history_.insert(group.instance()).second) {
      history_->begin(group.outer());
    } else {
      history_->exchange(group.outer());
    }
  }
}

void Instances::look_for_new() {
  const std::vector<std::string> present = metrics::daemons_among(list_());
  const auto is_watched = [this](const std::string& name) {
    return std::any_of(groups_.begin(), groups_.end(),
                       [&](const metrics::LayerGroup& group) { return group.instance() == name; });
  };
  std::vector<std::string> fresh;
  std::copy_if(present.begin(), present.end(), std::back_inserter(fresh),
               [&](const std::string& name) { return !is_watched(name); });
  if (groups_.size() + fresh.size() > kMostWatched) fresh = make_room(present, std::move(fresh));
  for (const std::string& name : fresh) {
    metrics::LayerGroup& group = watch(name);
    group.daemon().count_since(*began_ns_);
    group.outer().count_since(*began_ns_);
    if (history_ != nullptr) begin_history(group);
  }
  std::sort(groups_.begin(), groups_.end(),
            [](const auto& a, const auto& b) { return a.instance() < b.instance(); });
  left_out_ = static_cast<std::uint64_t>(std::count_if(
      present.begin(), present.end(), [&](const std::string& name) { return !is_watched(name); }));
}

// The places go to those of the highest standing; among equals, to those that have one. Returns
// which of `fresh` get a place, and frees it.
std::vector<std::string> Instances::make_room(const std::vector<std::string>& present,
                                              std::vector<std::string> fresh) {
  struct Candidate {
    std::string name;
    int standing;
    bool watched;
  };
  std::vector<Candidate> candidates;
  for (metrics::LayerGroup& group : groups_) {
    const shm::ProducerState state = group.daemon().state();
    const bool gone = state != shm::ProducerState::live &&
                      !std::binary_search(present.begin(), present.end(), group.instance());
    candidates.push_back({group.instance(),
                          gone ? kGone : standing_with_layers(state, group.outer().state()), true});
  }
  // The turn goes on behind the last name that was looked at.
  const auto next = std::upper_bound(fresh.begin(), fresh.end(), looked_until_);
  std::rotate(fresh.begin(), next, fresh.end());
  if (fresh.size() > kMostLooks) fresh.resize(kMostLooks);
  looked_until_ = fresh.back();
  std::sort(fresh.begin(), fresh.end());
  for (std::string& name : fresh) {
    const int standing = standing_of(name);
    candidates.push_back({std::move(name), standing, false});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.standing > b.standing; });
  fresh.clear();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    if (!candidate.watched && i < kMostWatched) fresh.push_back(candidate.name);
    if (candidate.watched && i >= kMostWatched) drop(candidate.name);
  }
  return fresh;
}

void Instances::drop(const std::string& name) {
  if (history_ != nullptr) {
    history_->let_go(name);
    history_->let_go(shm::layers_instance(name));
  }
  with_outer_history_.erase(name);
  reading_.forget(name);
  showing_.forget(name);
  std::erase_if(groups_,
                [&](const metrics::LayerGroup& group) { return group.instance() == name; });
}

std::shared_ptr<const Snapshots> Instances::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

std::shared_ptr<const Snapshots> Instances::newest() {
  const std::uint64_t now_ns = shm::monotonic_ns();
  std::unique_lock lock(mutex_);
  const auto is_younger = [&](std::uint64_t ns) { return shown_ns_ + ns > now_ns; };
  if (is_younger(kFreshNs)) return latest_;
  if (is_younger(kFreshInACrowdNs) && !is_asked_ && !may_hurry(now_ns)) return latest_;
  is_asked_ = true;
  asked_.notify_one();
  shown_.wait_for(lock, kLongestWait, [&] { return is_younger(kFreshNs); });
  return latest_;
}

bool Instances::may_hurry(std::uint64_t now_ns) {
  constexpr std::uint64_t kSaved = kHurriedAtOnce * kHurryNs;
  hurried_until_ns_ = std::max(hurried_until_ns_, now_ns - std::min(now_ns, kSaved));
  if (hurried_until_ns_ + kHurryNs > now_ns) return false;
  hurried_until_ns_ += kHurryNs;
  return true;
}

}  // namespace goxel_telemetry::http_bridge
