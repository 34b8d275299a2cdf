// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/black_box_page.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/records_model.h"
#include "viewer-qt/pages/panel.h"

namespace goxel_telemetry::viewer {
namespace {

QTableView* make_table(QAbstractItemModel* model, const QString& name) {
  auto* table = new QTableView;
  table->setModel(model);
  make_read_only(*table);
  table->setAccessibleName(name);
  return table;
}

}  // namespace

BlackBoxPage::BlackBoxPage(QWidget* parent)
    : QWidget(parent),
      sentence_(new QLabel),
      records_model_(new RecordsModel(this)),
      inflight_heading_(heading({})),
      inflight_(make_table(&inflight_model_, tr("Requests that were in flight"))),
      records_heading_(heading(tr("The last requests that it ended, the newest first"))),
      records_(make_table(records_model_, tr("The last requests"))) {
  sentence_->setTextFormat(Qt::PlainText);
  sentence_->setWordWrap(true);
  sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(8, 8, 8, 8);
  rows->addWidget(sentence_);
  rows->addWidget(inflight_heading_);
  rows->addWidget(inflight_, 2);
  rows->addWidget(records_heading_);
  rows->addWidget(records_, 3);
}

void BlackBoxPage::show_end(const DaemonEnd& end) {
  sentence_->setText(state_line(end.snapshot).text);
  inflight_model_.show(end.snapshot.inflight);
  const bool any = !end.snapshot.inflight.empty();
  inflight_heading_->setText(any ? tr("In flight when it ended, the oldest first")
                                 : tr("Nothing was in flight when it ended."));
  inflight_->setVisible(any);
  records_model_->show(end.records);
  for (QTableView* table : {inflight_, records_}) {
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 6);
    table->resizeColumnsToContents();
  }
}

}  // namespace goxel_telemetry::viewer
