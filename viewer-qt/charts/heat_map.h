// SPDX-License-Identifier: GPL-3.0-or-later
// How many requests took how long, over time: a cell for each column of time and bar of durations.
//
// Columns that would be narrower than three pixels are merged into longer ones, by sums; a row is at least a pixel high, and where
// rows share a pixel the fullest shows. So a single request is visible at any size. Time that was not watched is hatched; a
// column that was watched in part has a line below it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "viewer-qt/charts/cell_chart.h"
#include "viewer-qt/charts/heat_ramp.h"

namespace goxel_telemetry::viewer {

class HeatMap : public CellChart {
  Q_OBJECT
 public:
  explicit HeatMap(QWidget* parent = nullptr);

  void show(const Distribution& shown, const DurationGrid& grid);
  // The time that the x axis shows, for views that share one; that of what is shown if empty.
  void set_range(const std::optional<metrics::TimeStretch>& range);
  // The room beside the plot, in pixels, so that it lines up with other charts.
  void set_plot_margins(int left, int right);
  // What the labels of durations need on the left.
  int wanted_left_margin() const;

  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;
  // Where a cell of columns that are drawn lies, and which time the column has.
  std::size_t columns() const { return cells_.columns.size(); }
  const HeatColumn& column(std::size_t number) const { return cells_.columns[number]; }
  QRect cell_rect(std::size_t column, int bar) const;
  QRect plot_rect() const { return plot(); }

 Q_SIGNALS:
  // CLOCK_REALTIME, without its end; both ends of the durations belong to it; UINT64_MAX: no upper end.
  void picked(std::uint64_t from_ns, std::uint64_t to_ns, std::uint64_t low_ns,
              std::uint64_t high_ns);

 protected:
  void changeEvent(QEvent* event) override;
  void fit() override;
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

 private:
  // From device pixel `begin` up to, and without, `end`.
  struct Extent {
    int begin;
    int end;
  };
  metrics::TimeStretch range() const;
  Extent across(std::uint64_t begin_ns, std::uint64_t end_ns, double pixels) const;
  Extent down(int bar, double pixels) const;
  int y_of(double place) const;
  void paint_cells(QPainter& painter) const;
  void paint_legend(QPainter& painter);

  HeatRamp ramp_;
  DurationGrid grid_;
  std::uint64_t target_ns_ = 0;
  metrics::TimeStretch shown_range_;
  std::optional<metrics::TimeStretch> set_range_;
  std::optional<std::pair<int, int>> margins_;
  HeatCells all_cells_;
  HeatCells cells_;  // as they are drawn
  std::uint64_t step_seconds_ = 1;
  std::uint64_t most_ = 10;  // the strongest colour's count
};

}  // namespace goxel_telemetry::viewer
