// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/histogram_chart.h"

#include <QPainter>
#include <QPolygon>
#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/text/format.h"
#include "viewer-qt/charts/duration_ticks.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastBarHeight = 2;  // of a bar that is not empty
constexpr int kTickLength = 4;
constexpr int kMarkLines = 2;

QString text_of_duration(double ns) {
  return QString::fromStdString(metrics::format_duration(ns));
}

QString percent(double ratio) {
  return QString::fromStdString(metrics::format_percent(ratio));
}

// From 0 on; positions are nanoseconds.
AxisScale linear_time_scale(double most_ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr std::array kUnits = {Unit{1, "ns"}, Unit{1e3, "µs"}, Unit{1e6, "ms"}, Unit{1e9, "s"}};
  constexpr double kFewest = 5;  // rate_scale() has whole steps
  Unit unit = kUnits[0];
  for (const Unit& larger : kUnits) {
    if (most_ns >= kFewest * larger.ns) unit = larger;
  }
  AxisScale scale = rate_scale(most_ns / unit.ns);
  scale.high *= unit.ns;
  for (Tick& tick : scale.ticks) {
    tick.label = QStringLiteral("%1 %2").arg(tick.label, QString::fromUtf8(unit.name));
    tick.at *= unit.ns;
  }
  return scale;
}

// From one half, so that one is visible; positions are log10.
AxisScale log_count_scale(double most) {
  const double high = std::max(1.0, std::ceil(std::log10(std::max(most, 1.0)) - 1e-9));
  AxisScale scale{std::log10(0.5), high, {}};
  for (int power = 0; power <= static_cast<int>(high); ++power) {
    const auto count = static_cast<std::uint64_t>(std::llround(std::pow(10, power)));
    scale.ticks.append(
        {static_cast<double>(power), QString::fromStdString(metrics::format_count(count))});
  }
  return scale;
}

}  // namespace

HistogramChart::HistogramChart(QWidget* parent) : CellChart(parent) {
  setAccessibleName(tr("Histogram of durations"));
  show(Distribution(), DurationGrid());
}

void HistogramChart::show(const Distribution& shown, const DurationGrid& grid) {
  grid_ = grid;
  latency_ = shown.latency;
  target_ns_ = shown.target_ns;
  bars_ = bars_of(latency_, grid_);
  baseline_.clear();
  if (shown.baseline && shown.baseline->count() != 0 && latency_.count() != 0) {
    baseline_ = bars_of(*shown.baseline, grid_);
    baseline_name_ = viewer::shown(shown.baseline_name);
    baseline_factor_ =
        static_cast<double>(latency_.count()) / static_cast<double>(shown.baseline->count());
  }
  fit_scale();
  picture_changed();
}

void HistogramChart::set_quantity(Quantity quantity) {
  if (quantity_ == quantity) return;
  quantity_ = quantity;
  axis_.high = 0;
  fit_scale();
  picture_changed();
}

void HistogramChart::set_scale(Scale scale) {
  if (scale_ == scale) return;
  scale_ = scale;
  axis_.high = 0;
  fit_scale();
  picture_changed();
}

double HistogramChart::value(const DurationBar& bar) const {
  return quantity_ == Quantity::count ? static_cast<double>(bar.count) : bar.time_ns;
}

double HistogramChart::baseline_value(std::size_t bar) const {
  return value(baseline_[bar]) * baseline_factor_;
}

// Grows at once, and shrinks when more than half would stay empty.
void HistogramChart::fit_scale() {
  double least = INFINITY;
  double most = 0;
  for (std::size_t bar = 0; bar < bars_.size(); ++bar) {
    const double height = value(bars_[bar]);
    if (height > 0) least = std::min(least, height);
    most = std::max({most, height, baseline_.empty() ? 0 : baseline_value(bar)});
  }
  AxisScale fitting{};
  if (scale_ == Scale::linear) {
    fitting = quantity_ == Quantity::count ? rate_scale(most) : linear_time_scale(most);
  } else if (quantity_ == Quantity::count) {
    fitting = log_count_scale(most);
  } else {
    // A step below the least, so that this is visible.
    fitting = duration_scale(std::isinf(least) ? 1 : least / 2, std::max(most, 1.0));
  }
  const bool shrinks_late = axis_.high > fitting.high && axis_.low <= fitting.low &&
                            axis_.high - axis_.low <= 2.5 * (fitting.high - fitting.low);
  if (!shrinks_late) axis_ = fitting;
}

QSize HistogramChart::minimumSizeHint() const {
  const int text = fontMetrics().horizontalAdvance(QStringLiteral("1,000,000 "));
  return {text * 3, line_height() * 8};
}

QSize HistogramChart::sizeHint() const {
  return minimumSizeHint() * 2;
}

QRect HistogramChart::find_plot() const {
  int labels = 0;
  for (const Tick& tick : axis_.ticks)
    labels = std::max(labels, fontMetrics().horizontalAdvance(tick.label));
  labels = std::min(labels, width() / 3);
  const int left = labels + kTickLength + 4;
  const int top = reading_rect().bottom() + 1 + kMarkLines * line_height();
  const int right = fontMetrics().averageCharWidth() * 3;
  const int bottom = line_height() + kTickLength + 2;
  return {left, top, std::max(width() - left - right, 1), std::max(height() - top - bottom, 1)};
}

int HistogramChart::x_of(double place) const {
  const QRect area = plot();
  return area.left() + static_cast<int>(std::lround(place / grid_.length() * area.width()));
}

// The pixel above which a bar of this height ends.
int HistogramChart::y_of(double height) const {
  const QRect area = plot();
  const double at = scale_ == Scale::log ? std::log10(std::max(height, 1e-9)) : height;
  const double share = std::clamp((at - axis_.low) / (axis_.high - axis_.low), 0.0, 1.0);
  return area.bottom() + 1 - static_cast<int>(std::lround(share * area.height()));
}

QRect HistogramChart::bar_rect(int bar) const {
  const DurationBar& sums = bars_[static_cast<std::size_t>(bar)];
  if (sums.count == 0) return {};
  const QRect area = plot();
  const int left = x_of(grid_.begin_of(bar));
  const int width = x_of(grid_.begin_of(bar) + 1) - left;
  const int height = std::max(area.bottom() + 1 - y_of(value(sums)), kLeastBarHeight);
  const int gap = width >= 4 ? 1 : 0;
  return {left, area.bottom() + 1 - height, std::max(width - gap, 1), height};
}

void HistogramChart::paint_value_axis(QPainter& painter) {
  if (latency_.count() == 0) return;
  const QRect area = plot();
  const QColor text = palette().color(QPalette::Text);
  QColor grid = text;
  grid.setAlphaF(0.14F);
  for (const Tick& tick : axis_.ticks) {
    if (tick.at < axis_.low || tick.at > axis_.high) continue;
    const double share = (tick.at - axis_.low) / (axis_.high - axis_.low);
    const int y = area.bottom() + 1 - static_cast<int>(std::lround(share * area.height()));
    painter.setPen(grid);
    painter.drawLine(area.left(), y, area.right(), y);
    painter.setPen(text);
    write(painter, {0, y - line_height() / 2, area.left() - kTickLength, line_height()},
          Qt::AlignRight | Qt::AlignVCenter, tick.label);
  }
}

void HistogramChart::paint_duration_axis(QPainter& painter) {
  const QRect area = plot();
  painter.setPen(palette().color(QPalette::Text));
  painter.drawLine(area.left(), area.bottom() + 1, area.right(), area.bottom() + 1);
  for (const Tick& tick : duration_ticks(grid_)) {
    const int x = x_of(tick.at);
    painter.drawLine(x, area.bottom() + 1, x, area.bottom() + kTickLength);
    const int width = fontMetrics().horizontalAdvance(tick.label);
    const int left = std::clamp(x - width / 2, 0, std::max(this->width() - width, 0));
    write(painter, {left, area.bottom() + kTickLength + 1, width, line_height()}, Qt::AlignCenter,
          tick.label);
  }
}

void HistogramChart::paint_bars(QPainter& painter) const {
  const QColor color = theme::ink(theme::Ink::quiet, palette());
  for (int bar = 0; bar < grid_.all_bars(); ++bar) painter.fillRect(bar_rect(bar), color);
}

// A line of steps, told from the bars by its shape, with a halo that keeps it visible on them.
void HistogramChart::paint_baseline(QPainter& painter) const {
  if (baseline_.empty()) return;
  const QRect area = plot();
  QList<QPoint> steps = {area.bottomLeft()};
  for (int bar = 0; bar < grid_.all_bars(); ++bar) {
    const double height = baseline_value(static_cast<std::size_t>(bar));
    const int lowest = height > 0 ? area.bottom() + 1 - kLeastBarHeight : area.bottom();
    const int y = std::min(y_of(height), lowest);
    const int left = x_of(grid_.begin_of(bar));
    steps.append({left, steps.last().y()});
    steps.append({left, y});
    steps.append({x_of(grid_.begin_of(bar) + 1), y});
  }
  painter.setPen(palette().color(QPalette::Base));
  for (const QPoint offset : {QPoint(-1, -1), QPoint(1, 1)}) {
    painter.drawPolyline(QPolygon(steps).translated(offset));
  }
  painter.setPen(palette().color(QPalette::Text));
  painter.drawPolyline(QPolygon(steps));
}

QList<HistogramChart::Mark> HistogramChart::marks() const {
  QList<Mark> all;
  if (target_ns_ != 0 && grid_.holds(target_ns_)) {
    all.append(
        {tr("target"), target_ns_, Qt::DashDotDotLine, theme::ink(theme::Ink::warning, palette())});
  }
  if (latency_.count() == 0) return all;
  const auto quantile = [this, &all](const QString& name, double q, Qt::PenStyle style,
                                     theme::Ink ink) {
    const std::uint64_t ns = latency_.quantile(q);
    const bool same =
        !all.isEmpty() && all.last().ns == ns && all.last().style != Qt::DashDotDotLine;
    if (same) {
      all.last().name = tr("%1, %2").arg(all.last().name, name);
    } else {
      all.append({name, ns, style, theme::ink(ink, palette())});
    }
  };
  quantile(QStringLiteral("p50"), 0.5, Qt::SolidLine, theme::Ink::p50);
  quantile(QStringLiteral("p95"), 0.95, Qt::DashLine, theme::Ink::p95);
  quantile(QStringLiteral("p99"), 0.99, Qt::DotLine, theme::Ink::p99);
  return all;
}

// Labels stand beside the upper end of their line, in the first of the lines of text that has room.
void HistogramChart::paint_marks(QPainter& painter) {
  const QRect area = plot();
  std::array<QList<QRect>, kMarkLines> taken;
  for (const Mark& mark : marks()) {
    const int x = std::min(x_of(grid_.place_of(mark.ns)), area.right());
    const QString whole =
        tr("%1 %2").arg(mark.name, text_of_duration(static_cast<double>(mark.ns)));
    int top = area.top();
    for (const QString& text : {whole, mark.name}) {
      const int width = fontMetrics().horizontalAdvance(text) + 4;
      if (width > this->width()) continue;
      const bool left_of_it = x + width > this->width();
      const QRect place(left_of_it ? x - width : x + 2, 0, width, line_height());
      for (std::size_t line = 0; line < taken.size() && top == area.top(); ++line) {
        const QRect rect = place.translated(
            0, reading_rect().bottom() + 1 + static_cast<int>(line) * line_height());
        const auto overlaps = [&rect](const QRect& other) {
          return other.intersects(rect.adjusted(-4, 0, 4, 0));
        };
        if (rect.left() < 0 || std::any_of(taken[line].begin(), taken[line].end(), overlaps))
          continue;
        taken[line].append(rect);
        painter.setPen(mark.color);
        write(painter, rect, Qt::AlignLeft | Qt::AlignVCenter, text);
        top = rect.top();
      }
      if (top != area.top()) break;
    }
    // On the bars the line has their colour; a halo keeps it visible.
    painter.setPen(palette().color(QPalette::Base));
    painter.drawLine(x - 1, area.top(), x - 1, area.bottom());
    painter.drawLine(x + 1, area.top(), x + 1, area.bottom());
    painter.setPen(QPen(mark.color, 1, mark.style));
    painter.drawLine(x, top, x, area.bottom());
  }
}

void HistogramChart::paint_picture(QPainter& painter) {
  paint_value_axis(painter);
  paint_bars(painter);
  paint_baseline(painter);
  paint_duration_axis(painter);
  paint_marks(painter);
  if (latency_.count() == 0) {
    painter.setPen(palette().color(QPalette::Text));
    write(painter, plot(), Qt::AlignCenter, tr("No answered request"));
  }
}

std::optional<CellChart::Cell> HistogramChart::cell_at(QPoint place) const {
  const QRect area = plot();
  const int x = std::clamp(place.x(), area.left(), area.right());
  // By the edges as they are drawn.
  int nearest = 0;
  for (int bar = 0; bar < grid_.all_bars(); ++bar) {
    if (x_of(grid_.begin_of(bar)) <= x) nearest = bar;
  }
  return Cell{0, nearest};
}

CellChart::Area HistogramChart::area_of(Cell cell) const {
  return {{}, {grid_.low_ns(cell.row), grid_.high_ns(cell.row)}};
}

std::optional<CellChart::Cell> HistogramChart::cell_of(const Area& area) const {
  return Cell{0, grid_.bar_of(area.durations.low_ns)};
}

QRect HistogramChart::rect_of(const Area& area) const {
  const int left = x_of(grid_.place_below(area.durations.low_ns));
  const int end = x_of(grid_.place_above(area.durations.high_ns));
  return {left, plot().top(), std::max(end - left, 1), plot().height()};
}

std::optional<CellChart::Cell> HistogramChart::first_cell() const {
  const auto larger = [this](const DurationBar& a, const DurationBar& b) {
    return value(a) < value(b);
  };
  const auto largest = std::max_element(bars_.begin(), bars_.end(), larger);
  return Cell{0, static_cast<int>(largest - bars_.begin())};
}

std::optional<CellChart::Cell> HistogramChart::neighbour(Cell cell, int key) const {
  const int last = grid_.all_bars() - 1;
  switch (key) {
    case Qt::Key_Left:
      return Cell{0, std::max(cell.row - 1, 0)};
    case Qt::Key_Right:
      return Cell{0, std::min(cell.row + 1, last)};
    case Qt::Key_Home:
      return Cell{0, 0};
    case Qt::Key_End:
      return Cell{0, last};
    default:
      return std::nullopt;
  }
}

// "412 requests, 3.1 %, 540 ms"
QString HistogramChart::sums_text(const DurationBar& sums) const {
  if (sums.count == 0) return tr("no request");
  return tr("%1, %2, %3")
      .arg(requests_text(sums.count),
           percent(static_cast<double>(sums.count) / static_cast<double>(latency_.count())),
           text_of_duration(sums.time_ns));
}

QString HistogramChart::describe(const Area& area) const {
  const Durations& durations = area.durations;
  const DurationBar sums = between(latency_, durations.low_ns, durations.high_ns);
  QString text =
      tr("%1: %2").arg(durations_text(durations.low_ns, durations.high_ns), sums_text(sums));
  if (latency_.count() == 0) return text;
  const auto count = static_cast<double>(latency_.count());
  if (durations.high_ns <= metrics::Histogram::kHighest) {
    const DurationBar slower = between(latency_, durations.high_ns + 1, UINT64_MAX);
    const auto sum = static_cast<double>(latency_.sum());
    text = tr("%1; longer: %2 of the requests, %3 of the time")
               .arg(text, percent(static_cast<double>(slower.count) / count),
                    percent(sum > 0 ? slower.time_ns / sum : 0));
  }
  if (!baseline_.empty()) {
    const auto bar = static_cast<std::size_t>(grid_.bar_of(durations.low_ns));
    text = tr("%1; %2: %3")
               .arg(text, baseline_name_,
                    percent(static_cast<double>(baseline_[bar].count) * baseline_factor_ / count));
  }
  return text;
}

QString HistogramChart::describe_brush(const Area& area) const {
  const Durations& durations = area.durations;
  return tr("Chosen: %1: %2")
      .arg(durations_text(durations.low_ns, durations.high_ns),
           sums_text(between(latency_, durations.low_ns, durations.high_ns)));
}

QString HistogramChart::hint() const {
  QString drag = tr("Drag to choose requests by how long they took");
  if (baseline_.empty()) return drag;
  return tr("Line: %1, as if of as many requests. %2").arg(baseline_name_, drag);
}

void HistogramChart::announce(const Area& area) {
  Q_EMIT durations_chosen(area.durations.low_ns, area.durations.high_ns);
}

}  // namespace goxel_telemetry::viewer
