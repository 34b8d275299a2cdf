// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/operations_model.h"

#include <QFont>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

QString dash() {
  return QStringLiteral("–");
}

}  // namespace

// A group, or a row of a group.
struct OperationsModel::Node {
  OperationRow row;
  Nodes children;  // of a group with at least two rows

  const metrics::OperationKey& key() const { return row.key; }
  double number(int column) const;
  QString text(int column, bool is_child) const;
  QString trend_in_words() const;
};

double OperationsModel::Node::number(int column) const {
  const metrics::Outcomes& outcomes = row.stats.outcomes;
  const metrics::Latency& latency = row.stats.latency;
  switch (column) {
    case kShare:
      return row.share;
    case kTrend:
    case kMean:
      return latency.mean_ns;
    case kCount:
      return static_cast<double>(outcomes.all());
    case kRate:
      return row.stats.rate_per_second;
    case kP50:
      return static_cast<double>(latency.p50_ns);
    case kP95:
      return static_cast<double>(latency.p95_ns);
    case kP99:
      return static_cast<double>(latency.p99_ns);
    case kMax:
      return static_cast<double>(latency.max_ns);
    case kErrors:
      return static_cast<double>(outcomes.error + outcomes.malformed);
    case kUnanswered:
      return static_cast<double>(outcomes.unanswered + outcomes.cancelled);
    case kTarget:  // what misses its target by most comes first
      return row.target_ns == 0 || latency.count == 0
                 ? -std::numeric_limits<double>::infinity()
                 : latency.mean_ns - static_cast<double>(row.target_ns);
    case kTotal:
      return static_cast<double>(row.run_total);
    default:
      return 0;
  }
}

QString OperationsModel::Node::text(int column, bool is_child) const {
  const double value = number(column);
  switch (column) {
    case kOperation:
      if (!is_child) return shown(key().operation);
      return QStringList({shown(key().protocol), shown(key().stack), shown(key().layer)})
          .join(QStringLiteral(" · "));
    case kShare:
      return row.busy_ns == 0 ? dash() : QString::fromStdString(metrics::format_percent(value));
    case kTrend:
      return {};
    case kRate:
      return QString::fromStdString(metrics::format_rate(value));
    case kCount:
    case kErrors:
    case kUnanswered:
    case kTotal:
      return QString::fromStdString(metrics::format_count(static_cast<std::uint64_t>(value)));
    case kTarget:
      return std::isinf(value) ? QString()
                               : QString::fromStdString(metrics::format_latency_room(-value));
    default:
      break;
  }
  return row.stats.latency.count == 0 ? dash()
                                      : QString::fromStdString(metrics::format_duration(value));
}

QString OperationsModel::Node::trend_in_words() const {
  float least = INFINITY;
  float most = -INFINITY;
  for (const float value : row.trend) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (!std::isfinite(least)) return dash();
  return tr("%1 to %2")
      .arg(QString::fromStdString(metrics::format_duration(least)),
           QString::fromStdString(metrics::format_duration(most)));
}

OperationsModel::OperationsModel(QObject* parent) : QAbstractItemModel(parent) {}
OperationsModel::~OperationsModel() = default;

void OperationsModel::show(const std::vector<OperationGroup>& groups) {
  shown_ = groups;
  Nodes fresh;
  for (const OperationGroup& group : groups) {
    const auto wanted = [this](const OperationRow& row) {
      return filter_.isEmpty() || shown(row.key.operation).contains(filter_, Qt::CaseInsensitive);
    };
    if (!wanted(group.sum) && std::ranges::none_of(group.rows, wanted)) continue;
    auto node = std::make_unique<Node>();
    node->row = group.sum;
    if (group.rows.size() > 1) {
      for (const OperationRow& row : group.rows) {
        node->children.push_back(std::make_unique<Node>());
        node->children.back()->row = row;
      }
    }
    fresh.push_back(std::move(node));
  }
  take(std::move(fresh));
}

// `fresh` is sorted by operation.
void OperationsModel::take(Nodes fresh) {
  std::map<std::string, std::unique_ptr<Node>> by_name;
  for (auto& node : fresh) by_name[node->key().operation] = std::move(node);
  for (int row = static_cast<int>(groups_.size()) - 1; row >= 0; --row) {
    if (by_name.contains(groups_[static_cast<std::size_t>(row)]->key().operation)) continue;
    beginRemoveRows({}, row, row);
    groups_.erase(groups_.begin() + row);
    endRemoveRows();
  }
  for (int row = 0; row < static_cast<int>(groups_.size()); ++row) {
    Node& group = *groups_[static_cast<std::size_t>(row)];
    const auto found = by_name.extract(group.key().operation);
    group.row = std::move(found.mapped()->row);
    take_children(row, std::move(found.mapped()->children));
  }
  if (!groups_.empty()) {
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
  }
  if (!by_name.empty()) {
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(by_name.size()) - 1);
    for (auto& [name, node] : by_name) groups_.push_back(std::move(node));
    endInsertRows();
  }
  if (!held_) put_in_order();
}

// Children stand in the order of their keys.
void OperationsModel::take_children(int row, Nodes fresh) {
  Nodes& old = groups_[static_cast<std::size_t>(row)]->children;
  const QModelIndex parent = index(row, 0);
  const auto key_of = [](const std::unique_ptr<Node>& node) -> const metrics::OperationKey& {
    return node->key();
  };
  for (int i = static_cast<int>(old.size()) - 1; i >= 0; --i) {
    const auto& key = old[static_cast<std::size_t>(i)]->key();
    if (std::ranges::find(fresh, key, key_of) != fresh.end()) continue;
    beginRemoveRows(parent, i, i);
    old.erase(old.begin() + i);
    endRemoveRows();
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (i < old.size() && old[i]->key() == fresh[i]->key()) {
      old[i]->row = std::move(fresh[i]->row);
      continue;
    }
    beginInsertRows(parent, static_cast<int>(i), static_cast<int>(i));
    old.insert(old.begin() + static_cast<std::ptrdiff_t>(i), std::move(fresh[i]));
    endInsertRows();
  }
  if (!old.empty()) {
    Q_EMIT dataChanged(index(0, 0, parent),
                       index(static_cast<int>(old.size()) - 1, kColumnCount - 1, parent));
  }
}

void OperationsModel::put_in_order() {
  const auto before = [this](const std::unique_ptr<Node>& a, const std::unique_ptr<Node>& b) {
    const bool descends = sort_order_ == Qt::DescendingOrder;
    if (sort_column_ == kOperation) {
      return descends ? a->key().operation > b->key().operation
                      : a->key().operation < b->key().operation;
    }
    const double x = a->number(sort_column_);
    const double y = b->number(sort_column_);
    if (x != y) return descends ? x > y : x < y;
    return a->key().operation < b->key().operation;
  };
  if (std::is_sorted(groups_.begin(), groups_.end(), before)) return;
  Q_EMIT layoutAboutToBeChanged();
  const QModelIndexList old = persistentIndexList();
  std::vector<const Node*> nodes;
  for (const QModelIndex& one : old) {
    nodes.push_back(one.internalPointer() == nullptr
                        ? groups_[static_cast<std::size_t>(one.row())].get()
                        : nullptr);
  }
  std::stable_sort(groups_.begin(), groups_.end(), before);
  std::map<const Node*, int> row_of;
  for (int row = 0; row < rowCount(); ++row)
    row_of[groups_[static_cast<std::size_t>(row)].get()] = row;
  QModelIndexList moved;
  for (qsizetype i = 0; i < old.size(); ++i) {
    const Node* const node = nodes[static_cast<std::size_t>(i)];
    moved += node == nullptr ? old[i] : index(row_of[node], old[i].column());
  }
  changePersistentIndexList(old, moved);
  Q_EMIT layoutChanged();
}

void OperationsModel::hold(bool held) {
  held_ = held;
  if (!held) put_in_order();
}

void OperationsModel::filter(const QString& text) {
  filter_ = text.trimmed();
  show(std::vector<OperationGroup>(shown_));
}

void OperationsModel::sort(int column, Qt::SortOrder order) {
  sort_column_ = column;
  sort_order_ = order;
  put_in_order();
}

bool OperationsModel::has_targets() const {
  return std::ranges::any_of(groups_, [](const auto& group) { return group->row.target_ns != 0; });
}

// An index of a row beneath a group knows the group; one of a group knows nothing.
QModelIndex OperationsModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  if (!parent.isValid()) return createIndex(row, column);
  return createIndex(row, column, groups_[static_cast<std::size_t>(parent.row())].get());
}

QModelIndex OperationsModel::parent(const QModelIndex& index) const {
  if (!index.isValid() || index.internalPointer() == nullptr) return {};
  const auto found = std::ranges::find_if(
      groups_, [&](const auto& group) { return group.get() == index.internalPointer(); });
  return createIndex(static_cast<int>(found - groups_.begin()), 0);
}

int OperationsModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return static_cast<int>(groups_.size());
  if (parent.internalPointer() != nullptr || parent.column() != 0) return 0;
  return static_cast<int>(groups_[static_cast<std::size_t>(parent.row())]->children.size());
}

int OperationsModel::columnCount(const QModelIndex&) const {
  return kColumnCount;
}

const OperationsModel::Node& OperationsModel::node(const QModelIndex& index) const {
  const auto row = static_cast<std::size_t>(index.row());
  if (index.internalPointer() == nullptr) return *groups_[row];
  return *static_cast<const Node*>(index.internalPointer())->children[row];
}

QVariant OperationsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Node& row = node(index);
  const bool is_child = index.internalPointer() != nullptr;
  switch (role) {
    case Qt::DisplayRole:
      return row.text(index.column(), is_child);
    case Qt::AccessibleTextRole:
      return index.column() == kTrend ? row.trend_in_words() : row.text(index.column(), is_child);
    case Qt::ToolTipRole:
      // A name may be longer than its column, and a client may have given it.
      if (index.column() == kOperation) {
        const QString name = row.text(kOperation, is_child);
        return plain_tip(is_child ? shown(row.key().operation) + QStringLiteral(" · ") + name
                                  : name);
      }
      return {};
    case Qt::TextAlignmentRole:
      if (index.column() == kOperation) return {};
      return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    case kTrendRole:
      return QVariant::fromValue(row.row.trend);
    case kKeyRole:
      return QVariant::fromValue(row.key());
    default:
      return {};
  }
}

QVariant OperationsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  struct Heading {
    const char* title;
    const char* hint;
  };
  static constexpr Heading kHeadings[kColumnCount] = {
      {QT_TR_NOOP("Operation"),
       QT_TR_NOOP(
           "The method; tools that do its work, protocols, stacks and layers stand beneath")},
      {QT_TR_NOOP("Time"),
       QT_TR_NOOP(
           "Its part of the time that all operations together took: where there is most to gain")},
      {QT_TR_NOOP("Trend"), QT_TR_NOOP("Mean latency, from its least to its most")},
      {QT_TR_NOOP("Count"), QT_TR_NOOP("Requests that ended in the time that is shown")},
      {QT_TR_NOOP("Rate"), QT_TR_NOOP("Requests a second")},
      {QT_TR_NOOP("Mean"), QT_TR_NOOP("Mean latency of the answered requests, exact")},
      {QT_TR_NOOP("p50"), QT_TR_NOOP("Half of the requests were answered within this time")},
      {QT_TR_NOOP("p95"), QT_TR_NOOP("95 of 100 requests were answered within this time")},
      {QT_TR_NOOP("p99"), QT_TR_NOOP("99 of 100 requests were answered within this time")},
      {QT_TR_NOOP("Max"), QT_TR_NOOP("The slowest answered request")},
      {QT_TR_NOOP("Errors"),
       QT_TR_NOOP("Answered with an error, or malformed; often a client's mistake")},
      {QT_TR_NOOP("Unanswered"), QT_TR_NOOP("Not answered, or cancelled by the client")},
      {QT_TR_NOOP("Target"), QT_TR_NOOP("How far the mean is from the operation's target")},
      {QT_TR_NOOP("Total"), QT_TR_NOOP("Requests since the daemon began")}};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::DisplayRole) return tr(kHeadings[section].title);
  if (role == Qt::ToolTipRole) {
    return QStringLiteral("%1: %2").arg(tr(kHeadings[section].title), tr(kHeadings[section].hint));
  }
  if (role == Qt::TextAlignmentRole && section != kOperation) {
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  }
  return {};
}

}  // namespace goxel_telemetry::viewer
