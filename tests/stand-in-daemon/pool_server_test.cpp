// SPDX-License-Identifier: GPL-3.0-or-later
// The second mode: a queue and workers, and what they report to a plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <sstream>

#include "running_daemon.h"
#include "test_client.h"

namespace stand_in_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string sleep_for(int ms) {
  return R"({"jsonrpc": "2.0", "method": "stand_in.sleep", "id": 1, "params": {"ms": )" +
         std::to_string(ms) + "}}\n";
}

// A pool daemon with the recording plugin of this folder.
class WithPlugin : public testing::Test {
 protected:
  void start(json settings, std::vector<std::string> arguments = {}) {
    settings["file"] = folder_.file("calls");
    std::filesystem::create_symlink(RECORDING_PLUGIN_PATH, folder_.file("recording.so"));
    start_with({{"enabled", true}, {"library", "./recording.so"}, {"config", settings}},
               std::move(arguments));
  }

  void start_with(const json& plugin, std::vector<std::string> arguments) {
    const json config{{"server", {{"workers", 3}}}, {"plugins", {{"recording", plugin}}}};
    write_text(folder_.file("daemon_config.json"), config.dump());
    arguments.insert(arguments.end(), {"--pool", "--config", folder_.file("daemon_config.json")});
    daemon_ = std::make_unique<RunningDaemon>(folder_, arguments);
  }

  // All calls so far but those to set_gauge.
  std::vector<std::string> calls() const { return lines(false); }
  std::vector<std::string> gauges() const { return lines(true); }
  bool called(const std::string& call) const {
    return becomes_true(
        [&] { return text_of(folder_.file("calls")).find(call) != std::string::npos; });
  }
  int end() {
    daemon_->send_signal(SIGTERM);
    return daemon_->wait_for_end();
  }

  const TemporaryFolder folder_;
  std::unique_ptr<RunningDaemon> daemon_;

 private:
  std::vector<std::string> lines(bool gauges) const {
    std::istringstream text(text_of(folder_.file("calls")));
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("gauge") == gauges) found.push_back(line);
    }
    return found;
  }
};

class Pool : public testing::Test {
 protected:
  const TemporaryFolder folder_;
};

TEST_F(Pool, AnswersBothProtocolsWithoutAPlugin) {
  RunningDaemon daemon(folder_, {"--pool"});
  TestClient client(daemon);
  EXPECT_EQ(client.call("goxel.add_voxel", {1, 2, 3, 255, 0, 0, 255})["result"]["success"], true);
  const json found = client.ask(
      R"({"tool": "goxel_get_voxel", "arguments": {"position": {"x": 1, "y": 2, "z": 3}}})");
  EXPECT_EQ(found["content"]["color"], json({255, 0, 0, 255}));
  daemon.send_signal(SIGTERM);
  EXPECT_EQ(daemon.wait_for_end(), 0);
}

TEST_F(Pool, AnswersTheRequestsOfAConnectionInOrder) {
  RunningDaemon daemon(folder_, {"--pool"});
  TestClient client(daemon);
  client.send(sleep_for(50) + ping(2) + ping(3));
  for (int id = 1; id <= 3; ++id) EXPECT_EQ(json::parse(client.receive())["id"], id);
}

TEST_F(Pool, AnswersAnotherConnectionWhileOneWaits) {
  RunningDaemon daemon(folder_, {"--pool", "--workers", "2"});
  TestClient slow(daemon);
  slow.send(sleep_for(60000));
  EXPECT_EQ(TestClient(daemon).ask(ping(5))["id"], 5);
}

TEST_F(Pool, AnswersAClientThatHasShutDownItsSendingSide) {
  RunningDaemon daemon(folder_, {"--pool"});
  TestClient client(daemon);
  client.send(sleep_for(20) + ping(2));
  client.send_no_more();
  EXPECT_EQ(json::parse(client.receive())["id"], 1);
  EXPECT_EQ(json::parse(client.receive())["id"], 2);
  EXPECT_TRUE(client.hears_the_end());
}

TEST_F(WithPlugin, ReportsItsNameItsSettingsAndItsWorkers) {
  start({{"instance", "x y"}, {"timeout", 30}, {"on", true}});
  EXPECT_EQ(end(), 0);
  EXPECT_THAT(calls(),
              ElementsAre("activate goxel-stand-in-daemon 0.18.6 workers 3", "setting instance=x y",
                          "setting on=true", "setting timeout=30", "deactivate"));
  EXPECT_THAT(gauges(), ElementsAre("gauge 2 3"));
}

TEST_F(WithPlugin, ReportsMcpByItsToolsAndTellsNotificationsFromWhatIsNotAnswered) {
  start({}, {"--workers", "1", "--mcp"});
  TestClient client(*daemon_);
  const auto call = [&client](const char* method, const json& params) {
    const json request{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    client.ask(request.dump() + "\n");
  };
  call("initialize", {{"protocolVersion", "2025-11-25"}});
  client.send("{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}\n");
  call("tools/call", {{"name", "goxel_list_layers"}, {"_meta", {{"traceparent", "00-a"}}}});
  call("tools/call", {{"name", "goxel_open_file"}, {"arguments", {{"path", "none"}}}});
  EXPECT_EQ(end(), 0);
  EXPECT_THAT(calls(), Contains(HasSubstr("received 1 connection 1 mcp initialize ")));
  EXPECT_THAT(calls(), Contains("finished 2 status 5 bytes 0"));
  EXPECT_THAT(calls(), Contains(AllOf(HasSubstr("received 3 connection 1 mcp goxel_list_layers "),
                                      HasSubstr(" trace 00-a"))));
  EXPECT_THAT(calls(), Contains(HasSubstr("finished 3 status 0")));
  EXPECT_THAT(calls(), Contains(HasSubstr("finished 4 status 1"))) << "isError";
}

TEST_F(WithPlugin, ReportsTheLifeOfEachRequestInOrder) {
  start({}, {"--workers", "1"});
  TestClient client(*daemon_);
  const std::string traced =
      R"({"tool": "ping", "arguments": {"_meta": {"traceparent": "00-0af7-b7ad-01"}}})";
  const std::string answer = [&] {
    client.send(traced);
    return client.receive();
  }();
  // The client may have its answer before the plugin hears that it was sent.
  ASSERT_TRUE(called("finished 1 "));
  client.ask("{\"jsonrpc\":\"2.0\",\"method\":\"nope\",\"id\":1}");
  ASSERT_TRUE(called("finished 2 "));
  client.ask("garbage\n");
  ASSERT_TRUE(called("finished 3 "));
  client.ask(R"([{"jsonrpc":"2.0","method":"ping","id":1}])");
  ASSERT_TRUE(called("finished 4 "));
  client.hang_up();
  ASSERT_TRUE(called("closed 1"));
  EXPECT_EQ(end(), 0);

  std::vector<std::string> found = calls();
  ASSERT_EQ(found.size(), 4 * 5 + 4U);
  EXPECT_EQ(found[1], "opened 1");
  EXPECT_EQ(found[2], "received 1 connection 1 mcp ping bytes " + std::to_string(traced.size()) +
                          " trace 00-0af7-b7ad-01");
  EXPECT_EQ(found[3], "queued 1");
  EXPECT_EQ(found[4], "started 1 worker 0");
  EXPECT_EQ(found[5], "answering 1");
  EXPECT_EQ(found[6], "finished 1 status 0 bytes " + std::to_string(answer.size() + 1));
  EXPECT_THAT(found[7], HasSubstr("received 2 connection 1 jsonrpc nope"));
  EXPECT_THAT(found[11], HasSubstr("finished 2 status 1"));
  EXPECT_EQ(found[12], "received 3 connection 1 jsonrpc (none) bytes 7 trace ");
  EXPECT_THAT(found[16], HasSubstr("finished 3 status 3"));
  EXPECT_THAT(found[17], HasSubstr("received 4 connection 1 jsonrpc _BATCH"));
  EXPECT_THAT(found[21], HasSubstr("finished 4 status 0"));
  EXPECT_EQ(found[22], "closed 1");
  EXPECT_EQ(found[23], "deactivate");
}

TEST_F(WithPlugin, ReportsThatAClientHungUpWhileItsRequestWasWorkedOn) {
  start({}, {"--workers", "1"});
  TestClient client(*daemon_);
  client.send(sleep_for(60000));
  ASSERT_TRUE(called("started 1 worker 0"));
  client.send(ping(2));
  ASSERT_TRUE(called("queued 2"));
  EXPECT_THAT(gauges(), ElementsAre("gauge 2 1", "gauge 1 1", "gauge 1 0", "gauge 1 1"));
  client.hang_up();
  ASSERT_TRUE(called("closed 1"));
  EXPECT_EQ(end(), 0);
  // The second was never started: connection_closed has ended it.
  EXPECT_TRUE(called("finished 1 status 4 bytes 0"));
  EXPECT_EQ(text_of(folder_.file("calls")).find("finished 2"), std::string::npos);
  EXPECT_EQ(gauges().back(), "gauge 1 0");
}

TEST_F(WithPlugin, AnswersWithAnErrorWhenTheQueueIsFull) {
  start({}, {"--workers", "1", "--queue-size", "1"});
  TestClient working(*daemon_);
  working.send(sleep_for(60000));
  ASSERT_TRUE(called("started 1"));
  TestClient queued(*daemon_);
  queued.send(ping(2));
  ASSERT_TRUE(called("queued 2"));
  const json reply = TestClient(*daemon_).ask(ping(3));
  EXPECT_EQ(reply["error"]["code"], -32000);
  EXPECT_EQ(reply["id"], 3);
  EXPECT_TRUE(called("finished 3 status 1"));
}

TEST_F(WithPlugin, RunsWithoutAPluginThatDoesNotStart) {
  start({{"fail", true}});
  EXPECT_EQ(TestClient(*daemon_).ask(ping(1))["id"], 1);
  end();
  EXPECT_THAT(daemon_->log(), HasSubstr("plugin: The recording plugin does not start."));
  EXPECT_THAT(daemon_->log(), HasSubstr("Runs without the plugin recording"));
}

TEST_F(WithPlugin, RunsWithoutALibraryThatIsNotThere) {
  start_with({{"enabled", true}, {"library", "./none.so"}}, {});
  EXPECT_EQ(TestClient(*daemon_).ask(ping(1))["id"], 1);
  EXPECT_THAT(daemon_->log(), HasSubstr("Runs without the plugin recording"));
}

TEST_F(WithPlugin, DoesNotLoadOneThatIsSwitchedOff) {
  start_with({{"enabled", false}, {"library", "./none.so"}}, {});
  EXPECT_EQ(TestClient(*daemon_).ask(ping(1))["id"], 1);
  EXPECT_EQ(daemon_->log().find("plugin"), std::string::npos);
}

}  // namespace
}  // namespace stand_in_test
