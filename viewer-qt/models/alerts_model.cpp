// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/alerts_model.h"

#include <QFont>
#include <algorithm>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

void AlertsModel::show(const KnownAlerts& known) {
  take(known.alerts, [](const metrics::Alert& a, const metrics::Alert& b) { return a.id == b.id; });
}

const metrics::Alert* AlertsModel::at(int row) const {
  return row < 0 || row >= rowCount() ? nullptr : &rows()[static_cast<std::size_t>(row)];
}

int AlertsModel::row_of(const std::string& id) const {
  const auto found = std::ranges::find(rows(), id, &metrics::Alert::id);
  return found == rows().end() ? -1 : static_cast<int>(found - rows().begin());
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
