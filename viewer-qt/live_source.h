// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one instance on a thread of its own and hands finished snapshots to the window.
#pragma once

#include <QObject>
#include <QThread>
#include <memory>

#include "metrics/snapshot.h"

namespace goxel_telemetry::viewer {

using SnapshotPointer = std::shared_ptr<const metrics::Snapshot>;

class LiveSource : public QObject {
  Q_OBJECT
 public:
  // An empty instance means the only one on the machine, as soon as there is one.
  explicit LiveSource(const QString& instance, QObject* parent = nullptr);
  // Returns when the thread has ended.
  ~LiveSource() override;

 Q_SIGNALS:
  // About four times a second; never null.
  void refreshed(goxel_telemetry::viewer::SnapshotPointer snapshot);

 private:
  QThread thread_;
};

}  // namespace goxel_telemetry::viewer

Q_DECLARE_METATYPE(goxel_telemetry::viewer::SnapshotPointer)
