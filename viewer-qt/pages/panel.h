// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel looks like: a frame with the background of what is read.
#pragma once

#include <QFrame>
#include <QLabel>

namespace goxel_telemetry::viewer {

inline void make_panel(QFrame& frame) {
  frame.setFrameShape(QFrame::StyledPanel);
  frame.setAutoFillBackground(true);
  frame.setBackgroundRole(QPalette::Base);
}

inline QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  QFont bold = label->font();
  bold.setBold(true);
  label->setFont(bold);
  label->setTextFormat(Qt::PlainText);
  return label;
}

}  // namespace goxel_telemetry::viewer
