// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/inflight_strip.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "metrics/text/format.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/panel.h"
#include "viewer-qt/pages/roomy_column.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kMostRows = 6;
constexpr int kMostOfWindow = 6;  // a sixth of its height
constexpr int kLeastChars = 18;   // of a name

}  // namespace

InflightStrip::InflightStrip(QWidget* parent)
    : QFrame(parent),
      open_(new QToolButton),
      hold_(new QToolButton),
      text_(new ElidedLabel),
      table_(new QTableView) {
  make_panel(*this);
  open_->setCheckable(true);
  open_->setArrowType(Qt::RightArrow);
  open_->setAutoRaise(true);
  open_->setAccessibleName(tr("Show the requests in flight"));
  open_->setToolTip(open_->accessibleName());
  hold_->setCheckable(true);
  hold_->setText(tr("Hold still"));
  hold_->setToolTip(tr("Keep the table as it is now"));
  hold_->hide();
  text_->setAccessibleName(tr("In flight"));
  table_->setModel(&model_);
  make_read_only(*table_);
  table_->setFrameShape(QFrame::NoFrame);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  new RoomyColumn(table_, table_->horizontalHeader(), InflightModel::kOperation, kLeastChars);
  table_->setAccessibleName(tr("Requests in flight, the oldest first"));
  table_->hide();
  auto* line = new QHBoxLayout;
  line->setContentsMargins(4, 2, 8, 2);
  line->addWidget(open_);
  line->addWidget(text_, 1);
  line->addWidget(hold_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addLayout(line);
  rows->addWidget(table_);
  connect(open_, &QToolButton::toggled, this, [this](bool open) {
    open_->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    table_->setVisible(open);
    hold_->setVisible(open);
    size_table();
  });
  connect(hold_, &QToolButton::toggled, &model_, &InflightModel::hold);
}

bool InflightStrip::is_open() const {
  return open_->isChecked();
}

QString InflightStrip::text() const {
  return text_->text();
}

void InflightStrip::size_table() {
  // What seems stuck is bold.
  QFont bold = table_->font();
  bold.setBold(true);
  const QFontMetrics metrics(bold);
  const int row = metrics.height() + 6;
  table_->verticalHeader()->setDefaultSectionSize(row);
  const QStringList widest = {QStringLiteral("9 min 59 s"),
                              QStringLiteral("goxel.export_model"),
                              tr("%1, may be stuck").arg(QStringLiteral("received")),
                              QStringLiteral("jsonrpc"),
                              QStringLiteral("4-layer"),
                              QStringLiteral("88888")};
  constexpr int kMargins = 16;
  for (int column = 0; column < widest.size(); ++column) {
    if (column == InflightModel::kOperation) continue;
    const QString title = model_.headerData(column, Qt::Horizontal).toString();
    table_->setColumnWidth(column, kMargins + std::max(metrics.horizontalAdvance(title),
                                                       metrics.horizontalAdvance(widest[column])));
  }
  const int most = std::clamp(window()->height() / row / kMostOfWindow, 1, kMostRows);
  const int rows = std::clamp(model_.rowCount(), 1, most);
  const bool scrolls = table_->horizontalHeader()->length() > table_->viewport()->width();
  table_->setFixedHeight(table_->horizontalHeader()->sizeHint().height() + rows * row + 2 +
                         (scrolls ? table_->horizontalScrollBar()->sizeHint().height() : 0));
}

void InflightStrip::show_snapshot(const metrics::Snapshot& snapshot) {
  const int before = model_.rowCount();
  model_.show(snapshot.inflight);
  const bool live = snapshot.daemon.state == shm::ProducerState::live;
  const bool stuck =
      !snapshot.inflight.empty() && snapshot.inflight.front().age_ns >= InflightModel::kOldNs;
  const QString title = live ? tr("In flight") : tr("In flight when it ended");
  QString text = tr("%1: nothing").arg(title);
  if (!snapshot.inflight.empty()) {
    const metrics::InflightRequest& oldest = snapshot.inflight.front();
    text = tr("%1: %2, oldest %3, %4")
               .arg(title, QString::fromStdString(metrics::format_count(snapshot.inflight.size())),
                    QString::fromStdString(
                        metrics::format_duration(static_cast<double>(oldest.age_ns))),
                    shown(oldest.operation));
  }
  if (stuck) text.prepend(QStringLiteral("▲ "));
  text_->set_text(text);
  const QColor ink =
      stuck ? theme::ink(theme::Ink::bad, palette()) : palette().color(QPalette::WindowText);
  if (text_->palette().color(QPalette::WindowText) != ink) {
    QPalette colors = text_->palette();
    colors.setColor(QPalette::WindowText, ink);
    text_->setPalette(colors);
  }
  // Once for each time: who closes it wants it closed.
  const bool wanted = stuck || (!live && !snapshot.inflight.empty());
  if (wanted != std::exchange(wanted_, wanted)) open_->setChecked(wanted || hold_->isChecked());
  const int height = window()->height();
  const bool resized = height != std::exchange(window_height_, height);
  if (open_->isChecked() && (model_.rowCount() != before || resized)) size_table();
}

}  // namespace goxel_telemetry::viewer
