// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/plot_item.h"

#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QVarLengthArray>
#include <algorithm>
#include <cmath>

namespace goxel_telemetry::viewer {
namespace {

// The columns that the shown stretch touches, and one on either side, to which lines go on.
std::pair<std::size_t, std::size_t> visible(const TimePoints& all,
                                            const metrics::TimeStretch& shown) {
  const auto& points = all.points;
  const auto first = std::partition_point(
      points.begin(), points.end(), [&](const TimePoint& p) { return p.end_ns <= shown.begin_ns; });
  const auto last = std::partition_point(
      first, points.end(), [&](const TimePoint& p) { return p.begin_ns < shown.end_ns; });
  const auto begin = static_cast<std::size_t>(first - points.begin());
  const auto end = static_cast<std::size_t>(last - points.begin());
  return {begin == 0 ? 0 : begin - 1, std::min(end + 1, points.size())};
}

// Of what lasts, at the top: what is confirmed above, and filled; warnings below, and hollow.
constexpr double kStretchHeight = 4;
constexpr double kWarningTop = 5;
constexpr double kBelowStretches = 10;

}  // namespace

double position(double value, bool logarithmic) {
  return logarithmic ? std::log10(std::max(value, 1.0)) : value;
}

PlotItem::PlotItem() {
  // Painted once for each change: the cross-hair moves above it without painting it again.
  setCacheMode(QGraphicsItem::DeviceCoordinateCache);
  setFlag(QGraphicsItem::ItemUsesExtendedStyleOption, false);
  setAcceptedMouseButtons(Qt::NoButton);
}

void PlotItem::draw(Plot plot, const QRectF& area) {
  if (area.size() != size_) prepareGeometryChange();
  size_ = area.size();
  setPos(area.topLeft());
  plot_ = std::move(plot);
  update();
}

QRectF PlotItem::boundingRect() const {
  return {QPointF(), size_};
}

double PlotItem::x_of(std::uint64_t realtime_ns) const {
  // Differences first: a double has no room for nanoseconds since 1970.
  const auto offset =
      static_cast<double>(static_cast<std::int64_t>(realtime_ns - plot_.shown.begin_ns));
  return offset / static_cast<double>(plot_.shown.end_ns - plot_.shown.begin_ns) * size_.width();
}

double PlotItem::y_of(double value) const {
  return y_at(position(value, plot_.logarithmic));
}

double PlotItem::y_at(double position) const {
  return (1 - (position - plot_.low) / (plot_.high - plot_.low)) * size_.height();
}

// Hatched, so that it is told from zero and from a colour.
void PlotItem::draw_unknown(QPainter& painter, const QColor& ink) const {
  const QBrush hatching(ink, Qt::BDiagPattern);
  const auto hatch = [&](std::uint64_t begin, std::uint64_t end) {
    const double left = std::max(x_of(begin), 0.0);
    const double right = std::min(x_of(end), size_.width());
    if (right > left) {
      painter.fillRect(QRectF(left, 0, std::max(right - left, 1.0), size_.height()), hatching);
    }
  };
  const auto& points = plot_.points->points;
  if (points.empty()) return hatch(plot_.shown.begin_ns, plot_.shown.end_ns);
  if (points.front().begin_ns > plot_.shown.begin_ns) {
    hatch(plot_.shown.begin_ns, points.front().begin_ns);
  }
  const auto [begin, end] = visible(*plot_.points, plot_.shown);
  for (std::size_t i = begin; i < end;) {
    if (points[i].watched) {
      ++i;
      continue;
    }
    const std::size_t first = i;
    while (i < end && !points[i].watched) ++i;
    hatch(points[first].begin_ns, points[i - 1].end_ns);
  }
}

void PlotItem::draw_line(QPainter& painter, const PlotLine& line) const {
  const auto& points = plot_.points->points;
  const auto [begin, end] = visible(*plot_.points, plot_.shown);
  QVarLengthArray<QLineF, 1024> segments;
  QVarLengthArray<QLineF, 1024> peaks;
  const double far = size_.height() * 4 + 100;  // off the area, and not where numbers overflow
  const auto y_near = [&](double value) { return std::clamp(y_of(value), -far, far); };
  bool joined = false;
  QPointF before;
  for (std::size_t i = begin; i < end; ++i) {
    const TimePoint& point = points[i];
    const double value = point.*line.value;
    const bool known =
        point.watched && std::isfinite(value) && (!line.of_answers || point.answered);
    if (!known) {
      joined = false;
      continue;
    }
    const QPointF here(x_of(point.middle_ns()), y_near(value));
    if (joined) {
      segments.append(QLineF(before, here));
    } else {
      // A column by itself is a dash, because a point would not be visible.
      const bool alone = i + 1 == end || !points[i + 1].watched ||
                         !std::isfinite(points[i + 1].*line.value) ||
                         (line.of_answers && points[i + 1].answered == 0);
      if (alone) {
        segments.append(
            QLineF(QPointF(x_of(point.begin_ns), here.y()),
                   QPointF(std::max(x_of(point.end_ns), x_of(point.begin_ns) + 2), here.y())));
      }
    }
    if (line.peak != nullptr && std::isfinite(point.*line.peak)) {
      peaks.append(QLineF(here, QPointF(here.x(), y_near(point.*line.peak))));
    }
    before = here;
    joined = true;
  }
  if (!peaks.isEmpty()) {
    QColor faint = line.color;
    faint.setAlphaF(0.45F);
    QPen pen(faint, 1);
    pen.setCosmetic(true);
    painter.setPen(pen);
    painter.drawLines(peaks.constData(), static_cast<int>(peaks.size()));
  }
  QPen pen(line.color, 1);
  pen.setCosmetic(true);
  painter.setPen(pen);
  // A line that one sees from afar is two thin ones.
  painter.drawLines(segments.constData(), static_cast<int>(segments.size()));
  painter.translate(0, 0.75);
  painter.drawLines(segments.constData(), static_cast<int>(segments.size()));
  painter.translate(0, -0.75);
}

void PlotItem::draw_stretch(QPainter& painter, const Mark& mark) const {
  const metrics::TimeStretch& shown = plot_.shown;
  if (mark.at_ns >= shown.end_ns || mark.until_ns <= shown.begin_ns) return;
  const double left = x_of(std::max(mark.at_ns, shown.begin_ns));
  const double right = std::max(x_of(std::min(mark.until_ns, shown.end_ns)), left + 3);
  if (mark.kind == MarkKind::confirmed) {
    painter.fillRect(QRectF(left, 0, right - left, kStretchHeight), plot_.confirmed_ink);
  } else {
    painter.setPen(QPen(plot_.warning_ink, 0));
    painter.drawRect(
        QRectF(std::round(left), kWarningTop, std::round(right - left) - 1, kStretchHeight - 1));
  }
}

void PlotItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  if (plot_.points == nullptr || size_.isEmpty()) return;
  QColor grid = plot_.ink;
  grid.setAlphaF(0.14F);
  painter->setClipRect(boundingRect());
  draw_unknown(*painter, grid);
  // As rectangles: of a line each pixel is a span, and Qt wakes threads for more than 64 of them. As a source: what is
  // blended is spans, too, and in the item's cache nothing lies below that would have to be blended with.
  painter->setCompositionMode(QPainter::CompositionMode_Source);
  for (const std::uint64_t tick : plot_.ticks) {
    painter->fillRect(QRectF(std::round(x_of(tick)), 0, 1, size_.height()), grid);
  }
  for (const double at : plot_.grid) {
    painter->fillRect(QRectF(0, std::round(y_at(at)), size_.width(), 1), grid);
  }
  painter->fillRect(QRectF(0, 0, 1, size_.height()), grid);
  painter->setCompositionMode(QPainter::CompositionMode_SourceOver);
  if (plot_.target) {
    painter->setPen(QPen(plot_.ink, 0, Qt::DashLine));
    const double y = std::round(y_of(*plot_.target));
    painter->drawLine(QPointF(0, y), QPointF(size_.width(), y));
  }
  painter->setRenderHint(QPainter::Antialiasing);
  for (const PlotLine& line : plot_.lines) draw_line(*painter, line);
  painter->setRenderHint(QPainter::Antialiasing, false);
  double glyphs_top = 0;
  for (const Mark& mark : plot_.marks) {
    if (mark.until_ns == 0) continue;
    draw_stretch(*painter, mark);
    glyphs_top = kBelowStretches;
  }
  painter->setPen(QPen(plot_.ink, 0, Qt::DotLine));
  for (const Mark& mark : plot_.marks) {
    const double x = std::round(x_of(mark.at_ns));
    painter->drawLine(QPointF(x, 0), QPointF(x, size_.height()));
    painter->drawText(QPointF(x + 2, glyphs_top + painter->fontMetrics().ascent()),
                      QString(glyph(mark.kind)));
  }
}

}  // namespace goxel_telemetry::viewer
