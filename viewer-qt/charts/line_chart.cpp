// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/line_chart.h"

#include <QApplication>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QLegendMarker>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QVBoxLayout>
#include <QValueAxis>
#include <algorithm>
#include <cmath>
#include <vector>

namespace goxel_telemetry::viewer {

// A line is as many series as it ever had pieces; those that are not needed are empty. The first
// carries the legend.
struct LineChart::Private {
  struct Line {
    QString name;
    QColor color;
    std::vector<QLineSeries*> pieces;
    double least = 0;
    double most = 0;
    bool shown = false;
  };
  Scale scale;
  QChart* chart;
  QValueAxis* time;
  QAbstractAxis* value;
  std::vector<Line> lines;

  QLineSeries* add_piece(Line& line) {
    auto* series = new QLineSeries(chart);
    series->setName(line.name);
    series->setPen(QPen(line.color, 2));
    chart->addSeries(series);
    series->attachAxis(time);
    series->attachAxis(value);
    for (QLegendMarker* marker : chart->legend()->markers(series)) {
      marker->setVisible(line.pieces.empty());
    }
    line.pieces.push_back(series);
    return series;
  }
};

LineChart::LineChart(const QString& title, const QString& unit, Scale scale, std::uint32_t seconds,
                     QWidget* parent)
    : QWidget(parent), private_(new Private{scale, new QChart, new QValueAxis, nullptr, {}}) {
  QChart* chart = private_->chart;
  const QPalette palette = QApplication::palette();
  const QColor text = palette.color(QPalette::WindowText);
  QColor grid = text;
  grid.setAlphaF(0.15F);
  chart->setTitle(title);
  chart->setTitleBrush(text);
  chart->setBackgroundBrush(palette.color(QPalette::Base));
  chart->setBackgroundRoundness(0);
  chart->setMargins(QMargins(4, 0, 8, 0));
  chart->layout()->setContentsMargins(0, 0, 0, 0);
  chart->legend()->setAlignment(Qt::AlignTop);
  chart->legend()->setLabelColor(text);

  private_->time->setRange(-static_cast<double>(seconds), 0);
  private_->time->setTickCount(5);
  private_->time->setLabelFormat(QStringLiteral("%.0f s"));
  chart->addAxis(private_->time, Qt::AlignBottom);
  if (scale == Scale::logarithmic) {
    auto* axis = new QLogValueAxis;
    axis->setBase(10);
    axis->setLabelFormat(QStringLiteral("%g"));
    axis->setMinorTickCount(-1);
    axis->setRange(0.01, 10);
    private_->value = axis;
  } else {
    auto* axis = new QValueAxis;
    axis->setLabelFormat(QStringLiteral("%.0f"));
    axis->setRange(0, 10);
    private_->value = axis;
  }
  private_->value->setTitleText(unit);
  chart->addAxis(private_->value, Qt::AlignLeft);
  for (QAbstractAxis* axis : {static_cast<QAbstractAxis*>(private_->time), private_->value}) {
    axis->setLabelsColor(text);
    axis->setTitleBrush(text);
    axis->setGridLineColor(grid);
    axis->setLinePenColor(grid);
  }

  auto* view = new QChartView(chart);
  view->setRenderHint(QPainter::Antialiasing);
  view->setFrameShape(QFrame::NoFrame);
  view->setAccessibleName(title);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(view);
}

LineChart::~LineChart() = default;

void LineChart::add_line(const QString& name, const QColor& color) {
  private_->lines.push_back({name, color, {}, 0, 0, false});
  private_->add_piece(private_->lines.back());
}

void LineChart::set_line(int number, const Pieces& pieces) {
  Private::Line& line = private_->lines[static_cast<std::size_t>(number)];
  line.shown = false;
  std::size_t used = 0;
  for (const QList<QPointF>& piece : pieces) {
    QList<QPointF> points;
    for (const QPointF& point : piece) {
      if (private_->scale == Scale::logarithmic && point.y() <= 0) continue;
      points.append(point);
      line.least = line.shown ? std::min(line.least, point.y()) : point.y();
      line.most = line.shown ? std::max(line.most, point.y()) : point.y();
      line.shown = true;
    }
    // A second by itself is a short dash, or nobody would see it.
    if (points.size() == 1) points.append(points.first() + QPointF(0.5, 0));
    QLineSeries* series = used < line.pieces.size() ? line.pieces[used] : private_->add_piece(line);
    series->replace(points);
    ++used;
  }
  for (; used < line.pieces.size(); ++used) line.pieces[used]->clear();
}

void LineChart::rescale() {
  double least = 0;
  double most = 0;
  bool any = false;
  for (const Private::Line& line : private_->lines) {
    if (!line.shown) continue;
    least = any ? std::min(least, line.least) : line.least;
    most = any ? std::max(most, line.most) : line.most;
    any = true;
  }
  if (!any) return;
  if (private_->scale == Scale::logarithmic) {
    const double low = std::pow(10.0, std::floor(std::log10(least)));
    const double high = std::pow(10.0, std::ceil(std::log10(most) + 1e-9));
    private_->value->setRange(low, std::max(high, low * 10));
  } else {
    auto* axis = static_cast<QValueAxis*>(private_->value);
    axis->setRange(0, std::max(most * 1.1, 1.0));
    axis->applyNiceNumbers();
  }
}

}  // namespace goxel_telemetry::viewer
