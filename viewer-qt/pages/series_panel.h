// SPDX-License-Identifier: GPL-3.0-or-later
// What would be noticed: of each operation that is watched for regressions, what is usual and the smallest change that raises an alert;
// and what is not known well enough yet.
#pragma once

#include <QWidget>

#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/series_model.h"

class QLabel;
class QScrollArea;
class QTableView;

namespace goxel_telemetry::viewer {

class SeriesPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SeriesPanel(QWidget* parent = nullptr);

  // The chosen row stays so, and in its place, as long as it is there.
  void show_series(const KnownAlerts& known);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void size_rows_and_columns();

  SeriesModel model_;
  QLabel* as_of_;
  QTableView* table_;
  QLabel* not_judged_;
  QScrollArea* scrolled_;
};

}  // namespace goxel_telemetry::viewer
