// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCommandLineParser>
#include <QSaveFile>
#include <QTimer>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "metrics/alerts/alert_file.h"
#include "metrics/history/reader.h"
#include "metrics/text/arguments.h"
#include "metrics/text/printable.h"
#include "shm/segment.h"
#include "shm/trust.h"
#include "viewer-qt/accessible.h"
#include "viewer-qt/alert_source.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/spare_memory.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kBadUsage = 2;

struct Options {
  QString instance;
  QString history_file;
  QString alerts_file;
  QString screenshot;
  QString page;
  int after_seconds = 3;
  QSize size;
};

int complain(const QString& sentence) {
  std::fprintf(stderr, "goxel-telemetry-viewer: %s\n",
               qPrintable(shown(metrics::printable(sentence.toStdString()))));
  return kBadUsage;
}

std::optional<QSize> parse_size(const QString& text) {
  const QStringList parts = text.split(QLatin1Char('x'));
  bool width_ok = false;
  bool height_ok = false;
  if (parts.size() != 2) return std::nullopt;
  const QSize size(parts[0].toInt(&width_ok), parts[1].toInt(&height_ok));
  const bool valid = width_ok && height_ok && size.width() >= 900 && size.height() >= 600 &&
                     size.width() <= 8000 && size.height() <= 8000;
  return valid ? std::optional(size) : std::nullopt;
}

// Returns an exit code if the program ends here.
std::optional<int> parse(const QStringList& arguments, Options& options) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QStringLiteral(
      "Shows what a Goxel daemon is doing: latency, throughput, operations, requests in flight."));
  const QCommandLineOption help({QStringLiteral("h"), QStringLiteral("help")},
                                QStringLiteral("This text."));
  const QCommandLineOption version(QStringLiteral("version"), QStringLiteral("The version."));
  const QCommandLineOption instance(QStringLiteral("instance"),
                                    QStringLiteral("Which daemon (default: the only one)."),
                                    QStringLiteral("NAME"));
  const QCommandLineOption trust(
      QStringLiteral("trust"),
      QStringLiteral(
          "Only daemons of this user and of root; may be repeated (default: anybody's)."),
      QStringLiteral("USER"));
  const QCommandLineOption history(
      QStringLiteral("history"),
      QStringLiteral("The file that the bridge keeps: charts begin with what it holds."),
      QStringLiteral("FILE"));
  const QCommandLineOption alerts(
      QStringLiteral("alerts-file"),
      QStringLiteral(
          "The file that the bridge keeps alerts in (default: beside the history; without "
          "one, that of the packaged bridge)."),
      QStringLiteral("FILE"));
  const QCommandLineOption screenshot(
      QStringLiteral("screenshot"),
      QStringLiteral("Write a picture of the window and end; needs no display."),
      QStringLiteral("FILE"));
  const QCommandLineOption after(QStringLiteral("after"),
                                 QStringLiteral("For how long to show data before (default 3)."),
                                 QStringLiteral("SECONDS"));
  const QCommandLineOption size(QStringLiteral("size"),
                                QStringLiteral("Size of the window (default 1200x800)."),
                                QStringLiteral("WxH"));
  const QCommandLineOption page(QStringLiteral("page"),
                                QStringLiteral("The page to begin with: %1.")
                                    .arg(MainWindow::page_names().join(QStringLiteral(", "))),
                                QStringLiteral("NAME"));
  parser.addOptions(
      {help, version, instance, trust, history, alerts, screenshot, after, size, page});
  if (!parser.parse(arguments)) return complain(parser.errorText());
  if (parser.isSet(help)) {
    std::fputs(qPrintable(parser.helpText()), stdout);
    std::puts(
        "\nExit codes: 0 the window was closed, or the picture is written; 1 there is no display, "
        "or "
        "the\npicture cannot be written; 2 bad flags or values.");
    return EXIT_SUCCESS;
  }
  if (parser.isSet(version)) {
    std::puts("goxel-telemetry-viewer " GOXEL_TELEMETRY_VERSION);
    return EXIT_SUCCESS;
  }
  if (!parser.positionalArguments().isEmpty()) {
    return complain(
        QStringLiteral("unexpected argument \"%1\"").arg(parser.positionalArguments()[0]));
  }
  if (parser.isSet(trust)) {
    std::vector<std::string> users;
    for (const QString& user : parser.values(trust)) users.push_back(user.toStdString());
    const std::string problem = shm::trust_only(users);
    if (!problem.empty())
      return complain(QStringLiteral("--trust: ") + QString::fromStdString(problem));
  }
  options.instance = parser.value(instance);
  if (parser.isSet(instance) && !shm::valid_segment_name(options.instance.toStdString())) {
    return complain(
        QStringLiteral("--instance: \"%1\" is no valid instance name").arg(options.instance));
  }
  if (!options.instance.isEmpty()) {
    options.instance = QString::fromStdString(shm::segment_name_of(options.instance.toStdString()));
  }
  options.history_file = parser.value(history);
  if (parser.isSet(history)) {
    metrics::HistoryResult result;
    metrics::HistoryReader::open(options.history_file.toStdString(), result);
    if (!result.done()) return complain(QString::fromStdString(result.message));
  }
  options.alerts_file =
      parser.isSet(alerts)
          ? parser.value(alerts)
          : QString::fromStdString(parser.isSet(history)
                                       ? metrics::alerts_file_of(options.history_file.toStdString())
                                       : metrics::packaged_alerts_file());
  options.screenshot = parser.value(screenshot);
  options.page = parser.value(page);
  if (parser.isSet(page) && !MainWindow::page_names().contains(options.page)) {
    return complain(QStringLiteral("--page takes one of %1, not \"%2\"")
                        .arg(MainWindow::page_names().join(QStringLiteral(", ")), options.page));
  }
  if (parser.isSet(after)) {
    bool ok = false;
    options.after_seconds = parser.value(after).toInt(&ok);
    if (!ok || options.after_seconds < 0 || options.after_seconds > 3600) {
      return complain(QStringLiteral("--after takes whole seconds from 0 to 3600, not \"%1\"")
                          .arg(parser.value(after)));
    }
  }
  if (parser.isSet(size)) {
    const std::optional<QSize> parsed = parse_size(parser.value(size));
    if (!parsed) {
      return complain(QStringLiteral("--size takes WIDTHxHEIGHT, 900x600 to 8000x8000, not \"%1\"")
                          .arg(parser.value(size)));
    }
    options.size = *parsed;
  }
  return std::nullopt;
}

// Asked before QApplication is made, which ends the process if there is no display.
bool lacks_display() {
  return qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
}

// If a display does not answer, Qt aborts with a page of text; we end with one sentence.
void end_in_one_sentence(QtMsgType type, const QMessageLogContext&, const QString& message) {
  if (type == QtFatalMsg) {
    complain(QStringLiteral("the display cannot be used; --screenshot FILE needs none"));
    std::_Exit(EXIT_FAILURE);
  }
  if (type == QtCriticalMsg) std::fprintf(stderr, "%s\n", qPrintable(message));
}

int take_screenshot(QWidget& window, const QString& path) {
  QSaveFile file(path);
  if (file.open(QIODevice::WriteOnly) && window.grab().save(&file, "PNG") && file.commit()) {
    return EXIT_SUCCESS;
  }
  complain(QStringLiteral("%1 cannot be written: %2").arg(path, file.errorString()));
  return EXIT_FAILURE;
}

int run(QApplication& application, const Options& options) {
  MainWindow window(options.instance);
  if (options.size.isValid()) window.resize(options.size);
  if (!options.page.isEmpty()) window.turn_to(options.page);
  LiveSource source(options.instance, options.history_file);
  connect(source, window);
  AlertSource alerts(options.alerts_file);
  connect(alerts, window);
  give_back_spare_memory(&window);
  if (!options.screenshot.isEmpty()) {
    const auto start_clock = [&] {
      QTimer::singleShot(options.after_seconds * 1000, &window,
                         [&] { QApplication::exit(take_screenshot(window, options.screenshot)); });
    };
    QObject::connect(&source, &LiveSource::refreshed, &window, start_clock,
                     static_cast<Qt::ConnectionType>(Qt::SingleShotConnection));
  }
  window.show();
  return application.exec();
}

}  // namespace
}  // namespace goxel_telemetry::viewer

int main(int count, char** arguments) {
  using namespace goxel_telemetry::viewer;
  Options options;
  QStringList list;
  for (int i = 0; i < count; ++i) list.append(QString::fromLocal8Bit(arguments[i]));
  const std::string empty =
      goxel_telemetry::metrics::empty_argument({arguments, static_cast<std::size_t>(count)});
  if (!empty.empty()) return complain(QString::fromStdString(empty));
  if (const std::optional<int> code = parse(list, options)) return *code;
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
    if (!options.screenshot.isEmpty()) {
      qputenv("QT_QPA_PLATFORM", "offscreen");
    } else if (lacks_display()) {
      complain(QStringLiteral("there is no display; --screenshot FILE needs none"));
      return EXIT_FAILURE;
    }
  }
  qInstallMessageHandler(end_in_one_sentence);
  QApplication application(count, arguments);
  tell_screen_readers();
  return run(application, options);
}
