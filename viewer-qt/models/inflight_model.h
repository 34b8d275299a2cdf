// SPDX-License-Identifier: GPL-3.0-or-later
// The requests that have no answer yet, the oldest first.
#pragma once

#include <vector>

#include "metrics/live/snapshot.h"
#include "viewer-qt/models/keyed_table.h"

namespace goxel_telemetry::viewer {

class InflightModel : public KeyedTable<metrics::InflightRequest> {
  Q_OBJECT
 public:
  enum Column { kAge, kOperation, kPhase, kProtocol, kStack, kConnection, kColumnCount };
  static constexpr std::uint64_t kOldNs = 1'000'000'000;  // may be stuck

  static constexpr std::size_t kMost = 200;  // rows: of more requests, the oldest

  using KeyedTable::KeyedTable;

  // A request keeps its row while it is in flight, so what is selected stays selected. Held still, the model shows what
  // was in flight when that began.
  void show(std::vector<metrics::InflightRequest> requests);
  void hold(bool held);
  bool is_held() const { return held_; }

  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  bool held_ = false;
};

}  // namespace goxel_telemetry::viewer
