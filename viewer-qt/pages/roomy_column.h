// SPDX-License-Identifier: GPL-3.0-or-later
// Gives a table's column of names all the room that the other columns leave, and never less than names need to be told
// apart: if there is less, the table is scrolled.
#pragma once

#include <QObject>

class QAbstractItemView;
class QHeaderView;

namespace goxel_telemetry::viewer {

class RoomyColumn : public QObject {
  Q_OBJECT
 public:
  // `header` is the view's horizontal one. Lives as long as the view does.
  RoomyColumn(QAbstractItemView* view, QHeaderView* header, int column, int least_chars);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fit();

  QAbstractItemView* view_;
  QHeaderView* header_;
  int column_;
  int least_chars_;
};

}  // namespace goxel_telemetry::viewer
