// SPDX-License-Identifier: GPL-3.0-or-later
// What changed between a stretch of time and the one before it, or a baseline, and the table that shows it: by operation and layer, what
// added most time first.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/comparison/added_time.h"
#include "metrics/time.h"
#include "viewer-qt/models/baseline_title.h"

namespace goxel_telemetry::viewer {

struct Changes {
  std::optional<BaselineTitle> baseline;  // that stands before; empty: the stretch before does
  metrics::TimeStretch before;
  metrics::TimeStretch after;
  std::optional<metrics::AddedTime>
      found;  // empty: one of the stretches was not watched, or nothing came in it
  // The stretch was chosen from several because time was added in it; empty: the user chose it.
  int looked_at = 0;

  // Of a comparison with a baseline:
  std::string message;  // why it cannot be read; a sentence, or empty
  bool is_of_other_instance = false;
  std::vector<std::string> stacks_on_one_side;

  // Whether a slowdown is proven.
  bool is_slower() const;
};

// "14:02:31 to 14:03:31 against 14:01:31 to 14:02:31: 12.3 ms of work in each second instead of 8.1 ms. …" A few
// sentences: what was found, and what stands against trusting it.
QString in_words(const Changes& changes);

class ChangesModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    kOperation,
    kLayer,
    kStack,
    kAdded,
    kPerRequest,
    kInterval,
    kBeforeAfter,
    kProof,
    kColumnCount
  };
  static constexpr int kKeyRole = Qt::UserRole;  // metrics::OperationKey
  static constexpr int kMostRows = 5;

  using QAbstractTableModel::QAbstractTableModel;

  void show(std::shared_ptr<const Changes> changes);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  std::shared_ptr<const Changes> changes_;
};

}  // namespace goxel_telemetry::viewer
