// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/line_chart.h"

#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QEvent>
#include <QGraphicsLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLegend>
#include <QLineSeries>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "metrics/text/format.h"
#include "viewer-qt/charts/axis_scale.h"

namespace goxel_telemetry::viewer {
namespace {

// Labels are placed at values and not between them. A category then begins where the one before it
// ends, so the first one needs a place to begin.
void set_scale(QCategoryAxis* axis, const AxisScale& scale) {
  for (const QString& label : axis->categoriesLabels()) axis->remove(label);
  axis->setStartValue(scale.low - 1);
  for (const Tick& tick : scale.ticks) axis->append(tick.label, tick.at);
  axis->setRange(scale.low, scale.high);
}

QCategoryAxis* make_axis() {
  auto* axis = new QCategoryAxis;
  axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
  axis->setTruncateLabels(false);
  return axis;
}

}  // namespace

// A line has as many series as it ever had pieces; series that are not needed are empty.
struct LineChart::Private {
  struct DrawnLine {
    Line line;
    std::vector<QLineSeries*> pieces;
  };
  Quantity quantity;
  QChart* chart;
  QCategoryAxis* time;
  QCategoryAxis* value;
  QChartView* view;
  QLabel* legend;
  std::vector<DrawnLine> lines;
  std::optional<AxisScale> scale;

  double position(double y) const {
    return quantity == Quantity::duration ? std::log10(std::max(y, 1.0)) : y;
  }
  QString text(double y) const {
    return QString::fromStdString(quantity == Quantity::duration ? metrics::format_duration(y)
                                                                 : metrics::format_rate(y));
  }

  void show_pieces(DrawnLine& line, const Pieces& pieces);
  void fit(const QList<Pieces>& shown);
  void describe(const QList<Pieces>& shown);
  void take_palette(const QPalette& palette);
};

void LineChart::Private::show_pieces(DrawnLine& line, const Pieces& pieces) {
  std::size_t used = 0;
  for (const QList<QPointF>& piece : pieces) {
    QList<QPointF> points;
    for (const QPointF& point : piece) points.append({point.x(), position(point.y())});
    // A single second is drawn as a short dash, because a point would not be visible.
    if (points.size() == 1) points.prepend(points.first() - QPointF(0.5, 0));
    if (used == line.pieces.size()) {
      auto* series = new QLineSeries(chart);
      series->setPen(QPen(line.line.color, 2));
      chart->addSeries(series);
      series->attachAxis(time);
      series->attachAxis(value);
      line.pieces.push_back(series);
    }
    line.pieces[used++]->replace(points);
  }
  for (; used < line.pieces.size(); ++used) line.pieces[used]->clear();
}

void LineChart::Private::fit(const QList<Pieces>& shown) {
  double least = INFINITY;
  double most = 0;
  for (const Pieces& pieces : shown) {
    for (const QList<QPointF>& piece : pieces) {
      for (const QPointF& point : piece) {
        least = std::min(least, point.y());
        most = std::max(most, point.y());
      }
    }
  }
  if (std::isinf(least)) return;
  AxisScale fitting =
      quantity == Quantity::duration ? duration_scale(least, most) : rate_scale(most * 1.05);
  if (scale == fitting) return;
  set_scale(value, fitting);
  scale = std::move(fitting);
}

// The legend shows the present values; a line that has broken off has no present value.
void LineChart::Private::describe(const QList<Pieces>& shown) {
  QStringList marked;
  QStringList plain;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i].line;
    const Pieces& pieces = shown[static_cast<qsizetype>(i)];
    const bool present = !pieces.isEmpty() && pieces.last().last().x() == 0;
    const QString now = present ? text(pieces.last().last().y()) : QStringLiteral("–");
    plain += line.name + QLatin1Char(' ') + now;
    marked += QStringLiteral("<span style=\"color:%1\">●</span>&nbsp;%2&nbsp;<b>%3</b>")
                  .arg(line.color.name(), line.name, now);
  }
  legend->setText(marked.join(QStringLiteral("&nbsp;&nbsp; ")));
  view->setAccessibleDescription(plain.join(QStringLiteral(", ")));
}

void LineChart::Private::take_palette(const QPalette& palette) {
  const QColor text = palette.color(QPalette::WindowText);
  QColor grid = text;
  grid.setAlphaF(0.14F);
  chart->setBackgroundBrush(palette.color(QPalette::Base));
  for (QCategoryAxis* axis : {time, value}) {
    axis->setLabelsColor(text);
    axis->setGridLineColor(grid);
    axis->setLinePenColor(grid);
  }
}

LineChart::LineChart(const QString& title, Quantity quantity, std::uint32_t seconds,
                     const QList<Line>& lines, QWidget* parent)
    : QWidget(parent), private_(new Private) {
  Private& p = *private_;
  p.quantity = quantity;
  p.chart = new QChart;
  p.chart->setBackgroundRoundness(0);
  p.chart->setMargins(QMargins(0, 10, 18, 0));
  p.chart->layout()->setContentsMargins(0, 0, 0, 0);
  p.chart->legend()->hide();
  p.time = make_axis();
  p.value = make_axis();
  p.chart->addAxis(p.time, Qt::AlignBottom);
  p.chart->addAxis(p.value, Qt::AlignLeft);
  for (const Line& line : lines) p.lines.push_back({line, {}});
  set_scale(p.time, time_scale(seconds));
  set_scale(p.value, quantity == Quantity::duration ? duration_scale(1e5, 1e7) : rate_scale(0));

  auto* heading = new QLabel(title);
  QFont bold = heading->font();
  bold.setBold(true);
  heading->setFont(bold);
  p.legend = new QLabel;
  p.legend->setTextFormat(Qt::RichText);
  p.view = new QChartView(p.chart);
  p.view->setRenderHint(QPainter::Antialiasing);
  p.view->setFrameShape(QFrame::NoFrame);
  p.view->setFocusPolicy(Qt::NoFocus);
  p.view->setAccessibleName(title);

  auto* head = new QHBoxLayout;
  head->setContentsMargins(0, 0, 6, 0);
  head->addWidget(heading);
  head->addStretch(1);
  head->addWidget(p.legend);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(head);
  layout->addWidget(p.view, 1);
  p.take_palette(palette());
  p.describe(QList<Pieces>(lines.size()));
}

LineChart::~LineChart() = default;

void LineChart::show_lines(const QList<Pieces>& lines) {
  for (std::size_t i = 0; i < private_->lines.size(); ++i) {
    private_->show_pieces(private_->lines[i], lines[static_cast<qsizetype>(i)]);
  }
  private_->fit(lines);
  private_->describe(lines);
}

void LineChart::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) private_->take_palette(palette());
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
