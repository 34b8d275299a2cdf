// SPDX-License-Identifier: GPL-3.0-or-later
// The course of an alert's evidence, from zero at the bottom, with the usual level as a dashed line and a dot at the newest
// value. Says nothing by itself: its words stand beside it.
#pragma once

#include <QWidget>

#include "viewer-qt/models/alerts.h"

namespace goxel_telemetry::viewer {

class CourseChart : public QWidget {
  Q_OBJECT
 public:
  explicit CourseChart(QWidget* parent = nullptr);

  void show_course(const Course& course);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Course course_;
};

}  // namespace goxel_telemetry::viewer
