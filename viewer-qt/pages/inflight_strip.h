// SPDX-License-Identifier: GPL-3.0-or-later
// What is in flight: one quiet line, which opens into a table by itself when a request seems stuck or the daemon has died,
// or when somebody opens it.
#pragma once

#include <QFrame>

#include "metrics/live/snapshot.h"
#include "viewer-qt/models/inflight_model.h"

class QTableView;
class QToolButton;

namespace goxel_telemetry::viewer {

class ElidedLabel;

class InflightStrip : public QFrame {
  Q_OBJECT
 public:
  explicit InflightStrip(QWidget* parent = nullptr);

  void show_snapshot(const metrics::Snapshot& snapshot);
  bool is_open() const;
  QString text() const;

 private:
  void size_table();

  InflightModel model_;
  QToolButton* open_;
  QToolButton* hold_;
  ElidedLabel* text_;
  QTableView* table_;
  int window_height_ = 0;
  bool wanted_ = false;  // it has opened by itself
};

}  // namespace goxel_telemetry::viewer
