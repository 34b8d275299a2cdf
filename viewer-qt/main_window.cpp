// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/main_window.h"

#include <QHeaderView>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include "metrics/text/format.h"
#include "ui_main_window.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint32_t kChartSeconds = 120;

QColor color_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return theme::ink(theme::Ink::good);
    case Tone::warning:
      return theme::ink(theme::Ink::warning);
    case Tone::bad:
      return theme::ink(theme::Ink::bad);
    case Tone::quiet:
      break;
  }
  return theme::ink(theme::Ink::quiet);
}

// Columns as wide as their heading and their widest usual text, so that nothing jumps when numbers
// change.
void set_up_table(QTableView* table, QAbstractItemModel* model, const QStringList& widest) {
  table->setModel(model);
  table->setAlternatingRowColors(true);
  table->setShowGrid(false);
  table->setFrameShape(QFrame::NoFrame);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setTabKeyNavigation(false);
  table->setWordWrap(false);
  const QFontMetrics metrics = table->fontMetrics();
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(metrics.height() + 6);
  QHeaderView* header = table->horizontalHeader();
  header->setHighlightSections(false);
  header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  constexpr int kMargins = 14;
  for (int column = 0; column < widest.size(); ++column) {
    const QString heading = model->headerData(column, Qt::Horizontal).toString();
    table->setColumnWidth(column, kMargins + std::max(metrics.horizontalAdvance(heading),
                                                      metrics.horizontalAdvance(widest[column])));
  }
}

}  // namespace

MainWindow::MainWindow(const QString& instance, QWidget* parent)
    : QMainWindow(parent), ui_(new Ui::MainWindow), series_(kChartSeconds) {
  ui_->setupUi(this);
  for (QFrame* panel :
       {ui_->figures, ui_->latency, ui_->throughput, ui_->inflight_panel, ui_->operations_panel}) {
    panel->setBackgroundRole(QPalette::Base);
  }
  make_figures();
  make_charts();
  make_tables();
  // These sizes are proportions of the space that there is.
  ui_->halves->setSizes({2000, 3000});
  ui_->upper->setSizes({1000, 1000, 1250});
  connect(ui_->waiting, &WaitingPage::chosen, this, &MainWindow::instance_chosen);
  connect(this, &MainWindow::instance_chosen, this, &MainWindow::name_window);
  connect(new QShortcut(QKeySequence::Quit, this), &QShortcut::activated, this, &QWidget::close);
  name_window(instance);
}

MainWindow::~MainWindow() = default;

void MainWindow::name_window(const QString& instance) {
  setWindowTitle(instance.isEmpty() ? tr("Goxel telemetry")
                                    : tr("%1 – Goxel telemetry").arg(instance));
  ui_->waiting->wait_for(instance);
}

void MainWindow::make_figures() {
  const std::array<Figure, kFigureCount> shown = figures({});
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    auto* name = new QLabel(shown[i].name);
    name->setForegroundRole(QPalette::PlaceholderText);
    auto* value = new QLabel;
    QFont font = value->font();
    font.setPointSizeF(font.pointSizeF() * 1.35);
    font.setBold(true);
    value->setFont(font);
    value->setTextFormat(Qt::PlainText);
    value->setForegroundRole(QPalette::WindowText);
    value->setAccessibleName(shown[i].name);
    figures_[i] = value;
    auto* pair = new QVBoxLayout;
    pair->setSpacing(0);
    pair->addWidget(name);
    pair->addWidget(value);
    ui_->figures_row->addLayout(pair, 1);
  }
  show_figures({});
}

void MainWindow::make_charts() {
  latency_ = new LineChart(tr("Latency"), LineChart::Quantity::duration, kChartSeconds,
                           {{QStringLiteral("p50"), theme::ink(theme::Ink::p50)},
                            {QStringLiteral("p99"), theme::ink(theme::Ink::p99)}});
  throughput_ = new LineChart(tr("Throughput"), LineChart::Quantity::rate, kChartSeconds,
                              {{tr("all"), theme::ink(theme::Ink::operations)},
                               {tr("failed"), theme::ink(theme::Ink::failures)}});
  ui_->latency_rows->addWidget(latency_);
  ui_->throughput_rows->addWidget(throughput_);
}

void MainWindow::make_tables() {
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(&operations_model_);
  sorted->setSortRole(OperationsModel::kSortRole);
  const QString protocol = QStringLiteral("jsonrpc");
  const QString time = QStringLiteral("88.8 ms");
  set_up_table(ui_->operations, sorted,
               {QStringLiteral("goxel.batch_operations"),
                protocol,
                QStringLiteral("4-layer"),
                QStringLiteral("mcp-server"),
                QStringLiteral("1,000,000"),
                QStringLiteral("10,000/s"),
                QStringLiteral("10,000"),
                {},
                time,
                QStringLiteral("88.8 ms within"),
                time,
                time,
                time,
                time,
                time});
  ui_->operations->horizontalHeader()->setSectionResizeMode(OperationsModel::kOperation,
                                                            QHeaderView::Stretch);
  ui_->operations->sortByColumn(OperationsModel::kCount, Qt::DescendingOrder);
  connect(ui_->window, &QComboBox::currentIndexChanged, this,
          [this](int index) { operations_model_.set_window(static_cast<metrics::Window>(index)); });
  set_up_table(ui_->inflight, &inflight_model_,
               {QStringLiteral("9 min 59 s"),
                QStringLiteral("goxel.export_model"),
                QStringLiteral("received"),
                protocol,
                {}});
  ui_->inflight->horizontalHeader()->setStretchLastSection(true);
}

void MainWindow::show_past(const PastPointer& past) {
  series_ = TimeSeries(kChartSeconds);
  series_.begin_with(*past);
  charted_instance_ = past->instance;
}

void MainWindow::show_snapshot(const SnapshotPointer& snapshot) {
  const bool shows_data = has_data(snapshot->daemon.state);
  show_state(*snapshot);
  ui_->pages->setCurrentWidget(shows_data ? ui_->live : ui_->waiting);
  show_charts(*snapshot);
  if (!shows_data) return;
  show_figures(*snapshot);
  operations_model_.show(snapshot);
  ui_->operations->setColumnHidden(OperationsModel::kLayer, !operations_model_.has_other_layers());
  ui_->operations->setColumnHidden(OperationsModel::kTarget, !operations_model_.has_targets());
  show_inflight(snapshot);
}

void MainWindow::show_instances(const QList<Instance>& instances) {
  ui_->waiting->show_instances(instances);
}

// A good state takes one word; a bad state is shown as large as possible.
void MainWindow::show_state(const metrics::Snapshot& snapshot) {
  const StateLine line = state_line(snapshot);
  ui_->state_badge->setText(QStringLiteral("● ") + line.badge);
  ui_->state_text->setText(line.text);
  const bool calm = line.tone == Tone::good;
  const QColor color = color_of(line.tone);
  QPalette colors = palette();
  colors.setColor(QPalette::Window, calm ? palette().color(QPalette::Base) : color);
  if (!calm) {
    const bool white = theme::contrast(color, Qt::white) > theme::contrast(color, Qt::black);
    colors.setColor(QPalette::WindowText, white ? Qt::white : Qt::black);
  }
  ui_->state->setPalette(colors);
  if (calm) colors.setColor(QPalette::WindowText, color);
  ui_->state_badge->setPalette(colors);
}

void MainWindow::show_figures(const metrics::Snapshot& snapshot) {
  const std::array<Figure, kFigureCount> shown = figures(snapshot);
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    QPalette colors = palette();
    if (shown[i].alarming) {
      colors.setColor(QPalette::WindowText, theme::ink(theme::Ink::failures));
    } else if (shown[i].noteworthy) {
      colors.setColor(QPalette::WindowText, theme::ink(theme::Ink::warning));
    }
    figures_[i]->setText(shown[i].value);
    figures_[i]->setToolTip(shown[i].hint);
    figures_[i]->setPalette(colors);
  }
}

void MainWindow::show_charts(const metrics::Snapshot& snapshot) {
  if (snapshot.instance != charted_instance_) {
    series_ = TimeSeries(kChartSeconds);
    charted_instance_ = snapshot.instance;
  }
  if (!series_.add(snapshot)) return;
  latency_->show_lines({series_.p50_ns(), series_.p99_ns()});
  throughput_->show_lines({series_.operations_per_second(), series_.failures_per_second()});
}

void MainWindow::show_inflight(const SnapshotPointer& snapshot) {
  inflight_model_.show(snapshot);
  const bool live = snapshot->daemon.state == shm::ProducerState::live;
  const QString title = live ? tr("In flight") : tr("In flight when it ended");
  ui_->inflight_title->setText(
      snapshot->inflight.empty()
          ? tr("%1: nothing").arg(title)
          : tr("%1: %2, oldest %3")
                .arg(title, QString::number(snapshot->inflight.size()),
                     QString::fromStdString(metrics::format_duration(
                         static_cast<double>(snapshot->inflight.front().age_ns)))));
}

}  // namespace goxel_telemetry::viewer
