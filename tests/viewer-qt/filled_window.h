// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: every page of the window, with as much in it as a busy daemon gives.
#pragma once

#include <QApplication>
#include <QToolButton>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/viewer-qt/labels.h"
#include "tests/viewer-qt/records_samples.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/models/inflight_model.h"

#include "viewer-qt/pages/elided_box.h"
namespace goxel_telemetry::viewer {

using metrics::kNsPerSecond;

inline constexpr int kOperations = 14;
inline const char* const kNames[] = {"goxel.export_model",
                                     "goxel.batch_operations",
                                     "goxel.add_voxels",
                                     "goxel.get_layer_list",
                                     "goxel.flood_fill_selection",
                                     "goxel.render_scene",
                                     "goxel.save_project",
                                     "goxel.create_procedural_terrain_with_noise",
                                     "ping"};

inline std::string name_of(int i) {
  const auto count = static_cast<int>(std::size(kNames));
  return i < count ? kNames[i] : "goxel.operation_of_a_client_with_long_names_" + std::to_string(i);
}

inline std::shared_ptr<const metrics::LayersView> two_stacks() {
  auto view = std::make_shared<metrics::LayersView>();
  for (const auto& [stack, hops] :
       {std::pair("2-layer", std::vector<std::string>{"MCP Client → Daemon", "Daemon"}),
        std::pair("4-layer",
                  std::vector<std::string>{"MCP Client → Server", "Server → TypeScript Client",
                                           "TypeScript Client → Daemon", "Daemon"})}) {
    metrics::StackView& one = view->stacks.emplace_back();
    one.stack = stack;
    for (metrics::StackWindow& window : one.windows) {
      window.layers = {"mcp-client", "daemon"};
      window.outermost.latency.count = 12'345;
      window.outermost.latency.mean_ns = 4.56e6;
      window.breakdown.source = metrics::BreakdownSource::joined;
      window.breakdown.operations = 12'345;
      window.breakdown.mean_ns = 4'560'000;
      for (const std::string& name : hops) {
        metrics::Hop& hop = window.breakdown.hops.emplace_back();
        hop.name = name;
        hop.outer = name == "Daemon" ? "daemon" : "mcp-client";
        hop.mean_ns = 1'140'000;
        hop.share = 0.25;
      }
    }
  }
  for (const char* layer : {"mcp-client", "mcp-server", "ts-client"}) {
    metrics::LayerProcess& process = view->processes.emplace_back();
    process.layer = layer;
    process.running = true;
    process.process.cpu_ratio = 0.123;
    process.process.resident_bytes = 123'456'789;
  }
  return view;
}

inline std::shared_ptr<metrics::Snapshot> busy() {
  std::string words;
  for (int i = 0; i < kOperations; ++i) words += name_of(i) + " 12345 2500;";
  auto snapshot = snapshot_of(1, words);
  metrics::Daemon& daemon = snapshot->daemon;
  snapshot->instance = "studio-on-the-second-floor";
  snapshot->taken_realtime_ns = metrics::Time::now().realtime_ns;
  daemon.host_name = "goxel-daemon";
  daemon.host_version = "0.15.2";
  daemon.plugin_version = "1.0.0";
  daemon.door = "preload";
  daemon.owner = "an-artist";
  daemon.uptime_seconds = 123'456;
  daemon.started_realtime_ns = snapshot->taken_realtime_ns - 123'456 * kNsPerSecond;
  daemon.last_record_realtime_ns = snapshot->taken_realtime_ns;
  daemon.run_total.ok = 123'456'789;
  daemon.run_total.error = 12'345;
  daemon.gauges[shm::Gauge::workers_configured] = 16;
  daemon.gauges[shm::Gauge::connections] = 123;
  daemon.gauges[shm::Gauge::target_resident_bytes] = 512 << 20;
  daemon.workers_busy = 12;
  snapshot->process.pid = 1'234'567;
  snapshot->process.cpu_ratio = 1.234;
  snapshot->process.resident_bytes = 723'456'789;
  snapshot->ring.lost = 12'345;
  snapshot->own_cost.samples = 1'000;
  snapshot->own_cost.waited = metrics::CostEstimate{1'234, 1'200, 1'300};
  snapshot->own_cost.waited_share = 0.00123;
  snapshot->own_cost.resident_bytes = 12'345'678;
  snapshot->freshness.daemon =
      metrics::Latency{.count = 1, .p50_ns = 8'000'000, .p99_ns = 23'456'000};
  return snapshot;
}

inline std::vector<metrics::InflightRequest> stuck(int count) {
  std::vector<metrics::InflightRequest> all;
  for (int i = 0; i < count; ++i) {
    metrics::InflightRequest& one = all.emplace_back();
    one.operation = name_of((i + 7) % kOperations);
    one.protocol = "jsonrpc";
    one.stack = "4-layer";
    one.layer = "daemon";
    one.phase = "received";
    one.age_ns = InflightModel::kOldNs * 80 - static_cast<std::uint64_t>(i);
  }
  return all;
}

inline RecordList records() {
  std::vector<RankedRecord> rows;
  for (int i = 0; i < 50; ++i) {
    rows.push_back(ranked(static_cast<std::uint64_t>(i + 1), name_of((i + 7) % kOperations), 1'000,
                          static_cast<std::uint64_t>(100 - i)));
  }
  RecordList list = list_of(std::move(rows));
  list.matched = 123'456;
  list.complete_from_ns = kNoon + 10 * kNsPerSecond;
  list.widest_slot_seconds = 60;
  return list;
}

inline std::shared_ptr<const KnownBaselines> baselines() {
  auto known = std::make_shared<KnownBaselines>();
  known->all.push_back({"before_the_renderer_was_rewritten_for_the_second_time_2026-11.2",
                        "history of instance \"studio-on-the-second-floor\"",
                        kNoon,
                        {kNoon, kNoon + 60 * kNsPerSecond}});
  known->message = "the baseline of last week is damaged";
  return known;
}

inline std::shared_ptr<const Changes> slower() {
  auto changes = std::make_shared<Changes>();
  changes->baseline = baselines()->all[0];
  changes->is_of_other_instance = true;
  changes->stacks_on_one_side = {"2-layer"};
  changes->after = {kNoon + 60 * kNsPerSecond, kNoon + 120 * kNsPerSecond};
  changes->before = {kNoon, kNoon + 60 * kNsPerSecond};
  metrics::AddedTime found;
  found.level = 0.95;
  for (int i = 0; i < 5; ++i) {
    metrics::OwnTimeChange& row = found.own_times.emplace_back();
    row.stack = "4-layer";
    row.operation = name_of(i + 4);
    row.layer = "mcp-server";
    row.own_time = {.a = 12.3e6,
                    .b = 23.4e6,
                    .shift = 11.1e6,
                    .low = 10.9e6,
                    .high = 11.3e6,
                    .p = 0.001,
                    .change = i == 4 ? metrics::Change::too_little_data : metrics::Change::more};
    row.added_per_second = 44.4e6;
    metrics::RateChange& rate = found.rates.emplace_back();
    rate.stack = "4-layer";
    rate.operation = name_of(i + 7);
    rate.rate = {.a = 100,
                 .b = 150,
                 .shift = 0.5,
                 .low = 0.45,
                 .high = 0.55,
                 .p = 0.001,
                 .change = metrics::Change::more};
    rate.added_per_second = 1e6;
  }
  found.total = {.before = 80e6, .after = 300e6, .by_own_time = 200e6, .by_rate = 20e6};
  changes->found = found;
  return changes;
}

enum class Screen {
  waiting,
  overview,
  operations,
  distribution,
  records,
  changes,
  alerts,
  noticed,
  black_box,
  paused,
  gone
};

// Each with all that an alert can have.
inline metrics::Alert alert_about(const std::string& operation, std::uint64_t since_ns) {
  metrics::Alert alert;
  alert.id = "slower-studio-on-the-second-floor-20251124T150000-" + std::to_string(since_ns % 97);
  alert.instance = "studio-on-the-second-floor";
  alert.since_ns = alert.raised_ns = alert.updated_ns = since_ns;
  alert.summary = alert.instance + ": " + operation + " takes 50 % longer than it did";
  alert.advice =
      "see what changed in the daemon: goxel-telemetry compare --instance " + alert.instance;
  for (int i = 0; i < 5; ++i) {
    alert.evidence.operations.push_back({{"4-layer", "jsonrpc", "daemon", name_of(i + 4)},
                                         metrics::OperationShift::Channel::tail,
                                         1.5,
                                         1.25,
                                         1.75,
                                         12.3e6,
                                         18.4e6,
                                         123'456,
                                         12'345,
                                         {{"daemon", 4.8e6, 0.8}, {"mcp-server", 1.2e6, 0.2}},
                                         {{"working", 4.7e6, 0.97}, {"waiting", 0.1e6, 0.03}}});
  }
  alert.evidence.compared_with = "the last 24 hours";
  alert.evidence.not_looked_at = {"ping: too few requests"};
  alert.evidence.facts = {{"queue depth", "14, 12 at least for 60 s"}, {"workers", "16 of 16"}};
  return alert;
}

// Of all that a window may say of what is watched: judged and not, in each state and channel.
inline metrics::InstanceSeries watched_series() {
  using metrics::OperationShift;
  using metrics::WatchedSeries;
  metrics::InstanceSeries of{"studio-on-the-second-floor", {}, 12};
  for (int i = 0; i < 24; ++i) {
    WatchedSeries& one = of.series.emplace_back();
    if (i != 0) one.key = {"4-layer", "jsonrpc", i % 2 == 0 ? "mcp-server" : "daemon", name_of(i)};
    one.channel = static_cast<OperationShift::Channel>(i % 3);
    one.state = static_cast<WatchedSeries::State>(i % 6);
    one.requests = 12'345.0 / (i + 1);
    if (i % 5 != 0) one.ticks_needed = 100 * i;
    if (one.channel == OperationShift::Channel::errors)
      one.usual_share = 0.0123;
    else
      one.usual_ns = 12.3e6;
    if (one.channel == OperationShift::Channel::centre) one.due_to_load = 0.05;
    if (i % 4 != 0 && one.channel == OperationShift::Channel::centre)
      one.noticeable = {1.25, {}, 300};
    else if (i % 4 != 0)
      one.noticeable = {2.0, 0.021, 3'600};
  }
  return of;
}

// Of the last minutes: two are active, one has ended and was judged. On the pages that take turns with others, none is.
inline AlertsPointer alerts(Screen screen, std::uint64_t now_ns) {
  auto known = std::make_shared<KnownAlerts>();
  known->has_file = true;
  if (screen == Screen::overview || screen == Screen::waiting) return known;
  known->message = "the judgement is not written: the alerts file is read-only";
  known->accuracy = {.raised = 123, .right = 99, .wrong = 1};
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t since_ns = now_ns - static_cast<std::uint64_t>(10 + i * 15) * kNsPerSecond;
    known->alerts.push_back(alert_about(name_of(i + 5), since_ns));
  }
  known->series = watched_series();
  known->series_as_of_ns = now_ns;
  known->alerts[0].level = metrics::AlertLevel::confirmed;
  known->alerts[2].end = metrics::AlertEnd::resolved;
  known->alerts[2].ended_ns = known->alerts[2].since_ns + 12 * kNsPerSecond;
  known->alerts[2].judgement = metrics::Judgement::known;
  return known;
}

inline std::shared_ptr<const Distribution> distribution() {
  auto shown = std::make_shared<Distribution>();
  shown->operation = name_of(7);
  shown->target_ns = 6'000'000;
  shown->range = {kNoon, kNoon + 60 * kNsPerSecond};
  for (std::uint32_t i = 0; i < 60; ++i) {
    metrics::Histogram latency;
    for (std::uint32_t k = 0; k < 40; ++k) latency.record((k * k + 1) * 50'000);
    shown->columns.push_back(
        {kNoon / kNsPerSecond + i, 1, i == 20 ? 0 : 1.0, i == 20 ? metrics::Histogram() : latency});
    if (i != 20) shown->latency.merge(latency);
  }
  return shown;
}

inline std::shared_ptr<const std::vector<OperationGroup>> operations() {
  auto groups = std::make_shared<std::vector<OperationGroup>>();
  for (int i = 0; i < kOperations; ++i) {
    OperationGroup& group = groups->emplace_back();
    OperationRow row;
    row.key = {"4-layer", "jsonrpc", "daemon", name_of(i)};
    row.stats.covered_seconds = 60;
    row.stats.outcomes.ok = 123'456;
    row.stats.outcomes.error = 1'234;
    row.stats.rate_per_second = 2'057.6;
    row.stats.latency = {.count = 123'456,
                         .mean_ns = 12.3e6,
                         .min_ns = 12'300,
                         .p50_ns = 11'100'000,
                         .p90_ns = 20'100'000,
                         .p95_ns = 22'200'000,
                         .p99_ns = 33'300'000,
                         .max_ns = 99'900'000};
    row.busy_ns = 1e9 * (kOperations - i);
    row.share = 2.0 * (kOperations - i) / (kOperations * (kOperations + 1));
    row.run_total = 1'234'567;
    row.target_ns = 6'000'000;
    for (int k = 0; k < 30; ++k) row.trend.push_back(static_cast<float>(k % 7));
    group.rows = {row, row};
    group.rows[1].key.stack = "2-layer";
    group.sum = row;
    group.sum.key = {"", "", "", name_of(i)};
  }
  return groups;
}

inline std::shared_ptr<const TimePoints> points(const metrics::TimeStretch& range, int count) {
  auto all = std::make_shared<TimePoints>();
  all->point_ns = (range.end_ns - range.begin_ns) / static_cast<std::uint64_t>(count);
  for (int i = 0; i < count; ++i) {
    TimePoint& point = all->points.emplace_back();
    point.begin_ns = range.begin_ns + static_cast<std::uint64_t>(i) * all->point_ns;
    point.end_ns = point.begin_ns + all->point_ns;
    point.watched = i % 50 != 49;
    point.records = point.answered = 123'456;
    point.per_second = 1'234.5;
    point.failed_per_second = 12.3;
    point.most_per_second = 2'345;
    point.p50_ns = 2.34e6 + i * 1e3;
    point.p99_ns = 12.3e6;
    point.max_ns = 123e6;
  }
  return all;
}

struct Case {
  QSize size;
  bool dark = false;
  int points = 9;
  bool longer = false;
  Screen screen = Screen::overview;
};

inline const char* name_of(Screen screen) {
  constexpr const char* kScreens[] = {"waiting",   "overview", "operations", "distribution",
                                      "records",   "changes",  "alerts",     "noticed",
                                      "black_box", "paused",   "gone"};
  return kScreens[static_cast<int>(screen)];
}

inline std::string name_of(const Case& one) {
  return std::string(name_of(one.screen)) + "_" + std::to_string(one.size.width()) + "x" +
         std::to_string(one.size.height()) + "_" + std::to_string(one.points) + "pt_" +
         (one.dark ? "dark" : "light") + (one.longer ? "_longer" : "");
}

// Fonts and palette are the application's, as on a desktop.
class Appearance {
 public:
  Appearance(bool dark, int points)
      : palette_(QApplication::palette()), font_(QApplication::font()) {
    QApplication::setPalette(palette_of(dark));
    QFont font = font_;
    font.setPointSize(points);
    QApplication::setFont(font);
  }
  ~Appearance() {
    QApplication::setPalette(palette_);
    QApplication::setFont(font_);
  }
  Appearance(const Appearance&) = delete;
  Appearance& operator=(const Appearance&) = delete;

 private:
  QPalette palette_;
  QFont font_;
};

class FilledWindow {
 public:
  explicit FilledWindow(const Case& one) : appearance_(one.dark, one.points) {
    if (one.longer) words_ = std::make_unique<LongerWords>();
    window_ = std::make_unique<MainWindow>("studio-on-the-second-floor");
    window_->resize(one.size);
    QObject::connect(window_.get(), &MainWindow::looks_at, window_.get(),
                     [this](const Look& look) { asked_ = look; });
    window_->show();
    settle();
  }

  void show(Screen screen) {
    auto frame = std::make_shared<Frame>();
    frame->snapshot = *busy();
    frame->layers = two_stacks();
    frame->revision = ++frames_;
    metrics::Daemon& daemon = frame->snapshot.daemon;
    switch (screen) {
      case Screen::waiting:
        daemon.state = shm::ProducerState::absent;
        daemon.message = "there is no daemon of this instance yet";
        window_->show_instances({{"studio-on-the-second-floor", "live", "goxel-daemon 0.15.2"},
                                 {"another", "", ""},
                                 {"third", "dead", ""}});
        break;
      case Screen::black_box:
      case Screen::gone:
        daemon.state = shm::ProducerState::dead;
        frame->snapshot.inflight = stuck(9);
        break;
      case Screen::operations:
      case Screen::records:
        frame->snapshot.inflight = stuck(9);
        break;
      default:
        break;
    }
    Selection selection;
    if (screen == Screen::paused || screen == Screen::gone || screen == Screen::operations) {
      selection.range = {frame->snapshot.taken_realtime_ns - 300 * kNsPerSecond,
                         frame->snapshot.taken_realtime_ns - 37 * kNsPerSecond};
      selection.operation = name_of(7);
      selection.durations = {1'000'000, 23'000'000};
    }
    if (screen == Screen::gone) selection.stack = "4-layer";
    window_->select(selection);
    const std::map<Screen, QString> pages = {
        {Screen::operations, "operations"}, {Screen::distribution, "distribution"},
        {Screen::records, "records"},       {Screen::changes, "changes"},
        {Screen::alerts, "alerts"},         {Screen::noticed, "alerts"}};
    const auto page = pages.find(screen);
    window_->show_alerts(alerts(screen, metrics::Time::now().realtime_ns));
    window_->turn_to(page == pages.end() ? "overview" : page->second);
    window_->findChild<QToolButton*>("noticed")->setChecked(screen == Screen::noticed);
    window_->show_frame(frame);
    settle();
    if (screen == Screen::waiting) return;
    answer();
    auto day = std::make_shared<Day>();
    day->range = {kNoon, kNoon + 86'400 * kNsPerSecond};
    day->points = points(day->range, 288);
    window_->show_day(day);
    if (screen == Screen::distribution || screen == Screen::paused) {
      window_->note_slowdown(std::make_shared<const Slowdown>(Slowdown{slower(), 3}));
    }
    if (screen == Screen::records) {
      const RankedRecord chosen = records().rows[0];
      window_->show_trace(std::make_shared<ShownTrace>(
          shown_trace(chosen.found, four_layers(chosen.found.record),
                      [&](const metrics::OperationKey&, std::uint64_t) { return chosen.rank; })));
    }
    if (screen == Screen::black_box) {
      auto end = std::make_shared<DaemonEnd>();
      end->snapshot = frame->snapshot;
      end->records = records();
      window_->show_end(end);
    }
    if (screen == Screen::changes) window_->findChild<ElidedBox*>()->setCurrentIndex(1);
    settle();
    answer();  // to what a window of this size asks for
    settle();
  }

  MainWindow& widget() { return *window_; }

 private:
  static void settle() {
    for (int i = 0; i < 3; ++i) QCoreApplication::processEvents();
  }
  void answer() {
    auto view = std::make_shared<View>();
    view->look = asked_;
    const std::uint64_t now = metrics::Time::now().realtime_ns / kNsPerSecond * kNsPerSecond;
    view->range =
        asked_.selection.range.value_or(metrics::TimeStretch{now - 60 * kNsPerSecond, now});
    view->is_new = true;
    view->points = points(view->range, 60);
    view->marks = {
        {view->range.begin_ns + 10 * kNsPerSecond, MarkKind::start, "The daemon began."}};
    view->operations = operations();
    view->distribution = distribution();
    view->records = std::make_shared<RecordList>(records());
    view->changes = slower();
    view->baselines = baselines();
    view->message = "the past is not kept: there is no room left on the device";
    window_->show_view(view);
  }

  Appearance appearance_;
  std::unique_ptr<LongerWords> words_;
  std::unique_ptr<MainWindow> window_;
  Look asked_;
  std::uint64_t frames_ = 0;
};

inline constexpr Screen kAll[] = {Screen::waiting,      Screen::overview, Screen::operations,
                                  Screen::distribution, Screen::records,  Screen::changes,
                                  Screen::alerts,       Screen::noticed,  Screen::paused,
                                  Screen::black_box,    Screen::gone};

}  // namespace goxel_telemetry::viewer
