// SPDX-License-Identifier: GPL-3.0-or-later
// A group of figures: names and values below each other. Only what changed is painted again.
#pragma once

#include <QFrame>
#include <QLabel>
#include <QList>

#include "viewer-qt/models/figures.h"
#include "viewer-qt/pages/value_label.h"

class QGridLayout;

namespace goxel_telemetry::viewer {

class FigurePanel : public QFrame {
  Q_OBJECT
 public:
  explicit FigurePanel(QWidget* parent = nullptr);

  void show_group(const FigureGroup& group);
  // Those of its figures that are among these.
  void show_figures(const QList<Figure>& figures);

 private:
  struct Row {
    QLabel* name;
    ValueLabel* value;
  };
  void show_figure(const Row& row, const Figure& figure);

  QLabel* title_;
  QGridLayout* grid_;
  QList<Row> rows_;
};

}  // namespace goxel_telemetry::viewer
