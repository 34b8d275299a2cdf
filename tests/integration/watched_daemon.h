// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a stand-in daemon with the plugin switched on by its config, and all programs that
// watch it, as they were built.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shm/segment_layout.h"
#include "tests/integration/child_process.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace goxel_telemetry::integration {

// Waits for `condition`. False if it does not become true within a minute.
bool eventually(const std::function<bool()>& condition);

// The counts of one operation; the keys are "<protocol>/<operation>".
struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t unanswered = 0;
  double mean_ns = 0;  // of answered requests
};
using CountsByOperation = std::map<std::string, Counts>;

class WatchedDaemon {
 public:
  // `door`: preload or abi. Not started yet. The instance's name is used by this process only.
  explicit WatchedDaemon(shm::Door door, std::vector<std::string> daemon_arguments = {});
  // Another host in place of the stand-in, through the preload door. It takes --socket and -c, and
  // says "Listening on " when it does.
  explicit WatchedDaemon(std::vector<std::string> host);
  ~WatchedDaemon();

  void start();
  ChildProcess& process() { return *daemon_; }
  const std::string& instance() const { return instance_; }
  const std::string& socket() const { return socket_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

  // Runs a load client, and returns what it has counted.
  CountsByOperation load(const std::vector<std::string>& arguments);
  std::unique_ptr<ChildProcess> start_load(const std::vector<std::string>& arguments);

  // The parsed output of `goxel-telemetry COMMAND --instance … --json`.
  nlohmann::json ask_cli(const std::string& command,
                         const std::vector<std::string>& arguments = {});

 private:
  stand_in_test::TemporaryFolder folder_;
  shm::Door door_;
  std::vector<std::string> host_{STAND_IN_DAEMON_PATH, "--foreground"};
  std::vector<std::string> arguments_;
  std::string instance_;
  std::string socket_;
  std::unique_ptr<ChildProcess> daemon_;
  int logs_ = 0;
};

// A bridge that watches one instance, on any free port unless the arguments name one.
class RunningBridge {
 public:
  RunningBridge(const std::string& instance, const std::string& log,
                const std::vector<std::string>& arguments = {"--port", "0"});

  // The body of a GET; `status` may be null.
  std::string get(const std::string& path, int* status = nullptr) const;
  // The part of /api/v1/snapshot for the one instance.
  nlohmann::json snapshot() const;
  ChildProcess& process() { return bridge_; }

 private:
  ChildProcess bridge_;
  std::string host_;
};

// The daemon layer's operations in a snapshot, of this run, in the form in which the client counts.
CountsByOperation counted(const nlohmann::json& snapshot);
std::uint64_t total_requests(const CountsByOperation& counts);

}  // namespace goxel_telemetry::integration
