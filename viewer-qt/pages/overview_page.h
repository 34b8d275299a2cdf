// SPDX-License-Identifier: GPL-3.0-or-later
// The first page: how it is going, where the time goes, and the last day.
#pragma once

#include <QList>
#include <QScrollArea>
#include <cstdint>
#include <string>

#include "viewer-qt/charts/time_view.h"
#include "viewer-qt/look.h"

namespace goxel_telemetry::viewer {

class FigurePanel;
class FlowGrid;
class LayerBars;
class TimeChart;
class TimeRuler;

class OverviewPage : public QScrollArea {
  Q_OBJECT
 public:
  explicit OverviewPage(QWidget* parent = nullptr);

  // `stack`: the selected one; empty: all.
  void show_frame(const Frame& frame, const std::string& stack);
  void show_day(const Day& day);
  void show_marks(const QList<Mark>& marks);
  // What the charts above show, as a stretch of the day.
  void outline(const metrics::TimeStretch& shown);

 Q_SIGNALS:
  void range_chosen(const metrics::TimeStretch& stretch);

 private:
  FlowGrid* grid_;
  QList<FigurePanel*> panels_;
  LayerBars* layers_;
  std::uint64_t shown_revision_ = 0;
  std::string shown_stack_;
  TimeView day_view_;
  TimeChart* day_;
  TimeRuler* day_ruler_;
};

}  // namespace goxel_telemetry::viewer
