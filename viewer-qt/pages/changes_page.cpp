// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/changes_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "metrics/comparison/added_words.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/elided_box.h"
#include "viewer-qt/pages/panel.h"
#include "viewer-qt/pages/roomy_column.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::size_t kMostRates = 3;
constexpr int kLeastChars = 22;  // of an operation's name

}  // namespace

ChangesPage::ChangesPage(QWidget* parent)
    : QWidget(parent),
      against_(new ElidedBox),
      note_(new QLabel),
      words_(new QLabel),
      table_(new QTableView),
      rates_(new QLabel) {
  for (QLabel* label : {note_, words_, rates_}) {
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  note_->hide();
  words_->setText(tr("Comparing …"));
  against_->setAccessibleName(tr("What the selection is compared with"));
  add_against(tr("the stretch before it"), {});
  auto* label = new QLabel(tr("Against"));
  label->setBuddy(against_);
  auto* choice = new QHBoxLayout;
  choice->addWidget(label);
  choice->addWidget(against_);
  choice->addStretch(1);
  table_->setModel(&model_);
  make_read_only(*table_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setAccessibleName(tr("What changed, by operation and layer"));
  new RoomyColumn(table_, table_->horizontalHeader(), ChangesModel::kOperation, kLeastChars);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(8, 8, 8, 8);
  rows->addLayout(choice);
  rows->addWidget(note_);
  rows->addWidget(words_);
  rows->addWidget(table_, 1);
  rows->addWidget(rates_);
  size_columns();
  const auto choose = [this](const QModelIndex& index) {
    const auto key = index.data(ChangesModel::kKeyRole).value<metrics::OperationKey>();
    Q_EMIT chosen(key);
  };
  connect(against_, &QComboBox::activated, this, [this](int index) {
    Q_EMIT baseline_chosen(against_->itemData(index).toString().toStdString());
  });
  connect(table_, &QTableView::clicked, this, choose);
  connect(table_, &QTableView::activated, this, choose);
}

void ChangesPage::add_against(const QString& text, const std::string& name) {
  against_->addItem(text, QString::fromStdString(name));
}

void ChangesPage::show_baselines(const KnownBaselines& known) {
  if (known == known_) return;
  known_ = known;
  const QString chosen = against_->currentData().toString();
  while (against_->count() > 1) against_->removeItem(1);
  for (const BaselineTitle& each : known.all) add_against(in_words(each), each.name);
  if (against_->findData(chosen) < 0) {
    const std::string name = chosen.toStdString();
    add_against(tr("baseline %1, not found").arg(shown(name)), name);
  }
  against_->setCurrentIndex(against_->findData(chosen));
  note_->setText(known.message.empty() ? QString() : as_sentence(known.message));
  note_->setVisible(!known.message.empty());
}

void ChangesPage::choose_stretch_before() {
  against_->setCurrentIndex(0);
  Q_EMIT baseline_chosen({});
}

void ChangesPage::size_columns() {
  const QFontMetrics metrics = fontMetrics();
  const QStringList widest = {
      QStringLiteral("goxel.batch_operations"),
      QStringLiteral("mcp-server"),
      QStringLiteral("4-layer"),
      QStringLiteral("+88.8 ms/s"),
      QStringLiteral("+88.8 ms"),
      tr("%1 to %2").arg(QStringLiteral("+88.8 ms"), QStringLiteral("+88.8 ms")),
      QStringLiteral("88.8 ms → 88.8 ms"),
      ChangesModel::tr("too little data")};
  constexpr int kMargins = 16;
  table_->verticalHeader()->setDefaultSectionSize(metrics.height() + 6);
  table_->horizontalHeader()->setMinimumSectionSize(metrics.averageCharWidth() * 6);
  for (int column = 0; column < ChangesModel::kColumnCount; ++column) {
    if (column == ChangesModel::kOperation) continue;
    const QString title = model_.headerData(column, Qt::Horizontal).toString();
    table_->setColumnWidth(column, kMargins + std::max(metrics.horizontalAdvance(title),
                                                       metrics.horizontalAdvance(widest[column])));
  }
}

void ChangesPage::show_changes(std::shared_ptr<const Changes> changes) {
  words_->setText(in_words(*changes));
  QStringList rates;
  if (changes->found) {
    for (const metrics::RateChange& rate : changes->found->rates) {
      if (static_cast<std::size_t>(rates.size()) == kMostRates) break;
      rates += QString::fromStdString(metrics::in_words(rate));
    }
  }
  rates_->setText(rates.isEmpty()
                      ? QString()
                      : tr("More or fewer requests: %1.").arg(rates.join(QStringLiteral("; "))));
  model_.show(std::move(changes));
  // They only grow: nothing moves from one comparison to the next.
  for (int column = 0; column < ChangesModel::kColumnCount; ++column) {
    if (column == ChangesModel::kOperation) continue;
    table_->setColumnWidth(
        column, std::max(table_->columnWidth(column),
                         static_cast<QAbstractItemView*>(table_)->sizeHintForColumn(column)));
  }
}

void ChangesPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) size_columns();
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
