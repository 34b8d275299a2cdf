// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/operations_model.h"

#include <algorithm>

#include "metrics/live/target_room.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

QVariant sort_value(const metrics::OperationStats& operation, metrics::Window shown_window,
                    int column) {
  const metrics::WindowStats& window = operation.window(shown_window);
  const metrics::Latency& latency = window.latency;
  switch (column) {
    case OperationsModel::kOperation:
      return shown(operation.key.operation);
    case OperationsModel::kProtocol:
      return shown(operation.key.protocol);
    case OperationsModel::kStack:
      return shown(operation.key.stack);
    case OperationsModel::kLayer:
      return shown(operation.key.layer);
    case OperationsModel::kCount:
      return static_cast<qulonglong>(window.outcomes.all());
    case OperationsModel::kRate:
      return window.rate_per_second;
    case OperationsModel::kErrors:
      return static_cast<qulonglong>(window.outcomes.error + window.outcomes.malformed);
    case OperationsModel::kUnanswered:
      return static_cast<qulonglong>(window.outcomes.unanswered + window.outcomes.cancelled);
    case OperationsModel::kMean:
      return latency.mean_ns;
    case OperationsModel::kTarget: {
      const auto room = metrics::latency_room_ns(operation, shown_window);
      return room ? QVariant(*room) : QVariant();
    }
    case OperationsModel::kP50:
      return static_cast<double>(latency.p50_ns);
    case OperationsModel::kP90:
      return static_cast<double>(latency.p90_ns);
    case OperationsModel::kP95:
      return static_cast<double>(latency.p95_ns);
    case OperationsModel::kP99:
      return static_cast<double>(latency.p99_ns);
    case OperationsModel::kMax:
      return static_cast<double>(latency.max_ns);
    case OperationsModel::kTotal:
      return static_cast<qulonglong>(operation.run_total.all());
    default:
      return {};
  }
}

QString text(const QVariant& value, const metrics::WindowStats& window, int column) {
  switch (column) {
    case OperationsModel::kOperation:
    case OperationsModel::kProtocol:
    case OperationsModel::kStack:
    case OperationsModel::kLayer:
      return value.toString();
    case OperationsModel::kCount:
    case OperationsModel::kErrors:
    case OperationsModel::kUnanswered:
    case OperationsModel::kTotal:
      return QString::fromStdString(metrics::format_count(value.toULongLong()));
    case OperationsModel::kRate:
      return QString::fromStdString(metrics::format_rate(value.toDouble()));
    case OperationsModel::kTarget:
      return value.isValid()
                 ? QString::fromStdString(metrics::format_latency_room(value.toDouble()))
                 : QString();
    default:
      return window.latency.count == 0
                 ? QStringLiteral("–")
                 : QString::fromStdString(metrics::format_duration(value.toDouble()));
  }
}

}  // namespace

void OperationsModel::show(std::shared_ptr<const metrics::Snapshot> snapshot) {
  const auto same_key = [](const metrics::OperationStats& a, const metrics::OperationStats& b) {
    return a.key == b.key;
  };
  if (snapshot_ != nullptr &&
      std::ranges::equal(snapshot_->operations, snapshot->operations, same_key)) {
    snapshot_ = std::move(snapshot);
    all_changed();
    return;
  }
  beginResetModel();
  snapshot_ = std::move(snapshot);
  endResetModel();
}

void OperationsModel::set_window(metrics::Window window) {
  window_ = window;
  all_changed();
}

bool OperationsModel::has_other_layers() const {
  return snapshot_ != nullptr &&
         std::ranges::any_of(snapshot_->operations, [](const metrics::OperationStats& operation) {
           return operation.key.layer != "daemon";
         });
}

bool OperationsModel::has_targets() const {
  return snapshot_ != nullptr &&
         std::ranges::any_of(snapshot_->operations, [](const metrics::OperationStats& operation) {
           return operation.target_ns != 0;
         });
}

void OperationsModel::all_changed() {
  if (rowCount() == 0) return;
  Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
}

const metrics::OperationStats& OperationsModel::operation(int row) const {
  return snapshot_->operations[static_cast<std::size_t>(row)];
}

int OperationsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || snapshot_ == nullptr ? 0
                                                  : static_cast<int>(snapshot_->operations.size());
}

int OperationsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant OperationsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const metrics::OperationStats& row = operation(index.row());
  const metrics::WindowStats& window = row.window(window_);
  QVariant value = sort_value(row, window_, index.column());
  if (role == kSortRole) return value;
  if (role == Qt::DisplayRole) {
    return text(value, window, index.column());
  }
  const bool counts_failures = index.column() == kErrors || index.column() == kUnanswered;
  if (role == Qt::ForegroundRole && counts_failures && value.toULongLong() != 0) {
    return theme::ink(theme::Ink::failures);
  }
  // A name may be longer than its column, and a client may have given it.
  if (role == Qt::ToolTipRole && index.column() == kOperation) {
    return shown(row.key.operation).toHtmlEscaped();
  }
  if (role == Qt::TextAlignmentRole && index.column() >= kCount) {
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  }
  return {};
}

QVariant OperationsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {
      "Operation", "Protocol", "Stack", "Layer", "Count", "Rate", "Errors", "Unanswered",
      "Mean",      "Target",   "p50",   "p90",   "p95",   "p99",  "Max",    "Total"};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::DisplayRole) return QString::fromLatin1(kTitles[section]);
  if (role == Qt::TextAlignmentRole && section >= kCount) {
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  }
  if (role == Qt::ToolTipRole) {
    if (section == kErrors) return tr("Answered with an error, or malformed");
    if (section == kTarget) return tr("How far the mean is from the operation's target");
    if (section == kUnanswered) return tr("Not answered, or cancelled by the client");
    if (section == kTotal) return tr("Requests since the daemon began");
  }
  return {};
}

}  // namespace goxel_telemetry::viewer
