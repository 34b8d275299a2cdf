// SPDX-License-Identifier: GPL-3.0-or-later
// What a real Prometheus makes of the bridge's counters while bridges and daemon come and go: never
// more than clients sent, and all of it if the bridge keeps a history. And what it has for the dashboard that we ship.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <optional>

#include "tests/integration/watched_daemon.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

// A TCP port that nobody uses at the moment.
int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(descriptor, generic, size), 0);
  ::getsockname(descriptor, generic, &size);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

class Prometheus {
 public:
  Prometheus(const std::vector<int>& ports, const std::string& folder)
      : address_("127.0.0.1:" + std::to_string(free_port())), folder_(folder) {
    std::string targets;
    for (const int port : ports) {
      targets += (targets.empty() ? "\"127.0.0.1:" : ", \"127.0.0.1:") + std::to_string(port) + '"';
    }
    stand_in_test::write_text(folder + ".yml",
                              "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
                              "scrape_configs:\n"
                              "- job_name: goxel-telemetry\n"
                              "  static_configs: [{targets: [" +
                                  targets + "]}]\n");
    start();
  }

  // It keeps what it has scraped.
  void restart() {
    process_->signal(SIGTERM);
    process_->wait();
    start();
  }

  // The value of an expression with one result; empty as long as there is none.
  std::optional<double> value(const std::string& expression) const {
    const Json data = ask("query", expression);
    if (data.is_null() || data.at("result").size() != 1) return std::nullopt;
    return std::stod(data.at("result").at(0).at("value").at(1).get<std::string>());
  }

  // Series with their exemplars.
  Json exemplars(const std::string& series) const { return ask("query_exemplars", series); }

 private:
  // What Prometheus has to say; null: nothing, or that it is wrong.
  Json ask(const std::string& what, const std::string& expression) const {
    const Finished finished =
        run({"curl", "--silent", "--max-time", "20", "--get", "--data-urlencode",
             "query=" + expression, "http://" + address_ + "/api/v1/" + what},
            folder_ + ".reply");
    const Json reply = Json::parse(finished.output, nullptr, false);
    if (reply.is_discarded() || reply.value("status", "") != "success") return nullptr;
    return reply.at("data");
  }

  void start() {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{
            "prometheus", "--config.file=" + folder_ + ".yml", "--storage.tsdb.path=" + folder_,
            "--enable-feature=exemplar-storage", "--web.listen-address=" + address_},
        folder_ + ".log");
  }

  std::string address_;
  std::string folder_;  // its own, and the beginning of the names of files beside it
  std::unique_ptr<ChildProcess> process_;
};

struct WatchedBridge {
  WatchedBridge(const WatchedDaemon& daemon, const std::string& name,
                std::vector<std::string> arguments)
      : instance(daemon.instance()), log(daemon.file(name + ".log")), flags(std::move(arguments)) {
    flags.insert(flags.end(), {"--port", std::to_string(port)});
    start();
  }
  void start() { bridge = std::make_unique<RunningBridge>(instance, log, flags); }
  void end(int signal) {
    bridge->process().signal(signal);
    bridge->process().wait();
    bridge.reset();
  }
  std::string series() const {
    return R"(goxel_operations_total{operation="ping",protocol="jsonrpc",instance="127.0.0.1:)" +
           std::to_string(port) + "\"}";
  }

  int port = free_port();
  std::string instance;
  std::string log;
  std::vector<std::string> flags;
  std::unique_ptr<RunningBridge> bridge;
};

// The counter's value is awaited after each step, so that nothing depends on when Prometheus scrapes.
TEST(PrometheusCounters, IncreaseByWhatClientsSentOverRestartsOfBridgeAndDaemon) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const auto send = [&daemon](int requests) {
    const CountsByOperation sent = daemon.load(
        {"--methods", "ping", "--connections", "1", "--requests", std::to_string(requests)});
    ASSERT_EQ(total_requests(sent), static_cast<std::uint64_t>(requests));
  };
  send(20'000);  // from before anyone watched; more than a lane holds
  WatchedBridge keeping(daemon, "keeping", {"--history", daemon.file("history.db")});
  WatchedBridge forgetting(daemon, "forgetting", {});
  const Prometheus prometheus({keeping.port, forgetting.port}, daemon.file("prometheus"));
  const auto await = [&prometheus](const WatchedBridge& bridge, double value) {
    EXPECT_TRUE(eventually([&] { return prometheus.value(bridge.series()) == value; }))
        << bridge.series() << " is " << prometheus.value(bridge.series()).value_or(-1)
        << " instead of " << value;
  };
  const auto restart_bridges = [&](int signal, const auto& meanwhile) {
    keeping.end(signal);
    forgetting.end(signal);
    meanwhile();
    keeping.start();
    forgetting.start();
  };

  await(keeping, 0);
  await(forgetting, 0);
  send(300);
  await(keeping, 300);
  await(forgetting, 300);

  restart_bridges(SIGKILL, [&] { send(100); });
  await(keeping, 400);
  await(forgetting, 0);
  send(200);
  await(keeping, 600);
  await(forgetting, 200);

  daemon.start();
  send(70);
  await(keeping, 670);
  await(forgetting, 270);

  restart_bridges(SIGTERM, [&] {
    daemon.start();
    send(50);
  });
  await(keeping, 720);
  await(forgetting, 0);
  send(80);
  await(keeping, 800);
  await(forgetting, 80);

  // Without a history, what was sent while there was no bridge is missing: 100 and 50. increase()
  // extrapolates to the end of the range, by at most 1.1 mean distances of the samples.
  const auto expect_increase = [&](const WatchedBridge& bridge, double sent) {
    const std::string range = '(' + bridge.series() + "[1h])";
    const double increase = prometheus.value("increase" + range).value_or(-1);
    const double samples = prometheus.value("count_over_time" + range).value_or(0);
    ASSERT_GE(samples, 2);
    EXPECT_GE(increase, sent * 0.99);
    EXPECT_LE(increase, sent * 1.01 * (1 + 1.1 / (samples - 1)));
  };
  expect_increase(keeping, 800);
  expect_increase(forgetting, 650);
  EXPECT_EQ(prometheus.value("resets(" + keeping.series() + "[1h])"), 0);
  EXPECT_EQ(prometheus.value("resets(" + forgetting.series() + "[1h])"), 2);
}

// One bridge watches both; each restarts while the others go on.
TEST(PrometheusCounters, OfSeveralDaemonsAreToldApartOverRestartsOfEachAndOfPrometheus) {
  WatchedDaemon first(shm::Door::preload);
  WatchedDaemon second(shm::Door::abi);
  first.start();
  second.start();
  WatchedBridge bridge(first, "bridge",
                       {"--instance", second.instance(), "--history", first.file("history.db")});
  Prometheus prometheus({bridge.port}, first.file("prometheus"));
  const auto series = [](const std::string& name, const WatchedDaemon& daemon) {
    return name + "{instance_name=\"" + daemon.instance() + "\"}";
  };
  const auto await = [&](const std::string& expression, double value) {
    EXPECT_TRUE(eventually([&] { return prometheus.value(expression) == value; }))
        << expression << " is " << prometheus.value(expression).value_or(-1) << " instead of "
        << value;
  };
  const auto pings = [&](const WatchedDaemon& daemon) {
    return "goxel_operations_total{operation=\"ping\",protocol=\"jsonrpc\",instance_name=\"" +
           daemon.instance() + "\"}";
  };
  const auto send = [](WatchedDaemon& daemon, int requests) {
    const CountsByOperation sent = daemon.load(
        {"--methods", "ping", "--connections", "1", "--requests", std::to_string(requests)});
    ASSERT_EQ(total_requests(sent), static_cast<std::uint64_t>(requests));
  };
  await("count(goxel_up == 1)", 2);
  await(pings(first), 0);
  await(pings(second), 0);
  send(first, 300);
  send(second, 70);
  await(pings(first), 300);
  await(pings(second), 70);

  first.process().signal(SIGKILL);
  first.process().wait();
  await(series("goxel_up", first), 0);
  await(series("goxel_up", second), 1);
  send(second, 5);
  await(pings(second), 75);
  await(pings(first), 300);
  first.start();
  await(series("goxel_up", first), 1);
  send(first, 20);
  await(pings(first), 320);

  bridge.end(SIGTERM);
  send(second, 25);
  bridge.start();
  await(pings(second), 100);
  await(pings(first), 320);

  prometheus.restart();
  send(first, 80);
  await(pings(first), 400);
  await(pings(second), 100);
  await("resets(" + pings(first) + "[1h]) + on() resets(" + pings(second) + "[1h])", 0);
  await("count(count by (instance_name) (goxel_operations_total))", 2);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

TEST(Dashboard, EachQueryHasAnAnswerAndSpikesHaveTraces) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  // Somebody who is told of alerts, and cannot be reached.
  const std::string config = daemon.file("bridge.toml");
  std::ofstream(config) << "[notify.ops]\ntype = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\n";
  WatchedBridge bridge(daemon, "bridge",
                       {"--history", daemon.file("history.db"), "--config", config});
  const Prometheus prometheus({bridge.port}, daemon.file("prometheus"));
  EXPECT_TRUE(eventually([&] { return prometheus.value("goxel_up") == 1; }));
  daemon.process().signal(SIGKILL);
  daemon.process().wait();
  daemon.start();
  daemon.load({"--connections", "2", "--mix", "mixed", "--rate", "300", "--seconds", "4",
               "--layers", daemon.instance()});
  EXPECT_TRUE(eventually(
      [&] { return prometheus.value("goxel_alert_active{rule=\"daemon_restarted\"}") == 1; }));

  std::ifstream file(DASHBOARD);
  const Json dashboard = Json::parse(file);
  int queries = 0;
  for (const Json& panel : dashboard.at("panels")) {
    for (const Json& target : panel.at("targets")) {
      ++queries;
      std::string query = target.at("expr");
      for (const auto& [variable, value] : {std::pair("$__rate_interval", "1m"),
                                            {"$__range", "1m"},
                                            {"$instance_name", ".*"},
                                            {"$instance", ".*"}}) {
        query = replaced(query, variable, value);
      }
      EXPECT_TRUE(eventually([&] { return prometheus.value("count(" + query + ")") > 0; }))
          << query;
    }
  }
  EXPECT_GT(queries, 10);
  EXPECT_TRUE(eventually([&] {
    const Json found = prometheus.exemplars("goxel_layer_duration_seconds_bucket");
    return !found.empty() && found.at(0).at("exemplars").at(0).at("labels").contains("trace_id");
  }));
}

}  // namespace
}  // namespace goxel_telemetry::integration
