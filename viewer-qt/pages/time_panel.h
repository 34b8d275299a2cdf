// SPDX-License-Identifier: GPL-3.0-or-later
// The charts of the selection, one below the other, with the clock that they share.
#pragma once

#include <QFrame>
#include <QList>

#include "viewer-qt/charts/time_view.h"
#include "viewer-qt/look.h"

namespace goxel_telemetry::viewer {

class TimeChart;
class TimeRuler;

class TimePanel : public QFrame {
  Q_OBJECT
 public:
  explicit TimePanel(QWidget* parent = nullptr);

  TimeView& view() { return view_; }
  void show_view(const View& view);
  void show_marks(const QList<Mark>& marks);
  void show_frame(const Frame& frame);
  // The operation's name, or "all operations", stands in the titles.
  void show_selection(const Selection& selection);
  void toggle_lock();
  void toggle_logarithmic();
  // Where all plots lie, as x of the screen.
  int plots_left() const;
  int plots_right() const;
  // They begin there or later, from now on.
  void begin_plots_after(int screen_x);
  // How many columns a chart has room for.
  std::uint32_t columns() const;

 Q_SIGNALS:
  void columns_changed();
  void plots_moved();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  TimeView view_;
  TimeChart* latency_;
  TimeChart* throughput_;
  TimeRuler* ruler_;
};

}  // namespace goxel_telemetry::viewer
