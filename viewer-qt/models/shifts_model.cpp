// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/shifts_model.h"

#include <utility>

#include "metrics/alerts/alert_words.h"
#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {

using metrics::OperationShift;

void ShiftsModel::show(std::vector<OperationShift> shifts) {
  beginResetModel();
  shifts_ = std::move(shifts);
  endResetModel();
}

int ShiftsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shifts_.size());
}

int ShiftsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant ShiftsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const OperationShift& shift = shifts_[static_cast<std::size_t>(index.row())];
  if (role == Qt::ToolTipRole) return plain_tip(index.data().toString());
  if (role != Qt::DisplayRole) return {};
  const auto value = [&](double of) {
    return QString::fromStdString(metrics::value_in_words(shift, of));
  };
  switch (index.column()) {
    case kOperation:
      return shift.key.operation.empty() ? tr("all operations") : shown(shift.key.operation);
    case kChannel:
      return channel_text(shift.channel);
    case kEffect:
      return QString::fromStdString(metrics::times_in_words(shift.ratio));
    case kInterval:
      return QString::fromStdString(metrics::interval_in_words(shift));
    case kBeforeAfter:
      return value(shift.before) + QStringLiteral(" → ") + value(shift.after);
    case kLayers:
      return shown_or_dash(metrics::layers_in_words(shift));
    case kPhases:
      return shown_or_dash(metrics::phases_in_words(shift));
    default:
      return shown_or_dash(shift.key.stack);
  }
}

QVariant ShiftsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {
      "Operation", "What", "Effect", "95 %", "Before → after", "Where", "In the daemon", "Stack"};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  return tr(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
