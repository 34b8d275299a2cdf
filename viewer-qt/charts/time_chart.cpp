// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/time_chart.h"

#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLegend>
#include <QPainter>
#include <QTimeZone>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/text/format.h"
#include "viewer-qt/charts/axis_scale.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/charts/reading.h"
#include "viewer-qt/charts/steady_scale.h"
#include "viewer-qt/charts/time_gestures.h"
#include "viewer-qt/models/clock_ticks.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr double kNearMark = 5;  // pixels
constexpr qsizetype kMostInTip = 10;

// Labels are placed at values and not between them. A category then begins where the one before it
// ends, so the first one needs a place to begin.
void set_scale(QCategoryAxis* axis, const AxisScale& scale) {
  for (const QString& label : axis->categoriesLabels()) axis->remove(label);
  axis->setStartValue(scale.low - 1);
  for (const Tick& tick : scale.ticks) axis->append(tick.label, tick.at);
  axis->setRange(scale.low, scale.high);
}

AxisScale scale_of(Quantity quantity, bool logarithmic, double least, double most) {
  if (quantity == Quantity::rate) return rate_scale(most * 1.05);
  return logarithmic ? duration_scale(least, most) : linear_duration_scale(most * 1.05);
}

QString text_of(Quantity quantity, double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  return QString::fromStdString(quantity == Quantity::duration ? metrics::format_duration(value)
                                                               : metrics::format_rate(value));
}

}  // namespace

// Lies over the chart and paints what moves with the mouse, so that the chart itself need not be painted again.
class CrossHair : public QWidget, public PaintsText {
 public:
  CrossHair(QWidget* parent, const PlotItem* plot, const TimeView* view)
      : QWidget(parent), plot_(plot), view_(view) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
  }

  struct Name {
    double y;  // of its middle
    QColor color;
    QString text;
  };
  void show_names(const QList<Name>& names) {
    names_ = names;
    update();
  }
  std::vector<PaintedText> painted_texts() const override {
    std::vector<PaintedText> texts;
    for (const Name& name : names_) {
      const QRect rect = rect_of(name);
      texts.push_back({rect, elided(fontMetrics(), name.text, rect.width()), name.text, font()});
    }
    return texts;
  }
  QString tip_at(const QPoint&) const override { return {}; }
  void moved() {
    const QRegion now = region();
    update(painted_.united(now));
    painted_ = now;
  }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QRectF area() const { return plot_->mapRectToScene(plot_->boundingRect()); }
  double x_of(std::uint64_t ns) const { return area().left() + std::round(plot_->x_of(ns)); }
  QRectF rect_of(const metrics::TimeStretch& stretch) const {
    const QRectF rect(QPointF(x_of(stretch.begin_ns), area().top()),
                      QPointF(x_of(stretch.end_ns), area().bottom()));
    return rect.intersected(area());
  }
  QRect rect_of(const Name& name) const {
    const int left = static_cast<int>(area().right()) + 4;
    const int height = fontMetrics().height();
    return {left, static_cast<int>(name.y) - height / 2, width() - left, height};
  }
  QList<std::uint64_t> moments() const {
    QList<std::uint64_t> all;
    for (const auto& one : {view_->cursor(), view_->first_pin(), view_->second_pin()}) {
      if (one && *one >= view_->shown().begin_ns && *one <= view_->shown().end_ns) all += *one;
    }
    return all;
  }
  QRegion region() const {
    QRegion region;
    for (const std::uint64_t moment : moments()) {
      region += QRect(static_cast<int>(x_of(moment)) - 2, 0, 5, height());
    }
    for (const auto& stretch : {view_->band(), view_->outline()}) {
      if (stretch) region += rect_of(*stretch).toAlignedRect().adjusted(-1, 0, 1, 0);
    }
    return region;
  }

  const PlotItem* plot_;
  const TimeView* view_;
  QList<Name> names_;
  QRegion painted_;
};

void CrossHair::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QRectF area = this->area();
  const QColor ink = palette().color(QPalette::WindowText);
  for (const auto& stretch : {view_->outline(), view_->band()}) {
    if (!stretch) continue;
    QColor tint = palette().color(QPalette::Highlight);
    tint.setAlphaF(0.25F);
    const QRectF rect = rect_of(*stretch);
    painter.fillRect(rect, tint);
    painter.setPen(palette().color(QPalette::Highlight));
    painter.drawLine(rect.topLeft(), rect.bottomLeft());
    painter.drawLine(rect.topRight(), rect.bottomRight());
  }
  for (const std::uint64_t moment : moments()) {
    const bool pinned = moment != view_->cursor();
    painter.setPen(QPen(ink, 0, pinned ? Qt::SolidLine : Qt::DashLine));
    painter.drawLine(QPointF(x_of(moment), area.top()), QPointF(x_of(moment), area.bottom()));
    // Where the lines are read.
    if (plot_->plot().points == nullptr) continue;
    const TimePoint* point = plot_->plot().points->at(moment);
    if (point == nullptr || !point->watched) continue;
    for (const PlotLine& line : plot_->plot().lines) {
      const double value = point->*line.value;
      if (!std::isfinite(value)) continue;
      const double y = area.top() + std::clamp(plot_->y_of(value), 0.0, area.height());
      painter.fillRect(QRectF(x_of(moment) - 2, y - 2, 5, 5), line.color);
    }
  }
  // Each line's name at its end.
  for (const Name& name : names_) {
    painter.setPen(name.color);
    const QRect rect = rect_of(name);
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
                     elided(fontMetrics(), name.text, rect.width()));
  }
}

struct TimeChart::Private {
  Quantity quantity;
  QString title;
  QList<ChartLine> lines;
  TimeView* view;
  ElidedLabel* heading;
  Reading* reading;
  QChartView* frame;
  QChart* chart;
  QCategoryAxis* axis;
  PlotItem* item;
  CrossHair* cross_hair;
  std::shared_ptr<const TimePoints> points = std::make_shared<TimePoints>();
  QList<Mark> marks;
  std::optional<double> target;
  bool logarithmic;
  SteadyScale scale;

  Private(Quantity what, const QString& name, const QList<ChartLine>& those, TimeView* clock)
      : quantity(what),
        title(name),
        lines(those),
        view(clock),
        logarithmic(what == Quantity::duration),
        scale(
            [this](double least, double most) {
              return scale_of(quantity, logarithmic, least, most);
            },
            scale_of(what, what == Quantity::duration, 1e5, what == Quantity::duration ? 1e7 : 0)) {
  }

  QRectF area() const { return chart->plotArea(); }
  void fit(bool is_new);
  void draw(const TimeChart& widget);
  void name_lines(const TimeChart& widget);
  QList<ReadingPart> parts(const TimeChart& widget) const;
  bool is_near(const Mark& mark, std::uint64_t realtime_ns) const;
  QString tip_at(double part) const;
  void show_title();
};

// The values on the screen, peaks and target included.
void TimeChart::Private::fit(bool is_new) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  const auto take = [&](double value) {
    if (!std::isfinite(value)) return;
    least = std::min(least, value);
    most = std::max(most, value);
  };
  for (const TimePoint& point : points->points) {
    if (!point.watched || point.end_ns <= view->shown().begin_ns ||
        point.begin_ns >= view->shown().end_ns) {
      continue;
    }
    for (const ChartLine& line : lines) {
      if (line.of_answers && point.answered == 0) continue;
      take(point.*line.value);
      if (line.peak != nullptr) take(point.*line.peak);
    }
  }
  if (std::isinf(least)) return;
  // A target far away would press the lines together.
  if (target && *target <= most * 3 && *target >= least / 3) take(*target);
  const std::uint64_t now_ns = points->end_ns();
  if (is_new ? scale.begin(least, most, now_ns) : scale.hold(least, most, now_ns)) {
    set_scale(axis, scale.scale());
  }
}

void TimeChart::Private::draw(const TimeChart& widget) {
  chart->layout()->activate();  // or labels would be moved after they were painted
  Plot plot;
  plot.points = points;
  for (const ChartLine& line : lines) {
    plot.lines.append(
        {theme::ink(line.ink, widget.palette()), line.value, line.peak, line.of_answers});
  }
  plot.shown = view->shown();
  plot.low = scale.scale().low;
  plot.high = scale.scale().high;
  plot.logarithmic = logarithmic;
  plot.target = target;
  plot.marks = marks;
  for (const Tick& tick : scale.scale().ticks) plot.grid.append(tick.at);
  plot.ink = widget.palette().color(QPalette::WindowText);
  plot.warning_ink = theme::ink(theme::Ink::warning, widget.palette());
  plot.confirmed_ink = theme::ink(theme::Ink::bad, widget.palette());
  const int most =
      std::max(2, static_cast<int>(area().width()) /
                      (widget.fontMetrics().horizontalAdvance(QStringLiteral("88:88:88")) * 2));
  for (const ClockTick& tick : clock_ticks(view->shown(), most, QTimeZone::systemTimeZone())) {
    plot.ticks.append(tick.at_ns);
  }
  item->draw(std::move(plot), area());
  frame->viewport()->update();
  name_lines(widget);
  cross_hair->moved();
}

// At the end of each line, moved apart where they would overlap.
void TimeChart::Private::name_lines(const TimeChart& widget) {
  QList<CrossHair::Name> names;
  for (const ChartLine& line : lines) {
    for (auto at = points->points.rbegin(); at != points->points.rend(); ++at) {
      if (at->begin_ns >= view->shown().end_ns) continue;
      const double value = (*at).*line.value;
      if (!at->watched || !std::isfinite(value)) break;
      names.append({std::clamp(item->y_of(value), 0.0, area().height()),
                    theme::ink(line.ink, widget.palette()), line.name});
      break;
    }
  }
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  const QFontMetrics metrics = widget.fontMetrics();
  const double step = metrics.height();
  for (qsizetype i = 1; i < names.size(); ++i)
    names[i].y = std::max(names[i].y, names[i - 1].y + step);
  for (qsizetype i = names.size() - 1; i >= 0; --i) {
    const double lowest = area().height() - static_cast<double>(names.size() - 1 - i) * step;
    names[i].y = std::min(names[i].y, lowest);
  }
  for (CrossHair::Name& name : names) {
    name.y += area().top();
  }
  cross_hair->show_names(names);
}

QList<ReadingPart> TimeChart::Private::parts(const TimeChart& widget) const {
  const TimePoint* from = nullptr;
  const TimePoint* point = nullptr;
  if (view->second_pin() && !view->cursor()) {
    from = points->at(*view->first_pin());
    point = points->at(*view->second_pin());
    if (from == nullptr) point = nullptr;
  } else if (const auto moment = view->reading()) {
    point = points->at(*moment);
  } else if (!points->points.empty()) {
    point = &points->points.back();
  }
  QList<ReadingPart> parts;
  const bool known = point != nullptr && point->watched && (from == nullptr || from->watched);
  if (const auto moment = view->reading()) {
    for (const Mark& mark : marks) {
      if (is_near(mark, *moment)) {
        parts.append({QColor(), QString(glyph(mark.kind)), mark.text});
      }
    }
    const bool is_to_come = view->is_live() && point == nullptr && !points->points.empty() &&
                            *moment >= points->end_ns();
    if (!known) {
      return parts +=
             ReadingPart{QColor(), {}, is_to_come ? tr("not over yet") : tr("not watched")};
    }
  }
  const auto value = [&](double TimePoint::*of) {
    if (!known) return QStringLiteral("–");
    const QString now = text_of(quantity, point->*of);
    return from == nullptr ? now : text_of(quantity, from->*of) + QStringLiteral(" → ") + now;
  };
  for (const ChartLine& line : lines) {
    parts.append({theme::ink(line.ink, widget.palette()), line.name, value(line.value)});
  }
  for (const ChartLine& line : lines) {
    if (line.peak != nullptr) parts.append({QColor(), line.peak_name, value(line.peak)});
  }
  if (known && from == nullptr) {
    const std::uint64_t count = lines.front().of_answers ? point->answered : point->records;
    parts.append({QColor(), lines.front().of_answers ? tr("of") : tr("count"),
                  QString::fromStdString(metrics::format_count(count))});
  }
  // What lasts is read last: its sentence would take the values' room.
  if (const auto moment = view->reading()) {
    for (const Mark& mark : marks) {
      if (mark.lasts_at(*moment) && !is_near(mark, *moment))
        parts.append({QColor(), QString(glyph(mark.kind)), mark.text});
    }
  }
  return parts;
}

bool TimeChart::Private::is_near(const Mark& mark, std::uint64_t realtime_ns) const {
  return std::abs(item->x_of(mark.at_ns) - item->x_of(realtime_ns)) < kNearMark;
}

// Of the marks and of what lasts, so far along the plot: 0 to 1.
QString TimeChart::Private::tip_at(double part) const {
  const metrics::TimeStretch& shown = view->shown();
  const auto length = static_cast<double>(shown.end_ns - shown.begin_ns);
  const std::uint64_t moment = shown.begin_ns + static_cast<std::uint64_t>(part * length);
  QStringList texts;
  for (const Mark& mark : marks) {
    if (texts.size() == kMostInTip) break;
    if (is_near(mark, moment) || mark.lasts_at(moment))
      texts += glyph(mark.kind) + QStringLiteral(" ") + mark.text;
  }
  return plain_tip(texts.join(QLatin1Char('\n')));
}

void TimeChart::Private::show_title() {
  heading->set_text(scale.is_locked() ? tr("%1 (axis locked)").arg(title) : title);
}

TimeChart::TimeChart(const QString& title, Quantity quantity, const QList<ChartLine>& lines,
                     TimeView* view, QWidget* parent)
    : QWidget(parent), private_(new Private(quantity, title, lines, view)) {
  Private& p = *private_;
  p.chart = new QChart;
  p.chart->setBackgroundVisible(false);
  p.chart->setMargins(QMargins());
  p.chart->setMinimumSize(1, 1);  // or it would be at least 200 by 200, and cut off
  p.chart->layout()->setContentsMargins(0, 0, 0, 0);
  p.chart->legend()->hide();
  p.axis = new QCategoryAxis;
  p.axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
  p.axis->setTruncateLabels(false);
  p.axis->setLineVisible(false);  // the item draws the grid
  p.axis->setGridLineVisible(false);
  p.chart->addAxis(p.axis, Qt::AlignLeft);
  set_scale(p.axis, p.scale.scale());
  p.item = new PlotItem;
  p.item->setParentItem(p.chart);
  p.item->setZValue(10);
  p.frame = new QChartView(p.chart);
  // A scene that tells its view of a change paints the window at once, before its cross-hair and the other charts have changed, and so paints
  // it twice.
  p.frame->setViewportUpdateMode(QGraphicsView::NoViewportUpdate);
  p.cross_hair = new CrossHair(p.frame, p.item, view);
  p.frame->setFrameShape(QFrame::NoFrame);
  p.frame->setFocusPolicy(Qt::NoFocus);
  p.frame->viewport()->setFocusPolicy(Qt::NoFocus);
  p.frame->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  p.frame->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  p.frame->setAttribute(Qt::WA_TransparentForMouseEvents);
  p.frame->setBackgroundRole(QPalette::Base);

  p.heading = new ElidedLabel;
  QFont bold = p.heading->font();
  bold.setBold(true);
  p.heading->setFont(bold);
  p.show_title();
  p.reading = new Reading;
  auto* head = new QHBoxLayout;
  head->setContentsMargins(6, 2, 6, 0);
  head->addWidget(p.heading);
  head->addWidget(p.reading, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(head);
  layout->addWidget(p.frame, 1);
  setAccessibleName(title);
  take_palette();
  connect(p.chart, &QChart::plotAreaChanged, this, &TimeChart::lay_out);
  connect(view, &TimeView::label_room_changed, this, &TimeChart::lay_out);
  new TimeGestures(
      this, view, [this] { return plot_area(); }, [this] { return private_->points->point_ns; });
  connect(view, &TimeView::shown_changed, this, [this] {
    private_->fit(false);
    private_->draw(*this);
    private_->reading->show_parts(private_->parts(*this));
  });
  connect(view, &TimeView::cursor_changed, this, [this] {
    private_->cross_hair->moved();
    private_->reading->show_parts(private_->parts(*this));
    setAccessibleDescription(reading());
  });
}

TimeChart::~TimeChart() = default;

void TimeChart::show_points(std::shared_ptr<const TimePoints> points, bool is_new) {
  private_->points = std::move(points);
  private_->fit(is_new);
  private_->draw(*this);
  private_->reading->show_parts(private_->parts(*this));
  setAccessibleDescription(reading());
}

void TimeChart::show_marks(const QList<Mark>& marks) {
  if (marks == private_->marks) return;
  private_->marks = marks;
  private_->draw(*this);
}

bool TimeChart::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QRectF area = plot_area();
  const bool is_inside = area.contains(help->pos());
  const double part = (help->pos().x() - area.left()) / area.width();
  QToolTip::showText(help->globalPos(), is_inside ? private_->tip_at(part) : QString(), this);
  return true;
}

void TimeChart::show_target(std::optional<double> value) {
  if (value == private_->target) return;
  private_->target = value;
  private_->fit(true);
  private_->draw(*this);
}

void TimeChart::set_title(const QString& title) {
  private_->title = title;
  private_->show_title();
  setAccessibleName(title);
}

void TimeChart::lock_axis(bool locked) {
  private_->scale.lock(locked);
  private_->show_title();
  if (!locked) private_->fit(false);
  private_->draw(*this);
}

bool TimeChart::is_axis_locked() const {
  return private_->scale.is_locked();
}

void TimeChart::set_logarithmic(bool logarithmic) {
  if (private_->quantity == Quantity::rate || private_->logarithmic == logarithmic) return;
  private_->logarithmic = logarithmic;
  private_->fit(true);
  private_->draw(*this);
}

bool TimeChart::is_logarithmic() const {
  return private_->logarithmic;
}

int TimeChart::left_margin(const QFontMetrics& metrics, const TimeView& view) {
  return std::max(metrics.horizontalAdvance(QStringLiteral("888,888")) + 12, view.label_room());
}

int TimeChart::right_margin(const QFontMetrics& metrics) {
  return metrics.horizontalAdvance(QStringLiteral("not ok, too")) + 10;
}

QString TimeChart::reading() const {
  return private_->reading->text();
}

const Plot& TimeChart::plot() const {
  return private_->item->plot();
}

QRectF TimeChart::plot_area() const {
  return private_->area().translated(private_->frame->mapTo(this, QPoint(0, 0)));
}

QSize TimeChart::minimumSizeHint() const {
  return {fontMetrics().averageCharWidth() * 40, fontMetrics().height() * 5};
}

void TimeChart::take_palette() {
  private_->axis->setLabelsColor(palette().color(QPalette::WindowText));
  private_->axis->setLabelsFont(font());
}

void TimeChart::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    take_palette();
    lay_out();
  }
  QWidget::changeEvent(event);
}

// Qt Charts gives the labels of the value axis as much room as they need. What is left to the margin that all charts
// have goes before them, so that times stand below each other. (QChart::setPlotArea() would leave the axis elsewhere.)
// Labels at the ends need half of their height, or they are left out.
void TimeChart::lay_out() {
  Private& p = *private_;
  const int half = fontMetrics().height() / 2;
  const int before = p.chart->margins().left();
  const int left = static_cast<int>(std::lround(p.area().left()));
  p.view->need_label_room(left - before);
  const int missing = left_margin(fontMetrics(), *p.view) - left;
  p.chart->setMargins(
      QMargins(std::max(0, before + missing), half, right_margin(fontMetrics()), half));
  p.cross_hair->resize(p.frame->size());
  p.draw(*this);
  Q_EMIT plot_moved();
}

}  // namespace goxel_telemetry::viewer
