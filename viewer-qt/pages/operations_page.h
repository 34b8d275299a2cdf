// SPDX-License-Identifier: GPL-3.0-or-later
// The table of operations, with a field to find some by name.
#pragma once

#include <QWidget>

#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/selection.h"

class QLabel;
class QLineEdit;
class QTreeView;

namespace goxel_telemetry::viewer {

class OperationsPage : public QWidget {
  Q_OBJECT
 public:
  explicit OperationsPage(QWidget* parent = nullptr);

  // `stretch`: in words, what the numbers are of.
  void show_groups(const std::vector<OperationGroup>& groups, const QString& stretch);
  // The row of the selected operation is the current one.
  void show_selection(const Selection& selection);
  void find();  // the field gets the focus

 Q_SIGNALS:
  // Empty members stand for any.
  void chosen(const metrics::OperationKey& key);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void size_columns();
  void choose(const QModelIndex& index);

  OperationsModel model_;
  QTreeView* table_;
  QLineEdit* filter_;
  QLabel* stretch_;
  std::string selected_;
};

}  // namespace goxel_telemetry::viewer
