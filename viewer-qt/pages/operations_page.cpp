// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/operations_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTreeView>
#include <QVBoxLayout>
#include <array>

#include "viewer-qt/charts/sparkline.h"
#include "viewer-qt/pages/panel.h"
#include "viewer-qt/pages/roomy_column.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastChars = 24;  // of an operation's name

}  // namespace

OperationsPage::OperationsPage(QWidget* parent)
    : QWidget(parent), table_(new QTreeView), filter_(new QLineEdit), stretch_(new QLabel) {
  table_->setModel(&model_);
  make_read_only(*table_);
  table_->setFrameShape(QFrame::StyledPanel);
  table_->setUniformRowHeights(true);
  table_->setItemDelegateForColumn(OperationsModel::kTrend,
                                   new SparklineDelegate(OperationsModel::kTrendRole, table_));
  table_->setAccessibleName(tr("Operations"));
  table_->setSortingEnabled(true);
  table_->sortByColumn(OperationsModel::kShare, Qt::DescendingOrder);
  new RoomyColumn(table_, table_->header(), OperationsModel::kOperation, kLeastChars);
  table_->installEventFilter(this);
  table_->viewport()->installEventFilter(this);
  filter_->setPlaceholderText(tr("Find an operation"));
  filter_->setAccessibleName(filter_->placeholderText());
  filter_->setClearButtonEnabled(true);
  filter_->setMaximumWidth(fontMetrics().averageCharWidth() * 34);
  stretch_->setTextFormat(Qt::PlainText);
  auto* head = new QHBoxLayout;
  head->addWidget(filter_, 1);
  head->addStretch(1);
  head->addWidget(stretch_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(8, 8, 8, 8);
  rows->addLayout(head);
  rows->addWidget(table_, 1);
  size_columns();
  connect(filter_, &QLineEdit::textChanged, &model_, &OperationsModel::filter);
  connect(table_, &QTreeView::clicked, this, &OperationsPage::choose);
  connect(table_, &QTreeView::activated, this, &OperationsPage::choose);
}

// As wide as the heading and the widest usual text, so that nothing moves when numbers change.
void OperationsPage::size_columns() {
  const std::array<QString, OperationsModel::kColumnCount> widest = {
      QStringLiteral("goxel.batch_operations"),
      QStringLiteral("88.8 %"),
      QStringLiteral("mmmmmmmm"),
      QStringLiteral("1,000,000"),
      QStringLiteral("10,000/s"),
      QStringLiteral("88.8 ms"),
      QStringLiteral("88.8 ms"),
      QStringLiteral("88.8 ms"),
      QStringLiteral("88.8 ms"),
      QStringLiteral("88.8 ms"),
      QStringLiteral("10,000"),
      QStringLiteral("10,000"),
      QStringLiteral("88.8 ms within"),
      QStringLiteral("1,000,000")};
  constexpr int kMargins = 14;
  const QFontMetrics metrics = fontMetrics();
  table_->header()->setMinimumSectionSize(metrics.averageCharWidth() * 6);
  // The heading of the sorted column has an arrow.
  const int arrow = metrics.height();
  for (int column = 0; column < OperationsModel::kColumnCount; ++column) {
    if (column == OperationsModel::kOperation) continue;
    const QString title = model_.headerData(column, Qt::Horizontal).toString();
    const QString& text = widest[static_cast<std::size_t>(column)];
    table_->setColumnWidth(column, kMargins + std::max(metrics.horizontalAdvance(title) + arrow,
                                                       metrics.horizontalAdvance(text)));
  }
}

void OperationsPage::show_groups(const std::vector<OperationGroup>& groups,
                                 const QString& stretch) {
  model_.show(groups);
  stretch_->setText(stretch);
  table_->setColumnHidden(OperationsModel::kTarget, !model_.has_targets());
}

void OperationsPage::show_selection(const Selection& selection) {
  if (selection.operation == selected_) return;
  selected_ = selection.operation;
  if (selected_.empty()) {
    table_->setCurrentIndex({});
    return;
  }
  for (int row = 0; row < model_.rowCount(); ++row) {
    const QModelIndex index = model_.index(row, 0);
    const auto key = index.data(OperationsModel::kKeyRole).value<metrics::OperationKey>();
    if (key.operation == selected_) table_->setCurrentIndex(index);
  }
}

void OperationsPage::find() {
  filter_->setFocus(Qt::ShortcutFocusReason);
  filter_->selectAll();
}

void OperationsPage::choose(const QModelIndex& index) {
  const auto key = index.data(OperationsModel::kKeyRole).value<metrics::OperationKey>();
  Q_EMIT chosen(key);
}

// Rows hold still while somebody reads or is about to click.
bool OperationsPage::eventFilter(QObject* watched, QEvent* event) {
  switch (event->type()) {
    case QEvent::Enter:
    case QEvent::FocusIn:
      model_.hold(true);
      break;
    case QEvent::Leave:
    case QEvent::FocusOut:
      model_.hold(table_->hasFocus() || table_->viewport()->underMouse());
      break;
    default:
      break;
  }
  return QWidget::eventFilter(watched, event);
}

void OperationsPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) size_columns();
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
