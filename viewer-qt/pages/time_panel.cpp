// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/time_panel.h"

#include <QVBoxLayout>
#include <algorithm>

#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/charts/time_ruler.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/panel.h"

namespace goxel_telemetry::viewer {

TimePanel::TimePanel(QWidget* parent) : QFrame(parent) {
  make_panel(*this);
  latency_ = new TimeChart(
      tr("Latency"), Quantity::duration,
      {{QStringLiteral("p50"), theme::Ink::p50, &TimePoint::p50_ns, nullptr, {}, true},
       {QStringLiteral("p99"), theme::Ink::p99, &TimePoint::p99_ns, &TimePoint::max_ns, tr("max"),
        true}},
      &view_);
  throughput_ = new TimeChart(
      tr("Throughput"), Quantity::rate,
      {{tr("all"), theme::Ink::operations, &TimePoint::per_second, &TimePoint::most_per_second,
        tr("peak"), false},
       {tr("not ok"), theme::Ink::failures, &TimePoint::failed_per_second, nullptr, {}, false}},
      &view_);
  ruler_ = new TimeRuler(&view_);
  connect(latency_, &TimeChart::plot_moved, this, &TimePanel::plots_moved);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(latency_, 5);
  rows->addWidget(throughput_, 4);
  rows->addWidget(ruler_);
}

void TimePanel::show_view(const View& view) {
  view_.show(view.range, view.look.selection.is_live());
  ruler_->set_step(view.points->point_ns);
  for (TimeChart* chart : {latency_, throughput_}) chart->show_points(view.points, view.is_new);
}

void TimePanel::show_marks(const QList<Mark>& marks) {
  for (TimeChart* chart : {latency_, throughput_}) chart->show_marks(marks);
}

void TimePanel::show_frame(const Frame& frame) {
  const metrics::Targets* targets = frame.layers == nullptr ? nullptr : &frame.layers->targets;
  const auto unless_zero = [](double value) {
    return value == 0 ? std::nullopt : std::optional(value);
  };
  latency_->show_target(targets == nullptr ? std::nullopt
                                           : unless_zero(static_cast<double>(targets->latency_ns)));
  throughput_->show_target(targets == nullptr ? std::nullopt
                                              : unless_zero(targets->operations_per_second));
}

void TimePanel::show_selection(const Selection& selection) {
  const QString what =
      selection.operation.empty() ? QString() : QStringLiteral(" – ") + shown(selection.operation);
  latency_->set_title(tr("Latency") + what);
  throughput_->set_title(tr("Throughput") + what);
}

void TimePanel::toggle_lock() {
  const bool lock = !latency_->is_axis_locked();
  for (TimeChart* chart : {latency_, throughput_}) chart->lock_axis(lock);
}

void TimePanel::toggle_logarithmic() {
  latency_->set_logarithmic(!latency_->is_logarithmic());
}

int TimePanel::plots_left() const {
  return latency_->mapToGlobal(latency_->plot_area().topLeft().toPoint()).x();
}

int TimePanel::plots_right() const {
  return latency_->mapToGlobal(latency_->plot_area().topRight().toPoint()).x();
}

void TimePanel::begin_plots_after(int screen_x) {
  view_.need_label_room(screen_x - latency_->mapToGlobal(QPoint()).x());
}

std::uint32_t TimePanel::columns() const {
  // A column for each two pixels: lines have room to go up and down.
  return static_cast<std::uint32_t>(std::clamp(width() / 2, 120, 1'200));
}

void TimePanel::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  Q_EMIT columns_changed();
}

}  // namespace goxel_telemetry::viewer
