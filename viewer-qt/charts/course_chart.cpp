// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/course_chart.h"

#include <QPainter>
#include <cmath>

#include "viewer-qt/charts/sparkline.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kRows = 3;      // of text, in height
constexpr int kColumns = 60;  // at most, in width
constexpr double kMargin = 3.5;
constexpr double kDot = 2.5;

}  // namespace

CourseChart::CourseChart(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setAccessibleName(tr("Course of what the alert is about"));
}

void CourseChart::show_course(const Course& course) {
  course_ = course;
  setAccessibleDescription(course_.words);
  update();
}

QSize CourseChart::sizeHint() const {
  return {fontMetrics().averageCharWidth() * kColumns, fontMetrics().height() * kRows};
}

void CourseChart::paintEvent(QPaintEvent*) {
  if (course_.shares.empty()) return;
  QPainter painter(this);
  const double width = std::min(this->width(), sizeHint().width());
  const QRectF area = QRectF(0, 0, width, height()).adjusted(kMargin, kMargin, -kMargin, -kMargin);
  const auto y_of = [&](float share) {
    return area.bottom() - static_cast<double>(share) * area.height();
  };
  if (course_.usual) {
    painter.setPen(QPen(theme::ink(theme::Ink::quiet, palette()), 1, Qt::DashLine));
    painter.drawLine(QPointF(0, y_of(*course_.usual)), QPointF(width, y_of(*course_.usual)));
  }
  const QColor ink = theme::ink(theme::Ink::p50, palette());
  painter.setRenderHint(QPainter::Antialiasing);
  draw_sparkline(painter, area, course_.shares, 0, 1, QPen(ink, 1.5));
  if (const float last = course_.shares.back(); std::isfinite(last)) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    painter.drawEllipse(QPointF(area.right(), y_of(last)), kDot, kDot);
  }
}

}  // namespace goxel_telemetry::viewer
