// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/marks.h"

#include <QCoreApplication>
#include <algorithm>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

// Losses that follow each other within this time are one mark.
constexpr std::uint64_t kSameLossNs = 10 * metrics::kNsPerSecond;

QString tr(const char* text) {
  return QCoreApplication::translate("Marks", text);
}

}  // namespace

QList<Mark> marks_of_bridge(const std::vector<std::uint64_t>& started) {
  QList<Mark> marks;
  for (const std::uint64_t seconds : started) {
    marks.append({seconds * metrics::kNsPerSecond, MarkKind::bridge,
                  tr("the bridge began to write its history")});
  }
  return marks;
}

void Marks::add(std::uint64_t at_ns, MarkKind kind, const QString& text) {
  const Mark mark{at_ns, kind, text};
  const auto place =
      std::upper_bound(marks_.begin(), marks_.end(), mark,
                       [](const Mark& a, const Mark& b) { return a.at_ns < b.at_ns; });
  marks_.insert(place, mark);
  if (marks_.size() > kMost) marks_.removeFirst();
}

void Marks::end(shm::ProducerState how) {
  if (how == shm::ProducerState::dead) {
    add(lived_until_ns_, MarkKind::crash, tr("%1 was killed or crashed").arg(who_));
  } else if (how == shm::ProducerState::retired) {
    add(lived_until_ns_, MarkKind::end, tr("%1 ended in an orderly way").arg(who_));
  }
}

void Marks::look_at(const metrics::Snapshot& snapshot) {
  using shm::ProducerState;
  const metrics::Daemon& daemon = snapshot.daemon;
  const bool has_run = daemon.run_id != 0 && (daemon.state == ProducerState::live ||
                                              daemon.state == ProducerState::dead ||
                                              daemon.state == ProducerState::retired);
  if (!has_run) return;
  // Not by its run: a daemon whose segment somebody removed makes it anew, and has not begun anew.
  if (daemon.started_realtime_ns != started_ns_) {
    // A death is always seen before the next run, an end in order maybe not.
    if (state_ == ProducerState::live) end(ProducerState::retired);
    started_ns_ = daemon.started_realtime_ns;
    who_ = tr("%1, process %2").arg(shown(daemon.host_name), QString::number(snapshot.process.pid));
    state_ = ProducerState::live;
    add(started_ns_, MarkKind::start, tr("%1 started").arg(who_));
  }
  lived_until_ns_ = metrics::last_sign_of_life_ns(snapshot);
  if (daemon.state != state_) end(daemon.state);
  state_ = daemon.state;
  const std::uint64_t lost = snapshot.ring.lost;
  if (lost == lost_) return;
  const std::uint64_t now = snapshot.taken_realtime_ns;
  const auto text = [&](std::uint64_t records) {
    return tr("%1 records were overwritten before they could be read")
        .arg(QString::fromStdString(metrics::format_count(records)));
  };
  const auto last = std::find_if(marks_.rbegin(), marks_.rend(), [this](const Mark& mark) {
    return mark.kind == MarkKind::loss && mark.at_ns == losing_since_ns_;
  });
  if (last != marks_.rend() && now - losing_since_ns_ < kSameLossNs) {
    last->text = text(lost - lost_then_);
  } else {
    lost_then_ = lost_;
    losing_since_ns_ = now;
    add(now, MarkKind::loss, text(lost - lost_));
  }
  lost_ = lost;
}

}  // namespace goxel_telemetry::viewer
