// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the columns of time inside a chart's plot area: lines, the band up to their peaks, targets, marks, and where
// nothing is known.
//
// An item of our own, because QLineSeries strokes a shape for the mouse at each change, cannot express a gap but by
// another series, and takes four times as long (docs/benchmarks.md, "What draws the viewer's lines"). Lines are drawn
// by drawLines with a thin pen: a wide pen in drawPolyline is six times slower.
#pragma once

#include <QColor>
#include <QGraphicsItem>
#include <QList>
#include <memory>
#include <optional>

#include "viewer-qt/charts/axis_scale.h"
#include "viewer-qt/models/time_points.h"

namespace goxel_telemetry::viewer {

// How values lie on the value axis.
enum class Quantity {
  duration,  // nanoseconds
  rate,      // a second, from 0
};

struct PlotLine {
  QColor color;
  double TimePoint::*value = nullptr;
  double TimePoint::*peak = nullptr;  // a band from the value up to it; may be null
  // Whether the value is of requests, so that a column without any has none.
  bool of_answers = false;
};

struct Plot {
  std::shared_ptr<const TimePoints> points;
  QList<PlotLine> lines;
  metrics::TimeStretch shown;
  double low = 0;  // the scale's ends, as positions: see position()
  double high = 1;
  bool logarithmic = true;
  std::optional<double> target;  // drawn as dashes
  QList<double> grid;            // positions of the value axis
  QList<std::uint64_t> ticks;    // of the clock
  QList<Mark> marks;
  QColor warning_ink;
  QColor confirmed_ink;
  QColor ink;  // of what is no line; a cached item is not told for which widget it is painted
};

// Where a value lies on an axis: its logarithm to base 10, or itself. Below 1 counts as 1 on a logarithmic one.
double position(double value, bool logarithmic);

class PlotItem : public QGraphicsItem {
 public:
  PlotItem();

  // `area`: in the parent's coordinates.
  void draw(Plot plot, const QRectF& area);
  const Plot& plot() const { return plot_; }
  double x_of(std::uint64_t realtime_ns) const;  // from the area's left edge
  double y_of(double value) const;

  QRectF boundingRect() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  double y_at(double position) const;
  void draw_unknown(QPainter& painter, const QColor& ink) const;
  void draw_line(QPainter& painter, const PlotLine& line) const;
  void draw_stretch(QPainter& painter, const Mark& mark) const;

  Plot plot_;
  QSizeF size_;
};

}  // namespace goxel_telemetry::viewer
