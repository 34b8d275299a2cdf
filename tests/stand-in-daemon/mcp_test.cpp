// SPDX-License-Identifier: GPL-3.0-or-later
// The Model Context Protocol as it is specified, which --mcp switches on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <set>

#include "running_daemon.h"
#include "test_client.h"

namespace stand_in_test {
namespace {

using testing::HasSubstr;

// In both modes.
class Mcp : public testing::TestWithParam<bool> {
 protected:
  Mcp() : daemon_(folder_, arguments()), client_(daemon_) {}

  static std::vector<std::string> arguments() {
    std::vector<std::string> words{"--mcp"};
    if (GetParam()) words.emplace_back("--pool");
    return words;
  }
  json ask(const std::string& method, const json& params = json::object()) {
    return client_.ask(
        json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", params}}.dump() + "\n");
  }
  json initialize(const std::string& version = "2025-11-25") {
    return ask("initialize", {{"protocolVersion", version},
                              {"capabilities", json::object()},
                              {"clientInfo", {{"name", "test"}, {"version", "1"}}}});
  }
  json call_tool(const std::string& name, const json& arguments) {
    return ask("tools/call", {{"name", name}, {"arguments", arguments}});
  }

  const TemporaryFolder folder_;
  RunningDaemon daemon_;
  TestClient client_;
};

INSTANTIATE_TEST_SUITE_P(Modes, Mcp, testing::Bool(), [](const auto& mode) {
  return std::string(mode.param ? "Pool" : "ThreadPerConnection");
});

TEST_P(Mcp, TheHandshakeSaysVersionAndTools) {
  const json reply = initialize();
  EXPECT_EQ(reply["jsonrpc"], "2.0");
  EXPECT_EQ(reply["id"], 7);
  EXPECT_EQ(reply["result"]["protocolVersion"], "2025-11-25");
  EXPECT_EQ(reply["result"]["capabilities"], json({{"tools", json::object()}}));
  EXPECT_EQ(reply["result"]["serverInfo"]["name"], "goxel-stand-in-daemon");
}

TEST_P(Mcp, AVersionThatItKnowsIsTakenAndForAnotherOneItOffersItsLatest) {
  EXPECT_EQ(initialize("2025-06-18")["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(initialize("2024-11-05")["result"]["protocolVersion"], "2025-11-25");
  EXPECT_EQ(ask("initialize")["error"]["code"], -32602);
}

TEST_P(Mcp, NotificationsAreNotAnsweredAndPingIs) {
  initialize();
  for (const char* method : {"notifications/initialized", "notifications/unheard_of", "ping"}) {
    client_.send(json{{"jsonrpc", "2.0"}, {"method", method}}.dump() + "\n");
  }
  // What a client answers is no request either.
  client_.send("{\"jsonrpc\": \"2.0\", \"id\": 3, \"result\": {}}\n");
  EXPECT_EQ(ask("ping"), json({{"jsonrpc", "2.0"}, {"id", 7}, {"result", json::object()}}));
}

TEST_P(Mcp, EachMethodIsATool) {
  initialize();
  std::set<std::string> names;
  const json reply = ask("tools/list");
  for (const json& tool : reply["result"]["tools"]) {
    names.insert(tool["name"]);
    EXPECT_EQ(tool["inputSchema"]["type"], "object");
  }
  EXPECT_EQ(names.size(), 34U);
  EXPECT_TRUE(names.count("goxel_add_voxels") == 1 && names.count("goxel_get_voxel") == 1);
  for (const std::string& name : names) {
    EXPECT_FALSE(call_tool(name, json::object()).contains("error")) << name;
  }
}

TEST_P(Mcp, AToolsResultIsText) {
  initialize();
  const json position{{"x", 1}, {"y", 2}, {"z", 3}};
  const json color{{"r", 255}, {"g", 0}, {"b", 0}, {"a", 255}};
  EXPECT_EQ(call_tool("goxel_add_voxels",
                      {{"position", position}, {"color", color}})["result"]["isError"],
            false);
  const json found = call_tool("goxel_get_voxel", {{"position", position}})["result"];
  EXPECT_EQ(found["content"][0]["type"], "text");
  EXPECT_EQ(json::parse(found["content"][0]["text"].get<std::string>())["color"],
            json({255, 0, 0, 255}));
}

TEST_P(Mcp, AToolThatFailsHasAResultThatSaysSo) {
  initialize();
  const json reply = call_tool("goxel_open_file", {{"path", "none"}});
  EXPECT_EQ(reply["result"]["isError"], true);
  EXPECT_FALSE(reply["result"]["content"][0]["text"].get<std::string>().empty());
}

TEST_P(Mcp, WhatBreaksTheProtocolIsAnErrorWithItsCode) {
  initialize();
  EXPECT_EQ(ask("resources/list")["error"]["code"], -32601);
  EXPECT_EQ(ask("goxel.add_voxel")["error"]["code"], -32601) << "it is a tool here";
  EXPECT_EQ(call_tool("nope", json::object())["error"]["code"], -32602);
  EXPECT_EQ(ask("tools/call")["error"]["code"], -32602);
  EXPECT_EQ(call_tool("ping", json::array())["error"]["code"], -32602);
  EXPECT_EQ(client_.ask(R"({"id": 1, "method": "ping"})"
                        "\n")["error"]["code"],
            -32600);
  EXPECT_EQ(client_.ask(R"({"jsonrpc": "2.0", "id": null, "method": "ping"})"
                        "\n")["error"]["code"],
            -32600);
  EXPECT_EQ(client_.ask("[" + json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "ping"}}.dump() +
                        "]\n")["error"]["code"],
            -32600);
}

TEST_P(Mcp, AMessageIsALineSoThatABrokenOneCostsNoOther) {
  initialize();
  client_.send("{\"jsonrpc\": [\n");
  EXPECT_EQ(json::parse(client_.receive())["error"]["code"], -32700);
  EXPECT_EQ(ask("ping")["id"], 7);
}

TEST_P(Mcp, AConnectionThatDoesNotBeginWithItSpeaksTheOtherProtocols) {
  initialize();
  TestClient other(daemon_);
  EXPECT_EQ(other.call("goxel.list_layers", json::object())["result"]["count"], 1);
  EXPECT_EQ(other.ask(R"({"tool": "ping"})")["success"], true);
  EXPECT_EQ(other.call("tools/list", json::object())["error"]["code"], -32601);
  EXPECT_EQ(other.call("ping", json::object())["result"]["pong"], true);
}

class WithoutMcp : public testing::Test {
 protected:
  const TemporaryFolder folder_;
};

TEST_F(WithoutMcp, ItsHandshakeIsAnUnknownMethod) {
  RunningDaemon daemon(folder_, {});
  EXPECT_EQ(TestClient(daemon).call("initialize", json::object())["error"]["code"], -32601);
}

TEST_F(WithoutMcp, TheStockDaemonsFaultsAreRefusedBesideIt) {
  RunningDaemon daemon(folder_, {"--mcp", "--stock-faults"});
  EXPECT_EQ(WEXITSTATUS(daemon.wait_for_end()), 2);
  EXPECT_THAT(daemon.log(), HasSubstr("exclude each other"));
}

TEST_F(WithoutMcp, SwitchedOffByTheProtocolItIsRefused) {
  RunningDaemon daemon(folder_, {"--mcp", "--protocol", "jsonrpc"});
  EXPECT_EQ(TestClient(daemon).call("initialize", json::object())["error"]["code"], -32600);
}

}  // namespace
}  // namespace stand_in_test
