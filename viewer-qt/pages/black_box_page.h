// SPDX-License-Identifier: GPL-3.0-or-later
// What a daemon left behind when it died: when that was, what was in flight, and the last requests that it ended.
#pragma once

#include <QWidget>

#include "viewer-qt/look.h"
#include "viewer-qt/models/inflight_model.h"

class QLabel;
class QTableView;

namespace goxel_telemetry::viewer {

class RecordsModel;

class BlackBoxPage : public QWidget {
  Q_OBJECT
 public:
  explicit BlackBoxPage(QWidget* parent = nullptr);

  void show_end(const DaemonEnd& end);

 private:
  QLabel* sentence_;
  InflightModel inflight_model_;
  RecordsModel* records_model_;
  QLabel* inflight_heading_;
  QTableView* inflight_;
  QLabel* records_heading_;
  QTableView* records_;
};

}  // namespace goxel_telemetry::viewer
