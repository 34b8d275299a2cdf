// SPDX-License-Identifier: GPL-3.0-or-later
//
// What memory the viewer holds after a week beside a daemon of 64 operations that ends 500 times, half of them by a crash, and is away for a
// while each time. The window is hidden, but for five minutes of each hour, in which a page is open, live or at a range of the past.
// Time is the library's that faketime preloads: a week in a quarter of an hour. All that runs in the viewer runs here, as often as the
// processor allows: faketime -f '+0 x700' viewer_week
// Prints one line of JSON: resident megabytes in the first hour, in the last six, at most, and their growth in megabytes a day after the first
// hour.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <QApplication>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmarks/busy_daemon.h"
#include "tests/benchmarks/measured.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/spare_memory.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

constexpr std::uint64_t kHour = 3'600;
constexpr std::uint64_t kWeek = 7 * 24 * kHour;
constexpr double kDay = 24.0 * kHour;
constexpr std::uint64_t kRestarts = 500;
constexpr std::uint64_t kGap = 60;

std::uint64_t now_ns() {
  return metrics::Time::now().realtime_ns;
}

void run_daemon(const std::string& instance, bool crashes) {
  {
    benchmarks::BusyDaemon daemon(instance);
    std::uint64_t at = shm::monotonic_ns();
    const std::uint64_t end = at + (kWeek / kRestarts - kGap) * kNsPerSecond;
    while (at < end) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      constexpr std::uint64_t kStep = kNsPerSecond / benchmarks::kOperations;
      const std::uint64_t count = (shm::monotonic_ns() - at) / kStep;
      daemon.publish(count, at, kStep);
      at += count * kStep;
    }
    if (crashes) std::raise(SIGKILL);
  }
  std::_Exit(0);
}

// One process after the other, until the viewer ends.
[[noreturn]] void run_daemons(const std::string& instance) {
  for (bool crashes = false;; crashes = !crashes) {
    const pid_t daemon = fork();
    if (daemon == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      run_daemon(instance, crashes);
    }
    if (daemon < 0) std::_Exit(1);
    waitpid(daemon, nullptr, 0);
    std::this_thread::sleep_for(std::chrono::seconds(kGap));
  }
}

double resident_megabytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Sample {
  double days;
  double megabytes;
};

// The slope of the line that fits best.
double growth(const std::vector<Sample>& samples) {
  Sample mean{0, 0};
  for (const Sample& one : samples) {
    mean.days += one.days / static_cast<double>(samples.size());
    mean.megabytes += one.megabytes / static_cast<double>(samples.size());
  }
  double both = 0;
  double days = 0;
  for (const Sample& one : samples) {
    both += (one.days - mean.days) * (one.megabytes - mean.megabytes);
    days += (one.days - mean.days) * (one.days - mean.days);
  }
  return both / days;
}

// A user who looks every hour, each time at another page, and every other time at the past.
class User {
 public:
  User(MainWindow& window, LiveSource& source) : window_(window) {
    QObject::connect(&source, &LiveSource::answered, &window, [&source](const ViewPointer& view) {
      if (view->is_new && view->records != nullptr && !view->records->rows.empty())
        source.trace(view->records->rows.front().found);
    });
  }

  void look(std::uint64_t second) {
    constexpr std::uint64_t kLooks = 300;
    const std::uint64_t hour = second / kHour;
    const bool looks = second % kHour < kLooks;
    if (looks == std::exchange(looks_, looks)) return;
    window_.setVisible(looks);
    if (!looks) return;
    const QStringList pages = MainWindow::page_names();
    window_.turn_to(pages[static_cast<qsizetype>(hour) % pages.size()]);
    Selection selection;
    const std::uint64_t now = now_ns();
    const std::uint64_t length = hour % 4 == 1 ? 24 * kHour : kHour;
    if (hour % 2 == 1) selection.range = {now - length * kNsPerSecond, now};
    window_.select(selection);
  }

 private:
  MainWindow& window_;
  bool looks_ = false;
};

// What was held in a stretch of time, on average.
double mean(const std::vector<Sample>& samples, double from_days, double to_days) {
  double sum = 0;
  int count = 0;
  for (const Sample& one : samples) {
    if (one.days < from_days || one.days >= to_days) continue;
    sum += one.megabytes;
    ++count;
  }
  return sum / count;
}

void run(const std::string& instance, std::uint64_t seconds) {
  MainWindow window(QString::fromStdString(instance));
  LiveSource source(QString::fromStdString(instance), {});
  connect(source, window);
  give_back_spare_memory(&window);
  window.show();
  User user(window, source);
  const std::uint64_t begin_ns = now_ns();
  std::vector<Sample> samples;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &window, [&] {
    const double passed = static_cast<double>(now_ns() - begin_ns) / 1e9;
    user.look(static_cast<std::uint64_t>(passed));
    constexpr double kEvery = 101;  // seconds: at each moment of an hour once
    if (passed < kEvery * static_cast<double>(samples.size() + 1)) return;
    samples.push_back({passed / kDay, resident_megabytes()});
    if (passed >= static_cast<double>(seconds)) QApplication::quit();
  });
  timer.start(1'000);
  QApplication::exec();
  const double end = samples.back().days;
  constexpr double kHourOfDay = 1.0 / 24;
  const Sample most = std::ranges::max(samples, {}, &Sample::megabytes);
  for (double day = 0; day + 0.5 < end; ++day) {
    std::fprintf(stderr, "day %.0f: %.1f MB\n", day + 1, mean(samples, day, day + 1));
  }
  std::fprintf(stderr, "most after %.2f hours\n", most.days * 24);
  const double first_hour = mean(samples, 0, kHourOfDay);
  std::erase_if(samples, [](const Sample& one) { return one.days < kHourOfDay; });
  print_measured({{"first_hour", first_hour},
                  {"end", mean(samples, end - 6 * kHourOfDay, end + 1)},
                  {"most", most.megabytes},
                  {"growth", growth(samples)}});
}

}  // namespace
}  // namespace goxel_telemetry::viewer

// viewer_week [HOURS]
int main(int count, char** arguments) {
  using namespace goxel_telemetry::viewer;
  const std::string instance = "viewer-week-" + std::to_string(getpid());
  const pid_t daemons = fork();
  if (daemons == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run_daemons(instance);
  }
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_NO_GLIB", "1");  // which waits for whole milliseconds of the real clock
  const QTemporaryDir home;
  for (const char* name : {"XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"})
    qputenv(name, home.path().toUtf8());
  int code = 0;
  try {
    QApplication application(count, arguments);
    run(instance, count > 1 ? std::stoull(arguments[1]) * kHour : kWeek);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "viewer_week: %s\n", error.what());
    code = 1;
  }
  kill(daemons, SIGKILL);
  waitpid(daemons, nullptr, 0);
  unlink(("/dev/shm/goxel-telemetry." + instance).c_str());
  return code;
}
