// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/main_window.h"

#include <QComboBox>
#include <QFontDatabase>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QVBoxLayout>

#include "metrics/format.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint32_t kChartSeconds = 120;

const QColor kP50Color(0x2A, 0x7D, 0xC9);
const QColor kP99Color(0xE0, 0x7B, 0x1A);
const QColor kOperationsColor(0x2E, 0x8B, 0x57);
const QColor kFailuresColor(0xD0, 0x3B, 0x3B);

// Background of the state line.
const char* state_color(metrics::ProducerState state) {
  switch (state) {
    case metrics::ProducerState::live:
      return "#2e8b57";
    case metrics::ProducerState::dead:
      return "#b83232";
    case metrics::ProducerState::retired:
      return "#7a6a3a";
    default:
      return "#5a6470";
  }
}

QTableView* make_table(QAbstractItemModel* model, const QString& name) {
  auto* table = new QTableView;
  table->setModel(model);
  table->setAccessibleName(name);
  table->setAlternatingRowColors(true);
  table->setShowGrid(false);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setWordWrap(false);
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 6);
  table->horizontalHeader()->setHighlightSections(false);
  return table;
}

QLabel* make_title(const QString& text) {
  auto* label = new QLabel(text);
  QFont font = label->font();
  font.setBold(true);
  label->setFont(font);
  return label;
}

}  // namespace

MainWindow::MainWindow(const QString& instance, QWidget* parent)
    : QMainWindow(parent), series_(kChartSeconds) {
  setWindowTitle(instance.isEmpty() ? tr("Goxel telemetry")
                                    : tr("Goxel telemetry – %1").arg(instance));
  resize(1200, 800);
  state_ = new QLabel(tr("looking for a daemon …"));
  state_->setAccessibleName(tr("State of the daemon"));
  state_->setWordWrap(true);
  pages_ = new QStackedWidget;
  pages_->addWidget(make_waiting_page(instance));
  pages_->addWidget(make_live_page());

  auto* center = new QWidget;
  auto* layout = new QVBoxLayout(center);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(state_);
  layout->addWidget(pages_, 1);
  setCentralWidget(center);
  connect(new QShortcut(QKeySequence::Quit, this), &QShortcut::activated, this, &QWidget::close);
}

QWidget* MainWindow::make_waiting_page(const QString& instance) {
  auto* page = new QWidget;
  waiting_for_ = new QLabel;
  waiting_for_->setWordWrap(true);
  QFont large = waiting_for_->font();
  large.setPointSizeF(large.pointSizeF() * 1.3);
  waiting_for_->setFont(large);
  auto* how =
      new QLabel(tr("The daemon's plugin is switched on in its config file, daemon_config.json:"));
  auto* config =
      new QLabel(QStringLiteral("\"plugins\": {\n"
                                "  \"telemetry\": { \"enabled\": true,\n"
                                "                 \"library\": \"goxel_telemetry.so\",\n"
                                "                 \"config\": { \"instance\": \"%1\" } }\n"
                                "}")
                     .arg(instance.isEmpty() ? QStringLiteral("goxel") : instance));
  auto* then = new QLabel(tr("and the daemon is started through the launcher:"));
  auto* command = new QLabel(
      QStringLiteral("goxel-plugin-run goxel-daemon --foreground --config daemon_config.json"));
  for (QLabel* code : {config, command}) {
    code->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    code->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    code->setFrameShape(QFrame::StyledPanel);
    code->setMargin(10);
  }
  auto* next = new QLabel(tr("This window picks the daemon up when it comes."));
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(40, 30, 40, 30);
  layout->setSpacing(12);
  layout->addStretch(1);
  for (QLabel* label : {waiting_for_, how, config, then, command, next}) layout->addWidget(label);
  layout->addStretch(2);
  return page;
}

QWidget* MainWindow::make_live_page() {
  auto* lower = new QSplitter(Qt::Horizontal);
  lower->addWidget(make_operations());
  lower->addWidget(make_inflight());
  lower->setStretchFactor(0, 3);
  lower->setStretchFactor(1, 1);
  lower->setSizes({820, 380});
  auto* parts = new QSplitter(Qt::Vertical);
  parts->addWidget(make_charts());
  parts->addWidget(lower);
  parts->setStretchFactor(0, 1);
  parts->setStretchFactor(1, 1);
  parts->setSizes({330, 380});
  auto* page = new QWidget;
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(10, 8, 10, 8);
  layout->addWidget(make_figures());
  layout->addWidget(parts, 1);
  return page;
}

QWidget* MainWindow::make_figures() {
  static const char* const kNames[kFigureCount] = {
      "p99 now", "p99 1 min", "Throughput", "Failures 1 min", "Clients",
      "In hand", "CPU",       "Memory",     "Telemetry cost", "Records lost"};
  auto* row = new QWidget;
  auto* layout = new QGridLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setHorizontalSpacing(12);
  layout->setVerticalSpacing(0);
  for (int i = 0; i < kFigureCount; ++i) {
    auto* name = new QLabel(QString::fromLatin1(kNames[i]));
    name->setForegroundRole(QPalette::PlaceholderText);
    auto* value = new QLabel(QStringLiteral("–"));
    QFont font = value->font();
    font.setPointSizeF(font.pointSizeF() * 1.35);
    font.setBold(true);
    value->setFont(font);
    value->setAccessibleName(name->text());
    figures_[static_cast<std::size_t>(i)] = value;
    layout->addWidget(name, 0, i);
    layout->addWidget(value, 1, i);
    layout->setColumnStretch(i, 1);
  }
  figures_[kOwnCost]->setToolTip(
      tr("Time spent inside the plugin, as a share of the daemon's busy time"));
  figures_[kLost]->setToolTip(tr("Records that were overwritten before this window read them"));
  return row;
}

QWidget* MainWindow::make_charts() {
  latency_ = new LineChart(tr("Latency"), tr("ms"), LineChart::Scale::logarithmic, kChartSeconds);
  latency_->add_line(QStringLiteral("p50"), kP50Color);
  latency_->add_line(QStringLiteral("p99"), kP99Color);
  throughput_ =
      new LineChart(tr("Throughput"), tr("per second"), LineChart::Scale::linear, kChartSeconds);
  throughput_->add_line(tr("operations"), kOperationsColor);
  throughput_->add_line(tr("failures"), kFailuresColor);
  auto* charts = new QWidget;
  auto* layout = new QHBoxLayout(charts);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(latency_);
  layout->addWidget(throughput_);
  charts->setMinimumHeight(200);
  return charts;
}

QWidget* MainWindow::make_operations() {
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(&operations_model_);
  sorted->setSortRole(OperationsModel::kSortRole);
  operations_ = make_table(sorted, tr("Operations"));
  operations_->setSortingEnabled(true);
  operations_->sortByColumn(OperationsModel::kCount, Qt::DescendingOrder);
  operations_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  operations_->horizontalHeader()->setSectionResizeMode(OperationsModel::kOperation,
                                                        QHeaderView::Stretch);
  operations_->horizontalHeader()->setMinimumSectionSize(48);

  auto* window = new QComboBox;
  window->setAccessibleName(tr("Time that the table covers"));
  window->addItems({tr("now"), tr("1 minute"), tr("5 minutes"), tr("15 minutes")});
  window->setCurrentIndex(static_cast<int>(metrics::Window::one_minute));
  connect(window, &QComboBox::currentIndexChanged, this,
          [this](int index) { operations_model_.set_window(static_cast<metrics::Window>(index)); });
  auto* head = new QHBoxLayout;
  head->addWidget(make_title(tr("Operations")));
  head->addStretch(1);
  head->addWidget(window);
  auto* part = new QWidget;
  auto* layout = new QVBoxLayout(part);
  layout->setContentsMargins(0, 4, 0, 0);
  layout->addLayout(head);
  layout->addWidget(operations_, 1);
  return part;
}

QWidget* MainWindow::make_inflight() {
  inflight_title_ = make_title(tr("In hand"));
  auto* table = make_table(&inflight_model_, tr("Requests in hand"));
  table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table->horizontalHeader()->setStretchLastSection(true);
  auto* part = new QWidget;
  auto* layout = new QVBoxLayout(part);
  layout->setContentsMargins(0, 4, 0, 0);
  layout->addWidget(inflight_title_);
  layout->addWidget(table, 1);
  return part;
}

void MainWindow::show_snapshot(const SnapshotPointer& snapshot) {
  using metrics::ProducerState;
  const ProducerState state = snapshot->daemon.state;
  const bool has_data = state == ProducerState::live || state == ProducerState::dead ||
                        state == ProducerState::retired;
  show_state(*snapshot);
  pages_->setCurrentIndex(has_data ? 1 : 0);
  waiting_for_->setText(QString::fromStdString(snapshot->daemon.message));
  series_.add(*snapshot);
  if (!has_data) return;
  inflight_title_->setText(state == ProducerState::live ? tr("In hand")
                                                        : tr("In hand when it ended"));
  show_figures(*snapshot);
  show_charts();
  operations_model_.show(snapshot);
  inflight_model_.show(snapshot);
}

void MainWindow::show_state(const metrics::Snapshot& snapshot) {
  const metrics::Daemon& daemon = snapshot.daemon;
  QString text = QString::fromStdString(daemon.message);
  if (daemon.state == metrics::ProducerState::live) {
    text = tr("%1 (pid %2) as \"%3\", live since %4, up %5")
               .arg(QString::fromStdString(daemon.host_name))
               .arg(snapshot.process.pid)
               .arg(QString::fromStdString(snapshot.instance),
                    QString::fromStdString(metrics::format_date_time(daemon.started_realtime_ns)),
                    QString::fromStdString(metrics::format_duration(daemon.uptime_seconds * 1e9)));
  }
  if (state_->text() == text) return;
  state_->setText(text);
  state_->setStyleSheet(
      QStringLiteral("QLabel { background: %1; color: white; padding: 6px 12px; }")
          .arg(QLatin1String(state_color(daemon.state))));
}

void MainWindow::set_figure(Figure figure, const std::string& text, bool alarming) {
  QLabel* label = figures_[figure];
  label->setText(QString::fromStdString(text));
  QPalette palette = this->palette();
  if (alarming) palette.setColor(QPalette::WindowText, kFailuresColor);
  label->setPalette(palette);
}

void MainWindow::show_figures(const metrics::Snapshot& snapshot) {
  const metrics::WindowStats& now = snapshot.daemon.window(metrics::Window::now);
  const metrics::WindowStats& minute = snapshot.daemon.window(metrics::Window::one_minute);
  const auto latency = [](const metrics::WindowStats& window) {
    return window.latency.count == 0
               ? std::string("–")
               : metrics::format_duration(static_cast<double>(window.latency.p99_ns));
  };
  const std::uint64_t failures = minute.outcomes.all() - minute.outcomes.ok;
  set_figure(kP99Now, latency(now));
  set_figure(kP99Minute, latency(minute));
  set_figure(kThroughput, metrics::format_rate(now.rate_per_second));
  set_figure(kFailures, metrics::format_count(failures), failures != 0);
  set_figure(kClients, metrics::format_count(snapshot.daemon.connections));
  set_figure(kInHand, metrics::format_count(snapshot.daemon.inflight));
  set_figure(kCpu, snapshot.process.cpu_ratio ? metrics::format_percent(*snapshot.process.cpu_ratio)
                                              : "–");
  set_figure(kMemory,
             snapshot.process.resident_bytes
                 ? metrics::format_bytes(static_cast<double>(*snapshot.process.resident_bytes))
                 : "–");
  set_figure(kOwnCost, snapshot.own_cost.samples == 0
                           ? "–"
                           : metrics::format_percent(snapshot.own_cost.busy_ratio));
  set_figure(kLost, metrics::format_count(snapshot.ring.lost), snapshot.ring.lost != 0);
}

void MainWindow::show_charts() {
  latency_->set_line(0, series_.p50_ms());
  latency_->set_line(1, series_.p99_ms());
  latency_->rescale();
  throughput_->set_line(0, series_.operations_per_second());
  throughput_->set_line(1, series_.failures_per_second());
  throughput_->rescale();
}

}  // namespace goxel_telemetry::viewer
