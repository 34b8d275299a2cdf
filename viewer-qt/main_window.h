// SPDX-License-Identifier: GPL-3.0-or-later
// The window: arranges what models and charts show.
#pragma once

#include <QLabel>
#include <QMainWindow>
#include <array>
#include <memory>

#include "viewer-qt/charts/line_chart.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/models/figures.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/models/time_series.h"

namespace Ui {  // uic puts its classes there
class MainWindow;
}

namespace goxel_telemetry::viewer {

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  // `instance` may be empty: the only one.
  explicit MainWindow(const QString& instance, QWidget* parent = nullptr);
  ~MainWindow() override;

  void show_past(const PastPointer& past);
  void show_snapshot(const SnapshotPointer& snapshot);
  void show_instances(const QList<Instance>& instances);

 Q_SIGNALS:
  // The user chose one of the instances on this machine.
  void instance_chosen(const QString& instance);

 private:
  void make_figures();
  void make_charts();
  void make_tables();
  void name_window(const QString& instance);
  void show_state(const metrics::Snapshot& snapshot);
  void show_figures(const metrics::Snapshot& snapshot);
  void show_charts(const metrics::Snapshot& snapshot);
  void show_inflight(const SnapshotPointer& snapshot);

  std::unique_ptr<Ui::MainWindow> ui_;
  std::array<QLabel*, kFigureCount> figures_{};
  LineChart* latency_ = nullptr;
  LineChart* throughput_ = nullptr;
  OperationsModel operations_model_;
  InflightModel inflight_model_;
  TimeSeries series_;
  std::string charted_instance_;
};

}  // namespace goxel_telemetry::viewer
