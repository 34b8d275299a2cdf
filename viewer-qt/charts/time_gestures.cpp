// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/time_gestures.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <QWidget>
#include <algorithm>
#include <cmath>

namespace goxel_telemetry::viewer {
namespace {

constexpr double kZoomStep = 1.25;  // of one notch of a wheel
constexpr double kPanStep = 0.1;

metrics::TimeStretch between(std::uint64_t a, std::uint64_t b) {
  return {std::min(a, b), std::max(a, b)};
}

}  // namespace

TimeGestures::TimeGestures(QWidget* widget, TimeView* view, std::function<QRectF()> area,
                           std::function<std::uint64_t()> step_ns)
    : QObject(widget),
      widget_(widget),
      view_(view),
      area_(std::move(area)),
      step_ns_(std::move(step_ns)) {
  widget->setMouseTracking(true);
  widget->setFocusPolicy(Qt::StrongFocus);
  widget->installEventFilter(this);
}

std::uint64_t TimeGestures::time_at(double x) const {
  const QRectF area = area_();
  const double part =
      area.width() <= 0 ? 0 : std::clamp((x - area.left()) / area.width(), 0.0, 1.0);
  const metrics::TimeStretch& shown = view_->shown();
  return shown.begin_ns +
         static_cast<std::uint64_t>(static_cast<double>(shown.end_ns - shown.begin_ns) * part);
}

bool TimeGestures::press(const QMouseEvent& event) {
  pressed_x_ = event.position().x();
  pressed_ns_ = time_at(pressed_x_);
  const bool pans = event.button() == Qt::MiddleButton ||
                    (event.button() == Qt::LeftButton && event.modifiers() & Qt::ShiftModifier);
  if (pans) {
    drag_ = Drag::pan;
  } else if (event.button() == Qt::LeftButton) {
    drag_ = Drag::undecided;
  } else {
    return false;
  }
  return true;
}

void TimeGestures::move(const QMouseEvent& event) {
  const double x = event.position().x();
  if (drag_ == Drag::undecided && std::abs(x - pressed_x_) >= QApplication::startDragDistance()) {
    drag_ = Drag::range;
  }
  if (drag_ == Drag::range) view_->drag(between(pressed_ns_, time_at(x)));
  if (drag_ == Drag::pan && area_().width() > 0) {
    // Whole pixels only: what is left is for the next move.
    view_->pan((pressed_x_ - x) / area_().width());
    pressed_x_ = x;
  }
  const QRectF area = area_();
  const bool inside = x >= area.left() && x <= area.right();
  if (drag_ != Drag::pan) {
    view_->point_at(inside ? std::optional(time_at(x)) : std::nullopt);
  }
}

bool TimeGestures::release(const QMouseEvent& event) {
  const Drag was = std::exchange(drag_, Drag::none);
  if (was == Drag::none) return false;
  if (was == Drag::range) {
    view_->drag({});
    view_->choose(between(pressed_ns_, time_at(event.position().x())));
  } else if (was == Drag::undecided && !std::exchange(ignore_release_, false)) {
    view_->pin(pressed_ns_);
  }
  return true;
}

// Without Ctrl and without the focus, a wheel scrolls what is around the chart.
bool TimeGestures::wheel(const QWheelEvent& event) {
  const QPoint turned = event.angleDelta();
  const bool pans =
      event.modifiers() & Qt::ShiftModifier || std::abs(turned.x()) > std::abs(turned.y());
  if (!pans && !(event.modifiers() & Qt::ControlModifier) && !widget_->hasFocus()) return false;
  const int delta = std::abs(turned.x()) > std::abs(turned.y()) ? turned.x() : turned.y();
  const double notches = delta / 120.0;
  if (pans) {
    view_->pan(-notches * kPanStep);
  } else {
    view_->zoom(std::pow(kZoomStep, -notches), time_at(event.position().x()));
  }
  return true;
}

bool TimeGestures::key(const QKeyEvent& event) {
  const metrics::TimeStretch& shown = view_->shown();
  const std::uint64_t middle = shown.begin_ns + (shown.end_ns - shown.begin_ns) / 2;
  const std::uint64_t at = view_->reading().value_or(middle);
  const auto arrow = [&](int direction) {
    if (event.modifiers() & Qt::ControlModifier) {
      view_->pan(direction * kPanStep);
      return;
    }
    const std::uint64_t step = step_ns_();
    const std::uint64_t to = direction < 0 ? at - std::min(step, at) : at + step;
    view_->point_at(std::clamp(to, shown.begin_ns, shown.end_ns));
  };
  if (event.modifiers() & Qt::AltModifier) return false;
  switch (event.key()) {
    case Qt::Key_Left:
      arrow(-1);
      return true;
    case Qt::Key_Right:
      arrow(1);
      return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      view_->zoom(1 / kZoomStep, at);
      return true;
    case Qt::Key_Minus:
      view_->zoom(kZoomStep, at);
      return true;
    case Qt::Key_P:
      view_->pin(at);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      view_->look_into(at);
      return true;
    case Qt::Key_Escape:
      if (drag_ == Drag::range) {
        drag_ = Drag::none;
        view_->drag({});
        return true;
      }
      return view_->unpin();
    default:
      return false;
  }
}

bool TimeGestures::eventFilter(QObject* watched, QEvent* event) {
  if (watched != widget_) return false;
  switch (event->type()) {
    case QEvent::MouseButtonPress:
      return press(*static_cast<QMouseEvent*>(event));
    case QEvent::MouseMove:
      move(*static_cast<QMouseEvent*>(event));
      return false;
    case QEvent::MouseButtonRelease:
      return release(*static_cast<QMouseEvent*>(event));
    case QEvent::MouseButtonDblClick:
      // Its first click has set a pin.
      view_->unpin();
      ignore_release_ = true;
      drag_ = Drag::undecided;
      view_->look_into(time_at(static_cast<QMouseEvent*>(event)->position().x()));
      return true;
    case QEvent::Leave:
      if (drag_ == Drag::none) view_->point_at({});
      return false;
    case QEvent::Wheel:
      return wheel(*static_cast<QWheelEvent*>(event));
    case QEvent::KeyPress:
      return key(*static_cast<QKeyEvent*>(event));
    default:
      return false;
  }
}

}  // namespace goxel_telemetry::viewer
