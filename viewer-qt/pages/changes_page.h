// SPDX-License-Identifier: GPL-3.0-or-later
// What changed, in words and as a table: the selection against the time before it.
#pragma once

#include <QWidget>
#include <memory>

#include "metrics/operation_key.h"
#include "viewer-qt/models/changes.h"

class QLabel;
class QTableView;

namespace goxel_telemetry::viewer {

class ChangesPage : public QWidget {
  Q_OBJECT
 public:
  explicit ChangesPage(QWidget* parent = nullptr);

  void show_changes(std::shared_ptr<const Changes> changes);

 Q_SIGNALS:
  // Operation, layer and stack of a row.
  void chosen(const metrics::OperationKey& key);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void size_columns();

  ChangesModel model_;
  QLabel* words_;
  QTableView* table_;
  QLabel* rates_;
};

}  // namespace goxel_telemetry::viewer
