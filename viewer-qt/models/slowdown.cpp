// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/slowdown.h"

#include <QCoreApplication>
#include <algorithm>
#include <optional>
#include <utility>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

constexpr std::uint64_t kShortest = 10 * kNsPerSecond;
constexpr std::uint64_t kLongest = 900 * kNsPerSecond;
constexpr int kStretches = 21;  // 10 s * 1.25^20 is 867 s
constexpr double kRisk = 0.05;
constexpr double kLooksOfADay = 86'400.0 * kNsPerSecond / SlowdownWatch::kEveryNs;

QString tr(const char* text) {
  return QCoreApplication::translate("Slowdown", text);
}

bool is_slower(const metrics::OwnTimeChange& row) {
  return row.own_time.change == metrics::Change::more;
}

metrics::OperationKey key_of(const metrics::OwnTimeChange& row) {
  return {row.stack, {}, row.layer, row.operation};
}

// Whether the last stretch of a length lies nearer to what was found than to what was before. Empty: it does not tell.
// Asked again with a level it would be over each time that luck makes the proof weaker.
std::optional<bool> still_holds(const Slowdown& slowdown, std::uint64_t length,
                                std::uint64_t now_ns, const SlowdownWatch::Compare& compare) {
  const metrics::OwnTimeChange& what = slowdown.what();
  Selection selection;
  selection.stack = what.stack;
  selection.layer = what.layer;
  selection.operation = what.operation;
  const auto changes = compare(slowdown.changes->before, {now_ns - length, now_ns}, selection,
                               slowdown.changes->found->level);
  if (!changes->found) return std::nullopt;
  for (const metrics::OwnTimeChange& row : changes->found->own_times) {
    if (key_of(row) == key_of(what)) return *row.own_time.shift >= *what.own_time.shift / 2;
  }
  return std::nullopt;
}

std::uint64_t length_of(const metrics::TimeStretch& stretch) {
  return stretch.end_ns - stretch.begin_ns;
}

}  // namespace

// When it began is not known, so stretches up to now are tried, each longer than the one before by a quarter, and each
// against one that ends a quarter of its length earlier. So whenever it began, one stretch lies after it and what it is
// compared with before it; a change within a stretch would look like noise. All stretches of the first look together, and
// all of a day's later ones, may err as often as one question of its own.
std::shared_ptr<const Changes> SlowdownWatch::most_added(std::uint64_t now_ns,
                                                         const Compare& compare) const {
  const double questions = kStretches * (looked_ns_ == 0 ? 1 : kLooksOfADay);
  std::shared_ptr<const Changes> found;
  double most = 0;
  for (std::uint64_t length = kShortest; length <= kLongest; length += length / 4) {
    const std::uint64_t guard = length / 4;
    if (now_ns < 2 * length + guard) break;
    const auto changes = compare({now_ns - 2 * length - guard, now_ns - length - guard},
                                 {now_ns - length, now_ns}, {}, 1 - kRisk / questions);
    const double added = added_by_unknown(*changes);
    if (added <= most) continue;
    most = added;
    changes->looked_at = kStretches;
    found = changes;
  }
  return found;
}

double SlowdownWatch::added_by_unknown(const Changes& changes) const {
  double added = 0;
  if (!changes.found) return added;
  for (const metrics::OwnTimeChange& row : changes.found->own_times) {
    if (is_slower(row) && !known_.contains(key_of(row))) added += row.added_per_second;
  }
  return added;
}

void SlowdownWatch::look(std::uint64_t now_ns, const Compare& compare) {
  if (holding_) keep_while_it_holds(now_ns, compare);
  const auto changes = most_added(now_ns, compare);
  looked_ns_ = now_ns;
  if (!changes) return;
  const auto& rows = changes->found->own_times;
  const auto is_new = [this](const metrics::OwnTimeChange& row) {
    return is_slower(row) && !known_.contains(key_of(row));
  };
  const auto first = std::ranges::find_if(rows, is_new);
  const auto slowdown = std::make_shared<const Slowdown>(
      Slowdown{changes, static_cast<std::size_t>(std::distance(rows.begin(), first))});
  if (!found_) found_ = slowdown;
  // A stretch that was slow and then not is still slower than the one before it as a whole.
  if (!still_holds(*slowdown, kShortest, now_ns, compare).value_or(true)) return;
  found_ = holding_ = slowdown;
  held_ns_ = now_ns;
  for (const metrics::OwnTimeChange& row : rows) {
    if (is_slower(row)) known_.insert(key_of(row));
  }
}

// For as long as it took to be proven it must not have been so; where no requests come, for a quarter of an hour.
void SlowdownWatch::keep_while_it_holds(std::uint64_t now_ns, const Compare& compare) {
  const auto holds = still_holds(*holding_, length_of(holding_->changes->after), now_ns, compare);
  if (holds.value_or(false)) held_ns_ = now_ns;
  if (holds.value_or(now_ns - held_ns_ < kLongest)) return;
  holding_.reset();
  known_.clear();
}

QString in_words(const Slowdown& slowdown) {
  constexpr int kToTheSecond = 8;
  const metrics::OwnTimeChange& what = slowdown.what();
  const auto others = std::ranges::count_if(slowdown.changes->found->own_times, is_slower) - 1;
  const QString words =
      tr("%1 in %2 takes %3 longer since about %4, proven")
          .arg(shown(what.operation), shown(what.layer),
               QString::fromStdString(metrics::format_duration(*what.own_time.shift)),
               QString::fromStdString(metrics::format_time_of_day(slowdown.changes->after.begin_ns))
                   .left(kToTheSecond));
  return others == 0 ? words : tr("%1; %2 more got slower").arg(words).arg(others);
}

}  // namespace goxel_telemetry::viewer
