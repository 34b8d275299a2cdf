// SPDX-License-Identifier: GPL-3.0-or-later
// What mouse and keys do on anything with a horizontal time axis. One place, so that charts, ruler and heat map agree.
//
//   move            cross-hair            click          pin; a second click measures; Esc takes pins away
//   drag            choose a range        double click   look into that moment; also Enter
//   Ctrl+wheel      zoom (with focus, the wheel alone)    Shift+drag, middle button, Shift+wheel   pan
//   ← →  move the cross-hair, with Ctrl pan;  + −  zoom;  P  pin
#pragma once

#include <QObject>
#include <QRectF>
#include <functional>

#include "viewer-qt/charts/time_view.h"

class QKeyEvent;
class QMouseEvent;
class QWheelEvent;
class QWidget;

namespace goxel_telemetry::viewer {

class TimeGestures : public QObject {
  Q_OBJECT
 public:
  // Handles the events of `widget`, whose time axis lies between the left and the right edge of `area()`, in its
  // coordinates. `step_ns()`: how far an arrow key moves the cross-hair.
  TimeGestures(QWidget* widget, TimeView* view, std::function<QRectF()> area,
               std::function<std::uint64_t()> step_ns);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  enum class Drag { none, undecided, range, pan };
  std::uint64_t time_at(double x) const;
  bool press(const QMouseEvent& event);
  void move(const QMouseEvent& event);
  bool release(const QMouseEvent& event);
  bool wheel(const QWheelEvent& event);
  bool key(const QKeyEvent& event);

  QWidget* widget_;
  TimeView* view_;
  std::function<QRectF()> area_;
  std::function<std::uint64_t()> step_ns_;
  Drag drag_ = Drag::none;
  double pressed_x_ = 0;
  std::uint64_t pressed_ns_ = 0;
  bool ignore_release_ = false;  // of a double click
};

}  // namespace goxel_telemetry::viewer
