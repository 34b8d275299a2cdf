// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/overview_page.h"

#include <QVBoxLayout>

#include "viewer-qt/charts/layer_bars.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/charts/time_ruler.h"
#include "viewer-qt/models/figures.h"
#include "viewer-qt/pages/figure_panel.h"
#include "viewer-qt/pages/flow_grid.h"
#include "viewer-qt/pages/panel.h"

namespace goxel_telemetry::viewer {
namespace {

QFrame* panel_around(const QString& title, QWidget* content) {
  auto* panel = new QFrame;
  make_panel(*panel);
  auto* rows = new QVBoxLayout(panel);
  rows->setContentsMargins(10, 6, 10, 8);
  rows->setSpacing(1);
  rows->addWidget(heading(title));
  rows->addWidget(content);
  return panel;
}

}  // namespace

OverviewPage::OverviewPage(QWidget* parent) : QScrollArea(parent), grid_(new FlowGrid) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Overview"));
  auto* page = new QWidget;
  auto* rows = new QVBoxLayout(page);
  rows->setContentsMargins(8, 8, 8, 8);
  rows->addWidget(grid_);
  const QList<FigureGroup> groups = figure_groups({}, nullptr);
  layers_ = new LayerBars;
  for (qsizetype i = 0; i < groups.size(); ++i) {
    auto* panel = new FigurePanel;
    panel->show_group(groups[i]);
    panels_ += panel;
    grid_->add(panel);
    if (i == 1) grid_->add(panel_around(tr("Where the time goes, last minute"), layers_));
  }
  day_ = new TimeChart(
      tr("Last 24 hours"), Quantity::duration,
      {{QStringLiteral("p50"), theme::Ink::p50, &TimePoint::p50_ns, nullptr, {}, true},
       {QStringLiteral("p99"), theme::Ink::p99, &TimePoint::p99_ns, &TimePoint::max_ns, tr("max"),
        true}},
      &day_view_);
  day_ruler_ = new TimeRuler(&day_view_);
  day_->setMinimumHeight(day_->fontMetrics().height() * 7);
  auto* day_panel = new QFrame;
  make_panel(*day_panel);
  auto* day_rows = new QVBoxLayout(day_panel);
  day_rows->setContentsMargins(0, 0, 0, 0);
  day_rows->setSpacing(0);
  day_rows->addWidget(day_);
  day_rows->addWidget(day_ruler_);
  rows->addWidget(day_panel, 1);
  setWidget(page);
  page->setBackgroundRole(QPalette::Window);
  connect(&day_view_, &TimeView::wanted, this,
          [this](const metrics::TimeStretch& stretch, bool is_step) {
            if (is_step) Q_EMIT range_chosen(stretch);
          });
  connect(&day_view_, &TimeView::looked_into, this, [this](std::uint64_t moment) {
    constexpr std::uint64_t kAroundNs = 300 * metrics::kNsPerSecond;
    Q_EMIT range_chosen({moment - std::min(moment, kAroundNs), moment + kAroundNs});
  });
}

void OverviewPage::show_frame(const Frame& frame, const std::string& stack) {
  if (frame.revision == shown_revision_ && stack == shown_stack_) {
    const QList<Figure> quick = quick_figures(frame.snapshot, frame.layers.get());
    for (FigurePanel* panel : panels_) panel->show_figures(quick);
    return;
  }
  shown_revision_ = frame.revision;
  shown_stack_ = stack;
  const QList<FigureGroup> groups = figure_groups(frame.snapshot, frame.layers.get());
  for (qsizetype i = 0; i < panels_.size(); ++i) panels_[i]->show_group(groups[i]);
  layers_->show_layers(frame.layers, metrics::Window::one_minute, stack);
}

void OverviewPage::show_day(const Day& day) {
  day_view_.show(day.range, true);
  day_ruler_->set_step(day.points->point_ns);
  day_->show_points(day.points, false);
}

void OverviewPage::show_marks(const QList<Mark>& marks) {
  day_->show_marks(marks);
}

void OverviewPage::outline(const metrics::TimeStretch& shown) {
  day_view_.set_outline(shown);
}

}  // namespace goxel_telemetry::viewer
