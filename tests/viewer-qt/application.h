// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: Qt's one application, which widgets and signals between threads need.
#pragma once

#include <gtest/gtest.h>
#include <QApplication>
#include <memory>

namespace goxel_telemetry::viewer {

inline std::unique_ptr<QApplication>& application_slot() {
  static std::unique_ptr<QApplication> slot;
  return slot;
}

inline QApplication& application() {
  static int count = 1;
  static char name[] = "viewer-test";
  static char* arguments[] = {name, nullptr};
  std::unique_ptr<QApplication>& slot = application_slot();
  if (!slot) slot = std::make_unique<QApplication>(count, arguments);
  return *slot;
}

// It must end before the statics of Qt's libraries do: its input devices, which keys and focus make, use them.
class EndsApplication : public testing::Environment {
 public:
  void TearDown() override { application_slot().reset(); }
};
inline testing::Environment* const ends_application =
    testing::AddGlobalTestEnvironment(new EndsApplication);

}  // namespace goxel_telemetry::viewer
