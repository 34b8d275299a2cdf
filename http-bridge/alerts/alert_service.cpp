// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alert_service.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <set>
#include <utility>

#include "http-bridge/log.h"
#include "metrics/alerts/alert_file.h"
#include "metrics/alerts/alert_schema.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::Alert;
using metrics::AlertBook;
using metrics::AlertChange;
using metrics::AlertStore;
using metrics::Condition;
using metrics::HistoryOutcome;
using metrics::HistoryResult;
using metrics::kNsPerSecond;
using metrics::Time;

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::uint64_t kBetweenOpeningsNs = 5 * kNsPerSecond;
constexpr std::uint64_t kBetweenSeriesNs = 60 * kNsPerSecond;

void tell_operator(const Alert& alert, AlertChange change) {
  const bool is_bad = change != AlertChange::ended;
  log_event(is_bad ? LogLevel::warning : LogLevel::info, "alert",
            {{"id", alert.id},
             {"change", to_string(change)},
             {"level", to_string(alert.level)},
             {"summary", alert.summary}});
}

std::vector<std::string> files_of(const std::string& file, std::vector<std::string> others) {
  others.push_back(file);
  return others;
}

}  // namespace

const char* to_string(AlertKeeping keeping) {
  constexpr std::array<const char*, kAlertKeepings> kNames = {"in_file", "in_memory",
                                                              "another_bridge", "not_written"};
  return kNames.at(static_cast<std::size_t>(keeping));
}

AlertService::AlertService(std::string file, const metrics::AlertSettings& settings,
                           std::vector<std::string> channels,
                           const std::vector<std::string>& others,
                           std::function<std::shared_ptr<const Snapshots>()> latest)
    : file_(std::move(file)),
      latest_(std::move(latest)),
      rules_(files_of(file_, others)),
      channels_(std::move(channels)),
      settings_(settings) {}

AlertService::~AlertService() = default;

void AlertService::add_source(metrics::ConditionSource source) {
  sources_.push_back(std::move(source));
}

void AlertService::on_queued(std::function<void()> listener) {
  queued_ = std::move(listener);
}

void AlertService::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void AlertService::stop() {
  thread_ = {};
  write(Time::now());
  store_.reset();
  if (lock_ != nullptr) lock_->touch();
}

void AlertService::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "alerts");
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    look(Time::now());
    stopped.wait_for(lock, stop, kBetweenLooks, [] { return false; });
  }
}

void AlertService::look(const Time& now) {
  const metrics::AlertSettings settings = [this] {
    const std::scoped_lock lock(mutex_);
    return settings_;
  }();
  set_channels();
  // Before the first look: alerts of an earlier bridge go on.
  if (is_open(now)) check(store_->silences(now.realtime_ns, silences_));

  const auto snapshots = latest_();
  std::vector<Condition> conditions =
      rules_.look(snapshots->instances, snapshots->layers, settings, now);
  for (const metrics::ConditionSource& source : sources_) {
    for (Condition& condition : source(now)) {
      if (settings[condition.rule].enabled) conditions.push_back(std::move(condition));
    }
  }
  std::set<std::string> watched;
  for (const metrics::Snapshot& one : snapshots->instances) watched.insert(one.instance);
  take(book_.look(conditions, watched, settings, now));
  tell_what_was_silenced(now);
  write(now);
  write_series(now);
  show(now);
}

// Tries to open the file, if it is not open, every now and then.
bool AlertService::is_open(const Time& now) {
  if (store_ != nullptr) return true;
  if (opened_ns_ != 0 && now.monotonic_ns < opened_ns_ + kBetweenOpeningsNs) return false;
  opened_ns_ = now.monotonic_ns;
  if (check(open())) reconcile(now);
  return store_ != nullptr;
}

HistoryResult AlertService::open() {
  HistoryResult result;
  const bool is_in_memory = file_.starts_with(metrics::kInMemory);
  if (lock_ == nullptr && !is_in_memory) {
    lock_ = metrics::FileLock::take(metrics::kAlertsFile, file_, result);
    is_another_bridges_ = result.outcome == HistoryOutcome::in_use;
    was_another_bridges_ = was_another_bridges_ || is_another_bridges_;
    if (is_another_bridges_)
      result.message += ", and tells people: this one goes on when that ends";
    if (lock_ == nullptr) return result;
  }
  store_ = AlertStore::open(file_, AlertStore::Mode::write, result);
  may_send_ = true;
  if (result.done()) result = store_->set_channels(channels_);
  if (!result.done()) store_.reset();
  return result;
}

// What is active in the file goes on here; what is active here is in the file.
void AlertService::reconcile(const Time& now) {
  if (!check(store_->silences(now.realtime_ns, silences_))) return;
  std::vector<Alert> stored;
  if (!check(store_->list({.only_active = true, .most = metrics::kMostAnswered}, stored))) return;
  std::set<std::string> known;
  for (Alert& alert : stored) {
    known.insert(alert.id);
    const bool has_ended = std::any_of(
        unwritten_.begin(), unwritten_.end(),
        [&](const Unwritten& one) { return one.alert.id == alert.id && !one.alert.active(); });
    if (has_ended) continue;
    if (book_.take_up(alert, now)) {
      rules_.take_up(alert);
      if (is_silenced(alert, alert.raised_ns)) untold_[alert.id] = AlertChange::raised;
      // What was raised here of the same thing goes on as that alert.
      std::erase_if(unwritten_, [&alert](const Unwritten& one) {
        return one.alert.active() && one.alert.id != alert.id && one.alert.rule == alert.rule &&
               one.alert.instance == alert.instance && one.alert.subject == alert.subject;
      });
      continue;
    }
    alert.end = metrics::AlertEnd::not_watched;
    alert.ended_ns = std::max(alert.updated_ns, alert.raised_ns);
    alert.updated_ns = now.realtime_ns;
    keep(std::move(alert), AlertChange::ended, true);
  }
  for (Alert& alert : book_.active()) {
    // While another bridge wrote the file nothing was kept of what was raised here.
    const bool is_new = was_another_bridges_ && !known.contains(alert.id);
    const bool is_told = is_new && may_tell(alert, AlertChange::raised);
    keep(std::move(alert), is_new ? std::optional(AlertChange::raised) : std::nullopt, is_told);
  }
  was_another_bridges_ = false;
}

void AlertService::set_channels() {
  {
    const std::scoped_lock lock(mutex_);
    if (!next_channels_) return;
    channels_ = *std::exchange(next_channels_, {});
  }
  if (store_ != nullptr) check(store_->set_channels(channels_));
}

void AlertService::take(std::vector<AlertBook::News> news) {
  for (AlertBook::News& one : news) {
    if (!one.change) {
      keep(std::move(one.alert), one.change, false);
      continue;
    }
    const Alert& alert = one.alert;
    tell_operator(alert, *one.change);
    if (*one.change == AlertChange::raised) {
      ++totals_.raised.at(static_cast<std::size_t>(alert.rule))
            .at(static_cast<std::size_t>(alert.level));
    }
    const bool is_told = may_tell(alert, *one.change);
    keep(std::move(one.alert), one.change, is_told);
  }
}

// Who was told of an alert is told of its end, silenced or not; who was not, is not.
bool AlertService::may_tell(const Alert& alert, AlertChange change) {
  const auto untold = untold_.find(alert.id);
  const bool is_known = untold == untold_.end() || untold->second != AlertChange::raised;
  if (change == AlertChange::ended) {
    untold_.erase(alert.id);
    return is_known;
  }
  if (!is_known || !is_silenced(alert, alert.updated_ns)) return is_known;
  if (change != AlertChange::widened) untold_[alert.id] = change;
  return false;
}

// The silence is over, and the alert is not.
void AlertService::tell_what_was_silenced(const Time& now) {
  if (untold_.empty()) return;
  for (Alert& alert : book_.active()) {
    const auto untold = untold_.find(alert.id);
    if (untold == untold_.end() || is_silenced(alert, now.realtime_ns)) continue;
    keep(std::move(alert), untold->second, true);
    untold_.erase(untold);
  }
}

bool AlertService::is_silenced(const Alert& alert, std::uint64_t now_ns) const {
  return std::any_of(silences_.begin(), silences_.end(), [&](const metrics::Silence& silence) {
    return silence.matches(alert, now_ns);
  });
}

void AlertService::keep(Alert alert, std::optional<AlertChange> change, bool is_told) {
  if (is_another_bridges_) return;
  unwritten_.push_back({std::move(alert), change, is_told});
  if (unwritten_.size() > kMostUnwritten) unwritten_.pop_front();
}

void AlertService::write(const Time& now) {
  bool queued = false;
  while (!unwritten_.empty() && is_open(now)) {
    const Unwritten& next = unwritten_.front();
    const HistoryResult result =
        next.change ? store_->put(next.alert, *next.change,
                                  next.is_told ? channels_ : std::vector<std::string>())
                    : store_->put(next.alert);
    if (!check(result)) break;
    queued = queued || (next.is_told && !channels_.empty());
    unwritten_.pop_front();
  }
  if (queued) queued_();
  if (!unwritten_.empty() || store_ == nullptr) return;
  const std::scoped_lock lock(mutex_);
  message_.clear();
}

void AlertService::write_series(const Time& now) {
  if (!series_ || store_ == nullptr) return;
  if (series_ns_ != 0 && now.monotonic_ns < series_ns_ + kBetweenSeriesNs) return;
  const Series series = series_();
  if (series->empty() && series_ns_ == 0) return;  // no tick is over yet
  if (check(store_->put_series(*series, now.realtime_ns))) series_ns_ = now.monotonic_ns;
}

void AlertService::show(const Time& now) {
  if (store_ != nullptr &&
      (counted_ns_ == 0 || now.monotonic_ns >= counted_ns_ + metrics::kBetweenSignsNs)) {
    counted_ns_ = now.monotonic_ns;
    constexpr std::uint64_t kAgoNs = AlertCounts::kAccuracyDays * 86'400 * kNsPerSecond;
    check(store_->accuracy(now.realtime_ns - std::min(now.realtime_ns, kAgoNs), UINT64_MAX,
                           totals_.accuracy));
    if (store_ != nullptr) check(store_->channels(totals_.channels));
    if (lock_ != nullptr) lock_->touch();
  }
  totals_.active = book_.active();
  totals_.left_out = book_.left_out();
  const std::scoped_lock lock(mutex_);
  totals_.keeping = keeping();
  counts_ = std::make_shared<const AlertCounts>(totals_);
}

AlertKeeping AlertService::keeping() const {
  if (is_another_bridges_) return AlertKeeping::another_bridge;
  if (!message_.empty()) return AlertKeeping::not_written;
  return file_.starts_with(metrics::kInMemory) ? AlertKeeping::in_memory : AlertKeeping::in_file;
}

// Whether it was done. After some errors the file must be opened anew.
bool AlertService::check(const HistoryResult& result) {
  if (result.outcome == HistoryOutcome::moved || result.outcome == HistoryOutcome::corrupt)
    store_.reset();
  if (result.done()) return true;
  log_trouble(is_another_bridges_ ? LogLevel::warning : LogLevel::error, "alerts_are_not_written",
              {{"why", result.message}});
  const std::scoped_lock lock(mutex_);
  message_ = result.message;
  return false;
}

void AlertService::set(const metrics::AlertSettings& settings, std::vector<std::string> channels) {
  const std::scoped_lock lock(mutex_);
  settings_ = settings;
  next_channels_ = std::move(channels);
}

std::shared_ptr<const AlertCounts> AlertService::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

std::string AlertService::message() const {
  const std::scoped_lock lock(mutex_);
  return message_;
}

}  // namespace goxel_telemetry::http_bridge
