// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/roomy_column.h"

#include <QAbstractItemView>
#include <QEvent>
#include <QHeaderView>
#include <algorithm>

namespace goxel_telemetry::viewer {

RoomyColumn::RoomyColumn(QAbstractItemView* view, QHeaderView* header, int column, int least_chars)
    : QObject(view), view_(view), header_(header), column_(column), least_chars_(least_chars) {
  view->viewport()->installEventFilter(this);
  header->setStretchLastSection(false);
  connect(header, &QHeaderView::sectionResized, this, [this](int section) {
    if (section != column_) fit();
  });
  fit();
}

bool RoomyColumn::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) fit();
  return QObject::eventFilter(watched, event);
}

void RoomyColumn::fit() {
  const int others = header_->length() - header_->sectionSize(column_);
  const int least = view_->fontMetrics().averageCharWidth() * least_chars_;
  header_->resizeSection(column_, std::max(least, view_->viewport()->width() - others));
}

}  // namespace goxel_telemetry::viewer
