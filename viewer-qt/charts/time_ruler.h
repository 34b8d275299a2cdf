// SPDX-License-Identifier: GPL-3.0-or-later
// The clock below the charts: round times, the day and the zone, and the time at the cross-hair.
#pragma once

#include <QList>
#include <QRectF>
#include <QWidget>

#include "viewer-qt/charts/painted_text.h"
#include "viewer-qt/charts/time_view.h"

namespace goxel_telemetry::viewer {

class TimeRuler : public QWidget, public PaintsText {
  Q_OBJECT
 public:
  explicit TimeRuler(TimeView* view, QWidget* parent = nullptr);

  // The length of the charts' columns: how exactly the cross-hair's time is known.
  void set_step(std::uint64_t step_ns) { step_ns_ = step_ns; }

  // What is written where; for tests that look for overlaps.
  struct Text {
    QRectF rect;
    QString text;
  };
  QList<Text> texts() const;
  std::vector<PaintedText> painted_texts() const override;
  QString tip_at(const QPoint&) const override { return {}; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QRectF area() const;
  double x_of(std::uint64_t realtime_ns) const;
  QString cursor_text() const;
  QString said() const;  // to a screen reader

  TimeView* view_;
  std::uint64_t step_ns_ = metrics::kNsPerSecond;
};

}  // namespace goxel_telemetry::viewer
