// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/time_ruler.h"

#include <QPainter>
#include <QTimeZone>
#include <algorithm>
#include <cmath>

#include "metrics/text/format.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/charts/time_gestures.h"
#include "viewer-qt/models/clock_ticks.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr double kBetween = 8;  // texts
constexpr double kTickLength = 4;

}  // namespace

TimeRuler::TimeRuler(TimeView* view, QWidget* parent) : QWidget(parent), view_(view) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Time"));
  new TimeGestures(
      this, view, [this] { return area(); }, [this] { return step_ns_; });
  connect(view, &TimeView::label_room_changed, this, qOverload<>(&QWidget::update));
  for (const auto signal : {&TimeView::shown_changed, &TimeView::cursor_changed}) {
    connect(view, signal, this, [this] {
      setAccessibleDescription(said());
      update();
    });
  }
}

QRectF TimeRuler::area() const {
  return QRectF(rect()).adjusted(TimeChart::left_margin(fontMetrics(), *view_), 0,
                                 -TimeChart::right_margin(fontMetrics()), 0);
}

double TimeRuler::x_of(std::uint64_t realtime_ns) const {
  const metrics::TimeStretch& shown = view_->shown();
  const auto offset = static_cast<double>(static_cast<std::int64_t>(realtime_ns - shown.begin_ns));
  return area().left() +
         offset / static_cast<double>(shown.end_ns - shown.begin_ns) * area().width();
}

// "14:02:31", or between two pins "12.0 s from 14:02:31 to 14:02:43".
QString TimeRuler::cursor_text() const {
  const QTimeZone zone = QTimeZone::systemTimeZone();
  if (view_->second_pin() && !view_->cursor()) {
    const auto [from, to] = std::minmax(*view_->first_pin(), *view_->second_pin());
    return tr("%1 from %2 to %3")
        .arg(QString::fromStdString(metrics::format_duration(static_cast<double>(to - from))),
             clock_time(from, step_ns_, zone), clock_time(to, step_ns_, zone));
  }
  const auto at = view_->reading();
  return at ? clock_time(*at, step_ns_, zone) : QString();
}

QString TimeRuler::said() const {
  QString cursor = cursor_text();
  if (!cursor.isEmpty()) return cursor;
  const QTimeZone zone = QTimeZone::systemTimeZone();
  return tr("%1 to %2")
      .arg(clock_time(view_->shown().begin_ns, step_ns_, zone),
           clock_time(view_->shown().end_ns, step_ns_, zone));
}

QList<TimeRuler::Text> TimeRuler::texts() const {
  const QFontMetricsF metrics(font());
  const QRectF area = this->area();
  const QTimeZone zone = QTimeZone::systemTimeZone();
  const double y = kTickLength;
  QList<Text> texts;
  const auto place = [&](double middle, const QString& text) {
    const double width = metrics.horizontalAdvance(text);
    const double left = std::clamp(middle - width / 2, 0.0, std::max(0.0, this->width() - width));
    const QRectF rect(left, y, width, metrics.height());
    for (const Text& other : texts) {
      if (other.rect.adjusted(-kBetween, 0, kBetween, 0).intersects(rect)) return;
    }
    texts.append({rect, text});
  };
  // What is placed first has the right of way.
  if (const QString cursor = cursor_text(); !cursor.isEmpty()) {
    const std::uint64_t at = view_->cursor()       ? *view_->cursor()
                             : view_->second_pin() ? *view_->second_pin()
                                                   : *view_->first_pin();
    place(std::clamp(x_of(at), area.left(), area.right()), cursor);
  }
  const QString day = clock_day(view_->shown().begin_ns, zone);
  place(metrics.horizontalAdvance(day) / 2, day);
  const int most = std::max(
      2,
      static_cast<int>(area.width() / (metrics.horizontalAdvance(QStringLiteral("88:88:88")) * 2)));
  for (const ClockTick& tick : clock_ticks(view_->shown(), most, zone)) {
    place(x_of(tick.at_ns), tick.label);
  }
  return texts;
}

std::vector<PaintedText> TimeRuler::painted_texts() const {
  std::vector<PaintedText> all;
  for (const Text& text : texts()) {
    all.push_back({text.rect.toAlignedRect() & rect(), text.text, text.text, font()});
  }
  return all;
}

QSize TimeRuler::sizeHint() const {
  return {fontMetrics().averageCharWidth() * 60,
          fontMetrics().height() + static_cast<int>(kTickLength) + 2};
}

QSize TimeRuler::minimumSizeHint() const {
  return {0, sizeHint().height()};
}

void TimeRuler::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QColor ink = palette().color(QPalette::WindowText);
  painter.setPen(ink);
  const QRectF area = this->area();
  painter.drawLine(QPointF(area.left(), 0), QPointF(area.right(), 0));
  const QString cursor = cursor_text();
  for (const Text& text : texts()) {
    if (text.text == cursor) {
      painter.fillRect(text.rect.adjusted(-3, 0, 3, 0), palette().color(QPalette::Highlight));
      painter.setPen(palette().color(QPalette::HighlightedText));
    } else {
      painter.setPen(ink);
      const double x = std::round(text.rect.center().x());
      if (x >= area.left()) painter.drawLine(QPointF(x, 0), QPointF(x, kTickLength));
    }
    painter.drawText(text.rect, Qt::AlignCenter | Qt::TextDontClip, text.text);
  }
}

}  // namespace goxel_telemetry::viewer
