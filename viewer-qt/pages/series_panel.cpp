// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/series_panel.h"

#include <QEvent>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "viewer-qt/pages/panel.h"
#include "viewer-qt/pages/roomy_column.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastRows = 4;
constexpr int kLeastChars = 16;  // of an operation

}  // namespace

SeriesPanel::SeriesPanel(QWidget* parent)
    : QWidget(parent),
      as_of_(text_label()),
      table_(table_of(&model_, tr("What would be noticed, those of most requests first"))),
      not_judged_(text_label()),
      scrolled_(new QScrollArea) {
  as_of_->setAlignment(Qt::AlignTop);
  as_of_->setObjectName(QStringLiteral("series as of"));
  table_->setObjectName(QStringLiteral("series"));
  not_judged_->setObjectName(QStringLiteral("not judged"));
  not_judged_->setAlignment(Qt::AlignTop);
  scrolled_->setFrameShape(QFrame::NoFrame);
  scrolled_->setWidgetResizable(true);
  scrolled_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scrolled_->setAccessibleName(tr("What is not judged yet"));
  scrolled_->setWidget(not_judged_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->addWidget(as_of_);
  rows->addWidget(table_, 3);
  rows->addWidget(scrolled_, 1);
  new RoomyColumn(table_, table_->horizontalHeader(), SeriesModel::kOperation, kLeastChars);
  table_->horizontalHeader()->setDefaultSectionSize(1);
  size_rows_and_columns();
}

void SeriesPanel::show_series(const KnownAlerts& known) {
  as_of_->setText(watched_text(known));
  as_of_->setVisible(!as_of_->text().isEmpty());
  keep_place(*table_, [&] { model_.show(known.series.series); });
  table_->setVisible(model_.rowCount() > 0);
  size_rows_and_columns();
  not_judged_->setText(not_judged_text(known));
  scrolled_->setVisible(!not_judged_->text().isEmpty());
}

// Columns only grow: they do not jump while somebody reads.
void SeriesPanel::size_rows_and_columns() {
  const int height = fontMetrics().height() + 6;
  table_->verticalHeader()->setDefaultSectionSize(height);
  table_->setMinimumHeight(height * kLeastRows);
  QHeaderView* const header = table_->horizontalHeader();
  const QAbstractItemView* const cells = table_;
  for (int column = 0; column < SeriesModel::kColumnCount; ++column) {
    if (column == SeriesModel::kOperation) continue;
    header->resizeSection(column,
                          std::max({header->sectionSize(column), header->sectionSizeHint(column),
                                    cells->sizeHintForColumn(column)}));
  }
}

void SeriesPanel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) size_rows_and_columns();
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
