// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long the viewer's window takes from an event until its charts are painted, while one pans and zooms over a day: a window of
// 2560 x 1440 beside a daemon of 64 operations, with a bridge's history of that day and a record log that was given 10^6 records. On each
// page; the aim is 6 ms (p50), 16 ms (p99) and never 50 ms.
// Events are due 60 times a second, and time counts from then: a window that is still busy with an answer is late.
// And how long after the last move the charts show what is known of where they are.
// Prints one line of JSON, in milliseconds.

#include <QApplication>
#include <QEventLoop>
#include <QGraphicsView>
#include <QMouseEvent>
#include <QTemporaryDir>
#include <QTimer>
#include <QWheelEvent>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmarks/busy_daemon.h"
#include "tests/benchmarks/day_of_history.h"
#include "tests/benchmarks/measured.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"

namespace goxel_telemetry::viewer {
namespace {

using Clock = std::chrono::steady_clock;
using metrics::kNsPerSecond;

constexpr QSize kWindow(2560, 1440);
constexpr std::uint64_t kRecords = 1'000'000;
constexpr auto kFrame = std::chrono::microseconds(16'667);
constexpr auto kLong = std::chrono::seconds(120);  // only ends a hang

// Counts how often a widget was painted, together with all else of its window that was to be painted.
class CountingApplication : public QApplication {
 public:
  using QApplication::QApplication;

  void watch(const QWidget* widget) { watched_ = widget; }
  std::uint64_t frames() const { return frames_; }

  bool notify(QObject* receiver, QEvent* event) override {
    const QEvent::Type type = event->type();
    if (type == QEvent::Paint && receiver == watched_) is_painted_ = true;
    const bool taken = QApplication::notify(receiver, event);
    if (type == QEvent::UpdateRequest && std::exchange(is_painted_, false)) ++frames_;
    return taken;
  }

 private:
  const QWidget* watched_ = nullptr;
  bool is_painted_ = false;
  std::uint64_t frames_ = 0;
};

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double processor_milliseconds() {
  return static_cast<double>(shm::clock_ns(CLOCK_THREAD_CPUTIME_ID)) / 1e6;
}

void process_until(const std::function<bool()>& condition, const char* what) {
  const auto end = Clock::now() + kLong;
  while (!condition()) {
    if (Clock::now() > end)
      throw std::runtime_error(std::string("there is no end of waiting for ") + what);
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }
}

void process_until(Clock::time_point due) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
  if (left.count() > 0) {
    QEventLoop loop;
    QTimer::singleShot(left, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
  }
  while (Clock::now() < due) QCoreApplication::processEvents();
}

// Some hundred requests a second.
class Load {
 public:
  explicit Load(benchmarks::BusyDaemon& daemon)
      : thread_([&daemon](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            daemon.publish(15, shm::monotonic_ns(), 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
        }) {}

 private:
  std::jthread thread_;
};

// Moves the charts' clock with the mouse as a user does, and takes the time of each move.
class Hand {
 public:
  Hand(CountingApplication& application, TimeChart& chart)
      : application_(application), chart_(chart) {
    application.watch(chart.findChild<QGraphicsView*>()->viewport());
  }

  void drag(int moves, double pixels_each) {
    double x = chart_.plot_area().center().x();
    mouse(QEvent::MouseButtonPress, x, Qt::LeftButton);
    for (int i = 0; i < moves; ++i) {
      x += pixels_each;
      frame([&] { mouse(QEvent::MouseMove, x, Qt::NoButton); });
    }
    mouse(QEvent::MouseButtonRelease, x, Qt::LeftButton);
  }

  void zoom(int notches, int direction) {
    const QPointF at = chart_.plot_area().center();
    for (int i = 0; i < notches; ++i) {
      frame([&] {
        QWheelEvent event(at, chart_.mapToGlobal(at), {}, {0, 120 * direction}, Qt::NoButton,
                          Qt::ControlModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&chart_, &event);
      });
    }
  }

  struct Taken {
    std::vector<double> milliseconds;
    std::vector<double>
        processor;  // milliseconds of this thread: what does not depend on other work
  };
  Taken take() { return std::exchange(taken_, {}); }

 private:
  void mouse(QEvent::Type type, double x, Qt::MouseButton button) {
    const QPointF at(x, chart_.plot_area().center().y());
    QMouseEvent event(type, at, chart_.mapToGlobal(at), button, Qt::LeftButton, Qt::ShiftModifier);
    QCoreApplication::sendEvent(&chart_, &event);
  }

  void frame(const std::function<void()>& move) {
    const Clock::time_point due = std::max(last_due_ + kFrame, Clock::now());
    last_due_ = due;
    process_until(due);
    const metrics::TimeStretch before = chart_.plot().shown;
    const std::uint64_t frames = application_.frames();
    const double processor = processor_milliseconds();
    move();
    if (chart_.plot().shown == before) throw std::runtime_error("a move did not move the charts");
    // A chart may be painted before the rest of the frame is.
    do QCoreApplication::processEvents();
    while (application_.frames() == frames);
    taken_.milliseconds.push_back(milliseconds_since(due));
    taken_.processor.push_back(processor_milliseconds() - processor);
  }

  CountingApplication& application_;
  TimeChart& chart_;
  Clock::time_point last_due_;
  Taken taken_;
};

TimeChart& latency_chart(const MainWindow& window) {
  for (TimeChart* chart : window.findChildren<TimeChart*>()) {
    if (chart->accessibleName() == QLatin1String("Latency")) return *chart;
  }
  throw std::runtime_error("there is no chart of latency");
}

void run(CountingApplication& application, int rounds) {
  const std::string instance = "viewer-frames-" + std::to_string(getpid());
  const std::uint64_t now = metrics::Time::now().realtime_ns / kNsPerSecond;
  const benchmarks::DayOfHistory day(instance, now - benchmarks::kDay, benchmarks::kOperations);
  benchmarks::BusyDaemon daemon(instance);
  MainWindow window(QString::fromStdString(instance));
  LiveSource source(QString::fromStdString(instance), QString::fromStdString(day.file()));
  connect(source, window);
  std::uint64_t read = 0;
  QObject::connect(&source, &LiveSource::refreshed, &window,
                   [&](const FramePointer& frame) { read = frame->snapshot.ring.read; });
  Look asked;
  QObject::connect(&window, &MainWindow::looks_at, &window,
                   [&](const Look& look) { asked = look; });
  std::optional<Look> answered;
  QObject::connect(&source, &LiveSource::answered, &window,
                   [&](const ViewPointer& view) { answered = view->look; });
  window.resize(kWindow);
  window.show();
  while (daemon.published() < kRecords) {
    daemon.publish(20'000, shm::monotonic_ns(), 0);  // less than the ring holds
    process_until([&] { return read >= daemon.published(); }, "the records");
  }
  const Load load(daemon);

  Selection last_day;
  last_day.range = {(now - benchmarks::kDay) * kNsPerSecond, now * kNsPerSecond};
  Hand hand(application, latency_chart(window));
  const char* separator = "{";
  const auto print = [&](const QString& name, double milliseconds) {
    std::printf("%s\"%s\": %.4g", separator, qPrintable(name), milliseconds);
    separator = ", ";
  };
  for (const QString& page : MainWindow::page_names()) {
    window.turn_to(page);
    std::vector<double> waited;
    for (int i = 0; i < rounds; ++i) {
      window.select(last_day);
      process_until([&] { return answered == asked; }, "an answer");
      hand.drag(20, 7);
      hand.drag(20, -7);
      hand.zoom(10, 1);
      hand.zoom(10, -1);
      const Clock::time_point moved = Clock::now();
      process_until([&] { return answered == asked; }, "an answer");
      waited.push_back(milliseconds_since(moved));
    }
    const Hand::Taken taken = hand.take();
    print(page, median(taken.milliseconds));
    print(page + QStringLiteral("_p99"), quantile(taken.milliseconds, 0.99));
    print(page + QStringLiteral("_max"), quantile(taken.milliseconds, 1));
    print(page + QStringLiteral("_processor"), median(taken.processor));
    print(page + QStringLiteral("_answered"), median(waited));
  }
  std::puts("}");
}

}  // namespace
}  // namespace goxel_telemetry::viewer

// viewer_frames [ROUNDS]: of 60 frames on each page.
int main(int count, char** arguments) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  const QTemporaryDir home;
  for (const char* name : {"XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"})
    qputenv(name, home.path().toUtf8());
  goxel_telemetry::viewer::CountingApplication application(count, arguments);
  try {
    goxel_telemetry::viewer::run(application, count > 1 ? std::atoi(arguments[1]) : 4);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "viewer_frames: %s\n", error.what());
    return 1;
  }
}
