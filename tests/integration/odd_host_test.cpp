// SPDX-License-Identifier: GPL-3.0-or-later
// A host that none of us would write, in Python: answers late, twice, out of order, with errors in
// results, or never; and a client with one id for all its requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>

#include "tests/integration/watched_daemon.h"
#include "tests/load-client/client_socket.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class OddHost : public testing::Test {
 protected:
  OddHost() {
    daemon_.start();
    connect();
  }
  void connect() {
    client_.close();
    ASSERT_TRUE(client_.connect(daemon_.socket()));
  }
  void send(const std::string& method, int id, Json params) {
    const Json message = {{"jsonrpc", "2.0"}, {"method", method}, {"id", id}, {"params", params}};
    ASSERT_TRUE(client_.send(message.dump() + "\n"));
  }
  void notify(const std::string& method, Json params) {
    const Json message = {{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
    ASSERT_TRUE(client_.send(message.dump() + "\n"));
  }
  // The id of the next answer.
  int receive() {
    std::string line;
    if (client_.receive_line(line, std::chrono::seconds(30)) != load_client::Outcome::reply) {
      ADD_FAILURE() << "no answer";
      return -1;
    }
    return Json::parse(line).at("id");
  }
  // Each operation with how often it ended in which way, once `count` records are there.
  std::vector<std::string> outcomes(std::uint64_t count) {
    Json snapshot;
    EXPECT_TRUE(eventually([&] {
      snapshot = daemon_.ask_cli("status").at("instances").at(0);
      return snapshot.at("daemon").at("run_total").at("all") >= count;
    })) << snapshot.dump(1);
    std::vector<std::string> found;
    for (const Json& operation : snapshot.at("operations")) {
      for (const auto& [outcome, times] : operation.at("total").items()) {
        if (outcome == "all" || times == 0) continue;
        found.push_back(operation.at("operation").get<std::string>() + " " + outcome + " " +
                        times.dump());
      }
    }
    EXPECT_EQ(snapshot.at("daemon").at("inflight"), 0);
    return found;
  }

  WatchedDaemon daemon_{{"/usr/bin/python3", ODD_HOST}};
  load_client::ClientSocket client_;
};

TEST_F(OddHost, EachAnswerIsThatOfItsOwnRequestInWhateverOrderTheyCome) {
  send("slow", 1, {{"ms", 600}});
  send("fast", 2, Json::object());
  EXPECT_EQ(receive(), 2);
  EXPECT_EQ(receive(), 1);
  send("slow", 3, {{"ms", 1500}});  // longer than what is overtaken would have without proof
  send("twice", 4, {{"times", 2}});
  for (const int id : {4, 4, 3}) EXPECT_EQ(receive(), id);
  EXPECT_THAT(outcomes(4), UnorderedElementsAre("slow ok 2", "fast ok 1", "twice ok 1"));
}

TEST_F(OddHost, OneIdForAllRequestsAndSomeThatAreIgnoredShiftNothing) {
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0) {
      send("ignored", 1, {{"here", true}, {"times", 0}});
      // What is read together cannot be told apart.
      ASSERT_TRUE(eventually([&] { return client_.unread_by_peer() == 0; }));
    }
    send(i % 3 == 0 ? "a" : "b", 1, {{"here", true}});
    EXPECT_EQ(receive(), 1);
  }
  client_.close();
  EXPECT_THAT(outcomes(30), UnorderedElementsAre("ignored unanswered 10", "a ok 7", "b ok 13"));
}

TEST_F(OddHost, ErrorsHaveTheirCodesAndToolsTheirNames) {
  send("missing", 1, {{"code", -32601}});
  receive();
  send("tools/call", 2, {{"name", "paint"}, {"fails", true}});
  receive();
  send("tools/call", 3, {{"name", "paint"}});
  receive();
  EXPECT_THAT(outcomes(3), UnorderedElementsAre("missing error 1", "paint error 1", "paint ok 1"));
  daemon_.process().signal(SIGKILL);
  daemon_.process().wait();
  std::vector<Json> errors;
  const Json post_mortem = daemon_.ask_cli("blackbox");
  for (const Json& record : post_mortem.at("records")) {
    errors.push_back(record.at("error_type"));
  }
  EXPECT_THAT(errors, ElementsAre("-32601", "tool_error", nullptr));
}

TEST_F(OddHost, NotificationsAndCancelledRequestsAreNoFailuresOfTheHost) {
  send("initialize", 1, Json::object());
  receive();
  notify("notifications/initialized", {{"here", true}, {"times", 0}});
  send("slow", 2, {{"ms", 300}});
  notify("notifications/cancelled", {{"requestId", 2}, {"here", true}, {"times", 0}});
  receive();
  client_.close();
  EXPECT_THAT(outcomes(4),
              UnorderedElementsAre("initialize ok 1", "notifications/initialized notification 1",
                                   "slow cancelled 1", "notifications/cancelled notification 1"));
}

}  // namespace
}  // namespace goxel_telemetry::integration
