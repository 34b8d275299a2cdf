// SPDX-License-Identifier: GPL-3.0-or-later
// Bars over a logarithmic axis of durations: how many requests took so long, or how much time they took together.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "viewer-qt/charts/axis_scale.h"
#include "viewer-qt/charts/cell_chart.h"

namespace goxel_telemetry::viewer {

class HistogramChart : public CellChart {
  Q_OBJECT
 public:
  enum class Quantity { count, time };
  enum class Scale { linear, log };

  explicit HistogramChart(QWidget* parent = nullptr);

  void show(const Distribution& shown, const DurationGrid& grid);
  void set_quantity(Quantity quantity);
  void set_scale(Scale scale);

  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;
  // Where a bar is drawn, without the gap to the next one; empty if there is nothing to draw.
  QRect bar_rect(int bar) const;

 Q_SIGNALS:
  // Both ends belong to it; UINT64_MAX: no upper end.
  void durations_chosen(std::uint64_t low_ns, std::uint64_t high_ns);

 protected:
  void paint_picture(QPainter& painter) override;
  QRect find_plot() const override;
  std::optional<Cell> cell_at(QPoint place) const override;
  Area area_of(Cell cell) const override;
  std::optional<Cell> cell_of(const Area& area) const override;
  QRect rect_of(const Area& area) const override;
  std::optional<Cell> first_cell() const override;
  std::optional<Cell> neighbour(Cell cell, int key) const override;
  QString describe(const Area& area) const override;
  QString describe_brush(const Area& area) const override;
  QString hint() const override;
  void announce(const Area& area) override;
  double shade() const override { return 0.3; }  // leaves 3 : 1 of contrast

 private:
  struct Mark {
    QString name;
    std::uint64_t ns;
    Qt::PenStyle style;
    QColor color;
  };
  double value(const DurationBar& bar) const;
  double baseline_value(std::size_t bar) const;
  void fit_scale();
  QList<Mark> marks() const;
  int x_of(double place) const;
  int y_of(double value) const;
  QString sums_text(const DurationBar& sums) const;
  void paint_value_axis(QPainter& painter);
  void paint_duration_axis(QPainter& painter);
  void paint_bars(QPainter& painter) const;
  void paint_baseline(QPainter& painter) const;
  void paint_marks(QPainter& painter);

  Quantity quantity_ = Quantity::count;
  Scale scale_ = Scale::linear;
  DurationGrid grid_;
  metrics::Histogram latency_;
  std::uint64_t target_ns_ = 0;
  std::vector<DurationBar> bars_;
  std::vector<DurationBar> baseline_;  // empty: none
  double baseline_factor_ = 1;         // makes it of as many requests as the bars
  QString baseline_name_;
  AxisScale axis_{0, 5, {}};  // of values; log10 if logarithmic
};

}  // namespace goxel_telemetry::viewer
