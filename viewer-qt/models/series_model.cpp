// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/series_model.h"

#include <utility>

#include "metrics/alerts/series_words.h"
#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

namespace {

QVariant alignment(int column) {
  const bool is_figure = column >= SeriesModel::kPerSecond && column <= SeriesModel::kByLoad;
  return is_figure ? QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter))
                   : QVariant();
}

}  // namespace

using metrics::WatchedSeries;

void SeriesModel::show(std::vector<WatchedSeries> series) {
  std::erase_if(series, [](const WatchedSeries& one) { return !metrics::is_judged(one); });
  take(std::move(series), [](const WatchedSeries& a, const WatchedSeries& b) {
    return a.is_outer == b.is_outer && a.channel == b.channel && a.key == b.key;
  });
}

int SeriesModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant SeriesModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const WatchedSeries& series = rows()[static_cast<std::size_t>(index.row())];
  if (role == Qt::ToolTipRole) return plain_tip(index.data().toString());
  if (role == Qt::ForegroundRole && index.column() == kState) {
    if (series.state == WatchedSeries::State::confirmed) return theme::ink(theme::Ink::bad);
    if (series.state == WatchedSeries::State::warning) return theme::ink(theme::Ink::warning);
    return {};
  }
  if (role == Qt::TextAlignmentRole) return alignment(index.column());
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case kOperation:
      return shown(metrics::operation_in_words(series));
    case kChannel:
      return channel_text(series.channel);
    case kState:
      return tr(to_string(series.state));
    case kPerSecond:
      return QString::fromStdString(metrics::per_second_in_words(series));
    case kUsual:
      return shown_or_dash(metrics::usual_in_words(series));
    case kNoticed:
      return QString::fromStdString(metrics::noticed_in_words(series));
    case kByLoad:
      return shown_or_dash(metrics::by_load_in_words(series));
    case kLayer:
      return shown(metrics::layer_in_words(series));
    default:
      return shown_or_dash(series.key ? series.key->stack : "");
  }
}

QVariant SeriesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {
      "Operation", "What", "State", "Per second", "Usual", "Noticed", "By load", "Layer", "Stack"};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::TextAlignmentRole) return alignment(section);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  return tr(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
