// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a daemon on a thread of its own, and hands finished snapshots to the window.
#pragma once

#include <QList>
#include <QObject>
#include <QThread>
#include <memory>

#include "metrics/live/snapshot.h"
#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {

using SnapshotPointer = std::shared_ptr<const metrics::Snapshot>;
using PastPointer = std::shared_ptr<const Past>;

// A process that has, or left behind, a segment on this machine. All text is untrusted.
struct Instance {
  QString name;
  QString state;    // "live", "retired", "dead", "corrupt"; empty: the segment cannot be read
  QString program;  // may be empty
};

class LiveSource : public QObject {
  Q_OBJECT
 public:
  // Starts at once. An empty `instance` means the only one on the machine, once there is only one.
  // Without a history file, the past is taken from the records that the ring still holds.
  LiveSource(const QString& instance, const QString& history_file, QObject* parent = nullptr);
  ~LiveSource() override;

  // Goes over to another instance.
  void watch(const QString& instance);

 Q_SIGNALS:
  // The last minutes of a daemon; comes before the first snapshot in which the daemon is live.
  void began(const PastPointer& past);
  // Four times a second, but only after the window has taken the previous snapshot.
  void refreshed(const SnapshotPointer& snapshot);
  // Once a second while no live daemon is followed: all instances on this machine.
  void looked_around(const QList<Instance>& instances);

 private:
  class Follower;

  QThread thread_;
  Follower* follower_;  // lives on thread_, and ends with it
};

}  // namespace goxel_telemetry::viewer
