// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/alerts_model.h"

#include <QFont>
#include <algorithm>
#include <utility>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

void AlertsModel::show(AlertsPointer known) {
  if (std::ranges::equal(known->alerts, known_->alerts, {}, &metrics::Alert::id,
                         &metrics::Alert::id)) {
    known_ = std::move(known);
    if (rowCount() != 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
    return;
  }
  beginResetModel();
  known_ = std::move(known);
  endResetModel();
}

const metrics::Alert* AlertsModel::at(int row) const {
  return row < 0 || row >= rowCount() ? nullptr : &known_->alerts[static_cast<std::size_t>(row)];
}

int AlertsModel::row_of(const std::string& id) const {
  const auto found = std::ranges::find(known_->alerts, id, &metrics::Alert::id);
  return found == known_->alerts.end() ? -1 : static_cast<int>(found - known_->alerts.begin());
}

int AlertsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(known_->alerts.size());
}

int AlertsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant AlertsModel::data(const QModelIndex& index, int role) const {
  const metrics::Alert* const alert = at(index.row());
  if (!index.isValid() || alert == nullptr || index.column() >= kColumnCount) return {};
  if (role == Qt::FontRole && alert->active()) {
    QFont bold;
    bold.setBold(true);
    return bold;
  }
  if (role == Qt::ForegroundRole && alert->active() && index.column() == kLevel) {
    const bool confirmed = alert->level == metrics::AlertLevel::confirmed;
    return theme::ink(confirmed ? theme::Ink::bad : theme::Ink::warning);
  }
  if (role == Qt::ToolTipRole) return plain_tip(index.data().toString());
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case kLevel:
      return level_text(*alert);
    case kSince:
      return QString::fromStdString(metrics::format_date_time(alert->since_ns));
    case kState:
      return state_text(*alert);
    case kJudged:
      return judgement_text(alert->judgement);
    default:
      return shown(alert->summary);
  }
}

QVariant AlertsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {"Level", "What", "Since", "State", "Judged"};
  if ((role != Qt::DisplayRole && role != Qt::ToolTipRole) || orientation != Qt::Horizontal ||
      section < 0 || section >= kColumnCount) {
    return {};
  }
  return tr(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
