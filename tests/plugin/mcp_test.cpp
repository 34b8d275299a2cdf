// SPDX-License-Identifier: GPL-3.0-or-later
// The Model Context Protocol as it is specified, which is JSON-RPC with methods of its own
// (https://modelcontextprotocol.io/specification), and what of it is JSON-RPC's: notifications and
// error codes.
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

class Mcp : public Requests {
 protected:
  std::vector<std::string> protocols() {
    std::vector<std::string> found;
    for (const shm::Record& record : records()) {
      const auto protocol = static_cast<shm::Protocol>(record.protocol);
      found.push_back(protocol == shm::Protocol::mcp ? "mcp" : "jsonrpc");
    }
    return found;
  }
  std::vector<shm::ErrorCode> errors() {
    std::vector<shm::ErrorCode> found;
    for (const shm::Record& record : records()) {
      found.push_back(static_cast<shm::ErrorCode>(record.error));
    }
    return found;
  }
  using Errors = std::vector<shm::ErrorCode>;

  void fail(const std::string& error, int id = 1) {
    receive(request("a", id));
    send(R"({"jsonrpc": "2.0", "error": )" + error + R"(, "id": )" + std::to_string(id) + "}");
  }
};

const std::string kInitialized = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
const std::string kCall = R"({"method":"tools/call","params":{"name":"add","arguments":{}},)"
                          R"("jsonrpc":"2.0","id":2})";

std::string cancel(int id) {
  return R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
         std::to_string(id) + R"(,"reason":"enough"}})";
}

// --- notifications ---

TEST_F(Mcp, AHandshakeHasNoFailure) {
  receive(request("initialize", 1));
  send(answer(1));
  receive(kInitialized);
  receive(request("tools/list", 2));
  send(answer(2));
  give_up_what_was_overtaken();
  EXPECT_EQ(seen(), (List{{"initialize", Status::ok},
                          {"tools/list", Status::ok},
                          {"notifications/initialized", Status::notification}}));
}

TEST_F(Mcp, ANotificationIsOverSoonAfterTheHostHasTurnedToSomethingElse) {
  receive(kInitialized);
  give_up_what_was_overtaken();
  EXPECT_EQ(in_flight(), Names{"notifications/initialized"}) << "it may be worked on";
  wait_in_vain();
  give_up_what_was_overtaken();
  EXPECT_EQ(seen(), (List{{"notifications/initialized", Status::notification}}));
}

TEST_F(Mcp, ANotificationIsNoFailureHoweverItEnds) {
  receive(kInitialized);
  let_the_time_limit_pass();
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"notifications/initialized", Status::notification}}));
  receive(kInitialized);
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"notifications/initialized", Status::notification}}));
}

// The stock daemon answers it, with "id": null.
TEST_F(Mcp, ANotificationThatIsAnsweredAllTheSameIsARequest) {
  receive(R"({"jsonrpc":"2.0","method":"ping"})");
  wait_in_vain();
  send(R"({"jsonrpc":"2.0","result":{},"id":null})");
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Mcp, ARequestWithANullIdIsNoNotification) {
  receive(R"({"jsonrpc":"2.0","method":"ping","id":null})");
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"ping", Status::unanswered}}));
}

// The stock daemon ignores it.
TEST_F(Mcp, AMessageWithoutAVersionIsNoNotification) {
  receive(R"({"method":"add_voxel","params":{}})");
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"add_voxel", Status::unanswered}}));
}

TEST_F(Mcp, NotificationsTakeNoOtherRequestsTime) {
  receive(request("slow", 1) + request("fast", 2));
  send(answer(2));
  send(answer(1));  // a host that answers in any order
  receive(kInitialized);
  receive(request("a", 3));
  send(answer(3));
  give_up_what_was_overtaken();
  EXPECT_TRUE(in_flight().empty());
}

TEST_F(Mcp, WhatTheClientAnswersTheHostIsNeitherARequestNorMalformed) {
  send(R"({"jsonrpc":"2.0","method":"sampling/createMessage","params":{},"id":"s1"})");
  receive(R"({"jsonrpc":"2.0","result":{"content":[]},"id":"s1"})");
  receive(R"({"jsonrpc":"2.0","error":{"code":-1,"message":"no"},"id":"s2"})");
  EXPECT_EQ(seen(), List{});
  EXPECT_TRUE(in_flight().empty());
}

TEST_F(Mcp, ProgressAnswersNothing) {
  receive(kCall);
  send(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2}})");
  EXPECT_EQ(in_flight(), Names{"add"});
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"add", Status::ok}}));
}

// --- cancelled requests ---

TEST_F(Mcp, ARequestThatItsClientCancelledEndsAsCancelled) {
  receive(request("slow", 7));
  receive(cancel(7));
  EXPECT_EQ(in_flight().size(), 2u) << "the host may be working on it";
  give_up_what_was_overtaken();
  EXPECT_EQ(seen()[0], (Seen{"slow", Status::cancelled}));
}

TEST_F(Mcp, AlsoIfItIsAnswered) {
  receive(request("slow", 7));
  receive(cancel(7));
  send(answer(7));
  EXPECT_EQ(seen(), (List{{"slow", Status::cancelled}}));
}

TEST_F(Mcp, ACancellationMeansTheRequestWithThatIdAlone) {
  receive(request("a", 1) + request("b", 2) + request("c", 3));
  receive(cancel(2));
  receive(cancel(9));
  for (const int id : {1, 2, 3}) send(answer(id));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::cancelled}, {"c", Status::ok}}));
}

TEST_F(Mcp, AnotherMethodsRequestIdCancelsNothing) {
  receive(request("a", 1));
  receive(R"({"method":"tasks/get","params":{"requestId":1},"id":2})");
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
}

TEST_F(Mcp, ThatACancelledRequestIsAnsweredLaterDoesNotShowThatTheHostAnswersInAnyOrder) {
  receive(request("a", 1) + request("b", 2));
  receive(cancel(1));
  send(answer(1));
  receive(request("ignored", 3) + request("c", 4));
  send(answer(4));
  give_up_what_was_overtaken();
  EXPECT_TRUE(in_flight().empty());
}

// --- tools ---

TEST_F(Mcp, TheOperationOfACallIsTheTool) {
  receive(kCall);
  send(answer(2));
  receive(R"({"method":"tools/call","params":{},"id":3})");
  send(answer(3));
  receive(R"({"method":"prompts/get","params":{"name":"add"},"id":4})");
  send(answer(4));
  EXPECT_EQ(seen(),
            (List{{"add", Status::ok}, {"tools/call", Status::ok}, {"prompts/get", Status::ok}}));
}

TEST_F(Mcp, TheMethodsOfMcpAreOfThatProtocolAndSoIsThePingOfItsClient) {
  receive(request("ping", 1) + request("goxel.add_voxel", 2));
  send(answer(1) + answer(2));
  EXPECT_EQ(protocols(), (Names{"jsonrpc", "jsonrpc"}));
  receive(request("initialize", 3) + request("ping", 4) + request("tools/list", 5) +
          request("goxel.add_voxel", 6));
  for (const int id : {3, 4, 5, 6}) send(answer(id));
  EXPECT_EQ(protocols(), (Names{"mcp", "mcp", "mcp", "jsonrpc"}));
  observer_->closing(kFd);
  observer_->accepted(kFd);
  receive(request("ping", 7));
  send(answer(7));
  EXPECT_EQ(protocols(), Names{"jsonrpc"});
}

TEST_F(Mcp, AToolThatSaysItFailedIsAnError) {
  receive(kCall);
  send(R"({"jsonrpc":"2.0","id":2,"result":{"content":[],"isError":true}})");
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].status, static_cast<std::uint64_t>(Status::error));
  EXPECT_EQ(static_cast<shm::ErrorCode>(found[0].error), shm::ErrorCode::tool);
}

// --- error codes ---

TEST_F(Mcp, TheCodeOfAnErrorIsKept) {
  fail(R"({"code":-32601,"message":"no such method"})");
  fail(R"({"code":-32000})");
  fail(R"({"code":404})");
  fail(R"({"code":1000})");
  fail(R"({"message":"none"})");
  fail("\"text\"");
  receive(tool("b"));
  send(R"({ "success": false, "error": {"code": 5} })");
  receive(request("c", 1));
  send(answer(1));
  EXPECT_EQ(errors(), (Errors{shm::error_code(-32601), shm::error_code(-32000),
                              shm::error_code(404), shm::ErrorCode::other, shm::ErrorCode::other,
                              shm::ErrorCode::other, shm::ErrorCode::tool, shm::ErrorCode::none}));
}

// --- names ---

TEST_F(Mcp, NamesAreAsLongAsTheCatalogKeepsAndACutOneShowsIt) {
  const std::string longest(shm::kNameBytes, 'a');
  receive(request(longest, 1) + request(longest + "a", 2));
  EXPECT_EQ(in_flight(), (Names{longest, longest.substr(3) + "…"}));
}

TEST_F(Mcp, AClientsNameIsNoneOfOurs) {
  const std::string longest(shm::kNameBytes - 1, 'a');
  receive(request("_OTHER", 1) + request("_BATCH", 2) + request("_", 3) +
          request("_" + longest, 4) + tool("_MALFORMED"));
  EXPECT_EQ(in_flight(),
            (Names{"__OTHER", "__BATCH", "__", "__" + longest.substr(4) + "…", "__MALFORMED"}));
}

TEST_F(Mcp, AByteOrderMarkIsNoMessage) {
  receive("\xEF\xBB\xBF" + request("a", 1));
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
}

}  // namespace
}  // namespace goxel_telemetry::plugin
