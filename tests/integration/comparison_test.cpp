// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon in which one operation became slower, from end to end through the built programs.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/integration/watched_daemon.h"
#include "tests/load-client/client_socket.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

// Two operations take turns until a comparison has enough seconds and requests, however slow the
// machine: JSON-RPC's and MCP's sleep.
void call_both(const std::string& socket, int json_rpc_ms, int mcp_ms) {
  load_client::ClientSocket client;
  ASSERT_TRUE(client.connect(socket));
  const std::string json_rpc =
      R"({"jsonrpc": "2.0", "method": "stand_in.sleep", "id": 1, "params": {"ms": )" +
      std::to_string(json_rpc_ms) + "}}\n";
  const std::string mcp =
      R"({"tool": "stand_in_sleep", "arguments": {"ms": )" + std::to_string(mcp_ms) + "}}\n";
  const auto end = Clock::now() + std::chrono::seconds(10);
  constexpr int kEnough = 40;
  for (int round = 0; round < kEnough || Clock::now() < end; ++round) {
    for (const std::string& request : {json_rpc, mcp}) {
      std::string reply;
      ASSERT_TRUE(client.send(request));
      ASSERT_EQ(client.receive_line(reply, std::chrono::minutes(1)), load_client::Outcome::reply);
      ASSERT_FALSE(load_client::is_error_reply(reply)) << reply;
    }
  }
}

TEST(ComparisonOfABaselineWithTheLiveDaemon, FindsTheOperationThatBecameSlowerAndNoOther) {
  WatchedDaemon daemon(shm::Door::preload);
  const auto command = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CLI_PATH);
    arguments.insert(arguments.end(), {"--dir", daemon.file("baselines")});
    return run(arguments, daemon.file("cli.log"));
  };
  daemon.start();
  call_both(daemon.socket(), 40, 40);
  const Finished saved = command({"baseline", "save", "before", "--instance", daemon.instance()});
  ASSERT_EQ(saved.exit_code, 0) << saved.output;

  daemon.start();
  call_both(daemon.socket(), 40, 160);
  // A machine that is busy with something else may delay a sleeper by many milliseconds, but not by
  // as many as it sleeps.
  const Finished compared = command({"compare", "before", "live", "--instance", daemon.instance(),
                                     "--relevant", "100", "--json"});
  ASSERT_EQ(compared.exit_code, 0) << compared.output;
  const Json comparison = Json::parse(compared.output);
  ASSERT_EQ(comparison.at("operations").size(), 2u);
  for (const Json& operation : comparison.at("operations")) {
    EXPECT_EQ(operation.at("verdict"),
              operation.at("protocol") == "mcp" ? "slower" : "no proven difference")
        << operation.dump(1);
  }
}

}  // namespace
}  // namespace goxel_telemetry::integration
