// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/heat_map.h"

#include <QEvent>
#include <QImage>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "metrics/text/format.h"
#include "viewer-qt/charts/duration_ticks.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastColumnWidth = 3;
constexpr int kTickLength = 4;
constexpr int kStripHeight = 4;
constexpr int kStripGap = 2;
constexpr int kHatchPeriod = 5;

std::uint64_t ns_of(std::uint64_t seconds) {
  return seconds > UINT64_MAX / metrics::kNsPerSecond ? UINT64_MAX
                                                      : seconds * metrics::kNsPerSecond;
}

QString text_of_duration(double ns) {
  return QString::fromStdString(metrics::format_duration(ns));
}

// A hatching whose lines are continuous over the whole image.
struct Hatching {
  int period;
  int width;
  QRgb line;
  QRgb ground;

  QRgb at(int x, int y) const { return (x + y) % period < width ? line : ground; }
};

}  // namespace

HeatMap::HeatMap(QWidget* parent) : CellChart(parent), ramp_(palette()) {
  setAccessibleName(tr("Heat map of durations over time"));
  show(Distribution(), DurationGrid());
}

void HeatMap::show(const Distribution& shown, const DurationGrid& grid) {
  grid_ = grid;
  target_ns_ = shown.target_ns;
  shown_range_ = shown.range;
  all_cells_ = cells_of(shown.columns, grid);
  picture_changed();
}

void HeatMap::set_range(const std::optional<metrics::TimeStretch>& range) {
  if (set_range_ == range) return;
  set_range_ = range;
  picture_changed();
}

void HeatMap::set_plot_margins(int left, int right) {
  if (margins_ == std::pair(left, right)) return;
  margins_ = std::pair(left, right);
  picture_changed();
}

metrics::TimeStretch HeatMap::range() const {
  return set_range_.value_or(shown_range_);
}

// Which columns are drawn, and what their colours mean.
void HeatMap::fit() {
  const int most_columns = std::max(plot().width() / kLeastColumnWidth, 1);
  step_seconds_ = merging_step(all_cells_, range(), most_columns);
  cells_ = merged(all_cells_, step_seconds_, range());
  const auto largest = std::max_element(cells_.counts.begin(), cells_.counts.end());
  most_ = heat_most(largest == cells_.counts.end() ? 1 : *largest);
}

void HeatMap::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) ramp_ = HeatRamp(palette());
  CellChart::changeEvent(event);
}

QSize HeatMap::minimumSizeHint() const {
  return {wanted_left_margin() * 4, line_height() * 8};
}

QSize HeatMap::sizeHint() const {
  return minimumSizeHint() * 2;
}

int HeatMap::wanted_left_margin() const {
  int widest = 0;
  for (const Tick& tick : duration_ticks(grid_)) {
    widest = std::max(widest, fontMetrics().horizontalAdvance(tick.label));
  }
  return widest + kTickLength + 4;
}

QRect HeatMap::find_plot() const {
  const int left = margins_ ? margins_->first : std::min(wanted_left_margin(), width() / 3);
  const int right = margins_ ? margins_->second : fontMetrics().averageCharWidth() * 3;
  // Half a line, so that the lowest and the highest label have room.
  const int top = reading_rect().bottom() + 1 + line_height() / 2;
  const int bottom = kStripGap + kStripHeight + 4 + line_height() + 4;
  return {left, top, std::max(width() - left - right, 1), std::max(height() - top - bottom, 1)};
}

// Device pixels from the plot's left edge, if it is `pixels` wide. Empty if it lies outside.
HeatMap::Extent HeatMap::across(std::uint64_t begin_ns, std::uint64_t end_ns, double pixels) const {
  const metrics::TimeStretch shown = range();
  const auto from = static_cast<double>(shown.begin_ns);
  const double length = static_cast<double>(shown.end_ns) - from;
  if (length <= 0 || end_ns <= shown.begin_ns || begin_ns >= shown.end_ns) return {0, 0};
  const auto pixel = [&](std::uint64_t ns) {
    const std::uint64_t inside = std::clamp(ns, shown.begin_ns, shown.end_ns);
    return static_cast<int>(
        std::lround(static_cast<double>(inside - shown.begin_ns) / length * pixels));
  };
  const int begin = std::min(pixel(begin_ns), static_cast<int>(pixels) - 1);
  return {begin, std::max(pixel(end_ns), begin + 1)};
}

// Device pixels from the plot's upper edge.
HeatMap::Extent HeatMap::down(int bar, double pixels) const {
  const double begin = (1 - (grid_.begin_of(bar) + 1) / grid_.length()) * pixels;
  const double end = (1 - grid_.begin_of(bar) / grid_.length()) * pixels;
  const int first = std::min(static_cast<int>(std::lround(begin)), static_cast<int>(pixels) - 1);
  return {first, std::max(static_cast<int>(std::lround(end)), first + 1)};
}

int HeatMap::y_of(double place) const {
  const QRect area = plot();
  return area.top() + static_cast<int>(std::lround((1 - place / grid_.length()) * area.height()));
}

QRect HeatMap::cell_rect(std::size_t column, int bar) const {
  const QRect area = plot();
  const HeatColumn& shown = cells_.columns[column];
  const Extent x = across(ns_of(shown.begin_seconds), ns_of(shown.end_seconds), area.width());
  const Extent y = down(bar, area.height());
  return {area.left() + x.begin, area.top() + y.begin, x.end - x.begin, y.end - y.begin};
}

void HeatMap::paint_cells(QPainter& painter) const {
  const QRect area = plot();
  const qreal ratio = devicePixelRatioF();
  const int width = static_cast<int>(std::lround(area.width() * ratio));
  const int height = static_cast<int>(std::lround(area.height() * ratio));
  const int strip = static_cast<int>(std::lround(kStripHeight * ratio));
  const int gap = static_cast<int>(std::lround(kStripGap * ratio));
  const QRgb base = palette().color(QPalette::Base).rgb();
  const Hatching hatching{std::max(static_cast<int>(std::lround(kHatchPeriod * ratio)), 2),
                          std::max(static_cast<int>(std::lround(ratio)), 1),
                          theme::ink(theme::Ink::quiet, palette()).rgb(), base};

  QImage image(width, height + gap + strip, QImage::Format_RGB32);
  image.setDevicePixelRatio(ratio);
  // Of each pixel of a row: the column that it belongs to, or -1.
  std::vector<int> column_of(static_cast<std::size_t>(width), -1);
  for (std::size_t i = 0; i < cells_.columns.size(); ++i) {
    const HeatColumn& column = cells_.columns[i];
    const Extent x = across(ns_of(column.begin_seconds), ns_of(column.end_seconds), width);
    std::fill(column_of.begin() + x.begin, column_of.begin() + std::min(x.end, width),
              static_cast<int>(i));
  }
  // Of each row of pixels: the bars that it shows, from the first up to and without the last.
  struct Bars {
    int first = 0;
    int end = 0;
  };
  std::vector<Bars> bars_of_row(static_cast<std::size_t>(height));
  for (int bar = 0; bar < grid_.all_bars(); ++bar) {
    const Extent y = down(bar, height);
    for (int row = y.begin; row < std::min(y.end, height); ++row) {
      Bars& bars = bars_of_row[static_cast<std::size_t>(row)];
      if (bars.first == bars.end) bars.first = bar;
      bars.end = bar + 1;
    }
  }
  const auto is_watched = [this](int column) {
    return column >= 0 && cells_.columns[static_cast<std::size_t>(column)].is_watched();
  };
  // What comes after is not known yet, as on the charts of lines.
  const int known_until = across(range().begin_ns, shown_range_.end_ns, width).end;
  const auto unwatched = [&](int x, int y) { return x < known_until ? hatching.at(x, y) : base; };
  std::vector<QRgb> color_of(cells_.columns.size());
  Bars before{-1, -1};
  for (int y = 0; y < height; ++y) {
    const Bars bars = bars_of_row[static_cast<std::size_t>(y)];
    if (bars.first != before.first || bars.end != before.end) {
      for (std::size_t i = 0; i < cells_.columns.size(); ++i) {
        std::uint64_t most = 0;
        for (int bar = bars.first; bar < bars.end; ++bar)
          most = std::max(most, cells_.count(i, bar));
        color_of[i] = most == 0 ? base : ramp_.at(heat_share(most, most_)).rgb();
      }
      before = bars;
    }
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < width; ++x) {
      const int column = column_of[static_cast<std::size_t>(x)];
      line[x] = is_watched(column) ? color_of[static_cast<std::size_t>(column)] : unwatched(x, y);
    }
  }
  for (int y = height; y < height + gap + strip; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < width; ++x) {
      const int column = column_of[static_cast<std::size_t>(x)];
      const bool partly = is_watched(column) &&
                          cells_.columns[static_cast<std::size_t>(column)].is_partly_watched();
      line[x] = y >= height + gap && partly ? hatching.line : base;
    }
  }
  painter.drawImage(area.topLeft(), image);
}

void HeatMap::paint_picture(QPainter& painter) {
  const QRect area = plot();
  paint_cells(painter);
  const QColor text = palette().color(QPalette::Text);
  painter.setPen(text);
  painter.drawLine(area.left() - 1, area.top(), area.left() - 1, area.bottom() + 1);
  painter.drawLine(area.left() - 1, area.bottom() + 1, area.right(), area.bottom() + 1);
  for (const Tick& tick : duration_ticks(grid_)) {
    const int y = y_of(tick.at);
    painter.drawLine(area.left() - kTickLength, y, area.left() - 1, y);
    write(painter, {0, y - line_height() / 2, area.left() - kTickLength - 1, line_height()},
          Qt::AlignRight | Qt::AlignVCenter, tick.label);
  }
  if (target_ns_ != 0 && grid_.holds(target_ns_)) {
    const int y = y_of(grid_.place_of(target_ns_));
    painter.setPen(QPen(theme::ink(theme::Ink::warning, palette()), 1, Qt::DashDotDotLine));
    painter.drawLine(area.left(), y, area.right(), y);
  }
  paint_legend(painter);
}

// What the colours mean, in requests: "1 ▒▓█ 500 requests in a cell of 10 s", and what the other signs mean. What has no room
// any more is left out.
void HeatMap::paint_legend(QPainter& painter) {
  const int height = line_height();
  const int space = fontMetrics().averageCharWidth();
  int x = plot().left();
  const int y = this->height() - height - 2;
  const QColor text = palette().color(QPalette::Text);
  const auto room = [&] { return width() - x; };
  const auto say = [&](const QString& words) {
    const int width = std::min(fontMetrics().horizontalAdvance(words), room());
    painter.setPen(text);
    write(painter, {x, y, width, height}, Qt::AlignLeft | Qt::AlignVCenter, words);
    x += width + space;
  };
  const auto swatch = [&](int width) {
    const QRect rect(x, y + height / 4, width, height / 2);
    x += width + space;
    return rect;
  };
  say(QStringLiteral("1"));
  const QRect gradient = swatch(std::max(std::min(12 * space, room() / 4), 1));
  for (int i = 0; i < gradient.width(); ++i) {
    const double share = static_cast<double>(i) / std::max(gradient.width() - 1, 1);
    painter.fillRect(gradient.left() + i, gradient.top(), 1, gradient.height(), ramp_.at(share));
  }
  say(tr("%1 in a cell of %2")
          .arg(requests_text(most_), text_of_duration(static_cast<double>(step_seconds_) * 1e9)));
  const QColor quiet = theme::ink(theme::Ink::quiet, palette());
  const auto explain = [&](const QString& words, const auto& paint) {
    const int width = height * 3 / 2;
    if (room() < width + 2 * space + fontMetrics().horizontalAdvance(words)) return;
    x += space;
    paint(swatch(width));
    say(words);
  };
  const auto paint_frame = [&](const QRect& rect) {
    painter.setPen(text);
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
  };
  explain(tr("none"), paint_frame);
  explain(tr("not watched"), [&](const QRect& rect) {
    painter.setPen(quiet);
    for (int across = 0; across < rect.width(); ++across) {
      for (int down = 0; down < rect.height(); ++down) {
        if ((across + down) % kHatchPeriod == 0)
          painter.drawPoint(rect.left() + across, rect.top() + down);
      }
    }
    paint_frame(rect);
  });
  const auto partly = [](const HeatColumn& column) { return column.is_partly_watched(); };
  if (std::any_of(cells_.columns.begin(), cells_.columns.end(), partly)) {
    explain(tr("watched in part"), [&](const QRect& rect) {
      painter.fillRect(rect.left(), rect.center().y() - kStripHeight / 2, rect.width(),
                       kStripHeight, quiet);
    });
  }
}

std::optional<CellChart::Cell> HeatMap::cell_at(QPoint place) const {
  const QRect area = plot();
  const int x = std::clamp(place.x(), area.left(), area.right());
  const int y = std::clamp(place.y(), area.top(), area.bottom());
  Cell found{-1, 0};
  for (std::size_t i = 0; i < cells_.columns.size(); ++i) {
    const HeatColumn& column = cells_.columns[i];
    const Extent extent =
        across(ns_of(column.begin_seconds), ns_of(column.end_seconds), area.width());
    if (area.left() + extent.begin <= x && x < area.left() + extent.end)
      found.column = static_cast<int>(i);
  }
  for (int bar = 0; bar < grid_.all_bars(); ++bar) {
    const Extent extent = down(bar, area.height());
    if (extent.end > y - area.top()) found.row = bar;
  }
  return found.column < 0 ? std::nullopt : std::optional(found);
}

CellChart::Area HeatMap::area_of(Cell cell) const {
  const HeatColumn& column = cells_.columns[static_cast<std::size_t>(cell.column)];
  return {{ns_of(column.begin_seconds), ns_of(column.end_seconds)},
          {grid_.low_ns(cell.row), grid_.high_ns(cell.row)}};
}

// Empty once its time is no longer shown.
std::optional<CellChart::Cell> HeatMap::cell_of(const Area& area) const {
  for (std::size_t i = 0; i < cells_.columns.size(); ++i) {
    const HeatColumn& column = cells_.columns[i];
    const std::uint64_t at = area.time.begin_ns;
    if (ns_of(column.begin_seconds) <= at && at < ns_of(column.end_seconds)) {
      return Cell{static_cast<int>(i), grid_.bar_of(area.durations.low_ns)};
    }
  }
  return std::nullopt;
}

QRect HeatMap::rect_of(const Area& area) const {
  const QRect whole = plot();
  const Extent x = across(area.time.begin_ns, area.time.end_ns, whole.width());
  const int top = y_of(grid_.place_above(area.durations.high_ns));
  const int bottom = y_of(grid_.place_below(area.durations.low_ns));
  return {whole.left() + x.begin, top, x.end - x.begin, std::max(bottom - top, 1)};
}

// The fullest cell of the last column that has any.
std::optional<CellChart::Cell> HeatMap::first_cell() const {
  if (cells_.columns.empty()) return std::nullopt;
  Cell best{static_cast<int>(cells_.columns.size()) - 1, 0};
  for (std::size_t i = cells_.columns.size(); i-- > 0;) {
    if (cells_.columns[i].count == 0) continue;
    best.column = static_cast<int>(i);
    for (int bar = 1; bar < grid_.all_bars(); ++bar) {
      if (cells_.count(i, bar) > cells_.count(i, best.row)) best.row = bar;
    }
    break;
  }
  return best;
}

std::optional<CellChart::Cell> HeatMap::neighbour(Cell cell, int key) const {
  const int last_column = static_cast<int>(cells_.columns.size()) - 1;
  const int last_row = grid_.all_bars() - 1;
  switch (key) {
    case Qt::Key_Left:
      return Cell{std::max(cell.column - 1, 0), cell.row};
    case Qt::Key_Right:
      return Cell{std::min(cell.column + 1, last_column), cell.row};
    case Qt::Key_Down:
      return Cell{cell.column, std::max(cell.row - 1, 0)};
    case Qt::Key_Up:
      return Cell{cell.column, std::min(cell.row + 1, last_row)};
    case Qt::Key_Home:
      return Cell{0, cell.row};
    case Qt::Key_End:
      return Cell{last_column, cell.row};
    default:
      return std::nullopt;
  }
}

// "14:02:31 to 14:02:32, 1.23 to 1.31 ms: 4 requests of 31"
QString HeatMap::describe(const Area& area) const {
  QString when = range_text(area.time);
  const std::optional<Cell> cell = cell_of(area);
  if (!cell) return when;
  const auto number = static_cast<std::size_t>(cell->column);
  const HeatColumn& column = cells_.columns[number];
  if (!column.is_watched()) return tr("%1: not watched").arg(when);
  const QString durations = durations_text(area.durations.low_ns, area.durations.high_ns);
  QString text = tr("%1, %2: %3 of %4")
                     .arg(when, durations, requests_text(cells_.count(number, cell->row)),
                          QString::fromStdString(metrics::format_count(column.count)));
  if (column.is_partly_watched()) {
    text = tr("%1; watched for %2 of %3")
               .arg(text, text_of_duration(column.covered_seconds * 1e9),
                    text_of_duration(
                        static_cast<double>(column.end_seconds - column.begin_seconds) * 1e9));
  }
  return text;
}

QString HeatMap::describe_brush(const Area& area) const {
  const auto& [time, durations] = area;
  const int first = grid_.bar_of(durations.low_ns);
  const int last = grid_.bar_of(durations.high_ns);
  bool whole = grid_.low_ns(first) >= durations.low_ns && grid_.high_ns(last) <= durations.high_ns;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < all_cells_.columns.size(); ++i) {
    const HeatColumn& column = all_cells_.columns[i];
    const std::uint64_t begin = ns_of(column.begin_seconds);
    const std::uint64_t end = ns_of(column.end_seconds);
    if (end <= time.begin_ns || begin >= time.end_ns) continue;
    whole = whole && begin >= time.begin_ns && end <= time.end_ns;
    for (int bar = first; bar <= last; ++bar) count += all_cells_.count(i, bar);
  }
  // A brush that was made with other cells may cut these.
  const QString requests =
      whole ? requests_text(count) : tr("at most %1").arg(requests_text(count));
  return tr("Chosen: %1, %2: %3")
      .arg(range_text(time), durations_text(durations.low_ns, durations.high_ns), requests);
}

QString HeatMap::hint() const {
  return tr("Drag to choose requests by time and by how long they took");
}

void HeatMap::announce(const Area& area) {
  Q_EMIT picked(area.time.begin_ns, area.time.end_ns, area.durations.low_ns,
                area.durations.high_ns);
}

}  // namespace goxel_telemetry::viewer
