// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/changes.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "metrics/comparison/added_words.h"
#include "metrics/operation_key.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

QString duration(double ns) {
  if (std::abs(ns) < 0.5) ns = 0;
  return QString::fromStdString(metrics::format_duration(std::abs(ns)));
}

QString signed_duration(double ns) {
  if (std::abs(ns) < 0.5) return duration(0);
  return (ns < 0 ? QChar(0x2212) : QChar('+')) + duration(ns);
}

QString proof(const metrics::OwnTimeChange& change) {
  switch (change.own_time.change) {
    case metrics::Change::more:
      return ChangesModel::tr("slower, proven");
    case metrics::Change::less:
      return ChangesModel::tr("faster, proven");
    case metrics::Change::not_proven:
      return ChangesModel::tr("not proven");
    case metrics::Change::too_little_data:
      break;
  }
  return ChangesModel::tr("too little data");
}

}  // namespace

bool Changes::is_slower() const {
  return found && std::ranges::any_of(found->own_times, [](const metrics::OwnTimeChange& change) {
           return change.own_time.change == metrics::Change::more;
         });
}

namespace {

// Sentences, each with a space before it.
QString doubts(const Changes& changes) {
  QString words;
  const auto add = [&words](const QString& sentence) { words += QLatin1Char(' ') + sentence; };
  const auto& rows = changes.found->own_times;
  if (!rows.empty() && std::ranges::all_of(rows, [](const metrics::OwnTimeChange& row) {
        return row.own_time.change == metrics::Change::too_little_data;
      })) {
    add(ChangesModel::tr("There is too little data to prove anything."));
  }
  if (!changes.baseline) return words;
  if (changes.is_of_other_instance) {
    add(ChangesModel::tr("It was saved from %1: machine, load and program may be others.")
            .arg(shown(changes.baseline->source)));
  }
  if (!changes.stacks_on_one_side.empty()) {
    QStringList names;
    for (const std::string& stack : changes.stacks_on_one_side) names += shown(stack);
    add(ChangesModel::tr("Only one of the two has requests of stack %1.")
            .arg(names.join(QStringLiteral(", "))));
  }
  if (changes.before.end_ns > changes.after.begin_ns &&
      changes.before.begin_ns < changes.after.end_ns) {
    add(ChangesModel::tr("The two overlap, so a change shows less."));
  }
  return words;
}

}  // namespace

QString in_words(const Changes& changes) {
  const QString before =
      changes.baseline
          ? ChangesModel::tr("%1 (%2)").arg(in_words(*changes.baseline), range_text(changes.before))
          : range_text(changes.before);
  const QString stretches =
      ChangesModel::tr("%1 against %2").arg(range_text(changes.after), before);
  if (!changes.message.empty()) return as_sentence(changes.message);
  if (!changes.found) {
    return ChangesModel::tr("%1: in one of the two nothing was watched, or nothing came.")
        .arg(stretches);
  }
  const metrics::TimePerSecond& total = changes.found->total;
  QString words = ChangesModel::tr(
                      "%1: %2 of work in each second instead of %3. Requests that took "
                      "longer or shorter make %4 of that, more or fewer requests %5")
                      .arg(stretches, duration(total.after), duration(total.before),
                           signed_duration(total.by_own_time), signed_duration(total.by_rate));
  const double others = total.by_new + total.by_vanished;
  if (std::abs(others) >= 0.5) {
    words += ChangesModel::tr(", operations that are new or gone %1").arg(signed_duration(others));
  }
  words += QLatin1Char('.');
  if (changes.looked_at > 1) {
    words += QLatin1Char(' ') +
             ChangesModel::tr("Of %1 stretches up to now, this is where most was added.")
                 .arg(changes.looked_at);
  }
  return words + doubts(changes);
}

void ChangesModel::show(std::shared_ptr<const Changes> changes) {
  if (changes == changes_) return;
  // The list is of another comparison: no row goes on.
  beginResetModel();
  changes_ = std::move(changes);
  endResetModel();
}

int ChangesModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || changes_ == nullptr || !changes_->found) return 0;
  return std::min(kMostRows, static_cast<int>(changes_->found->own_times.size()));
}

int ChangesModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant ChangesModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const metrics::OwnTimeChange& row =
      changes_->found->own_times[static_cast<std::size_t>(index.row())];
  const metrics::Shift& own = row.own_time;
  switch (role) {
    case Qt::ToolTipRole:
      return plain_tip(QString::fromStdString(metrics::in_words(row, changes_->found->level)));
    case Qt::TextAlignmentRole:
      if (index.column() < kAdded || index.column() == kProof) return {};
      return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    case kKeyRole:
      return QVariant::fromValue(metrics::OperationKey{row.stack, {}, row.layer, row.operation});
    case Qt::DisplayRole:
      break;
    default:
      return {};
  }
  switch (index.column()) {
    case kOperation:
      return shown(row.operation);
    case kLayer:
      return shown(row.layer);
    case kStack:
      return shown(row.stack);
    case kAdded:
      return tr("%1/s").arg(signed_duration(row.added_per_second));
    case kPerRequest:
      return own.shift ? signed_duration(*own.shift) : QStringLiteral("–");
    case kInterval:
      return own.low && own.high
                 ? tr("%1 to %2").arg(signed_duration(*own.low), signed_duration(*own.high))
                 : QStringLiteral("–");
    case kBeforeAfter:
      return own.a && own.b ? duration(*own.a) + QStringLiteral(" → ") + duration(*own.b)
                            : QStringLiteral("–");
    default:
      return proof(row);
  }
}

QVariant ChangesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  struct Heading {
    const char* title;
    const char* hint;
  };
  static constexpr Heading kHeadings[kColumnCount] = {
      {QT_TR_NOOP("Operation"), QT_TR_NOOP("The method; tools that do its work count with it")},
      {QT_TR_NOOP("Layer"),
       QT_TR_NOOP("The layer that took the time itself, without the layers inside of it")},
      {QT_TR_NOOP("Stack"), QT_TR_NOOP("The stack that the requests came by")},
      {QT_TR_NOOP("Added"), QT_TR_NOOP("How much more time its requests took in each second")},
      {QT_TR_NOOP("A request"),
       QT_TR_NOOP("How much longer one request took in this layer, on average")},
      {QT_TR_NOOP("Interval"), QT_TR_NOOP("Where that lies, with a confidence of %1")},
      {QT_TR_NOOP("Before → after"), QT_TR_NOOP("The layer's own time of a request, on average")},
      {QT_TR_NOOP("Proof"), QT_TR_NOOP("Whether the data suffice to say so")}};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  const bool has_baseline = changes_ != nullptr && changes_->baseline;
  if (role == Qt::DisplayRole) {
    return section == kBeforeAfter && has_baseline ? tr("Baseline → after")
                                                   : tr(kHeadings[section].title);
  }
  if (role == Qt::ToolTipRole) {
    QString hint = tr(kHeadings[section].hint);
    if (section == kInterval) {
      const bool has_level = changes_ != nullptr && changes_->found;
      const double level = has_level ? changes_->found->level : metrics::AddedTimeOptions().level;
      hint = hint.arg(QString::fromStdString(metrics::format_confidence(level)));
    }
    return QStringLiteral("%1: %2").arg(headerData(section, orientation).toString(), hint);
  }
  if (role == Qt::TextAlignmentRole && section >= kAdded && section != kProof) {
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  }
  return {};
}

}  // namespace goxel_telemetry::viewer
