// SPDX-License-Identifier: GPL-3.0-or-later
// The recorded conversation with the stock daemon, held with the stand-in: each message has the
// recorded outcome.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <regex>

#include "running_daemon.h"
#include "test_client.h"

namespace stand_in_test {
namespace {

std::string joined(const json& parts) {
  std::string text;
  for (const json& part : parts) {
    if (part.is_string()) {
      text += part.get<std::string>();
    } else {
      text += std::string(part["count"].get<std::size_t>(),
                          part["repeat"].get_ref<const std::string&>().at(0));
    }
  }
  return text;
}

std::string without_time(const std::string& reply) {
  return std::regex_replace(reply, std::regex("\"timestamp\": [0-9]+"), "\"timestamp\": 0");
}

TEST(Replay, StandInWithStockFaultsAnswersAsTheStockDaemonWasRecorded) {
  const TemporaryFolder folder;
  RunningDaemon daemon(folder, {"--stock-faults"});
  std::map<int, std::unique_ptr<TestClient>> clients;
  std::ifstream recording(CONVERSATION_PATH);
  std::string line;
  std::getline(recording, line);
  ASSERT_TRUE(json::parse(line).contains("about"));

  std::size_t replies = 0;
  std::size_t silences = 0;
  while (std::getline(recording, line)) {
    SCOPED_TRACE(line.substr(0, 200));
    const json event = json::parse(line);
    std::unique_ptr<TestClient>& client = clients[event["connection"].get<int>()];
    const std::string what = event["do"];
    if (what == "connect") {
      client = std::make_unique<TestClient>(daemon);
    } else if (what == "send") {
      client->send_and_wait_until_read(joined(event["parts"]));
    } else if (what == "expect") {
      EXPECT_EQ(without_time(client->receive()), event["reply"].get<std::string>());
      ++replies;
    } else if (what == "expect nothing") {
      EXPECT_TRUE(client->hears_nothing());
      ++silences;
    } else {
      ASSERT_EQ(what, "close");
      client.reset();
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(replies, 27U);
  EXPECT_EQ(silences, 11U);
  EXPECT_EQ(TestClient(daemon).ask(ping(1))["result"]["pong"], true);
}

}  // namespace
}  // namespace stand_in_test
