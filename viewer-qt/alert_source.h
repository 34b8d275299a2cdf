// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the bridge's file of alerts on a thread of its own, and writes into it what the user says of them.
#pragma once

#include <QObject>
#include <QThread>

#include "metrics/alerts/alert.h"
#include "viewer-qt/models/alerts.h"

namespace goxel_telemetry::viewer {

class AlertSource : public QObject {
  Q_OBJECT
 public:
  // Starts at once. That there is no such file, or not yet, is no error.
  explicit AlertSource(const QString& file, QObject* parent = nullptr);
  ~AlertSource() override;

  // Goes over to another instance. Until then, alerts are those of all.
  void watch(const QString& instance);
  // Is answered by told(), done or not.
  void judge(const QString& id, metrics::Judgement judgement);

 Q_SIGNALS:
  // First at once, then soon after each change of the file.
  void told(const AlertsPointer& alerts);

 private:
  class Reader;

  QThread thread_;
  Reader* reader_;  // lives on thread_, and ends with it
};

}  // namespace goxel_telemetry::viewer
