// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a stand-in daemon with the plugin switched on by its config, and everybody who watches
// it, as the built programs.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace goxel_telemetry::integration {

// False if it does not become true within a minute.
bool eventually(const std::function<bool()>& condition);

// What one operation came to, by "<protocol>/<operation>".
struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t unanswered = 0;
  double mean_ns = 0;  // of what was answered
};
using CountsByOperation = std::map<std::string, Counts>;

enum class Door { preload, abi };

class WatchedDaemon {
 public:
  // Not started yet. The instance's name is this process's own.
  explicit WatchedDaemon(Door door, std::vector<std::string> daemon_arguments = {});
  ~WatchedDaemon();

  void start();
  ChildProcess& process() { return *daemon_; }
  const std::string& instance() const { return instance_; }
  const std::string& socket() const { return socket_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

  // Lets a client of its own count what it sends, and returns what it counted.
  CountsByOperation load(const std::vector<std::string>& arguments);
  std::unique_ptr<ChildProcess> start_load(const std::vector<std::string>& arguments);

  // `goxel-telemetry COMMAND --instance …  --json`, parsed.
  nlohmann::json ask_cli(const std::string& command,
                         const std::vector<std::string>& arguments = {});

 private:
  stand_in_test::TemporaryFolder folder_;
  Door door_;
  std::vector<std::string> arguments_;
  std::string instance_;
  std::string socket_;
  std::unique_ptr<ChildProcess> daemon_;
  int logs_ = 0;
};

// A bridge that watches one instance, on a port of its own choice.
class RunningBridge {
 public:
  RunningBridge(const std::string& instance, const std::string& log);

  // The body of a GET; `status` may be null.
  std::string get(const std::string& path, int* status = nullptr) const;
  // The document of the one instance.
  nlohmann::json snapshot() const;
  ChildProcess& process() { return bridge_; }

 private:
  ChildProcess bridge_;
  std::string host_;
};

// The snapshot's operations of this run's daemon layer in the client's terms.
CountsByOperation counted(const nlohmann::json& snapshot);
std::uint64_t total_requests(const CountsByOperation& counts);

}  // namespace goxel_telemetry::integration
