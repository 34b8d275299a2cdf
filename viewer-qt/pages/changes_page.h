// SPDX-License-Identifier: GPL-3.0-or-later
// What changed, in words and as a table: the selection against the time before it, or against a baseline.
#pragma once

#include <QWidget>
#include <memory>
#include <string>

#include "metrics/operation_key.h"
#include "viewer-qt/models/changes.h"

class QLabel;
class QTableView;

namespace goxel_telemetry::viewer {

class ElidedBox;

class ChangesPage : public QWidget {
  Q_OBJECT
 public:
  explicit ChangesPage(QWidget* parent = nullptr);

  void show_changes(std::shared_ptr<const Changes> changes);
  // What can be chosen. A choice stays, also if it is not among them any more.
  void show_baselines(const KnownBaselines& known);
  // As if it had been chosen.
  void choose_stretch_before();

 Q_SIGNALS:
  // Operation, layer and stack of a row.
  void chosen(const metrics::OperationKey& key);
  // Its name; empty: the stretch before.
  void baseline_chosen(const std::string& name);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void size_columns();
  void add_against(const QString& text, const std::string& name);

  ChangesModel model_;
  KnownBaselines known_;
  ElidedBox* against_;
  QLabel* note_;  // on the baselines
  QLabel* words_;
  QTableView* table_;
  QLabel* rates_;
};

}  // namespace goxel_telemetry::viewer
