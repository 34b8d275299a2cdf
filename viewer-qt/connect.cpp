// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/connect.h"

#include "viewer-qt/alert_source.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"

namespace goxel_telemetry::viewer {

void connect(LiveSource& source, MainWindow& window) {
  QObject::connect(&source, &LiveSource::refreshed, &window, &MainWindow::show_frame);
  QObject::connect(&source, &LiveSource::answered, &window, &MainWindow::show_view);
  QObject::connect(&source, &LiveSource::day_passed, &window, &MainWindow::show_day);
  QObject::connect(&source, &LiveSource::traced, &window, &MainWindow::show_trace);
  QObject::connect(&source, &LiveSource::died, &window, &MainWindow::show_end);
  QObject::connect(&window, &MainWindow::trace_wanted, &source, &LiveSource::trace);
  QObject::connect(&source, &LiveSource::got_slower, &window, &MainWindow::show_slowdown);
  QObject::connect(&source, &LiveSource::slowdown_changed, &window, &MainWindow::note_slowdown);
  QObject::connect(&source, &LiveSource::looked_around, &window, &MainWindow::show_instances);
  QObject::connect(&window, &MainWindow::instance_chosen, &source, &LiveSource::watch);
  QObject::connect(&window, &MainWindow::looks_at, &source, &LiveSource::look_at);
  QObject::connect(&window, &MainWindow::shown_changed, &source, &LiveSource::show_values);
  QObject::connect(&window, &MainWindow::note_written, &source, &LiveSource::note);
}

void connect(AlertSource& source, MainWindow& window) {
  QObject::connect(&source, &AlertSource::told, &window, &MainWindow::show_alerts);
  QObject::connect(&window, &MainWindow::instance_seen, &source, &AlertSource::watch);
  QObject::connect(&window, &MainWindow::alert_judged, &source, &AlertSource::judge);
}

}  // namespace goxel_telemetry::viewer
