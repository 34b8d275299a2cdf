// SPDX-License-Identifier: GPL-3.0-or-later
// A chart of a few lines over time, on the clock that all charts share: cross-hair, pins, zoom, and a range by dragging.
// Qt Charts makes the frame and the value axis; what is inside of them is a PlotItem. The only class that uses Qt
// Charts, which is deprecated upstream: when it is gone, only this file must be rewritten.
#pragma once

#include <QList>
#include <QString>
#include <QWidget>
#include <memory>
#include <optional>

#include "viewer-qt/charts/plot_item.h"
#include "viewer-qt/charts/time_view.h"
#include "viewer-qt/models/time_points.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

struct ChartLine {
  QString name;
  theme::Ink ink = theme::Ink::p50;
  double TimePoint::*value = nullptr;
  double TimePoint::*peak = nullptr;  // a band up to it; may be null
  QString peak_name;
  bool of_answers = false;  // see PlotLine
};

class TimeChart : public QWidget {
  Q_OBJECT
 public:
  // `view` outlives the chart.
  TimeChart(const QString& title, Quantity quantity, const QList<ChartLine>& lines, TimeView* view,
            QWidget* parent = nullptr);
  ~TimeChart() override;

  // `is_new`: of another selection than before, so that the value axis need not hold still.
  void show_points(std::shared_ptr<const TimePoints> points, bool is_new);
  void show_marks(const QList<Mark>& marks);
  // Empty: none.
  void show_target(std::optional<double> value);
  void set_title(const QString& title);

  // The value axis stays as it is, whatever comes.
  void lock_axis(bool locked);
  bool is_axis_locked() const;
  void set_logarithmic(bool logarithmic);
  bool is_logarithmic() const;

  // The room beside the plot area: the same for all charts of a clock, so that their times stand below each other.
  static int left_margin(const QFontMetrics& metrics, const TimeView& view);
  static int right_margin(const QFontMetrics& metrics);

  // The values at the cross-hair, or the newest ones, as words.
  QString reading() const;
  const Plot& plot() const;
  // Where it is drawn, in the chart's coordinates.
  QRectF plot_area() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void plot_moved();

 protected:
  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void take_palette();
  void lay_out();

  struct Private;
  std::unique_ptr<Private> private_;
};

}  // namespace goxel_telemetry::viewer
