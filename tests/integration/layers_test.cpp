// SPDX-License-Identifier: GPL-3.0-or-later
// What bridge and terminal say about the hops of both stacks is what the layers themselves
// measured.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/integration/watched_daemon.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

// Of the longest window.
Json breakdown_of(const Json& view, const std::string& stack) {
  for (const Json& candidate : view.at("stacks")) {
    if (candidate.at("stack") == stack) return candidate.at("windows").at("15m").at("breakdown");
  }
  return {{"source", "none"}, {"operations", 0}};
}

// The only source of a span's duration is its layer, so the means agree to the nanosecond that
// rounding takes.
void expect_agreement(const Json& breakdown, const Json& measured) {
  EXPECT_EQ(breakdown.at("source"), "joined");
  EXPECT_EQ(breakdown.at("operations"), measured.at("operations"));
  EXPECT_EQ(breakdown.at("other_chains"), 0);
  double left = breakdown.at("mean_ns");
  std::int64_t sum = 0;
  for (const Json& hop : breakdown.at("hops")) {
    const std::string layer = hop.at("outer");
    if (layer == "daemon") {
      EXPECT_GT(left, 0);
    } else {
      EXPECT_NEAR(left, measured.at("mean_ns").at(layer).get<double>(), 1) << layer;
      EXPECT_EQ(hop.at("cost").at("count"), measured.at("operations"));
      EXPECT_GE(hop.at("mean_ns"), 0);
      EXPECT_NEAR(hop.at("mean_there_ns").get<double>() + hop.at("mean_back_ns").get<double>(),
                  hop.at("mean_ns").get<double>(), 1);
    }
    left -= hop.at("mean_ns").get<double>();
    sum += hop.at("mean_ns").get<std::int64_t>();
  }
  EXPECT_EQ(sum, breakdown.at("mean_ns"));
}

class Layers : public testing::TestWithParam<shm::Door> {};

TEST_P(Layers, HopsOfBothStacksAreWhatTheLayersMeasured) {
  WatchedDaemon daemon(GetParam());
  daemon.start();
  const RunningBridge bridge(daemon.instance(), daemon.file("bridge.log"));
  daemon.load(
      {"--connections", "4", "--requests", "100", "--mix", "mixed", "--layers", daemon.instance()});
  std::ifstream file(daemon.file("load.json"));
  const Json report = Json::parse(file);
  EXPECT_EQ(report.at("layers_are"), "played, not real");
  const Json measured = report.at("layers");
  ASSERT_EQ(measured.size(), 2u);

  const auto view = [&] { return Json::parse(bridge.get("/api/v1/layers")).at("instances").at(0); };
  // Spans wait for each other, and a window takes a second in when it is complete.
  const auto joined = [&](const Json& now, const char* stack) {
    const Json breakdown = breakdown_of(now, stack);
    return breakdown.at("source") == "joined" &&
           breakdown.at("operations") == measured.at(stack).at("operations");
  };
  EXPECT_TRUE(eventually([&] {
    const Json now = view();
    return joined(now, "4-layer") && joined(now, "2-layer");
  })) << view().dump(1);

  for (const Json& seen : {view(), daemon.ask_cli("layers").at("instances").at(0)}) {
    for (const auto& [stack, times] : measured.items()) {
      expect_agreement(breakdown_of(seen, stack), times);
    }
    EXPECT_EQ(seen.at("outer_state"), "retired");
    EXPECT_EQ(seen.at("join").at("sticking_out"), 0);
    EXPECT_EQ(seen.at("join").at("irregular"), 0);
    EXPECT_EQ(seen.at("processes").size(), 4u);
    const Json& process = seen.at("processes").at(3);
    EXPECT_EQ(process.at("layer"), "daemon");
    EXPECT_TRUE(process.at("running").get<bool>());
    EXPECT_GT(process.at("process").at("resident_bytes"), 0);
    EXPECT_FALSE(seen.at("processes").at(0).at("running").get<bool>());
  }
  const std::string metrics = bridge.get("/metrics");
  for (const char* layer : {"mcp-client", "mcp-server", "ts-client", "daemon"}) {
    EXPECT_NE(metrics.find("goxel_layer_duration_seconds_count{instance_name=\"" +
                           daemon.instance() + "\",stack=\"4-layer\",layer=\"" + layer + "\""),
              std::string::npos)
        << layer;
  }
}

INSTANTIATE_TEST_SUITE_P(Doors, Layers, testing::Values(shm::Door::preload, shm::Door::abi),
                         [](const auto& test) {
                           return std::string(test.param == shm::Door::preload ? "Preload" : "Abi");
                         });

}  // namespace
}  // namespace goxel_telemetry::integration
