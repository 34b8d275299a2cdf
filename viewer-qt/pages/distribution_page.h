// SPDX-License-Identifier: GPL-3.0-or-later
// How long the requests of the selection took: in words, as a histogram, and over time.
#pragma once

#include <QWidget>
#include <cstdint>
#include <optional>
#include <string>

#include "metrics/time.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/selection.h"

class QLabel;

namespace goxel_telemetry::viewer {

class HeatMap;
class HistogramChart;
class TimePanel;

class DistributionPage : public QWidget {
  Q_OBJECT
 public:
  explicit DistributionPage(QWidget* parent = nullptr);

  // The heat map shows the time that these charts show, below it. They outlive the page.
  void stand_below(TimePanel* charts);
  // Keeps brush, pointer and focus.
  void show(const Distribution& shown);
  // What is brushed, as if by hand, but without a signal: durations in the histogram, both in the heat map.
  void set_brush(const std::optional<Durations>& durations,
                 const std::optional<metrics::TimeStretch>& time);

  HistogramChart& histogram() { return *histogram_; }
  HeatMap& heat_map() { return *heat_map_; }

 Q_SIGNALS:
  // Both ends of durations belong to it (UINT64_MAX: no upper end), the end of time does not.
  void durations_chosen(std::uint64_t low_ns, std::uint64_t high_ns);
  void picked(std::uint64_t from_ns, std::uint64_t to_ns, std::uint64_t low_ns,
              std::uint64_t high_ns);
  void brush_cleared();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void line_up();
  QWidget* make_controls();

  QLabel* summary_;
  HistogramChart* histogram_;
  HeatMap* heat_map_;
  TimePanel* charts_ = nullptr;
  std::optional<DurationGrid> grid_;
  std::string operation_;
};

}  // namespace goxel_telemetry::viewer
