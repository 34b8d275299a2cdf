// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/dispatch.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "http-bridge/log.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using metrics::Alert;
using metrics::AlertChange;

constexpr std::size_t kMostLookedAt = 1'000;  // messages in a round
// Remembered of channels that do not give a thread: somebody was told.
constexpr const char* kTold = "told";

std::uint64_t ns(std::chrono::nanoseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

constexpr std::uint64_t kLongestWaitNs =
    std::chrono::nanoseconds(Dispatch::kBackoff.longest_retry_after).count();

// Later than anything waits for: the clock was set back.
bool is_to_wait_for(std::uint64_t time_ns, std::uint64_t now_ns) {
  return time_ns > now_ns && time_ns - now_ns <= kLongestWaitNs;
}

// Of several things that happened to an alert, what is told.
AlertChange weightier(AlertChange a, AlertChange b) {
  constexpr std::array kByWeight = {AlertChange::raised, AlertChange::widened,
                                    AlertChange::confirmed, AlertChange::ended};
  const auto weight = [&](AlertChange change) {
    return std::find(kByWeight.begin(), kByWeight.end(), change);
  };
  return weight(a) < weight(b) ? b : a;
}

std::string ids_of(const Bundle& bundle) {
  std::string text;
  for (const Event& event : bundle.events) text += (text.empty() ? "" : " ") + event.alert.id;
  return text;
}

}  // namespace

Dispatch::Dispatch(const ChannelSettings& settings, std::string host, Channel& channel,
                   bool is_mended, std::uint32_t seed)
    : settings_(settings),
      host_(std::move(host)),
      manner_(manner_of(settings.type)),
      channel_(channel),
      is_mended_(is_mended),
      random_(seed),
      allowance_(settings.per_minute) {}

std::uint64_t Dispatch::round(metrics::AlertStore& store, std::uint64_t now_ns,
                              const outbound::Peer::Deadline& deadline,
                              metrics::HistoryResult& result) {
  result_ = {};
  std::uint64_t next_ns = now_ns + ns(kPeriod);
  const auto look = [&] {
    if (is_to_wait_for(blocked_until_ns_, now_ns)) {
      next_ns = std::min(next_ns, blocked_until_ns_);
      return;
    }
    if (manner_.repeat.count() > 0 && !is_to_wait_for(next_repeat_ns_, now_ns)) {
      if (!repeat(store, now_ns, deadline) || failures_ > 0) return;
    }
    refill(now_ns);
    if (manner_.is_limited && allowance_ < 1) return;
    std::vector<Waiting> waiting;
    if (!collect(store, now_ns, waiting)) return;
    is_one_by_one_ = is_one_by_one_ && !waiting.empty();
    if (waiting.empty()) return;
    const std::uint64_t ready_ns = waiting.front().message.queued_ns + ns(manner_.gather);
    if (is_to_wait_for(ready_ns, now_ns)) {
      next_ns = std::min(next_ns, ready_ns);
      return;
    }
    if (send(store, choose(waiting), now_ns, deadline)) next_ns = now_ns;
  };
  look();
  if (result_.done() && counts_ != kept_) keep_counts(store);
  result = result_;
  return next_ns;
}

void Dispatch::keep_counts(metrics::AlertStore& store) {
  ChannelCounts more = counts_;
  more.sent -= kept_.sent;
  more.failed -= kept_.failed;
  more.refused -= kept_.refused;
  more.too_old -= kept_.too_old;
  more.silenced -= kept_.silenced;
  result_ = store.note(settings_.name, more);
  if (result_.done()) kept_ = counts_;
}

bool Dispatch::collect(metrics::AlertStore& store, std::uint64_t now_ns,
                       std::vector<Waiting>& waiting) {
  if (!settle_sent(store)) return false;
  Messages messages;
  std::vector<metrics::Silence> silences;
  result_ = store.due(settings_.name, UINT64_MAX, kMostLookedAt, messages);
  if (result_.done()) result_ = store.silences(now_ns, silences);
  if (!result_.done()) return false;
  // Those before a restart may not be tried before then, nor what is behind them.
  if (!is_mended_ && !messages.empty() && is_to_wait_for(messages.front().not_before_ns, now_ns) &&
      messages.front().attempts > failures_) {
    blocked_until_ns_ = messages.front().not_before_ns;
    return true;
  }
  std::uint64_t too_old = 0;
  Messages dropped;
  for (metrics::Outgoing& message : messages) {
    Alert alert;
    const auto found = store.find(message.alert, alert);
    const bool is_unknown = found.outcome == metrics::HistoryOutcome::unknown;
    if (!found.done() && !is_unknown) return result_ = found, false;
    const bool is_old = now_ns > message.queued_ns && now_ns - message.queued_ns > ns(kOldest);
    const bool is_silent = std::any_of(
        silences.begin(), silences.end(),
        [&](const metrics::Silence& silence) { return silence.matches(alert, now_ns); });
    const bool is_wanted = !is_unknown && wants(settings_, alert);
    if (is_wanted && !is_old && !is_silent) {
      waiting.push_back({std::move(message), bounded(std::move(alert))});
      continue;
    }
    too_old += is_wanted && is_old ? 1 : 0;
    counts_.silenced += is_wanted && is_silent && !is_old ? 1 : 0;
    dropped.push_back(std::move(message));
  }
  if (!dropped.empty() && !settle(store, dropped, "")) return false;
  if (too_old > 0) {
    counts_.too_old += too_old;
    log_event(LogLevel::warning, "notifications_too_old",
              {{"channel", settings_.name},
               {"host", host_},
               {"messages", std::to_string(too_old)},
               {"why", "they could not be sent for a day"}});
  }
  return true;
}

Dispatch::Chosen Dispatch::choose(const std::vector<Waiting>& waiting) const {
  const Waiting& first = waiting.front();
  const auto goes_along = [&first](const Waiting& one) {
    return one.alert.instance == first.alert.instance && one.message.thread == first.message.thread;
  };
  const bool is_last = manner_.is_limited && allowance_ < 2;
  const bool takes_all =
      !manner_.is_limited || (is_last && !std::all_of(waiting.begin(), waiting.end(), goes_along));
  Chosen chosen;
  if (!takes_all) chosen.bundle.thread = first.message.thread == kTold ? "" : first.message.thread;
  const std::size_t most = is_one_by_one_ ? 1 : manner_.most_events;
  std::map<std::string, std::size_t> places;  // of alerts among the events
  for (const Waiting& one : waiting) {
    if (!takes_all && !goes_along(one)) continue;
    const auto known = places.find(one.alert.id);
    if (known == places.end() && chosen.bundle.events.size() == most) {
      if (!manner_.counts_rest || is_one_by_one_) continue;  // for the next message
      ++chosen.bundle.more;
      chosen.messages.push_back(one.message);
      continue;
    }
    chosen.messages.push_back(one.message);
    if (known == places.end()) {
      places.emplace(one.alert.id, chosen.bundle.events.size());
      chosen.bundle.events.push_back(
          {one.alert, one.message.change, one.message.thread.empty(), one.message.number});
    } else {
      Event& event = chosen.bundle.events[known->second];
      event.change = weightier(event.change, one.message.change);
      event.number = one.message.number;
    }
  }
  return chosen;
}

bool Dispatch::send(metrics::AlertStore& store, const Chosen& chosen, std::uint64_t now_ns,
                    const outbound::Peer::Deadline& deadline) {
  const Outcome outcome = channel_.send(chosen.bundle, now_ns, deadline);
  allowance_ -= 1;
  if (outcome.fate == Fate::refused && chosen.bundle.events.size() > 1) {
    is_one_by_one_ = true;
    return true;
  }
  note(outcome, chosen.bundle, chosen.messages.front().attempts, now_ns);
  switch (outcome.fate) {
    case Fate::sent:
      sent_ = chosen.messages;
      sent_thread_ = outcome.thread.empty() ? kTold : outcome.thread;
      return settle_sent(store);
    case Fate::again:
      result_ = store.retry(chosen.messages, blocked_until_ns_, outcome.why);
      return false;
    case Fate::refused:
      counts_.refused += chosen.messages.size();
      return settle(store, chosen.messages, "");
  }
  return false;
}

bool Dispatch::repeat(metrics::AlertStore& store, std::uint64_t now_ns,
                      const outbound::Peer::Deadline& deadline) {
  std::vector<Alert> alerts;
  std::vector<metrics::Silence> silences;
  metrics::AlertQuery active;
  active.only_active = true;
  active.most = metrics::kMostAnswered;
  result_ = store.list(active, alerts);
  if (result_.done()) result_ = store.silences(now_ns, silences);
  if (!result_.done()) return false;
  Bundle bundle;
  for (Alert& alert : alerts) {
    const bool is_silent = std::any_of(
        silences.begin(), silences.end(),
        [&](const metrics::Silence& silence) { return silence.matches(alert, now_ns); });
    if (!is_silent && wants(settings_, alert)) bundle.events.push_back({bounded(std::move(alert))});
  }
  next_repeat_ns_ = now_ns + ns(manner_.repeat);
  if (bundle.events.empty()) return true;
  note(channel_.send(bundle, now_ns, deadline), bundle, 0, now_ns);
  return true;
}

bool Dispatch::settle(metrics::AlertStore& store, const Messages& messages,
                      const std::string& thread) {
  result_ = store.done(messages, thread);
  return result_.done();
}

bool Dispatch::settle_sent(metrics::AlertStore& store) {
  if (sent_.empty()) return true;
  if (!settle(store, sent_, sent_thread_)) return false;
  sent_.clear();
  return true;
}

void Dispatch::note(const Outcome& outcome, const Bundle& bundle, unsigned attempts,
                    std::uint64_t now_ns) {
  const auto say = [&](LogLevel level, const char* event, const std::string& why) {
    log_event(
        level, event,
        {{"channel", settings_.name}, {"host", host_}, {"alerts", ids_of(bundle)}, {"why", why}});
  };
  if (outcome.fate == Fate::again) {
    ++counts_.failed;
    counts_.last_failed_ns = now_ns;
    failures_ = std::max(failures_, attempts) + 1;
    const auto delay = outbound::delay_after(kBackoff, failures_, outcome.retry_after,
                                             std::generate_canonical<double, 32>(random_));
    blocked_until_ns_ = now_ns + ns(delay);
    if (counts_.problem.empty()) {
      say(LogLevel::warning, "notification_failed",
          outcome.why + "; trying again until it is sent");
    }
    counts_.problem =
        "nothing can be sent to " + settings_.name + " (" + host_ + "): " + outcome.why;
    return;
  }
  if (!counts_.problem.empty()) say(LogLevel::info, "notifications_work_again", "");
  failures_ = 0;
  blocked_until_ns_ = 0;
  counts_.problem.clear();
  if (outcome.fate == Fate::refused) {
    counts_.last_failed_ns = now_ns;
    say(LogLevel::error, "notification_refused", outcome.why + "; it is not tried again");
    return;
  }
  ++counts_.sent;
  counts_.last_sent_ns = now_ns;
  if (!outcome.complaint.empty()) {
    say(LogLevel::warning, "notification_not_for_all", outcome.complaint);
  } else {
    say(LogLevel::debug, "notified", outcome.why);
  }
}

void Dispatch::refill(std::uint64_t now_ns) {
  const double per_ns = settings_.per_minute / (60.0 * metrics::kNsPerSecond);
  const std::uint64_t passed = now_ns - std::min(now_ns, std::exchange(allowance_ns_, now_ns));
  allowance_ =
      std::min<double>(settings_.per_minute, allowance_ + static_cast<double>(passed) * per_ns);
}

}  // namespace goxel_telemetry::http_bridge::notify
