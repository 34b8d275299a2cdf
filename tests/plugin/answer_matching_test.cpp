// SPDX-License-Identifier: GPL-3.0-or-later
// Which request an answer belongs to, with clients and hosts that make it hard to say: one id for
// all requests, messages that the host ignores, answers in any order, twice or never.
#include <algorithm>
#include <random>
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

using AnswerMatching = Requests;

// --- one id for all requests, and a host that ignores some of them ---

TEST_F(AnswerMatching, WithEqualIdsAnIgnoredRequestIsUnansweredAndTheOthersGetTheirOwnAnswers) {
  receive(request("ignored", 1));
  receive(request("b", 1));
  send(answer(1));
  receive(request("c", 1));
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::ok}}));
  give_up_what_was_overtaken();
  EXPECT_EQ(seen(), (List{{"ignored", Status::unanswered}}));
}

TEST_F(AnswerMatching, WithEqualIdsItHoldsHoweverManyAreIgnoredInARow) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < round % 4; ++i) receive(request("ignored", 1));
    receive(request("heard", 1));
    send(answer(1));
  }
  give_up_what_was_overtaken();
  EXPECT_TRUE(in_flight().empty());
  std::size_t heard = 0;
  for (const Seen& one : seen()) {
    EXPECT_EQ(one.status, one.operation == "heard" ? Status::ok : Status::unanswered);
    heard += one.operation == "heard";
  }
  EXPECT_EQ(heard, 20u);
}

TEST_F(AnswerMatching, WithEqualIdsADurationIsThatOfTheRequestAndNotTheClientsPause) {
  receive(request("ignored", 1));
  let_pass(1'000'000'000);
  receive(request("heard", 1));
  send(answer(1));
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_LT(found[0].duration_ticks, 1'000'000'000u);
}

// The stock daemon takes one message from its buffer each time that it wakes.
TEST_F(AnswerMatching, WithEqualIdsInOnePacketTheIgnoredOneIsTheOneAfterWhichTheHostWaited) {
  receive(request("ignored", 1) + request("b", 1));
  wait_in_vain();
  wait_in_vain();
  wait_and_wake();
  send(answer(1));
  wait_and_wake();
  receive(request("c", 1));
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::ok}}));
  EXPECT_EQ(in_flight(), Names{"ignored"});
}

TEST_F(AnswerMatching, AnotherThreadsWaitingSkipsNothing) {
  receive(request("a", 1) + request("b", 1));
  std::thread([this] { wait_and_wake(); }).join();
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
}

TEST_F(AnswerMatching, WaitingAfterAnAnswerSkipsNothing) {
  receive(request("a", 1) + request("b", 1) + request("c", 1));
  send(answer(1));
  wait_in_vain();
  wait_and_wake();
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::ok}}));
}

TEST_F(AnswerMatching, WithEqualIdsAHostThatReadsAllBeforeItAnswersAnswersInOrder) {
  receive(request("a", 1) + request("b", 1) + request("c", 1));
  for (int i = 0; i < 3; ++i) send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::ok}, {"c", Status::ok}}));
}

TEST_F(AnswerMatching, WithEqualIdsAMessageThatCameInTwoPiecesAndWasIgnoredShiftsNothing) {
  const std::string ignored = request("ignored", 1);
  receive(ignored.substr(0, 20));
  receive(ignored.substr(20));
  receive(request("b", 1));
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
}

TEST_F(AnswerMatching, WithEqualIdsOneThatHasNoIdAndIsNotAnsweredShiftsNothing) {
  receive(R"({"jsonrpc": "2.0", "method": "notifications/initialized"})");
  receive(request("b", 1));
  send(answer(1));
  receive(request("c", 1));
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::ok}}));
}

TEST_F(AnswerMatching, WorkersAnswersToEqualIdsCannotStayShifted) {
  const auto send_from_a_worker = [this] { std::thread([this] { send(answer(1)); }).join(); };
  receive(request("ignored", 1));
  for (int i = 0; i < 3; ++i) {
    receive(request("heard", 1));
    send_from_a_worker();
  }
  EXPECT_EQ(seen(), (List{{"heard", Status::ok}, {"heard", Status::ok}, {"heard", Status::ok}}));
  EXPECT_EQ(in_flight(), Names{"ignored"});
}

TEST_F(AnswerMatching, AMalformedMessageThatTheHostIgnoredTakesNoLaterAnswer) {
  receive("garbage\n");
  receive(request("a", 4));
  send(R"({ "error": { "code": -32600 }, "id": null })");
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}, {"a", Status::error}}));
}

// --- ids that hosts write in their own way ---

TEST_F(AnswerMatching, ANumberIsTheSameHoweverManyZerosEndItsFraction) {
  receive(R"({"method": "a", "id": 1.0} {"method": "b", "id": 2.50} {"method": "c", "id": 2.05})");
  send(R"({"result": 0, "id": 2.05})");
  send(R"({"result": 0, "id": 2.5})");
  send(R"({"result": 0, "id": 1})");
  EXPECT_EQ(seen(), (List{{"c", Status::ok}, {"b", Status::ok}, {"a", Status::ok}}));
}

TEST_F(AnswerMatching, ANumberWithAnExponentIsTheOldestOfItsKind) {
  receive(R"({"method": "a", "id": 7} {"method": "b", "id": 1e3} {"method": "c", "id": 2E+3})");
  send(answer(7));
  send(R"({"result": 0, "id": 1000})");
  send(R"({"result": 0, "id": 2000})");
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::ok}, {"c", Status::ok}}));
}

TEST_F(AnswerMatching, AHostThatEchoesNoIdsAnswersInOrder) {
  receive(request("a", 1) + request("b", 2));
  send(R"({"result": 0})");
  send(R"({"result": 0, "id": "not yours"})");
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::ok}}));
}

TEST_F(AnswerMatching, AHostThatEchoesIdsNeverMeansAnotherRequest) {
  receive(request("a", 1) + request("b", 2));
  send(answer(1));
  send(answer(1));  // twice
  send(answer(9));  // never asked
  send(R"({ "result": 0, "id": null })");
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"b", Status::ok}}));
}

TEST_F(AnswerMatching, AnErrorWithoutAnIdMayBeAnyRequests) {
  receive(request("a", 1) + request("b", 2));
  send(answer(1));
  send(R"({ "error": { "code": -32600 }, "id": null })");
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::error}}));
}

// The stock daemon's dialect has no ids: the answer has none, whatever the request says.
TEST_F(AnswerMatching, AToolIsAnsweredWithoutItsIdAlsoByAHostThatEchoesIds) {
  receive(request("a", 1));
  send(answer(1));
  receive(R"({"tool": "b", "arguments": {}, "id": 2})");
  send(kDone);
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::ok}}));
}

TEST_F(AnswerMatching, AnAnswerThatNoRequestHasDoesNotAnswerTheMessageBeingReceived) {
  receive(request("a", 1));
  send(answer(1));
  receive(R"({"method": "b", "id": 2, )");
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  send(R"({ "error": { "code": -32700 }, "id": 2 })");
  EXPECT_EQ(seen(), (List{{"b", Status::error}}));
}

// --- answers in any order ---

TEST_F(AnswerMatching, AnswersMayComeInAnyOrder) {
  receive(request("slow", 1));
  receive(request("fast", 2));
  send(answer(2));
  EXPECT_EQ(in_flight(), Names{"slow"});
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"fast", Status::ok}, {"slow", Status::ok}}));
}

TEST_F(AnswerMatching, AHostThatAnsweredAnOvertakenRequestGetsAllTheTimeForTheNext) {
  receive(request("slow", 1) + request("fast", 2));
  send(answer(2));
  send(answer(1));
  receive(request("slower", 3) + request("fast", 4));
  send(answer(4));
  seen();
  give_up_what_was_overtaken();
  EXPECT_EQ(in_flight(), Names{"slower"});
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"slower", Status::ok}}));
  receive(request("never", 5) + request("fast", 6));
  send(answer(6));
  let_the_time_limit_pass();
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"fast", Status::ok}, {"never", Status::unanswered}}));
}

TEST_F(AnswerMatching, AnAnswerThatCameTooLateShowsItToo) {
  receive(request("slow", 1) + request("fast", 2));
  send(answer(2));
  give_up_what_was_overtaken();
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"fast", Status::ok}, {"slow", Status::unanswered}}));
  receive(request("slow", 3) + request("fast", 4));
  send(answer(4));
  give_up_what_was_overtaken();
  EXPECT_EQ(in_flight(), Names{"slow"});
}

TEST_F(AnswerMatching, AnAnswerAfterTheTimeLimitShowsNothing) {
  receive_long_ago(request("slow", 1));
  observer_->housekeep(now());
  receive(request("b", 2));
  send(answer(1));
  send(answer(2));
  receive(request("ignored", 3) + request("c", 4));
  send(answer(4));
  give_up_what_was_overtaken();
  EXPECT_TRUE(in_flight().empty());
}

TEST_F(AnswerMatching, WhatIsOvertakenIsUnansweredFromThatMomentOn) {
  receive(request("ignored", 1) + request("b", 2));
  send(answer(2));
  const std::uint64_t overtaken = now();
  give_up_what_was_overtaken();
  const auto found = records();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_LE(found[1].start_ticks + found[1].duration_ticks, overtaken);
}

TEST_F(AnswerMatching, ManyInFlightAreFoundInAnyOrder) {
  constexpr int kMany = 250;
  std::vector<int> ids;
  for (int id = 0; id < kMany; ++id) {
    receive(request("r" + std::to_string(id), id));
    ids.push_back(id);
  }
  std::shuffle(ids.begin(), ids.end(), std::minstd_rand(3));
  for (const int id : ids) send(answer(id));
  List expected;
  for (const int id : ids) expected.push_back({"r" + std::to_string(id), Status::ok});
  EXPECT_EQ(seen(), expected);
  EXPECT_TRUE(in_flight().empty());
}

}  // namespace
}  // namespace goxel_telemetry::plugin
