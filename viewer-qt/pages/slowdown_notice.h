// SPDX-License-Identifier: GPL-3.0-or-later
// A line that names what has got slower while somebody watched something else. It takes neither page nor focus, and goes
// away when it is no longer so, or when it is told to.
#pragma once

#include <QFrame>

#include "viewer-qt/models/slowdown.h"

class QToolButton;

namespace goxel_telemetry::viewer {

class ElidedLabel;

class SlowdownNotice : public QFrame {
  Q_OBJECT
 public:
  explicit SlowdownNotice(QWidget* parent = nullptr);

  // Null: there is nothing. What was put away stays away until it is another one.
  void show_slowdown(const SlowdownPointer& slowdown);

 Q_SIGNALS:
  // What changed shall be shown.
  void opened();

 private:
  ElidedLabel* text_;
  QToolButton* open_;
  QToolButton* put_away_;
};

}  // namespace goxel_telemetry::viewer
