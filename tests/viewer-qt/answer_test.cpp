// SPDX-License-Identifier: GPL-3.0-or-later
// From a closed viewer to the names of what is slow and where. Runs alone: what else the machine does would make
// everything slower.
#include <gtest/gtest.h>
#include <QTableView>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/integration/watched_daemon.h"
#include "tests/viewer-qt/application.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/models/changes.h"

namespace goxel_telemetry::viewer {
namespace {

using integration::eventually;
using integration::WatchedDaemon;

// Somebody is called because it is slow now: one method has been slower by half for a quarter of a minute. A closed viewer
// is opened, and nothing else is done.
TEST(Viewer, NamesWhatGotSlowerAndWhereWithoutASingleAction) {
  application();
  const stand_in_test::TemporaryFolder folder;
  const std::string file = folder.file("slow");
  WatchedDaemon daemon(shm::Door::preload, {"--slow", "goxel.get_voxel", "2000", "3000", file});
  daemon.start();
  const integration::RunningBridge bridge(daemon.instance(), daemon.file("bridge.log"),
                                          {"--port", "0", "--history", daemon.file("history")});
  const auto load =
      daemon.start_load({"--connections", "3", "--rate", "150", "--seconds", "600", "--methods",
                         "goxel.get_voxel,ping,goxel.list_layers", "--layers", daemon.instance()});
  std::this_thread::sleep_for(std::chrono::seconds(20));
  std::ofstream(file) << "now";
  std::this_thread::sleep_for(std::chrono::seconds(17));

  const auto opened = std::chrono::steady_clock::now();
  MainWindow window(QString::fromStdString(daemon.instance()));
  LiveSource source(QString::fromStdString(daemon.instance()),
                    QString::fromStdString(daemon.file("history")));
  connect(source, window);
  window.show();
  const auto named = [&window] {
    QApplication::processEvents();
    for (const QTableView* table : window.findChildren<QTableView*>()) {
      if (!table->isVisibleTo(&window)) continue;
      for (int row = 0; row < table->model()->rowCount(); ++row) {
        const auto cell = [&](int column) {
          return table->model()->index(row, column).data().toString();
        };
        if (cell(ChangesModel::kOperation) == "goxel.get_voxel" &&
            cell(ChangesModel::kLayer) == "daemon" &&
            cell(ChangesModel::kProof) == "slower, proven") {
          return true;
        }
      }
    }
    return false;
  };
  EXPECT_TRUE(eventually(named));
  RecordProperty(
      "seconds_to_the_names",
      std::to_string(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - opened).count()));
  load->signal(SIGTERM);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
