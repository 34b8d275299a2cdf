// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/main_window.h"

#include <QAbstractButton>
#include <QEvent>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QMessageBox>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWindow>
#include <algorithm>
#include <utility>

#include "metrics/comparison/tool_method.h"
#include "metrics/text/format.h"
#include "viewer-qt/header_bar.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/header_line.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/alerts_page.h"
#include "viewer-qt/pages/black_box_page.h"
#include "viewer-qt/pages/changes_page.h"
#include "viewer-qt/pages/distribution_page.h"
#include "viewer-qt/pages/inflight_strip.h"
#include "viewer-qt/pages/operations_page.h"
#include "viewer-qt/pages/overview_page.h"
#include "viewer-qt/pages/records_page.h"
#include "viewer-qt/pages/slowdown_notice.h"
#include "viewer-qt/pages/time_panel.h"
#include "viewer-qt/pages/value_label.h"
#include "viewer-qt/selection_bar.h"
#include "viewer-qt/theme.h"
#include "viewer-qt/waiting_page.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

// The header tells the age of what is shown also when nothing comes any more.
constexpr int kHeaderMs = 500;

theme::Ink ink_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return theme::Ink::good;
    case Tone::warning:
      return theme::Ink::warning;
    case Tone::bad:
      return theme::Ink::bad;
    case Tone::quiet:
      break;
  }
  return theme::Ink::quiet;
}

// What does not fit into a small window is scrolled to, and not cut.
QScrollArea* scrolled(QWidget* content) {
  auto* area = new QScrollArea;
  area->setFrameShape(QFrame::NoFrame);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  area->setWidget(content);
  return area;
}

// One after the other.
QWidget* row_of(const QList<QWidget*>& widgets) {
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(12);
  for (QWidget* widget : widgets) layout->addWidget(widget);
  return row;
}

std::uint64_t now_ns() {
  return metrics::Time::now().realtime_ns;
}

}  // namespace

MainWindow::MainWindow(const QString& instance, QWidget* parent)
    : QMainWindow(parent),
      badge_(new ValueLabel(Qt::AlignLeft)),
      alert_sign_(new QToolButton),
      facts_(new QLabel),
      header_(new HeaderBar(row_of({badge_, alert_sign_}), facts_)),
      message_(new QLabel),
      bar_(new SelectionBar(&trail_)),
      pages_(new QStackedWidget),
      waiting_(new WaitingPage),
      watching_(new QSplitter(Qt::Vertical)),
      charts_(new TimePanel),
      tabs_(new QTabWidget),
      overview_(new OverviewPage),
      operations_(new OperationsPage),
      distribution_(new DistributionPage),
      records_(new RecordsPage),
      changes_(new ChangesPage),
      alerts_(new AlertsPage),
      black_box_(new BlackBoxPage),
      slowdown_(new SlowdownNotice),
      inflight_(new InflightStrip) {
  resize(1200, 800);
  setMinimumSize(900, 600);
  make_header();
  tabs_->setDocumentMode(true);
  // Or it would seem to take the focus, too, which its bar does.
  tabs_->setFocusPolicy(Qt::NoFocus);
  tabs_->tabBar()->setFocusPolicy(Qt::TabFocus);
  // All pages stay in sight, if need be by a part of their names.
  tabs_->setUsesScrollButtons(false);
  tabs_->setElideMode(Qt::ElideRight);
  tabs_->addTab(overview_, tr("Overview"));
  tabs_->addTab(operations_, tr("Operations"));
  tabs_->addTab(distribution_, tr("Distribution"));
  tabs_->addTab(records_, tr("Records"));
  tabs_->addTab(changes_, tr("What changed"));
  tabs_->addTab(alerts_, tr("Alerts"));
  const int black_box = tabs_->addTab(black_box_, tr("Black box"));
  tabs_->setTabVisible(black_box, false);
  for (int i = 0; i < tabs_->count(); ++i) tabs_->setTabToolTip(i, tabs_->tabText(i));
  watching_->setChildrenCollapsible(false);
  watching_->setHandleWidth(6);
  watching_->addWidget(charts_);
  watching_->addWidget(tabs_);
  // Proportions of the space that there is.
  watching_->setSizes({2000, 2600});
  message_->setTextFormat(Qt::PlainText);
  message_->setWordWrap(true);
  message_->setMargin(6);
  message_->hide();
  auto* live = new QWidget;
  auto* live_rows = new QVBoxLayout(live);
  live_rows->setContentsMargins(8, 0, 8, 8);
  live_rows->setSpacing(4);
  live_rows->addWidget(bar_);
  live_rows->addWidget(message_);
  QScrollArea* const watching = scrolled(watching_);
  live_rows->addWidget(watching, 1);
  live_rows->addWidget(slowdown_);
  live_rows->addWidget(inflight_);
  pages_->addWidget(scrolled(waiting_));
  pages_->addWidget(live);
  auto* center = new QWidget;
  auto* rows = new QVBoxLayout(center);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(header_);
  rows->addWidget(pages_, 1);
  setCentralWidget(center);

  connect(waiting_, &WaitingPage::chosen, this, &MainWindow::instance_chosen);
  connect(this, &MainWindow::instance_chosen, this, &MainWindow::name_window);
  connect(&trail_, &SelectionTrail::changed, this, &MainWindow::selection_changed);
  distribution_->stand_below(charts_);
  connect(charts_, &TimePanel::columns_changed, this, &MainWindow::ask);
  connect(&charts_->view(), &TimeView::wanted, this, &MainWindow::want);
  connect(&charts_->view(), &TimeView::live_length_wanted, this, &MainWindow::set_live_length);
  connect(&charts_->view(), &TimeView::looked_into, this, &MainWindow::look_into);
  connect(overview_, &OverviewPage::range_chosen, this,
          [this](const metrics::TimeStretch& stretch) { want(stretch, true); });
  connect(bar_, &SelectionBar::live_length_chosen, this, &MainWindow::set_live_length);
  connect(bar_, &SelectionBar::pause_wanted, this, &MainWindow::pause);
  connect(bar_, &SelectionBar::live_wanted, this, &MainWindow::go_live);
  connect(operations_, &OperationsPage::chosen, this, &MainWindow::choose);
  connect(changes_, &ChangesPage::chosen, this, &MainWindow::choose);
  connect(changes_, &ChangesPage::baseline_chosen, this, [this](const std::string& name) {
    baseline_ = name;
    shows_slowdown_ = false;
    ask();
  });
  connect(records_, &RecordsPage::operation_chosen, this, [this](metrics::OperationKey key) {
    key.operation = metrics::method_of_tool(key.operation);
    choose(key);
  });
  connect(records_, &RecordsPage::record_chosen, this, &MainWindow::trace_wanted);
  connect(records_, &RecordsPage::order_chosen, this, [this](RecordOrder order) {
    order_ = order;
    ask();
  });
  connect(distribution_, &DistributionPage::durations_chosen, this,
          [this](std::uint64_t low_ns, std::uint64_t high_ns) {
            Selection selection = trail_.current();
            selection.durations = {low_ns, high_ns};
            trail_.select(std::move(selection));
          });
  connect(distribution_, &DistributionPage::picked, this,
          [this](std::uint64_t from_ns, std::uint64_t to_ns, std::uint64_t low_ns,
                 std::uint64_t high_ns) {
            Selection selection = trail_.current();
            selection.range = {from_ns, to_ns};
            selection.durations = {low_ns, high_ns};
            trail_.select(std::move(selection));
          });
  connect(distribution_, &DistributionPage::brush_cleared, this, [this] {
    Selection selection = trail_.current();
    selection.durations.reset();
    trail_.select(std::move(selection));
  });
  connect(alert_sign_, &QToolButton::clicked, this, [this] {
    alerts_->turn_to_list();
    turn_to(QStringLiteral("alerts"));
  });
  connect(alerts_, &AlertsPage::opened, this, &MainWindow::look_into_alert);
  connect(alerts_, &AlertsPage::judged, this, &MainWindow::alert_judged);
  connect(slowdown_, &SlowdownNotice::opened, this, &MainWindow::open_slowdown);
  connect(tabs_, &QTabWidget::currentChanged, this, [this] {
    shows_slowdown_ &= tabs_->currentWidget() == changes_;
    ask();
  });
  // A page that opens is to be seen, also in a window in which the charts leave no room for it.
  connect(tabs_, &QTabWidget::currentChanged, watching, [this, watching] {
    const int top = tabs_->mapTo(watching_, QPoint(0, 0)).y();
    QScrollBar* const bar = watching->verticalScrollBar();
    if (top + tabs_->height() > bar->value() + watching->viewport()->height()) bar->setValue(top);
  });
  auto* header_timer = new QTimer(this);
  connect(header_timer, &QTimer::timeout, this, &MainWindow::show_header);
  header_timer->start(kHeaderMs);
  make_shortcuts();
  name_window(instance);
  bar_->show_live_length(live_ns_);
  frame_ = std::make_shared<Frame>();
  badge_->set_text(tr("Starting"));
  facts_->setText(tr("Looking for a daemon …"));
}

MainWindow::~MainWindow() = default;

QStringList MainWindow::page_names() {
  return {QStringLiteral("overview"), QStringLiteral("operations"), QStringLiteral("distribution"),
          QStringLiteral("records"),  QStringLiteral("changes"),    QStringLiteral("alerts")};
}

bool MainWindow::turn_to(const QString& page) {
  const auto index = static_cast<int>(page_names().indexOf(page));
  if (index < 0) return false;
  tabs_->setCurrentIndex(index);
  if (tabs_->currentWidget() == alerts_) pages_->setCurrentIndex(1);  // it needs no daemon
  return true;
}

void MainWindow::make_header() {
  QFont bold = badge_->font();
  bold.setBold(true);
  badge_->setFont(bold);
  badge_->setAccessibleName(tr("State of the daemon"));
  badge_->setObjectName(QStringLiteral("badge"));
  alert_sign_->setObjectName(QStringLiteral("alert sign"));
  alert_sign_->setFont(bold);
  alert_sign_->setToolTip(tr("Show the alerts"));
  alert_sign_->hide();
  facts_->setTextFormat(Qt::PlainText);
  facts_->setWordWrap(true);
  facts_->setObjectName(QStringLiteral("facts"));
}

void MainWindow::make_shortcuts() {
  const auto on = [this](const QKeySequence& keys, auto does) {
    connect(new QShortcut(keys, this), &QShortcut::activated, this, does);
  };
  // QKeySequence::Quit is nothing without a desktop's theme.
  on(QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { close(); });
  on(QKeySequence(Qt::ALT | Qt::Key_Left), [this] { trail_.go_back(); });
  on(QKeySequence(Qt::ALT | Qt::Key_Right), [this] { trail_.go_forward(); });
  on(QKeySequence(Qt::Key_Home), [this] { go_live(); });
  on(QKeySequence(Qt::Key_Space), [this] {
    // The shortcut takes the key from who has the focus.
    if (auto* const button = qobject_cast<QAbstractButton*>(focusWidget())) return button->click();
    trail_.current().is_live() ? pause() : go_live();
  });
  on(QKeySequence(Qt::Key_L), [this] { charts_->toggle_lock(); });
  on(QKeySequence(Qt::Key_G), [this] { charts_->toggle_logarithmic(); });
  on(QKeySequence(Qt::Key_N), [this] { write_note(); });
  on(QKeySequence(Qt::Key_Question), [this] { show_help(); });
  on(QKeySequence(Qt::Key_F1), [this] { show_help(); });
  on(QKeySequence::Find, [this] {
    tabs_->setCurrentWidget(operations_);
    operations_->find();
  });
  for (int i = 0; i < 9; ++i) {
    on(QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + i)), [this, i] {
      if (i < tabs_->count()) tabs_->setCurrentIndex(i);
    });
  }
}

void MainWindow::show_help() {
  QMessageBox::information(
      this, tr("Keys"),
      tr("<table cellspacing=\"4\">"
         "<tr><td>Space</td><td>pause, and go on</td></tr>"
         "<tr><td>Home</td><td>show what happens now</td></tr>"
         "<tr><td>Alt+← →</td><td>the selection before, and after</td></tr>"
         "<tr><td>Alt+1 2 …</td><td>a page</td></tr>"
         "<tr><td>Ctrl+F</td><td>find an operation</td></tr>"
         "<tr><td>L</td><td>lock the value axes</td></tr>"
         "<tr><td>G</td><td>logarithmic or linear latencies</td></tr>"
         "<tr><td>N</td><td>write a note at the cross-hair</td></tr>"
         "<tr><td>Ctrl+Q</td><td>end</td></tr>"
         "</table><p>Over a chart, or when it has the focus:</p><table cellspacing=\"4\">"
         "<tr><td>drag</td><td>choose a range</td></tr>"
         "<tr><td>click, P</td><td>pin the cross-hair; a second pin measures; Esc takes them "
         "away</td></tr>"
         "<tr><td>double click, Enter</td><td>look into that moment</td></tr>"
         "<tr><td>Ctrl+wheel, + −</td><td>zoom</td></tr>"
         "<tr><td>Shift+drag, Shift+wheel, Ctrl+← →</td><td>earlier and later</td></tr>"
         "<tr><td>← →</td><td>move the cross-hair</td></tr></table>"));
}

void MainWindow::name_window(const QString& instance) {
  instance_ = instance;
  setWindowTitle(instance.isEmpty() ? tr("Goxel telemetry")
                                    : tr("%1 – Goxel telemetry").arg(instance));
  waiting_->wait_for(instance);
}

void MainWindow::choose(const metrics::OperationKey& key) {
  Selection selection = trail_.current();
  selection.operation = key.operation;
  if (!key.stack.empty()) selection.stack = key.stack;
  selection.layer = key.layer;
  trail_.select(std::move(selection));
}

Wanted MainWindow::wanted() const {
  const QWidget* page = tabs_->currentWidget();
  if (page == operations_) return Wanted::operations;
  if (page == distribution_) return Wanted::distribution;
  if (page == records_) return Wanted::records;
  if (page == changes_) return Wanted::changes;
  return Wanted::charts;
}

void MainWindow::show_slowdown() {
  const QWidget* page = tabs_->currentWidget();
  const bool untouched = trail_.current() == Selection() && baseline_.empty();
  if (untouched && (page == overview_ || page == changes_)) open_slowdown();
}

void MainWindow::note_slowdown(const SlowdownPointer& slowdown) {
  slowdown_->show_slowdown(slowdown);
}

// It is of all operations, and of stretches of its own.
void MainWindow::open_slowdown() {
  trail_.select({});
  changes_->choose_stretch_before();
  shows_slowdown_ = true;
  tabs_->setCurrentWidget(changes_);
  ask();
}

void MainWindow::show_alerts(const AlertsPointer& alerts) {
  alerts_->show_alerts(alerts);
  alert_marks_ = marks_of(*alerts);
  show_marks();
  const QString text = active_text(*alerts);
  alert_sign_->setText(text);
  alert_sign_->setVisible(!text.isEmpty());
  show_header();
}

void MainWindow::show_marks() {
  QList<Mark> marks = alert_marks_;
  if (seen_ != nullptr) marks += seen_->marks;
  std::ranges::stable_sort(marks, {}, &Mark::at_ns);
  charts_->show_marks(marks);
  overview_->show_marks(marks);
}

// Of all operations, whatever was selected, against as long a time before it.
void MainWindow::look_into_alert(const metrics::Alert& alert) {
  Selection selection;
  selection.range = stretch_of(alert, now_ns());
  changes_->choose_stretch_before();
  trail_.select(std::move(selection));
  tabs_->setCurrentWidget(changes_);
}

void MainWindow::show_trace(const TracePointer& trace) {
  records_->show_trace(*trace);
}

// Opens by itself: there is nothing more urgent to see.
void MainWindow::show_end(const EndPointer& end) {
  black_box_->show_end(*end);
  tabs_->setTabVisible(tabs_->indexOf(black_box_), true);
  tabs_->setCurrentWidget(black_box_);
}

void MainWindow::ask() {
  asked_ = {trail_.current(), live_ns_,  charts_->columns(), wanted(),
            order_,           baseline_, shows_slowdown_};
  Q_EMIT looks_at(asked_);
}

void MainWindow::show_frame(const FramePointer& frame) {
  const bool is_all_new = frame->revision != shown_revision_;
  frame_ = frame;
  const metrics::Snapshot& snapshot = frame->snapshot;
  if (const QString instance = shown(snapshot.instance); instance != seen_instance_) {
    seen_instance_ = instance;
    Q_EMIT instance_seen(instance);
  }
  // What is calm is told twice a second; what is not, must not be told longer than it is so.
  if (is_all_new || header_tone_ != Tone::good) show_header();
  if (!has_data(snapshot.daemon.state)) {
    waiting_->explain_the_plugin(snapshot.daemon.state == shm::ProducerState::absent);
    // What somebody has paused to look at is known also without its daemon, and so are alerts.
    const bool needs_none = !trail_.current().is_live() || tabs_->currentWidget() == alerts_;
    if (!needs_none) pages_->setCurrentIndex(0);
    // Beside alerts, charts that were never shown anything would stand in 1970.
    charts_->setVisible(shown_revision_ != 0 || !trail_.current().is_live());
    return;
  }
  charts_->show();
  pages_->setCurrentIndex(1);
  if (!exposed_) return;  // its title is told, and all else when it is seen again
  shown_revision_ = frame->revision;
  if (is_all_new && frame->layers != nullptr) {
    std::vector<std::string> stacks;
    for (const metrics::StackView& stack : frame->layers->stacks) stacks.push_back(stack.stack);
    bar_->show_stacks(stacks);
  }
  if (is_all_new) charts_->show_frame(*frame);
  inflight_->show_snapshot(snapshot);
  if (tabs_->currentWidget() == overview_) overview_->show_frame(*frame, trail_.current().stack);
}

void MainWindow::show_header() {
  const metrics::Snapshot& snapshot = frame_->snapshot;
  if (snapshot.taken_realtime_ns == 0) return;
  const std::uint64_t records = snapshot.ring.published;
  const HeaderLine line = header_line(snapshot, trail_.current(), now_ns(),
                                      records - std::min(records, records_at_pause_));
  badge_->set_text(line.badge);
  // A text that wraps lays the window out anew, so it changes once a second; at once if the state does.
  const std::uint64_t second = snapshot.taken_realtime_ns / kNsPerSecond;
  if (second != facts_second_ || line.tone != facts_tone_) {
    facts_second_ = second;
    facts_tone_ = line.tone;
    facts_->setText(line.text);
  }
  const QString instance = snapshot.instance.empty() ? instance_ : shown(snapshot.instance);
  const QString alarm = alert_sign_->text();
  const QString state = alarm.isEmpty() ? line.title : alarm + QStringLiteral(", ") + line.title;
  const QString title = instance.isEmpty() ? tr("%1 – Goxel telemetry").arg(state)
                                           : tr("%1: %2 – Goxel telemetry").arg(instance, state);
  if (windowTitle() != title) setWindowTitle(title);
  if (header_tone_ != line.tone) color_header(line.tone);
}

// A good state takes a word in its colour; a bad one fills the line.
void MainWindow::color_header(Tone tone) {
  header_tone_ = tone;
  const bool calm = tone == Tone::good;
  const QColor ink = theme::ink(ink_of(tone), palette());
  QPalette colors = palette();
  QPalette badge_colors = palette();
  colors.setColor(QPalette::Window, calm ? palette().color(QPalette::Base) : ink);
  if (calm) {
    badge_colors.setColor(QPalette::WindowText, ink);
  } else {
    const bool white = theme::contrast(ink, Qt::white) > theme::contrast(ink, Qt::black);
    colors.setColor(QPalette::WindowText, white ? Qt::white : Qt::black);
    badge_colors = colors;
  }
  header_->setPalette(colors);
  badge_->setPalette(badge_colors);
  facts_->setPalette(colors);
}

// What is shown may be shorter than what is wanted: no more is known.
QString MainWindow::stretch_text(const metrics::TimeStretch& range) const {
  const QString length = QString::fromStdString(
      metrics::format_duration(static_cast<double>(range.end_ns - range.begin_ns)));
  return trail_.current().is_live() ? tr("the last %1").arg(length)
                                    : tr("the selected %1").arg(length);
}

void MainWindow::show_view(const ViewPointer& view) {
  // An answer to a look that is no longer wanted would make the charts jump back.
  if (view->look != asked_) return;
  seen_ = view;
  charts_->show_view(*view);
  show_marks();
  overview_->outline(view->range);
  const QString message = view->message.empty() ? QString() : as_sentence(view->message);
  if (message_->text() != message) {
    message_->setText(message);
    message_->setVisible(!message.isEmpty());
  }
  if (view->operations != nullptr)
    operations_->show_groups(*view->operations, stretch_text(view->range));
  if (view->distribution != nullptr) distribution_->show(*view->distribution);
  if (view->records != nullptr) records_->show(*view->records);
  if (view->baselines != nullptr) changes_->show_baselines(*view->baselines);
  if (view->changes != nullptr) changes_->show_changes(view->changes);
}

void MainWindow::show_day(const DayPointer& day) {
  overview_->show_day(*day);
}

void MainWindow::show_instances(const QList<Instance>& instances) {
  waiting_->show_instances(instances);
}

void MainWindow::selection_changed() {
  const Selection& selection = trail_.current();
  const bool live = selection.is_live();
  if (!live && was_live_) records_at_pause_ = frame_->snapshot.ring.published;
  was_live_ = live;
  if (selection.range) charts_->view().show(*selection.range, false);
  charts_->show_selection(selection);
  operations_->show_selection(selection);
  distribution_->set_brush(selection.durations, {});
  shows_slowdown_ = false;
  show_header();
  ask();
}

// There is nothing to see after now.
void MainWindow::want(metrics::TimeStretch stretch, bool is_step) {
  const std::uint64_t length = stretch.end_ns - stretch.begin_ns;
  const std::uint64_t now = now_ns();
  if (stretch.end_ns > now) stretch = {now - std::min(length, now), now};
  Selection selection = trail_.current();
  // The first small move away from live is a step: the way back leads to live.
  const bool step = is_step || selection.is_live();
  selection.range = stretch;
  if (step) {
    trail_.select(std::move(selection));
  } else {
    trail_.adjust(std::move(selection));
  }
}

void MainWindow::set_live_length(std::uint64_t length_ns) {
  // Whole seconds: a chart's columns are not shorter.
  live_ns_ = std::clamp(length_ns, TimeView::kShortestNs, TimeView::kLongestNs) / kNsPerSecond *
             kNsPerSecond;
  bar_->show_live_length(live_ns_);
  ask();
}

void MainWindow::pause() {
  Selection selection = trail_.current();
  selection.range = charts_->view().shown();
  trail_.select(std::move(selection));
}

void MainWindow::go_live() {
  Selection selection = trail_.current();
  selection.range.reset();
  trail_.select(std::move(selection));
}

// A minute around the moment, or ten columns if they are longer, against the time before it.
void MainWindow::look_into(std::uint64_t realtime_ns) {
  constexpr std::uint64_t kAroundNs = 30 * kNsPerSecond;
  const std::uint64_t column = seen_ == nullptr ? kNsPerSecond : seen_->points->point_ns;
  const std::uint64_t around = std::max(kAroundNs, column * 5);
  want({realtime_ns - std::min(around, realtime_ns), realtime_ns + around}, true);
  tabs_->setCurrentWidget(changes_);
}

void MainWindow::write_note() {
  const std::uint64_t at = charts_->view().reading().value_or(now_ns());
  bool ok = false;
  const QString text = QInputDialog::getText(
      this, tr("Note"), tr("At %1:").arg(QString::fromStdString(metrics::format_date_time(at))),
      QLineEdit::Normal, {}, &ok);
  if (ok && !text.trimmed().isEmpty()) Q_EMIT note_written(at, text);
}

void MainWindow::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) header_tone_.reset();
  if (event->type() == QEvent::WindowStateChange)
    Q_EMIT shown_changed(isVisible() && !isMinimized());
  QMainWindow::changeEvent(event);
}

// A window on another desktop is neither hidden nor minimized, but not exposed.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (watched == windowHandle() && event->type() == QEvent::Expose) {
    const bool shown = windowHandle()->isExposed() && !isMinimized();
    if (shown != std::exchange(exposed_, shown)) Q_EMIT shown_changed(shown);
  }
  return QMainWindow::eventFilter(watched, event);
}

void MainWindow::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  windowHandle()->installEventFilter(this);
  exposed_ = !isMinimized();
  Q_EMIT shown_changed(exposed_);
}

void MainWindow::hideEvent(QHideEvent* event) {
  QMainWindow::hideEvent(event);
  exposed_ = false;
  Q_EMIT shown_changed(false);
}

}  // namespace goxel_telemetry::viewer
