// SPDX-License-Identifier: GPL-3.0-or-later
// What is given up, what may still be answered after that, and that neither costs another request
// its own answer.
#include <functional>
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

const std::string kErrorWithoutId = R"({ "error": { "code": -32700 }, "id": null })";

// The host writes ids in another way than the client: 2e0 is answered as 2.
std::string request_that_is_answered_differently(const std::string& method, int id) {
  return R"({"method": ")" + method + R"(", "id": )" + std::to_string(id) + "e0}";
}

class LateAnswers : public Requests {
 protected:
  void give_up(const std::string& method, int id) {
    receive_long_ago(request(method, id));
    observer_->housekeep(now());
    ASSERT_EQ(seen(), (List{{method, Status::unanswered}}));
  }
};

// --- the time limit ---

TEST_F(LateAnswers, TheTimeLimitHoldsThoughTheConnectionIsBusyWithOtherThings) {
  struct Traffic {
    const char* what;
    std::function<void(int)> happens;
  };
  const Traffic traffic[] = {
      {"younger requests", [&](int fd) { receive(request("b", 2) + request("c", 3), fd); }},
      {"a notice of the host's own", [&](int fd) { send(R"({"method": "progress"})", fd); }},
      {"half of one", [&](int fd) { send(R"({"method": "prog)", fd); }},
      {"white space", [&](int fd) { send("\n", fd); }},
      {"a malformed message", [&](int fd) { receive("garbage\n", fd); }},
      {"its answer", [&](int fd) { receive("garbage\n", fd), send(kErrorWithoutId, fd); }},
      {"a message being received", [&](int fd) { receive(R"({"method": )", fd); }},
      {"the end of its input", [&](int fd) { observer_->input_ended(fd); }},
      {"another descriptor", [&](int fd) { observer_->duplicated(fd, fd + 100); }},
      {"a hang-up seen by another thread",
       [&](int fd) { std::thread([&] { observer_->hung_up(fd); }).join(); }},
  };
  int fd = kFd;
  for (const Traffic& one : traffic) {
    observer_->accepted(++fd);
    receive_long_ago(request("stuck", 1), fd);
    one.happens(fd);
    seen();
    observer_->housekeep(now());
    EXPECT_EQ(seen(), (List{{"stuck", Status::unanswered}})) << one.what;
  }
}

TEST_F(LateAnswers, TheTimeLimitIsThatOfTheOldestAlsoWhenThoseBeforeItHaveTheirAnswer) {
  receive_long_ago(request("a", 1) + request("b", 2));
  receive(request("c", 3));
  send(answer(1));
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::unanswered}}));
  EXPECT_EQ(in_flight(), Names{"c"});
}

TEST_F(LateAnswers, AllThatAreTooOldAreGivenUpAtOnce) {
  receive_long_ago(request("a", 1) + request("b", 2));
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}, {"b", Status::unanswered}}));
}

// --- answers to what was given up ---

TEST_F(LateAnswers, EndNoYoungerRequest) {
  give_up("a", 1);
  receive(request("b", 2));
  send(answer(1));
  EXPECT_EQ(in_flight(), Names{"b"});
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
}

TEST_F(LateAnswers, EndNoYoungerRequestHoweverManyCome) {
  give_up("a", 1);
  give_up("b", 2);
  receive(request("c", 3));
  send(answer(1));
  send(answer(2));
  EXPECT_EQ(in_flight(), Names{"c"});
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"c", Status::ok}}));
}

TEST_F(LateAnswers, EndNoYoungerRequestAlsoWhenOthersWereAnsweredMeanwhile) {
  give_up("a", 1);
  receive(request("b", 2) + request("c", 3) + request("d", 4));
  send(answer(2));
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::ok}}));
  send(answer(1));
  EXPECT_EQ(in_flight(), Names{"d"});
}

TEST_F(LateAnswers, OfAWorkerThatWasOvertakenEndNoYoungerRequest) {
  receive(request("a", 1));
  receive(request("b", 2));
  std::thread([this] { send(answer(2)); }).join();
  give_up_what_was_overtaken();
  receive(request("c", 3));
  std::thread([this] { send(answer(1)); }).join();
  EXPECT_EQ(in_flight(), Names{"c"});
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}, {"b", Status::ok}}));
}

TEST_F(LateAnswers, ToOneThatMadeRoomEndNoYoungerRequest) {
  // All that the table holds for one connection: its own line, and those that belong to no connection.
  constexpr int kRoom = 1 + static_cast<int>(kInflightLines - kConnections);
  for (int id = 0; id <= kRoom; ++id) receive(request("ping", id));
  EXPECT_EQ(seen(), (List{{"ping", Status::unanswered}}));
  send(answer(0));
  EXPECT_EQ(seen(), List{});
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(LateAnswers, AnswerNoMessageThatIsBeingReceived) {
  give_up("a", 1);
  receive(R"({"method": "b", )");
  send(answer(1));
  EXPECT_EQ(seen(), List{});
  receive(R"("id": 2})");
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
}

// --- and what must not be taken for one ---

TEST_F(LateAnswers, OnceTheyCameAnIdThatIsWrittenDifferentlyIsTheOldestOnesAgain) {
  give_up("a", 1);
  send(answer(1));
  receive(request_that_is_answered_differently("b", 2));
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
}

TEST_F(LateAnswers, AreNotExpectedFromTheThreadThatWentBackToReading) {
  receive(request("a", 1));  // nothing is sent
  receive(request("b", 2));
  send(answer(2));
  give_up_what_was_overtaken();
  receive(request_that_is_answered_differently("c", 3));
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"a", Status::unanswered}, {"c", Status::ok}}));
}

TEST_F(LateAnswers, AreNotTakenForOnesWithoutAnId) {
  give_up("a", 1);
  receive(tool("b"));
  send(kDone);
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
  receive(tool("c"));
  std::thread([this] { send(kDone); }).join();
  EXPECT_EQ(seen(), (List{{"c", Status::ok}}));
}

// --- answers to malformed messages ---

TEST_F(LateAnswers, AMalformedMessageIsAnsweredOnceAndTheNextErrorIsARequests) {
  receive("garbage\n" + request("a", 4));
  send(kErrorWithoutId);
  EXPECT_EQ(in_flight(), Names{"a"});
  send(kErrorWithoutId);
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}, {"a", Status::error}}));
}

TEST_F(LateAnswers, EachMalformedMessageIsAnsweredOnce) {
  receive("garbage\nmore\n" + request("a", 4));
  seen();
  send(kErrorWithoutId);
  send(kErrorWithoutId);
  EXPECT_EQ(in_flight(), Names{"a"});
  send(kErrorWithoutId);
  EXPECT_EQ(seen(), (List{{"a", Status::error}}));
}

TEST_F(LateAnswers, AMalformedMessageThatIsAnsweredAtOnceIsForgotten) {
  receive("garbage\n");
  send(kErrorWithoutId);
  receive(request("a", 4));
  send(kErrorWithoutId);
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}, {"a", Status::error}}));
}

TEST_F(LateAnswers, WhatIsNoErrorOrNamesItsRequestAnswersNoMalformedMessage) {
  receive("garbage\n" + request("a", 4) + request("b", 5) + tool("c") + request("d", 6));
  send(R"({ "result": {}, "id": null })");
  send(R"({ "error": {}, "id": 5 })");
  send(R"({ "success": false })");  // a tool's own error, which never has an id
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed},
                          {"a", Status::ok},
                          {"b", Status::error},
                          {"c", Status::error}}));
  send(kErrorWithoutId);
  EXPECT_EQ(in_flight(), Names{"d"});
}

// --- the next connection in the same place ---

TEST_F(LateAnswers, AreNotExpectedByTheNextConnection) {
  give_up("a", 1);
  receive("garbage\n");
  receive(R"({"tool": "half", )");
  send(R"({"method": "half)");
  observer_->closing(kFd);
  seen();
  observer_->accepted(kFd);
  receive(request_that_is_answered_differently("b", 2));
  send(answer(2));
  receive(request("c", 3));
  send(kErrorWithoutId);
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::error}}));
}

TEST_F(LateAnswers, WhatWasAnsweredEarlyDoesNotHideTheNextConnectionsFirstRequest) {
  receive(R"({"tool": "large", )");
  send(R"({ "success": false })");
  observer_->closing(kFd);
  observer_->accepted(kFd);
  receive(kPing);
  send(kPong);
  EXPECT_EQ(seen(), (List{{"large", Status::error}, {"ping", Status::ok}}));
}

}  // namespace
}  // namespace goxel_telemetry::plugin
