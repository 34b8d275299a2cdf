// SPDX-License-Identifier: GPL-3.0-or-later
// The window: a header that says whether all this is live, the selection, the charts, pages about what is selected, and
// what is in flight. It arranges, and leads what was chosen in one place to all others.
#pragma once

#include <QLabel>
#include <QMainWindow>
#include <optional>

#include "viewer-qt/live_source.h"
#include "viewer-qt/look.h"
#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/selection.h"

class QSplitter;
class QStackedWidget;
class QTabWidget;
class QToolButton;

namespace goxel_telemetry::viewer {

class AlertsPage;
class BlackBoxPage;
class ChangesPage;
class DistributionPage;
class HeaderBar;
class InflightStrip;
class OperationsPage;
class OverviewPage;
class RecordsPage;
class SelectionBar;
class SlowdownNotice;
class TimePanel;
class ValueLabel;
class WaitingPage;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  // `instance` may be empty: the only one.
  explicit MainWindow(const QString& instance, QWidget* parent = nullptr);
  ~MainWindow() override;

  void show_frame(const FramePointer& frame);
  void show_view(const ViewPointer& view);
  void show_day(const DayPointer& day);
  // Opens what changed, if nobody has turned to anything else.
  void show_slowdown();
  void note_slowdown(const SlowdownPointer& slowdown);
  void show_alerts(const AlertsPointer& alerts);
  void show_trace(const TracePointer& trace);
  void show_end(const EndPointer& end);
  void show_instances(const QList<Instance>& instances);
  void select(const Selection& selection) { trail_.select(selection); }
  // One of page_names(). False: there is no such page.
  bool turn_to(const QString& page);
  static QStringList page_names();

 Q_SIGNALS:
  // The user chose one of the instances on this machine.
  void instance_chosen(const QString& instance);
  // Of another one than before is shown.
  void instance_seen(const QString& instance);
  void alert_judged(const QString& id, metrics::Judgement judgement);
  void looks_at(const Look& look);
  void shown_changed(bool shown);
  void trace_wanted(const metrics::FoundRecord& record);
  void note_written(std::uint64_t realtime_ns, const QString& text);

 protected:
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void ask();
  void make_header();
  void make_shortcuts();
  void show_marks();
  void look_into_alert(const metrics::Alert& alert);
  void name_window(const QString& instance);
  void show_header();
  void color_header(Tone tone);
  void selection_changed();
  void want(metrics::TimeStretch stretch, bool is_step);
  void set_live_length(std::uint64_t length_ns);
  void pause();
  void go_live();
  void look_into(std::uint64_t realtime_ns);
  void choose(const metrics::OperationKey& key);
  void open_slowdown();
  Wanted wanted() const;
  void write_note();
  void show_help();
  QString stretch_text(const metrics::TimeStretch& range) const;

  SelectionTrail trail_;
  std::uint64_t live_ns_ = 60 * metrics::kNsPerSecond;
  RecordOrder order_ = RecordOrder::slowest_first;
  std::string baseline_;  // what changes are against; empty: the stretch before
  bool shows_slowdown_ = false;
  Look asked_;  // what the window wants to know
  FramePointer frame_;
  ViewPointer seen_;                    // the last view
  std::uint64_t records_at_pause_ = 0;  // of all runs
  bool was_live_ = true;                // the selection before this one
  QString instance_;
  QString seen_instance_;
  QList<Mark> alert_marks_;
  std::uint64_t facts_second_ = 0;  // when they were written
  Tone facts_tone_ = Tone::quiet;
  bool exposed_ = false;  // as the source was told
  std::uint64_t shown_revision_ = 0;
  std::optional<Tone> header_tone_;  // that it is coloured for

  ValueLabel* badge_;
  QToolButton* alert_sign_;
  QLabel* facts_;
  HeaderBar* header_;
  QLabel* message_;
  SelectionBar* bar_;
  QStackedWidget* pages_;
  WaitingPage* waiting_;
  QSplitter* watching_;
  TimePanel* charts_;
  QTabWidget* tabs_;
  OverviewPage* overview_;
  OperationsPage* operations_;
  DistributionPage* distribution_;
  RecordsPage* records_;
  ChangesPage* changes_;
  AlertsPage* alerts_;
  BlackBoxPage* black_box_;
  SlowdownNotice* slowdown_;
  InflightStrip* inflight_;
};

}  // namespace goxel_telemetry::viewer
