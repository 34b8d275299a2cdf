// SPDX-License-Identifier: GPL-3.0-or-later
// A table whose rows are taken over by what they are about: those that stay keep selection, focus and place.
#pragma once

#include <QAbstractTableModel>
#include <algorithm>
#include <utility>
#include <vector>

namespace goxel_telemetry::viewer {

template <class Row>
class KeyedTable : public QAbstractTableModel {
 public:
  using QAbstractTableModel::QAbstractTableModel;

  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
  }

 protected:
  const std::vector<Row>& rows() const { return rows_; }

  // `same(a, b)`: whether two rows are about the same.
  template <class Same>
  void take(std::vector<Row> wanted, Same same) {
    const auto is_wanted = [&](const Row& one) {
      return std::ranges::any_of(wanted, [&](const Row& other) { return same(one, other); });
    };
    for (int row = rowCount() - 1; row >= 0; --row) {
      if (is_wanted(rows_[static_cast<std::size_t>(row)])) continue;
      beginRemoveRows({}, row, row);
      rows_.erase(rows_.begin() + row);
      endRemoveRows();
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(i, rows_.size()));
      const auto found =
          std::find_if(begin, rows_.end(), [&](const Row& one) { return same(one, wanted[i]); });
      const int row = static_cast<int>(i);
      if (found == rows_.end()) {
        beginInsertRows({}, row, row);
        rows_.insert(begin, std::move(wanted[i]));
        endInsertRows();
        continue;
      }
      if (found != begin) {
        const int from = static_cast<int>(found - rows_.begin());
        beginMoveRows({}, from, from, {}, row);
        std::rotate(begin, found, found + 1);
        endMoveRows();
      }
      rows_[i] = std::move(wanted[i]);
    }
    // Of two that are the same, one may have gone.
    if (rows_.size() > wanted.size()) {
      beginRemoveRows({}, static_cast<int>(wanted.size()), rowCount() - 1);
      rows_.resize(wanted.size());
      endRemoveRows();
    }
    if (!rows_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
  }

 private:
  std::vector<Row> rows_;
};

}  // namespace goxel_telemetry::viewer
