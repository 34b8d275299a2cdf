// SPDX-License-Identifier: GPL-3.0-or-later
// A chart of a few lines over the last seconds, with their present values. The only class that uses
// Qt Charts, which is deprecated upstream: when Qt Charts is gone, only this file must be
// rewritten.
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <memory>

#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {

class LineChart : public QWidget {
  Q_OBJECT
 public:
  // What the y axis measures: durations in nanoseconds on a logarithmic axis, or rates from 0.
  enum class Quantity { duration, rate };
  struct Line {
    QString name;
    QColor color;
  };

  // `seconds`: how far back the x axis goes.
  LineChart(const QString& title, Quantity quantity, std::uint32_t seconds,
            const QList<Line>& lines, QWidget* parent = nullptr);
  ~LineChart() override;

  // Shows the lines, in the order of the constructor's. Pieces are not joined: a gap stays a gap.
  void show_lines(const QList<Pieces>& lines);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct Private;
  std::unique_ptr<Private> private_;
};

}  // namespace goxel_telemetry::viewer
