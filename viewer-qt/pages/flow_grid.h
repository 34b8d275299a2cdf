// SPDX-License-Identifier: GPL-3.0-or-later
// Panels side by side: as many columns as have room, each panel in the column that is shortest so far.
#pragma once

#include <QList>
#include <QWidget>

class QVBoxLayout;

namespace goxel_telemetry::viewer {

class FlowGrid : public QWidget {
  Q_OBJECT
 public:
  explicit FlowGrid(QWidget* parent = nullptr);

  // Takes it over.
  void add(QWidget* panel);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrange(int columns);

  QList<QWidget*> panels_;
  QList<QVBoxLayout*> columns_;
};

}  // namespace goxel_telemetry::viewer
