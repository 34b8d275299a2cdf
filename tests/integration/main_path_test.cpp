// SPDX-License-Identifier: GPL-3.0-or-later
// The main path from end to end, through the built programs: what a client counts is what bridge
// and terminal show, and they live through the daemon's death.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <csignal>

#include "tests/integration/watched_daemon.h"
#include "tests/load-client/client_socket.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

// Exactly the same operations, requests, errors and unanswered ones; and the daemon's processing
// time lies within the round trip that the client saw.
void expect_agreement(const CountsByOperation& client, const CountsByOperation& telemetry) {
  for (const auto& [name, sent] : client) {
    ASSERT_TRUE(telemetry.contains(name)) << name;
    const Counts& seen = telemetry.at(name);
    EXPECT_EQ(seen.requests, sent.requests) << name;
    EXPECT_EQ(seen.errors, sent.errors) << name;
    EXPECT_EQ(seen.unanswered, sent.unanswered) << name;
    if (sent.requests > sent.unanswered) {
      EXPECT_GT(seen.mean_ns, 0) << name;
      EXPECT_LT(seen.mean_ns, sent.mean_ns) << name;
    }
  }
  EXPECT_EQ(telemetry.size(), client.size());
}

struct Case {
  const char* name;
  shm::Door door;
  std::vector<std::string> load;
};

class MainPath : public testing::TestWithParam<Case> {};

TEST_P(MainPath, CountsAgreeExactlyWithWhatTheClientCounted) {
  WatchedDaemon daemon(GetParam().door);
  daemon.start();
  const RunningBridge bridge(daemon.instance(), daemon.file("bridge.log"));
  const CountsByOperation sent = daemon.load(GetParam().load);
  ASSERT_GT(total_requests(sent), 0u);

  // A window takes a second in when it is complete.
  EXPECT_TRUE(eventually([&] {
    const Json window = bridge.snapshot().at("daemon").at("windows").at("15m");
    return window.at("outcomes").at("all") >= total_requests(sent);
  })) << bridge.snapshot().dump(1);
  expect_agreement(sent, counted(bridge.snapshot()));
  expect_agreement(sent, counted(daemon.ask_cli("status").at("instances").at(0)));

  const Json snapshot = bridge.snapshot();
  EXPECT_EQ(snapshot.at("ring").at("lost"), 0);
  EXPECT_EQ(snapshot.at("ring").at("contended_calls"), 0);
  EXPECT_EQ(snapshot.at("daemon").at("run_total").at("all"), total_requests(sent));
  EXPECT_TRUE(eventually([&] { return bridge.snapshot().at("daemon").at("connections") == 0; }));
  EXPECT_EQ(bridge.snapshot().at("daemon").at("inflight"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Loads, MainPath,
    testing::Values(
        Case{"OneConnection", shm::Door::preload, {"--connections", "1", "--requests", "1000"}},
        Case{"EightConnectionsBothProtocols",
             shm::Door::preload,
             {"--connections", "8", "--requests", "300", "--mix", "mixed", "--traceparent"}},
        Case{"SixtyFourConnections",
             shm::Door::preload,
             {"--connections", "64", "--requests", "40", "--mix", "mixed"}},
        Case{"AConnectionForEachRequest",
             shm::Door::preload,
             {"--connections", "4", "--requests", "100", "--reconnect", "--mix", "mixed"}},
        Case{"ThroughThePluginAbi",
             shm::Door::abi,
             {"--connections", "8", "--requests", "300", "--mix", "mixed"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DaemonDeath, IsSurvivedExplainedAndFollowedByTheNextRun) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  RunningBridge bridge(daemon.instance(), daemon.file("bridge.log"));
  const auto load = daemon.start_load({"--connections", "4", "--rate", "400", "--seconds", "600"});
  load_client::ClientSocket stuck;
  ASSERT_TRUE(stuck.connect(daemon.socket()));
  ASSERT_TRUE(stuck.send(
      R"({"jsonrpc": "2.0", "method": "stand_in.sleep", "id": 1, "params": {"ms": 60000}})"
      "\n"));
  const auto inflight = [](const Json& requests, const std::string& operation) {
    for (const Json& request : requests) {
      if (request.at("operation") == operation) return true;
    }
    return false;
  };
  ASSERT_TRUE(eventually([&] {
    return inflight(
        Json::parse(bridge.get("/api/v1/inflight")).at("instances").at(0).at("inflight"),
        "stand_in.sleep");
  }));
  EXPECT_TRUE(
      inflight(daemon.ask_cli("inflight").at("instances").at(0).at("inflight"), "stand_in.sleep"));
  const std::string first_run = bridge.snapshot().at("daemon").at("run_id");

  daemon.process().signal(SIGKILL);
  daemon.process().wait();
  load->signal(SIGTERM);
  load->wait();  // or it would send to the next daemon
  EXPECT_TRUE(eventually([&] { return bridge.snapshot().at("daemon").at("state") == "dead"; }));
  int status = 0;
  bridge.get("/readyz", &status);
  EXPECT_EQ(status, 503);
  EXPECT_NE(bridge.get("/metrics").find("goxel_up{instance_name=\"" + daemon.instance() + "\"} 0"),
            std::string::npos);
  const Json post_mortem = daemon.ask_cli("blackbox");
  EXPECT_NE(post_mortem.dump().find("stand_in.sleep"), std::string::npos) << post_mortem.dump(1);

  daemon.start();
  EXPECT_TRUE(eventually([&] {
    const Json now = bridge.snapshot().at("daemon");
    return now.at("state") == "live" && now.at("run_id") != first_run;
  }));
  const CountsByOperation sent = daemon.load({"--requests", "50", "--methods", "ping"});
  EXPECT_TRUE(eventually([&] {
    return bridge.snapshot().at("daemon").at("run_total").at("all") == total_requests(sent);
  }));
  EXPECT_EQ(daemon.ask_cli("status").at("instances").at(0).at("daemon").at("state"), "live");
  EXPECT_TRUE(bridge.process().running());
}

TEST(DaemonDeath, ByABatchNamesTheBatchThatWasInFlight) {
  WatchedDaemon daemon(shm::Door::preload, {"--stock-faults"});
  daemon.start();
  load_client::ClientSocket client;
  ASSERT_TRUE(client.connect(daemon.socket()));
  ASSERT_TRUE(client.send(R"([{"jsonrpc": "2.0", "method": "ping", "id": 1}])"
                          "\n"));
  const int status = daemon.process().wait();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
  EXPECT_NE(daemon.ask_cli("blackbox").dump().find("_BATCH"), std::string::npos);
}

TEST(Bridge, WaitsForADaemonThatIsNotThereYet) {
  WatchedDaemon daemon(shm::Door::preload);
  const RunningBridge bridge(daemon.instance(), daemon.file("bridge.log"));
  int status = 0;
  bridge.get("/readyz", &status);
  EXPECT_EQ(status, 503);
  bridge.get("/healthz", &status);
  EXPECT_EQ(status, 200);
  daemon.start();
  EXPECT_TRUE(eventually([&] {
    bridge.get("/readyz", &status);
    return status == 200;
  }));
}

}  // namespace
}  // namespace goxel_telemetry::integration
