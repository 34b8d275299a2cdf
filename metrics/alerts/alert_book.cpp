// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_book.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

// "20251124T150000", UTC.
std::string compact_time(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / kNsPerSecond);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts)};
}

std::set<std::string> operations_of(const AlertEvidence& evidence) {
  std::set<std::string> operations;
  for (const OperationShift& shift : evidence.operations) operations.insert(shift.key.operation);
  return operations;
}

bool long_enough(std::uint64_t since_ns, std::uint64_t seconds, const Time& now) {
  return now.monotonic_ns >= since_ns + seconds * kNsPerSecond;
}

}  // namespace

bool AlertBook::take_up(const Alert& alert, const Time& now) {
  if (!alert.active() || alert.id.empty()) return false;
  const Key key{alert.rule, alert.instance, alert.subject};
  const auto known = entries_.find(key);
  if (known == entries_.end() && entries_.size() >= kMostActive) return false;
  Entry& entry = entries_[key];
  if (entry.alert.id == alert.id) return true;
  if (known == entries_.end()) {
    entry.so_since_ns = entry.last_so_ns = entry.taken_up_ns = now.monotonic_ns;
    entry.last_so_realtime_ns = std::min(alert.updated_ns, now.realtime_ns);
  }
  entry.alert = alert;
  entry.stored_ns = now.monotonic_ns;
  entry.operations = operations_of(alert.evidence);
  return true;
}

std::vector<AlertBook::News> AlertBook::look(const std::vector<Condition>& conditions,
                                             const std::set<std::string>& watched,
                                             const AlertSettings& settings, const Time& now) {
  std::vector<News> news;
  for (const Condition& condition : conditions) take(condition, settings, now, news);
  for (auto& [key, entry] : entries_) {
    if (entry.last_so_ns == now.monotonic_ns && entry.alert.active()) continue;
    if (!raised(entry) || !entry.alert.active()) continue;
    const RuleSettings& rule = settings[entry.alert.rule];
    if (!entry.alert.instance.empty() && !watched.contains(entry.alert.instance)) {
      end(entry, AlertEnd::not_watched, now, news);
    } else if (!rule.enabled || (long_enough(entry.last_so_ns, rule.clear, now) &&
                                 has_learnt(entry, settings, now))) {
      end(entry, AlertEnd::resolved, now, news);
    }
  }
  // What is held and was interrupted begins anew; what has ended is over.
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return !entry.alert.active() || (!raised(entry) && entry.last_so_ns != now.monotonic_ns);
  });
  return news;
}

bool AlertBook::has_learnt(const Entry& entry, const AlertSettings& settings, const Time& now) {
  return entry.taken_up_ns == 0 ||
         long_enough(entry.taken_up_ns, settings.learning(entry.alert.rule), now);
}

void AlertBook::take(const Condition& condition, const AlertSettings& settings, const Time& now,
                     std::vector<News>& news) {
  const Key key{condition.rule, condition.instance, condition.subject};
  const auto known = entries_.find(key);
  if (condition.over) {
    if (known != entries_.end() && raised(known->second))
      end(known->second, *condition.over, now, news);
    return;
  }
  if (known == entries_.end() && entries_.size() >= kMostActive) {
    ++left_out_;
    return;
  }
  Entry& entry = known == entries_.end() ? entries_[key] : known->second;
  if (known == entries_.end()) {
    entry.so_since_ns = now.monotonic_ns;
    entry.alert.rule = condition.rule;
    entry.alert.instance = condition.instance;
    entry.alert.subject = condition.subject;
    entry.alert.since_ns = std::min(condition.since_ns, now.realtime_ns);
  }
  entry.last_so_ns = now.monotonic_ns;
  entry.last_so_realtime_ns = now.realtime_ns;
  entry.taken_up_ns = 0;
  Alert& alert = entry.alert;
  // Later than the alert is something that has come to it.
  if (condition.refines_since && (!raised(entry) || condition.since_ns < alert.raised_ns))
    alert.since_ns = std::min(condition.since_ns, now.realtime_ns);
  alert.summary = condition.summary;
  alert.advice = condition.advice;
  alert.evidence = condition.evidence;
  if (!raised(entry)) {
    alert.level = condition.level;
    if (!long_enough(entry.so_since_ns, settings[condition.rule].hold, now)) return;
    raise(entry, now);
    news.push_back({alert, AlertChange::raised});
    return;
  }
  const auto change = change_of(entry, condition.level, now);
  if (!change && now.monotonic_ns < entry.stored_ns + kBetweenUpdatesNs) return;
  entry.stored_ns = now.monotonic_ns;
  alert.updated_ns = now.realtime_ns;
  news.push_back({alert, change});
}

// What of it people are told now, if anything.
std::optional<AlertChange> AlertBook::change_of(Entry& entry, AlertLevel level, const Time& now) {
  std::set<std::string> operations = operations_of(entry.alert.evidence);
  const bool widened = !std::includes(entry.operations.begin(), entry.operations.end(),
                                      operations.begin(), operations.end());
  const bool confirmed = level == AlertLevel::confirmed && entry.alert.level == AlertLevel::warning;
  if (!confirmed && (!widened || now.monotonic_ns < entry.widened_ns + kBetweenWideningsNs))
    return std::nullopt;
  entry.operations.merge(operations);
  entry.widened_ns = now.monotonic_ns;
  if (!confirmed) return AlertChange::widened;
  entry.alert.level = AlertLevel::confirmed;
  entry.alert.confirmed_ns = now.realtime_ns;
  return AlertChange::confirmed;
}

void AlertBook::raise(Entry& entry, const Time& now) {
  Alert& alert = entry.alert;
  alert.id = std::string(to_string(alert.rule)) + '-' +
             (alert.instance.empty() ? "bridge" : alert.instance) + '-' +
             compact_time(now.realtime_ns) + '-' + std::to_string(++numbered_);
  alert.raised_ns = alert.updated_ns = now.realtime_ns;
  if (alert.level == AlertLevel::confirmed) alert.confirmed_ns = now.realtime_ns;
  entry.stored_ns = entry.widened_ns = now.monotonic_ns;
  entry.operations = operations_of(alert.evidence);
}

// It ended when it was last so, as far as is known.
void AlertBook::end(Entry& entry, AlertEnd end, const Time& now, std::vector<News>& news) {
  Alert& alert = entry.alert;
  alert.end = end;
  alert.updated_ns = now.realtime_ns;
  alert.ended_ns = end == AlertEnd::resolved ? std::max(entry.last_so_realtime_ns, alert.raised_ns)
                                             : now.realtime_ns;
  news.push_back({alert, AlertChange::ended});
}

std::vector<Alert> AlertBook::active() const {
  std::vector<Alert> alerts;
  for (const auto& [key, entry] : entries_) {
    if (raised(entry)) alerts.push_back(entry.alert);
  }
  return alerts;
}

}  // namespace goxel_telemetry::metrics
