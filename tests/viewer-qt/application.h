// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: Qt's one application, which widgets and signals between threads need.
#pragma once

#include <QApplication>

namespace goxel_telemetry::viewer {

inline QApplication& application() {
  static int count = 1;
  static char name[] = "viewer-test";
  static char* arguments[] = {name, nullptr};
  // Not destroyed: at exit, what it needs of Qt's own statics is gone before it would be.
  static auto* const instance = new QApplication(count, arguments);
  return *instance;
}

}  // namespace goxel_telemetry::viewer
