// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/distribution_page.h"

#include <QButtonGroup>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QRadioButton>
#include <QSplitter>
#include <QVBoxLayout>

#include "viewer-qt/charts/heat_map.h"
#include "viewer-qt/charts/histogram_chart.h"
#include "viewer-qt/pages/time_panel.h"

namespace goxel_telemetry::viewer {
namespace {

// Two choices, of which the first holds.
QButtonGroup* add_choice(QHBoxLayout* row, const QString& first, const QString& second,
                         const QString& first_help, const QString& second_help) {
  auto* group = new QButtonGroup(row);
  auto* one = new QRadioButton(first);
  auto* other = new QRadioButton(second);
  one->setToolTip(first_help);
  other->setToolTip(second_help);
  one->setChecked(true);
  group->addButton(one, 0);
  group->addButton(other, 1);
  row->addWidget(one);
  row->addWidget(other);
  return group;
}

}  // namespace

DistributionPage::DistributionPage(QWidget* parent)
    : QWidget(parent),
      summary_(new QLabel),
      histogram_(new HistogramChart),
      heat_map_(new HeatMap) {
  summary_->setTextFormat(Qt::PlainText);
  summary_->setWordWrap(true);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);

  auto* charts = new QSplitter(Qt::Vertical);
  charts->setChildrenCollapsible(false);
  charts->addWidget(histogram_);
  charts->addWidget(heat_map_);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(summary_);
  layout->addWidget(make_controls());
  layout->addWidget(charts, 1);

  connect(histogram_, &HistogramChart::durations_chosen, this,
          [this](std::uint64_t low_ns, std::uint64_t high_ns) {
            heat_map_->set_brush(std::nullopt);
            Q_EMIT durations_chosen(low_ns, high_ns);
          });
  connect(heat_map_, &HeatMap::picked, this,
          [this](std::uint64_t from_ns, std::uint64_t to_ns, std::uint64_t low_ns,
                 std::uint64_t high_ns) {
            histogram_->set_brush(CellChart::Area{{}, {low_ns, high_ns}});
            Q_EMIT picked(from_ns, to_ns, low_ns, high_ns);
          });
  for (CellChart* chart :
       {static_cast<CellChart*>(histogram_), static_cast<CellChart*>(heat_map_)}) {
    connect(chart, &CellChart::brush_cleared, this, [this] {
      set_brush(std::nullopt, std::nullopt);
      Q_EMIT brush_cleared();
    });
  }
}

void DistributionPage::stand_below(TimePanel* charts) {
  charts_ = charts;
  heat_map_->installEventFilter(this);
  connect(charts, &TimePanel::plots_moved, this, &DistributionPage::line_up);
  connect(&charts->view(), &TimeView::shown_changed, this, &DistributionPage::line_up);
}

// The page is not where the charts are: both are in the window at places of their own.
void DistributionPage::line_up() {
  if (!heat_map_->isVisible()) return;
  const int left = heat_map_->mapToGlobal(QPoint()).x();
  charts_->begin_plots_after(left + heat_map_->wanted_left_margin());
  heat_map_->set_range(charts_->view().shown());
  heat_map_->set_plot_margins(charts_->plots_left() - left,
                              left + heat_map_->width() - charts_->plots_right());
}

bool DistributionPage::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::Show) line_up();
  return QWidget::eventFilter(watched, event);
}

QWidget* DistributionPage::make_controls() {
  auto* controls = new QWidget;
  auto* row = new QHBoxLayout(controls);
  row->setContentsMargins(0, 0, 0, 0);
  const QButtonGroup* quantity = add_choice(row, tr("Counts"), tr("Time spent"),
                                            tr("A bar's height is how many requests took so long"),
                                            tr("A bar's height is how long its requests took "
                                               "together, to 0.8 %; all bars together are exact"));
  row->addSpacing(fontMetrics().averageCharWidth() * 4);
  const QButtonGroup* scale = add_choice(
      row, tr("Linear"), tr("Log"), tr("Twice as high is twice as much"),
      tr("Each line of the grid is ten times the one below it: few requests show beside many"));
  row->addStretch(1);
  connect(quantity, &QButtonGroup::idClicked, this, [this](int id) {
    histogram_->set_quantity(id == 0 ? HistogramChart::Quantity::count
                                     : HistogramChart::Quantity::time);
  });
  connect(scale, &QButtonGroup::idClicked, this, [this](int id) {
    histogram_->set_scale(id == 0 ? HistogramChart::Scale::linear : HistogramChart::Scale::log);
  });
  return controls;
}

void DistributionPage::show(const Distribution& shown) {
  if (shown.operation != operation_) grid_.reset();
  operation_ = shown.operation;
  grid_ = grid_for(shown, grid_);
  const QString sentence = summary(shown);
  if (summary_->text() != sentence) summary_->setText(sentence);
  histogram_->show(shown, *grid_);
  heat_map_->show(shown, *grid_);
}

void DistributionPage::set_brush(const std::optional<Durations>& durations,
                                 const std::optional<metrics::TimeStretch>& time) {
  std::optional<CellChart::Area> in_histogram;
  std::optional<CellChart::Area> in_heat_map;
  if (durations) in_histogram = CellChart::Area{{}, *durations};
  if (durations && time) in_heat_map = CellChart::Area{*time, *durations};
  histogram_->set_brush(in_histogram);
  heat_map_->set_brush(in_heat_map);
}

}  // namespace goxel_telemetry::viewer
