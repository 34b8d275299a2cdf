// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/alerts_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "metrics/alerts/alert_words.h"
#include "viewer-qt/charts/course_chart.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/pages/panel.h"
#include "viewer-qt/pages/roomy_column.h"
#include "viewer-qt/pages/series_panel.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastRows = 4;
constexpr int kLeastChars = 44;  // of a summary: "goxel has become slower: goxel.render_scene"

}  // namespace

AlertsPage::AlertsPage(QWidget* parent)
    : QWidget(parent),
      accuracy_(text_label()),
      message_(text_label()),
      list_(table_of(&model_, tr("Alerts, active ones first"))),
      evidence_(new QWidget),
      words_(text_label()),
      course_(new CourseChart),
      course_words_(text_label()),
      shifts_(table_of(&shifts_model_, tr("Operations in the alert's evidence"))),
      judging_(new QWidget),
      series_(new SeriesPanel),
      noticed_(new QToolButton),
      takes_turns_(new QStackedWidget) {
  accuracy_->setObjectName(QStringLiteral("accuracy"));
  message_->setObjectName(QStringLiteral("alerts message"));
  words_->setObjectName(QStringLiteral("evidence"));
  message_->hide();
  evidence_->hide();
  judging_->hide();

  auto* scrolled = new QScrollArea;
  scrolled->setFrameShape(QFrame::NoFrame);
  scrolled->setWidgetResizable(true);
  scrolled->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scrolled->setAccessibleName(tr("Evidence"));
  course_words_->setObjectName(QStringLiteral("course"));
  auto* said = new QWidget;
  auto* said_rows = new QVBoxLayout(said);
  said_rows->setContentsMargins(0, 0, 0, 0);
  said_rows->addWidget(course_);
  said_rows->addWidget(course_words_);
  said_rows->addWidget(words_);
  said_rows->addStretch(1);
  scrolled->setWidget(said);
  auto* beside = new QVBoxLayout(evidence_);
  beside->setContentsMargins(8, 0, 0, 0);
  beside->addWidget(scrolled, 3);
  beside->addWidget(shifts_, 2);
  auto* halves = new QSplitter(Qt::Horizontal);
  halves->setChildrenCollapsible(false);
  halves->addWidget(list_);
  halves->addWidget(evidence_);
  halves->setSizes({1000, 1000});

  auto* line = new QHBoxLayout(judging_);
  line->setContentsMargins(0, 0, 0, 0);
  auto* open = new QToolButton;
  open->setObjectName(QStringLiteral("open alert"));
  open->setText(tr("What changed"));
  open->setToolTip(tr("Compare its stretch with as long a time before it"));
  line->addWidget(open);
  auto* asked = new ElidedLabel(Qt::AlignRight);
  asked->set_text(tr("This alert was"));
  line->addWidget(asked, 1);
  const auto add = [&](metrics::Judgement judgement, const QString& tip) {
    auto* button = new QToolButton;
    button->setText(judgement_text(judgement));
    button->setToolTip(tip);
    button->setAccessibleName(tr("This alert was %1").arg(button->text()));
    button->setCheckable(true);
    line->addWidget(button);
    judgements_[judgement] = button;
    connect(button, &QToolButton::clicked, this,
            [this, judgement] { Q_EMIT judged(QString::fromStdString(chosen_), judgement); });
  };
  add(metrics::Judgement::right, tr("It was so, and somebody had to know"));
  add(metrics::Judgement::wrong, tr("It was not so: a false alarm"));
  add(metrics::Judgement::known, tr("It was so, and no news; counts as right"));

  auto* list_and_judging = new QWidget;
  auto* parts = new QVBoxLayout(list_and_judging);
  parts->setContentsMargins(0, 0, 0, 0);
  parts->addWidget(halves, 1);
  parts->addWidget(judging_);
  takes_turns_->addWidget(list_and_judging);
  takes_turns_->addWidget(series_);
  noticed_->setObjectName(QStringLiteral("noticed"));
  noticed_->setText(tr("What would be noticed"));
  noticed_->setToolTip(
      tr("Which change of each operation would be noticed, in place of the alerts"));
  noticed_->setCheckable(true);
  connect(noticed_, &QToolButton::toggled, takes_turns_,
          [this](bool is_on) { takes_turns_->setCurrentIndex(is_on ? 1 : 0); });

  auto* top = new QHBoxLayout;
  top->addWidget(accuracy_, 1);
  top->addWidget(noticed_, 0, Qt::AlignTop);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(8, 8, 8, 8);
  rows->addLayout(top);
  rows->addWidget(message_);
  rows->addWidget(takes_turns_, 1);
  new RoomyColumn(list_, list_->horizontalHeader(), AlertsModel::kSummary, kLeastChars);
  size_columns();

  const auto open_chosen = [this] {
    if (const metrics::Alert* const alert = model_.at(model_.row_of(chosen_)))
      Q_EMIT opened(*alert);
  };
  connect(open, &QToolButton::clicked, this, open_chosen);
  // Not `activated`: on some desktops that is the click that chooses.
  connect(list_, &QTableView::doubleClicked, this, open_chosen);
  for (const auto key : {Qt::Key_Return, Qt::Key_Enter}) {
    auto* const enter = new QShortcut(key, list_, nullptr, nullptr, Qt::WidgetShortcut);
    connect(enter, &QShortcut::activated, this, open_chosen);
  }
  connect(list_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& current) {
            if (current.isValid()) choose(current.row());
          });
  show_alerts(std::make_shared<KnownAlerts>());
}

void AlertsPage::show_alerts(const AlertsPointer& known) {
  accuracy_->setText(
      known->has_file || !known->message.empty()
          ? QString::fromStdString(metrics::in_words(known->accuracy)) + QLatin1Char('.')
          : tr("There is no file of alerts: a bridge that keeps a history makes one."));
  message_->setText(as_sentence(known->message));
  message_->setVisible(!known->message.empty());
  keep_place(*list_, [&] {
    model_.show(*known);
    const int row = std::max(model_.row_of(chosen_), 0);
    if (list_->currentIndex().row() != row) list_->setCurrentIndex(model_.index(row, 0));
    choose(row);
  });
  series_->show_series(*known);
}

void AlertsPage::turn_to_list() {
  noticed_->setChecked(false);
}

void AlertsPage::choose(int row) {
  const metrics::Alert* const alert = model_.at(row);
  evidence_->setVisible(alert != nullptr);
  judging_->setVisible(alert != nullptr);
  if (alert == nullptr) return;
  chosen_ = alert->id;
  words_->setText(evidence_text(*alert));
  const Course course = course_of(alert->evidence);
  course_->show_course(course);
  course_->setVisible(!course.shares.empty());
  course_words_->setText(course.words);
  course_words_->setVisible(!course.words.isEmpty());
  shifts_model_.show(alert->evidence.operations);
  shifts_->setVisible(!alert->evidence.operations.empty());
  shifts_->resizeColumnsToContents();
  for (const auto& [judgement, button] : judgements_)
    button->setChecked(alert->judgement == judgement);
}

void AlertsPage::size_columns() {
  const QFontMetrics metrics = fontMetrics();
  QFont bold = font();
  bold.setBold(true);
  const QFontMetrics wide(bold);
  constexpr int kMargins = 16;
  const std::map<int, QString> widest = {
      {AlertsModel::kLevel, QStringLiteral("▲ confirmed")},
      {AlertsModel::kSince, QStringLiteral("2026-08-28 08:28:48")},
      {AlertsModel::kState, QStringLiteral("resolved after 88 min")},
      {AlertsModel::kJudged, QStringLiteral("wrong")}};
  for (QTableView* table : {list_, shifts_}) {
    table->verticalHeader()->setDefaultSectionSize(metrics.height() + 6);
    table->setMinimumHeight((metrics.height() + 6) * kLeastRows);
  }
  for (const auto& [column, text] : widest) {
    const QString title = model_.headerData(column, Qt::Horizontal).toString();
    list_->setColumnWidth(
        column, kMargins + std::max(wide.horizontalAdvance(title), wide.horizontalAdvance(text)));
  }
}

void AlertsPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) size_columns();
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
