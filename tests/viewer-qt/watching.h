// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the window and what reads for it, as the program has them, and what a user sees there.
#pragma once

#include <QLabel>
#include <QTabWidget>
#include <functional>
#include <string>

#include "tests/integration/watched_daemon.h"
#include "tests/viewer-qt/application.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/pages/value_label.h"

namespace goxel_telemetry::viewer {

class Watching {
 public:
  // An empty `instance`: the only one.
  explicit Watching(const std::string& instance)
      : application_(application()),
        window_(QString::fromStdString(instance)),
        source_(QString::fromStdString(instance), QString()) {
    connect(source_, window_);
    window_.show();
  }

  // False if it does not become true within a minute.
  static bool until(const std::function<bool()>& condition) {
    return integration::eventually([&] {
      QApplication::processEvents();
      return condition();
    });
  }

  MainWindow& window() { return window_; }
  std::string title() const { return window_.windowTitle().toStdString(); }
  std::string badge() const {
    return window_.findChild<ValueLabel*>(QStringLiteral("badge"))->text().toStdString();
  }
  std::string facts() const {
    return window_.findChild<QLabel*>(QStringLiteral("facts"))->text().toStdString();
  }
  bool is_live() const { return badge().starts_with("● Live"); }
  bool says(const std::string& text) const {
    for (const QLabel* label : window_.findChildren<QLabel*>()) {
      if (label->isVisibleTo(&window_) && label->text().contains(QString::fromStdString(text)))
        return true;
    }
    return false;
  }
  std::string figure(const char* name) const {
    for (const ValueLabel* label : window_.findChildren<ValueLabel*>()) {
      if (label->accessibleName() == QLatin1String(name)) return label->text().toStdString();
    }
    return "there is no such figure";
  }
  std::string open_page() const {
    const auto* tabs = window_.findChild<QTabWidget*>();
    return tabs->tabText(tabs->currentIndex()).toStdString();
  }

  const Plot& plot() const {
    static const Plot none;
    for (const TimeChart* chart : window_.findChildren<TimeChart*>()) {
      if (chart->accessibleName() == QLatin1String("Latency")) return chart->plot();
    }
    return none;
  }
  std::uint64_t charted_records() const {
    std::uint64_t sum = 0;
    if (plot().points == nullptr) return sum;
    for (const TimePoint& point : plot().points->points) sum += point.records;
    return sum;
  }
  // By their signs.
  std::string marks() const {
    QString signs;
    for (const Mark& mark : plot().marks) signs += glyph(mark.kind);
    return signs.toStdString();
  }

 private:
  QApplication& application_;
  MainWindow window_;
  LiveSource source_;
};

}  // namespace goxel_telemetry::viewer
