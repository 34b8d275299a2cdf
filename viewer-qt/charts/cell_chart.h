// SPDX-License-Identifier: GPL-3.0-or-later
// What histogram and heat map have in common: cells that can be pointed at, by mouse or by keys, and brushed.
//
// The picture is painted when data, size, palette or font change, and kept; pointer, cursor and brush are painted over it. What
// is pointed at with keys and what is brushed is kept as times and durations, not as pixels or numbers of cells, so new data do
// not move it.
//
// Mouse: a drag brushes whole cells, from press to release; a double click clears. Keys: arrows move a cursor, with Shift they
// brush, which ends when Shift is released; Enter brushes the cursor's cell; Escape gives up a drag, or clears the brush.
#pragma once

#include <QList>
#include <QPixmap>
#include <QRect>
#include <QString>
#include <QWidget>
#include <optional>

#include "metrics/time.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

class CellChart : public QWidget {
  Q_OBJECT
 public:
  // Both ends of the durations belong to it, the end of the time does not. A histogram's cells have no time.
  struct Area {
    metrics::TimeStretch time;
    Durations durations;
    friend bool operator==(const Area&, const Area&) = default;
  };
  struct PaintedLabel {
    QRect rect;
    QString text;
  };

  // What is said of the cell under the pointer or the cursor, else of the brush, else how to brush.
  QString reading() const;
  const std::optional<Area>& brush() const { return brush_; }
  // Does not emit anything.
  void set_brush(const std::optional<Area>& brush);
  // What is written, and where; none overlap.
  QList<PaintedLabel> labels();

 Q_SIGNALS:
  void brush_cleared();

 protected:
  struct Cell {
    int column = 0;
    int row = 0;  // number of the bar
    friend bool operator==(const Cell&, const Cell&) = default;
  };

  explicit CellChart(QWidget* parent);

  // Painted into the picture. `labels` are collected by write().
  virtual void paint_picture(QPainter& painter) = 0;
  virtual QRect find_plot() const = 0;
  // Called when size, font or data have changed, with the plot found.
  virtual void fit() {}
  // The cell at a place inside the plot; outside the nearest one. Empty where there is none.
  virtual std::optional<Cell> cell_at(QPoint place) const = 0;
  virtual Area area_of(Cell cell) const = 0;
  virtual std::optional<Cell> cell_of(const Area& area) const = 0;
  virtual QRect rect_of(const Area& area) const = 0;
  virtual std::optional<Cell> first_cell() const = 0;
  // The neighbour in the direction of an arrow key, Home or End; the same cell at the edge. Empty for any other key.
  virtual std::optional<Cell> neighbour(Cell cell, int key) const = 0;
  virtual QString describe(const Area& area) const = 0;
  virtual QString describe_brush(const Area& area) const = 0;
  virtual QString hint() const = 0;
  virtual void announce(const Area& area) = 0;
  // How much of the base's colour lies on what is not brushed, 0 to 1. What is as faint as can be must have none.
  virtual double shade() const { return 0; }

  // Call it when what paint_picture() shows has changed, or where.
  void picture_changed();
  const QRect& plot() const { return plot_; }
  int line_height() const;
  // Paints a text, elided to the width of its place, unless it would lie on another one or outside.
  void write(QPainter& painter, const QRect& place, int alignment, const QString& text);
  // The room for reading(), at the top.
  QRect reading_rect() const;

  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  // A brush that is being drawn: from the area where it began to the one where it is now.
  struct Draft {
    Area from;
    Area to;
    bool by_keys;
  };
  const QPixmap& picture();
  std::optional<Area> pointed_at() const;
  // What changes when another cell is pointed at.
  QRegion pointed_region() const;
  void point_at(std::optional<QPoint> place);
  void say();
  void finish_draft();
  void clear_brush();
  bool move_cursor(int key, bool brushing);

  QRect plot_;
  QPixmap picture_;
  QList<PaintedLabel> labels_;
  std::optional<QPoint> pointer_;
  std::optional<QPoint> pressed_;
  std::optional<Area> cursor_;
  std::optional<Area> brush_;
  std::optional<Draft> draft_;
};

}  // namespace goxel_telemetry::viewer
