// SPDX-License-Identifier: GPL-3.0-or-later
// What panels, their headings and tables have in common.
#pragma once

#include <QFrame>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

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

// Tables are read, not edited, and Tab leaves them.
inline void make_read_only(QAbstractItemView& view) {
  view.setAlternatingRowColors(true);
  view.setEditTriggers(QAbstractItemView::NoEditTriggers);
  view.setTabKeyNavigation(false);
  view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
}
inline void make_read_only(QTableView& table) {
  make_read_only(static_cast<QAbstractItemView&>(table));
  table.setShowGrid(false);
  table.setWordWrap(false);
  table.verticalHeader()->hide();
  table.horizontalHeader()->setHighlightSections(false);
}

}  // namespace goxel_telemetry::viewer
