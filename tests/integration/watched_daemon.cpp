// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/watched_daemon.h"

#include <unistd.h>
#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

CountsByOperation counts_in(const Json& document) {
  CountsByOperation counts;
  for (const auto& [name, operation] : document.at("operations").items()) {
    counts[name] = {operation.at("requests"), operation.at("errors"), operation.at("unanswered"),
                    operation.at("mean_ns")};
  }
  return counts;
}

std::string new_instance_name() {
  static std::atomic<int> count{0};
  return "e2e-" + std::to_string(getpid()) + "-" + std::to_string(count++);
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

WatchedDaemon::WatchedDaemon(shm::Door door, std::vector<std::string> daemon_arguments)
    : door_(door),
      arguments_(std::move(daemon_arguments)),
      instance_(new_instance_name()),
      socket_(folder_.file("goxel.sock")) {
  const Json config = {
      {"plugins",
       {{"telemetry",
         {{"enabled", true}, {"library", PLUGIN_PATH}, {"config", {{"instance", instance_}}}}}}}};
  stand_in_test::write_text(file("daemon_config.json"), config.dump());
}

WatchedDaemon::WatchedDaemon(std::vector<std::string> host) : WatchedDaemon(shm::Door::preload) {
  host_ = std::move(host);
}

WatchedDaemon::~WatchedDaemon() {
  daemon_.reset();
  unlink(("/dev/shm/goxel-telemetry." + instance_).c_str());
  unlink(("/dev/shm/goxel-telemetry." + instance_ + ".layers").c_str());
}

void WatchedDaemon::start() {
  daemon_.reset();
  std::vector<std::string> command;
  if (door_ == shm::Door::preload) command.push_back(LAUNCHER_PATH);
  command.insert(command.end(), host_.begin(), host_.end());
  command.insert(command.end(), {"--socket", socket_, "-c", file("daemon_config.json")});
  if (door_ == shm::Door::abi) command.push_back("--pool");
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  daemon_ = std::make_unique<ChildProcess>(command, file("daemon.log"));
  // The socket's file is there a moment before the daemon listens.
  const auto listens = [this] {
    return daemon_->output().find("Listening on ") != std::string::npos;
  };
  if (!eventually([&] { return listens() || !daemon_->running(); }) || !daemon_->running()) {
    throw std::runtime_error("the daemon did not start: " + daemon_->output());
  }
}

std::unique_ptr<ChildProcess> WatchedDaemon::start_load(const std::vector<std::string>& arguments) {
  // A late answer is an answer: without patience the client would count it as unanswered.
  std::vector<std::string> command = {LOAD_CLIENT_PATH, "--socket", socket_, "--timeout", "60000"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<ChildProcess>(command, file("load.log" + std::to_string(logs_++)));
}

CountsByOperation WatchedDaemon::load(const std::vector<std::string>& arguments) {
  const std::string result = file("load.json");
  std::vector<std::string> all = arguments;
  all.insert(all.end(), {"--json", result});
  const auto client = start_load(all);
  if (client->wait() != 0) throw std::runtime_error("the client failed: " + client->output());
  return counts_in(read_json(result));
}

Json WatchedDaemon::ask_cli(const std::string& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {CLI_PATH, command, "--instance", instance_, "--json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Finished finished = run(all, file("cli.log"));
  if (finished.exit_code != 0)
    throw std::runtime_error("the terminal tool failed: " + finished.output);
  return Json::parse(finished.output);
}

namespace {

std::vector<std::string> bridge_command(const std::string& instance,
                                        const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {BRIDGE_PATH, "--instance", instance};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

RunningBridge::RunningBridge(const std::string& instance, const std::string& log,
                             const std::vector<std::string>& arguments)
    : bridge_(bridge_command(instance, arguments), log) {
  const std::string announced = "listening on http://127.0.0.1:";
  std::size_t at = std::string::npos;
  if (!eventually([&] {
        at = bridge_.output().find(announced);
        return at != std::string::npos || !bridge_.running();
      }) ||
      at == std::string::npos) {
    throw std::runtime_error("the bridge did not start: " + bridge_.output());
  }
  host_ = "http://127.0.0.1:" +
          std::to_string(std::stoi(bridge_.output().substr(at + announced.size())));
}

std::string RunningBridge::get(const std::string& path, int* status) const {
  const stand_in_test::TemporaryFolder folder;
  const Finished finished = run({"curl", "--silent", "--show-error", "--max-time", "20",
                                 "--write-out", "\n%{http_code}", host_ + path},
                                folder.file("reply"));
  const std::size_t end = finished.output.rfind('\n');
  if (finished.exit_code != 0 || end == std::string::npos) {
    throw std::runtime_error("GET " + path + " failed: " + finished.output);
  }
  if (status != nullptr) *status = std::stoi(finished.output.substr(end + 1));
  return finished.output.substr(0, end);
}

Json RunningBridge::snapshot() const {
  return Json::parse(get("/api/v1/snapshot")).at("instances").at(0);
}

CountsByOperation counted(const Json& snapshot) {
  CountsByOperation counts;
  for (const Json& operation : snapshot.at("operations")) {
    const Json& total = operation.at("total");
    counts[operation.at("protocol").get<std::string>() + "/" +
           operation.at("operation").get<std::string>()] = {
        total.at("all"), total.at("error"), total.at("unanswered"),
        operation.at("windows").at("15m").at("latency").at("mean_ns")};
  }
  return counts;
}

std::uint64_t total_requests(const CountsByOperation& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, operation] : counts) sum += operation.requests;
  return sum;
}

}  // namespace goxel_telemetry::integration
