// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/slowdown.h"

#include <QCoreApplication>
#include <algorithm>
#include <bit>
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

// The last stretch of a length against one as long that ends `guard_ns` earlier.
std::shared_ptr<Changes> up_to(std::uint64_t now_ns, std::uint64_t length, std::uint64_t guard_ns,
                               double risk, const SlowdownWatch::Compare& compare) {
  const std::uint64_t after = now_ns - length;
  return compare({after - guard_ns - length, after - guard_ns}, {after, now_ns}, {}, 1 - risk);
}

std::uint64_t length_of(const metrics::TimeStretch& stretch) {
  return stretch.end_ns - stretch.begin_ns;
}

}  // namespace

// When it began is not known, so stretches up to now are tried, each longer than the one before by a quarter, and each
// against one that ends a quarter of its length earlier. So whenever it began, one stretch lies after it and what it is
// compared with before it; a change within a stretch would look like noise.
std::shared_ptr<const Changes> SlowdownWatch::search(std::uint64_t now_ns, double risk,
                                                     const Compare& compare) const {
  std::shared_ptr<const Changes> found;
  double most = 0;
  for (std::uint64_t length = kShortest; length <= kLongest; length += length / 4) {
    const auto changes = up_to(now_ns, length, length / 4, risk / kStretches, compare);
    const double added = added_by_unknown(*changes);
    if (added <= most) continue;
    most = added;
    changes->looked_at = kStretches;
    found = changes;
  }
  return found;
}

// With a tenth of the work: stretches double, and so does the time before them in which it may have begun. The longer
// they are, the less often they are tried, and no two long ones at once.
std::shared_ptr<const Changes> SlowdownWatch::glance(std::uint64_t now_ns,
                                                     const Compare& compare) const {
  constexpr int kOften = 4;
  constexpr int kSeldom = 3;
  constexpr double kRiskOfOne = kRisk / kLooksOfADay / (kOften + 1);
  const auto is_slower_since = [&](int doublings) {
    const std::uint64_t length = kShortest << doublings;
    auto changes = up_to(now_ns, length, length, kRiskOfOne, compare);
    return added_by_unknown(*changes) > 0 ? changes : nullptr;
  };
  for (int doublings = 0; doublings < kOften; ++doublings) {
    if (auto found = is_slower_since(doublings)) return found;
  }
  const int seldom = std::countr_zero(looks_);
  return seldom < kSeldom ? is_slower_since(kOften + seldom) : nullptr;
}

double SlowdownWatch::added_by_unknown(const Changes& changes) const {
  double added = 0;
  if (!changes.found) return added;
  for (const metrics::OwnTimeChange& row : changes.found->own_times) {
    if (is_slower(row) && !known_.contains(key_of(row))) added += row.added_per_second;
  }
  return added;
}

// The first look may err as often as one question of its own, and so may all the later ones of a day together.
void SlowdownWatch::look(std::uint64_t now_ns, const Compare& compare) {
  looked_ns_ = now_ns;
  if (holding_) keep_while_it_holds(now_ns, compare);
  const bool is_first = looks_++ == 0;
  SlowdownPointer slowdown =
      first_unknown(is_first ? search(now_ns, kRisk, compare) : glance(now_ns, compare));
  if (!slowdown) return;
  if (is_first) found_ = slowdown;
  // A stretch that was slow and then not is still slower than the one before it as a whole.
  if (!still_holds(*slowdown, kShortest, now_ns, compare).value_or(true)) return;
  if (!is_first) {
    if (auto closer = first_unknown(search(now_ns, kRisk / kLooksOfADay, compare)))
      slowdown = std::move(closer);
  }
  found_ = holding_ = slowdown;
  held_ns_ = now_ns;
  for (const metrics::OwnTimeChange& row : slowdown->changes->found->own_times) {
    if (is_slower(row)) known_.insert(key_of(row));
  }
}

SlowdownPointer SlowdownWatch::first_unknown(std::shared_ptr<const Changes> changes) const {
  if (!changes) return nullptr;
  const auto& rows = changes->found->own_times;
  const auto row = std::ranges::find_if(rows, [this](const metrics::OwnTimeChange& one) {
    return is_slower(one) && !known_.contains(key_of(one));
  });
  const auto place = static_cast<std::size_t>(std::distance(rows.begin(), row));
  return std::make_shared<const Slowdown>(Slowdown{std::move(changes), place});
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
