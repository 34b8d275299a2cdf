// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/records_page.h"

#include <QComboBox>
#include <QEvent>
#include <QFont>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QProxyStyle>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "viewer-qt/charts/waterfall.h"
#include "viewer-qt/models/records_model.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/panel.h"

namespace goxel_telemetry::viewer {
namespace {

QLabel* plain_label() {
  auto* label = new QLabel;
  label->setTextFormat(Qt::PlainText);  // it may have names in it, which clients give
  label->setWordWrap(true);
  return label;
}

// Leaves room between columns: a number at the right end of one stands before a word at the left end of the next.
class RoomyCells : public QProxyStyle {
 public:
  int pixelMetric(PixelMetric metric, const QStyleOption* option,
                  const QWidget* widget) const override {
    const bool is_margin = metric == PM_FocusFrameHMargin || metric == PM_HeaderMargin;
    if (!is_margin || widget == nullptr) return QProxyStyle::pixelMetric(metric, option, widget);
    return widget->fontMetrics().averageCharWidth() * 2 / 3;
  }
};

}  // namespace

// As high as what is in it, and if there is less room, to be scrolled.
class RecordsPage::Details : public QScrollArea {
 public:
  explicit Details(QLabel* label) {
    label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    setWidget(label);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("The exact values of a span"));
    viewport()->setAutoFillBackground(false);
    label->setAutoFillBackground(false);
  }
  void fit(int height) {
    height_ = height;
    setMaximumHeight(height);
    updateGeometry();
  }
  QSize sizeHint() const override { return {QScrollArea::sizeHint().width(), height_}; }
  QSize minimumSizeHint() const override {
    return {1, std::min(height_, 2 * fontMetrics().lineSpacing())};
  }

 private:
  int height_ = 0;
};

RecordsPage::RecordsPage(QWidget* parent)
    : QWidget(parent),
      model_(new RecordsModel(this)),
      sentence_(plain_label()),
      order_(new QComboBox),
      panes_(new QSplitter),
      table_(new QTableView),
      title_(plain_label()),
      note_(plain_label()),
      waterfall_(new Waterfall),
      values_(plain_label()),
      details_(new Details(values_)) {
  order_->addItem(tr("Slowest first"),
                  QVariant::fromValue(static_cast<int>(RecordOrder::slowest_first)));
  order_->addItem(tr("Newest first"),
                  QVariant::fromValue(static_cast<int>(RecordOrder::newest_first)));
  order_->setAccessibleName(tr("Order of the records"));
  order_->setToolTip(tr("The slowest of all that match, or the newest of them"));

  table_->setModel(model_);
  table_->setAccessibleName(tr("Records"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  make_read_only(*table_);
  auto* roomy = new RoomyCells;
  roomy->setParent(table_);
  table_->setStyle(roomy);
  table_->horizontalHeader()->setStyle(roomy);
  table_->horizontalHeader()->setTextElideMode(Qt::ElideRight);

  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);

  auto* head = new QHBoxLayout;
  head->addWidget(sentence_, 1);
  head->addWidget(order_, 0, Qt::AlignTop);
  auto* trace = new QWidget;
  auto* column = new QVBoxLayout(trace);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(title_);
  column->addWidget(note_);
  column->addWidget(waterfall_, 1);
  column->addWidget(details_);
  panes_->addWidget(table_);
  panes_->addWidget(trace);
  panes_->setChildrenCollapsible(false);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(head);
  layout->addWidget(panes_, 1);
  note_->hide();
  details_->hide();
  title_->hide();

  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& current) {
            if (!showing_ && current.isValid()) choose_row(current.row());
          });
  connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
    const metrics::NamedRecord& record = model_->row(index.row()).found.record;
    Q_EMIT operation_chosen({record.stack, record.protocol, record.layer, record.operation});
  });
  connect(order_, &QComboBox::activated, this, [this](int index) {
    Q_EMIT order_chosen(static_cast<RecordOrder>(order_->itemData(index).toInt()));
  });
  connect(waterfall_, &Waterfall::current_changed, this, &RecordsPage::describe_span);
  connect(waterfall_, &Waterfall::span_activated, this, [this](int span) {
    Q_EMIT operation_chosen(waterfall_->trace()->spans[static_cast<std::size_t>(span)].key);
  });
  connect(panes_, &QSplitter::splitterMoved, this, &RecordsPage::fit_details);
  show(RecordList{});
  fit_panes();
}

void RecordsPage::show(const RecordList& list) {
  const bool is_new = !model_->list().answers_the_same(list) || model_->rowCount() == 0;
  showing_ = true;
  model_->show(list);
  showing_ = false;
  sentence_->setText(sentence(list));
  order_->setCurrentIndex(order_->findData(static_cast<int>(list.order)));
  if (!is_new) return;
  fit_columns();
  if (model_->rowCount() > 0) {
    showing_ = true;
    table_->setCurrentIndex(model_->index(0, 0));
    table_->scrollToTop();
    showing_ = false;
    choose_row(0);
    return;
  }
  chosen_ = {};
  waterfall_->show_trace({});
  title_->hide();
  note_->hide();
  describe_span(-1);
}

void RecordsPage::choose_row(int row) {
  const RankedRecord& chosen = model_->row(row);
  if (chosen_ == chosen.found.number) return;
  chosen_ = chosen.found.number;
  show_trace(shown_trace(chosen.found, {},
                         [&](const metrics::OperationKey&, std::uint64_t) { return chosen.rank; }));
  Q_EMIT record_chosen(chosen.found);
}

void RecordsPage::show_trace(const ShownTrace& trace) {
  if (chosen_ != trace.number) return;
  title_->setText(breakable(trace.title));
  title_->show();
  note_->setText(trace.note);
  note_->setVisible(!trace.note.isEmpty());
  waterfall_->show_trace(trace);
  describe_span(waterfall_->current());
  fit_details();
}

void RecordsPage::describe_span(int span) {
  values_->setText(breakable(waterfall_->description(span)));
  details_->setVisible(span >= 0);
}

// They have the height that the longest of them needs, so that nothing moves under the mouse.
void RecordsPage::fit_details() {
  if (!waterfall_->trace()) return;
  const QFontMetrics metrics(values_->font());
  const QRect room(0, 0, std::max(1, waterfall_->width()), 100'000);
  int height = 0;
  for (std::size_t i = 0; i < waterfall_->trace()->spans.size(); ++i) {
    const QString text = breakable(waterfall_->description(static_cast<int>(i)));
    height = std::max(height, metrics.boundingRect(room, Qt::TextWordWrap, text).height());
  }
  details_->fit(height);
}

void RecordsPage::fit_columns() {
  const int em = fontMetrics().averageCharWidth();
  table_->resizeColumnsToContents();
  // Names are as long as clients make them.
  for (const int column : {RecordsModel::kOperation, RecordsModel::kLayer, RecordsModel::kStack,
                           RecordsModel::kProtocol}) {
    table_->setColumnWidth(column, std::min(table_->columnWidth(column), 30 * em));
  }
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
}

// Beside each other if both have room.
void RecordsPage::fit_panes() {
  const int em = fontMetrics().averageCharWidth();
  const bool beside = width() >= 150 * em && width() >= height();
  const Qt::Orientation wanted = beside ? Qt::Horizontal : Qt::Vertical;
  if (panes_->orientation() == wanted && is_fitted_) return;
  is_fitted_ = isVisible();
  panes_->setOrientation(wanted);
  panes_->setSizes(beside ? QList<int>{width() / 2, width() / 2}
                          : QList<int>{height() * 2 / 5, height() * 3 / 5});
}

void RecordsPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_panes();
  fit_details();
}

void RecordsPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    QFont bold = font();
    bold.setBold(true);
    title_->setFont(bold);
    fit_columns();
    fit_details();
  }
}

}  // namespace goxel_telemetry::viewer
