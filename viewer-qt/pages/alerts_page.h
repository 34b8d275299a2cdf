// SPDX-License-Identifier: GPL-3.0-or-later
// The alerts, active and past, and what the chosen one is based on; how far they can be relied on, and what the user says of
// each. In turns with what would be noticed.
#pragma once

#include <QWidget>
#include <map>
#include <string>

#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/alerts_model.h"
#include "viewer-qt/models/shifts_model.h"

class QLabel;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace goxel_telemetry::viewer {

class CourseChart;
class SeriesPanel;

class AlertsPage : public QWidget {
  Q_OBJECT
 public:
  explicit AlertsPage(QWidget* parent = nullptr);

  // Who has been chosen stays so, as long as it is there; first it is the one at the top.
  void show_alerts(const AlertsPointer& known);
  // From what would be noticed.
  void turn_to_list();

 Q_SIGNALS:
  // What changed in its stretch shall be shown.
  void opened(const metrics::Alert& alert);
  void judged(const QString& id, metrics::Judgement judgement);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void choose(int row);
  void size_columns();

  AlertsModel model_;
  ShiftsModel shifts_model_;
  std::string chosen_;  // id
  QLabel* accuracy_;
  QLabel* message_;
  QTableView* list_;
  QWidget* evidence_;
  QLabel* words_;
  CourseChart* course_;
  QLabel* course_words_;
  QTableView* shifts_;
  QWidget* judging_;
  SeriesPanel* series_;
  QToolButton* noticed_;
  QStackedWidget* takes_turns_;
  std::map<metrics::Judgement, QToolButton*> judgements_;
};

}  // namespace goxel_telemetry::viewer
