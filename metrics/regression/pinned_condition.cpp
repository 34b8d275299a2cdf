// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned_condition.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "metrics/text/format.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

// An operation that nobody asks for any more is not slow for ever.
constexpr std::uint64_t kForgottenAfter = 86'400 * kNsPerSecond;
constexpr std::size_t kMostNamed = 5;
constexpr double kWorthTelling = 0.01;  // of a latency, due to load

// "a, b", at most so many of them.
std::string names_of(std::span<const OperationKey> keys) {
  std::string text;
  for (const OperationKey& key : keys.first(std::min(keys.size(), kMostNamed))) {
    text += (text.empty() ? "" : ", ") + key.operation;
  }
  if (keys.size() > kMostNamed) text += " and " + format_count(keys.size() - kMostNamed) + " more";
  return text;
}

struct Slower {
  OperationKey key;  // without a name: all operations together
  PinnedShift shift;
};

double lost_ns(const Slower& slower) {
  return (slower.shift.median_now_ns - slower.shift.median_pinned_ns) *
         static_cast<double>(slower.shift.requests_now);
}

OperationShift evidence_of(const Slower& slower) {
  const PinnedShift& shift = slower.shift;
  OperationShift out;
  out.key = slower.key;
  out.ratio = shift.ratio();
  out.ratio_low = shift.ratio_low;
  out.ratio_high = shift.ratio_high;
  out.before = shift.median_pinned_ns;
  out.after = shift.median_now_ns;
  out.count_before = shift.requests_pinned;
  out.count_after = shift.requests_now;
  return out;
}

// Of at least one, those that lose most first.
std::string summary_of(const std::vector<Slower>& slower, const PinnedName& name) {
  const auto is_all = [](const Slower& one) { return one.key.operation.empty(); };
  const auto all = std::find_if(slower.begin(), slower.end(), is_all);
  const auto worst = std::find_if_not(slower.begin(), slower.end(), is_all);
  const auto longer = [](const Slower& one) {
    return " takes " + format_percent(std::expm1(one.shift.shift)) + " longer";
  };
  const std::string than = " than in the pinned session " + name.baseline + " at the same load";
  const auto times = [](const Slower& one) {
    return "median " + format_duration(one.shift.median_now_ns) + ", pinned " +
           format_duration(one.shift.median_pinned_ns);
  };
  if (worst == slower.end()) return name.instance + longer(*all) + than + " (" + times(*all) + ")";
  if (all != slower.end()) {
    return name.instance + longer(*all) + than + ", most of all " + worst->key.operation + " (" +
           times(*worst) + ")";
  }
  const std::string others =
      slower.size() > 1 ? ", and so do " + format_count(slower.size() - 1) + " more" : "";
  return worst->key.operation + " of " + name.instance + longer(*worst) + than + " (" +
         times(*worst) + ")" + others;
}

std::string signed_percent(double logarithm) {
  return (logarithm < 0 ? "-" : "+") + format_percent(std::abs(std::expm1(logarithm)));
}

std::vector<std::string> not_looked_at(const PinnedComparison& comparison) {
  std::vector<OperationKey> few;
  for (const auto& [key, shift] : comparison.operations) {
    if (shift.verdict == PinnedVerdict::too_little_data) few.push_back(key);
  }
  std::vector<std::string> out;
  const auto say = [&](const char* why, const std::vector<OperationKey>& keys) {
    if (!keys.empty()) out.push_back(why + names_of(keys));
  };
  say("not in the pinned session: ", comparison.only_now);
  say("only in the pinned session: ", comparison.only_pinned);
  say("too few requests to compare: ", few);
  return out;
}

std::vector<AlertFact> facts_of(const PinnedComparison& comparison) {
  std::vector<AlertFact> facts = {{"load", format_rate(comparison.load_now) + "; " +
                                               format_rate(comparison.load_pinned) +
                                               " in the pinned session"}};
  const PinnedShift& all = comparison.all;
  if (all.verdict == PinnedVerdict::too_little_data) return facts;
  if (std::abs(all.due_to_load) >= kWorthTelling)
    facts.push_back({"due to the load", signed_percent(all.due_to_load)});
  facts.push_back({"all operations together, at the pinned mix and load",
                   signed_percent(all.shift) + ", three standard errors " +
                       format_percent(std::expm1(3 * all.standard_error))});
  std::vector<OperationKey> improved;
  for (const auto& [key, shift] : comparison.operations) {
    if (shift.verdict == PinnedVerdict::improved) improved.push_back(key);
  }
  if (!improved.empty()) facts.push_back({"faster than pinned", names_of(improved)});
  return facts;
}

}  // namespace

void PinnedCondition::follow(const Series& series, const PinnedShift& shift, std::uint64_t end_ns) {
  if (shift.verdict == PinnedVerdict::too_little_data) return;
  // What was proven does not end because the estimate comes to lie a little nearer.
  if (shift.verdict != PinnedVerdict::regressed && !shift.takes_longer()) {
    slower_.erase(series);
  } else if (shift.verdict == PinnedVerdict::regressed || slower_.contains(series)) {
    slower_[series] = end_ns;
  }
}

void PinnedCondition::look(const PinnedComparison& comparison, std::uint64_t begin_ns,
                           std::uint64_t end_ns) {
  const bool was_slower = !slower_.empty();
  follow({}, comparison.all, end_ns);
  for (const auto& [key, shift] : comparison.operations) follow(key, shift, end_ns);
  std::erase_if(slower_, [&](const auto& one) { return one.second + kForgottenAfter < end_ns; });
  if (slower_.empty()) {
    condition_.reset();
    return;
  }
  if (!was_slower) {
    since_ns_ = begin_ns;
    first_proof_ns_ = end_ns;
    confirmed_ = false;
  }
  std::vector<Slower> slower;
  bool proven = false;
  for (const auto& [series, last_ns] : slower_) {
    const auto found = series ? comparison.operations.find(*series) : comparison.operations.end();
    if (series && found == comparison.operations.end()) continue;
    const PinnedShift& shift = series ? found->second : comparison.all;
    if (shift.verdict == PinnedVerdict::too_little_data) continue;
    proven = proven || shift.verdict == PinnedVerdict::regressed;
    slower.push_back({series.value_or(OperationKey{}), shift});
  }
  // Nothing to compare any more, at present: what was said stays.
  if (slower.empty()) return;
  // Nothing of what proves it now was part of the first proof.
  confirmed_ = confirmed_ || (proven && begin_ns >= first_proof_ns_);
  std::stable_sort(slower.begin(), slower.end(),
                   [](const Slower& a, const Slower& b) { return lost_ns(a) > lost_ns(b); });

  Condition condition{.rule = AlertRule::slower_than_pinned,
                      .instance = name_.instance,
                      .level = confirmed_ ? AlertLevel::confirmed : AlertLevel::warning,
                      .since_ns = since_ns_};
  condition.summary = summary_of(slower, name_);
  condition.advice = "See what changed: goxel-telemetry compare " + name_.baseline +
                     " live; if this is how it ought to be, save another session under that name";
  for (const Slower& one : slower) {
    if (condition.evidence.operations.size() == kMostShifts) break;
    condition.evidence.operations.push_back(evidence_of(one));
  }
  condition.evidence.compared_with =
      name_.baseline + ", saved " + format_utc(name_.saved_realtime_ns);
  condition.evidence.not_looked_at = not_looked_at(comparison);
  condition.evidence.facts = facts_of(comparison);
  condition_ = std::move(condition);
}

}  // namespace goxel_telemetry::metrics
