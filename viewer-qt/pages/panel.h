// SPDX-License-Identifier: GPL-3.0-or-later
// What panels, their headings and tables have in common.
#pragma once

#include <QFrame>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
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
// Of rows, one of which is chosen.
inline QTableView* table_of(QAbstractItemModel* model, const QString& name) {
  auto* table = new QTableView;
  table->setModel(model);
  make_read_only(*table);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setAccessibleName(name);
  return table;
}

// `update` changes rows. Who reads further down goes on to; who is at the top sees what is new.
template <class Update>
void keep_place(QTableView& table, const Update& update) {
  const int left = table.horizontalScrollBar()->value();
  const bool is_at_top = table.verticalScrollBar()->value() == 0;
  const QPersistentModelIndex top = table.indexAt(QPoint(0, 0));
  update();
  if (!is_at_top && top.isValid()) table.scrollTo(top, QAbstractItemView::PositionAtTop);
  table.horizontalScrollBar()->setValue(left);
}

// Text that is wrapped and may be copied.
inline QLabel* text_label() {
  auto* label = new QLabel;
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

}  // namespace goxel_telemetry::viewer
