// SPDX-License-Identifier: GPL-3.0-or-later
// The window: arranges what the models and charts know.
#pragma once

#include <QLabel>
#include <QMainWindow>
#include <QStackedWidget>
#include <QTableView>
#include <array>

#include "viewer-qt/charts/line_chart.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  // `instance` may be empty: the only one.
  explicit MainWindow(const QString& instance, QWidget* parent = nullptr);

  void show_snapshot(const SnapshotPointer& snapshot);

 private:
  // The headline figures, in the order in which they stand.
  enum Figure {
    kP99Now,
    kP99Minute,
    kThroughput,
    kFailures,
    kClients,
    kInHand,
    kCpu,
    kMemory,
    kOwnCost,
    kLost,
    kFigureCount
  };

  QWidget* make_waiting_page(const QString& instance);
  QWidget* make_live_page();
  QWidget* make_figures();
  QWidget* make_charts();
  QWidget* make_operations();
  QWidget* make_inflight();
  void show_state(const metrics::Snapshot& snapshot);
  void show_figures(const metrics::Snapshot& snapshot);
  void show_charts();
  void set_figure(Figure figure, const std::string& text, bool alarming = false);

  QLabel* state_;
  QStackedWidget* pages_;
  QLabel* waiting_for_;
  std::array<QLabel*, kFigureCount> figures_{};
  LineChart* latency_;
  LineChart* throughput_;
  QTableView* operations_;
  QLabel* inflight_title_;
  OperationsModel operations_model_;
  InflightModel inflight_model_;
  TimeSeries series_;
};

}  // namespace goxel_telemetry::viewer
