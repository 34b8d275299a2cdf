// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "load.h"
#include "metrics/text/arguments.h"
#include "odd_inputs.h"

namespace {

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void ask_to_stop(int) {
  stop_asked = true;
}

int complain(int exit_code, const std::string& sentence) {
  std::cerr << "goxel-load-client: " << sentence << '\n';
  return exit_code;
}

// For the files that the daemon is asked to write. Removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "goxel-load-client.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("Cannot make " + name + ".");
    path_ = name;
    // The daemon may run as another user.
    std::filesystem::permissions(path_, std::filesystem::perms::all);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool write_json(const nlohmann::ordered_json& report, const std::string& path) {
  if (path == "-") {
    std::cout << report.dump(2) << std::endl;
    return std::cout.good();
  }
  std::ofstream file(path);
  file << report.dump(2) << '\n';
  file.close();
  return file.good();
}

void print_table(const nlohmann::ordered_json& report) {
  std::printf("%-34s %10s %8s %10s %10s %10s\n", "operation", "requests", "errors", "unanswered",
              "p50 us", "p99 us");
  for (const auto& item : report["operations"].items()) {
    const auto& operation = item.value();
    std::printf("%-34s %10llu %8llu %10llu %10.1f %10.1f\n", item.key().c_str(),
                operation["requests"].get<unsigned long long>(),
                operation["errors"].get<unsigned long long>(),
                operation["unanswered"].get<unsigned long long>(),
                operation.value("p50_ns", 0.0) / 1000, operation.value("p99_ns", 0.0) / 1000);
  }
  std::printf("%.2f s, %.0f requests/s\n", report["seconds"].get<double>(),
              report["requests_per_second"].get<double>());
  if (report.contains("layers_are")) {
    std::printf("The layers outside of the daemon are %s.\n",
                report["layers_are"].get<std::string>().c_str());
  }
}

int run(load_client::LoadOptions& options, const std::string& json_path) {
  const TemporaryFolder folder;
  options.mix.files = folder.path();
  const load_client::OperationMix tried(options.mix, 0);  // throws before a thread could

  const load_client::LoadResult result = load_client::run_load(options, stop_asked);
  nlohmann::ordered_json report = load_client::report(result.statistics, result.seconds);
  report["connections_made"] = result.connections_made;
  report["connections_failed"] = result.connections_failed;
  if (!options.layers.empty()) report["layers_are"] = "played, not real";
  for (const auto& [stack, times] : result.outer) {
    report["layers"][stack]["operations"] = times.operations;
    for (const auto& [layer, sum] : times.sum_ns) {
      report["layers"][stack]["mean_ns"][layer] =
          static_cast<double>(sum) / static_cast<double>(times.operations);
    }
  }
  if (json_path.empty()) {
    print_table(report);
  } else if (!write_json(report, json_path)) {
    return complain(1, "Cannot write " + json_path + ".");
  }
  if (result.connections_made > 0) return 0;
  return complain(1, "No daemon listens on " + options.socket_path + ".");
}

int parse_and_run(int argc, char** argv) {
  load_client::LoadOptions options;
  CLI::App app(
      "Sends requests to a Goxel daemon and counts what comes back: each connection waits for an "
      "answer before its "
      "next request. Without --requests and --seconds: 1000 requests a connection.",
      "goxel-load-client");
  std::string mix = "jsonrpc";
  std::string odd;
  std::string json_path;
  unsigned patience_ms = 2000;
  app.set_version_flag("--version", "goxel-load-client " GOXEL_TELEMETRY_VERSION);
  app.add_option("--socket", options.socket_path, "The daemon's Unix socket")
      ->capture_default_str();
  app.add_option("--connections", options.connections, "Connections at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--requests", options.requests, "Requests of each connection")
      ->check(CLI::PositiveNumber);
  // (CLI11's own checks let NaN pass.)
  const auto number_from = [](double least) {
    return [least](const std::string& text) {
      const bool valid = goxel_telemetry::metrics::parse_number(text, least, 1e9).has_value();
      return valid ? std::string() : "must be a number and not too small, not \"" + text + '"';
    };
  };
  app.add_option("--seconds", options.seconds, "Time to run")->check(number_from(0.001));
  app.add_option("--rate", options.rate,
                 "Requests per second, of all connections together (0: as fast as answers come)")
      ->check(number_from(0));
  app.add_flag("--reconnect", options.reconnect, "A new connection for each request");
  app.add_option("--mix", mix, "jsonrpc, mcp or mixed")
      ->capture_default_str()
      ->check(CLI::IsMember({"jsonrpc", "mcp", "mixed"}));
  app.add_option("--methods", options.mix.operations, "Only these methods and tools: a,b,c")
      ->delimiter(',');
  app.add_flag("--heavy-together", options.heavy_together,
               "Send exports, saves and shapes also while other requests are in flight: the stock "
               "daemon may die of it");
  bool no_set_up = false;
  app.add_flag("--no-set-up", no_set_up,
               "Do not create a project first (implied by --methods); that request is counted like "
               "the rest");
  app.add_option("--seed", options.seed, "The same seed gives the same requests")
      ->capture_default_str();
  app.add_option("--timeout", patience_ms, "Milliseconds after which a request is unanswered")
      ->capture_default_str()
      ->check(CLI::Range(1, 600000));
  app.add_flag("--traceparent", options.mix.traceparent,
               "Put a random W3C trace context into each request");
  app.add_option("--layers", options.layers,
                 "Play the layers outside of the daemon of this instance, and report their spans "
                 "(implies --traceparent). They are not real: this client sleeps where they would "
                 "work. tests/chain has real ones")
      ->type_name("INSTANCE");
  std::vector<std::string> slow;
  app.add_option(
         "--slow", slow,
         "With --layers: LAYER takes USUAL microseconds more for METHOD (or a tool), and SLOW "
         "ones while FILE exists")
      ->expected(5)
      ->type_name("LAYER METHOD USUAL SLOW FILE");
  app.add_option("--odd", odd,
                 "Instead, send one input that the stock daemon breaks on, and print the answer")
      ->check(CLI::IsMember(load_client::odd_input_names()));
  app.add_option("--json", json_path, "Write the counts there instead of a table (-: stdout)");
  app.footer(
      "Exit codes: 0 the load was sent, or the odd input answered; 1 no daemon listens, or a file "
      "cannot "
      "be written; 2 bad flags or values.");
  const std::string empty =
      goxel_telemetry::metrics::empty_argument({argv, static_cast<std::size_t>(argc)});
  if (!empty.empty()) return complain(2, empty);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(2, error.what());
  }
  options.patience = std::chrono::milliseconds(patience_ms);
  options.set_up = !no_set_up && options.mix.operations.empty();
  options.mix.traceparent |= !options.layers.empty();
  options.mix.json_rpc = mix != "mcp";
  options.mix.mcp = mix != "jsonrpc";
  if (!slow.empty()) {
    if (options.layers.empty()) return complain(2, "--slow needs --layers.");
    options.slow_layer = load_client::slow_layer(slow);
  }
  if (options.requests == 0 && options.seconds == 0) options.requests = 1000;
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  if (std::signal(SIGHUP, ask_to_stop) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  if (!odd.empty()) {
    return load_client::send_odd_input(odd, options.socket_path, options.patience) ? 0 : 1;
  }
  return run(options, json_path);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::invalid_argument& error) {
    return complain(2, error.what());
  } catch (const std::exception& error) {
    return complain(1, error.what());
  }
}
