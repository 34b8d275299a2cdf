// SPDX-License-Identifier: GPL-3.0-or-later
// What a stock daemon does with odd inputs ("Where it breaks"), and what hosts may do differently:
// each request still ends in exactly one record.
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

class Breakages : public Requests {
 protected:
  std::uint64_t ns(std::uint64_t ticks) { return reader_->calibration().duration_ns(ticks); }
};

TEST_F(Breakages, ADaemonThatDiesOfABatchLeavesItInFlight) {
  receive("[" + request("ping", 1) + "]");
  EXPECT_EQ(in_flight(), std::vector<std::string>{"_BATCH"});
  EXPECT_EQ(seen(), List{});
}

TEST_F(Breakages, AnUnknownToolIsNotAnsweredByTheAnswerOfTheNextOne) {
  receive(tool("ping"));
  send(kDone);
  send("\n");
  receive(tool("nope"));  // nothing is sent
  receive(tool("version"));
  send(kDone);
  send("\n");
  receive(tool("status"));
  send(kDone);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok},
                          {"nope", Status::unanswered},
                          {"version", Status::ok},
                          {"status", Status::ok}}));
}

TEST_F(Breakages, ANewlineInAPieceOfItsOwnPassesNoRequestOver) {
  receive(R"({"tool": "ping"})");
  receive("\n");
  send(kDone);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Breakages, AnswersWithoutIdsFromWorkersComeInOrder) {
  receive(tool("ping"));
  receive(tool("version"));
  std::thread([this] {
    send(kDone);
    send(kDone);
  }).join();
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}, {"version", Status::ok}}));
}

TEST_F(Breakages, SeveralToolsInOnePacketAreAnsweredAsMoreBytesCome) {
  receive(tool("ping") + tool("version") + tool("echo"));
  send(kDone);
  wait_in_vain();
  wait_and_wake();  // the daemon takes what it has before it reads what has come
  send(kDone);
  wait_and_wake();
  send(kDone);
  wait_and_wake();
  receive(tool("status"));
  send(kDone);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok},
                          {"version", Status::ok},
                          {"echo", Status::ok},
                          {"status", Status::ok}}));
}

TEST_F(Breakages, SeveralInOnePacketWithOneAnswerLeaveTheRestUnanswered) {
  receive(request("a", 50) + request("b", 51) + request("c", 52));
  send(answer(50));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  EXPECT_EQ(in_flight(), (std::vector<std::string>{"b", "c"}));
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"b", Status::unanswered}, {"c", Status::unanswered}}));
}

TEST_F(Breakages, AMessageInTwoPiecesThatIsDroppedIsOneUnansweredRequest) {
  receive(R"({"jsonrpc": "2.0", "meth)");
  EXPECT_EQ(in_flight(), std::vector<std::string>{});
  receive(R"(od": "ping", "id": 9})"
          "\n");
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"ping", Status::unanswered}}));
}

TEST_F(Breakages, HalfAMessageIsNoRequestAndHalfALineOfTextIsMalformed) {
  receive(R"({"jsonrpc": "2.0", "meth)");
  observer_->closing(kFd);
  EXPECT_EQ(seen(), List{});
  observer_->accepted(kFd);
  receive("GET / HTTP/1.1");
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}}));
}

TEST_F(Breakages, AMessageThatIsTooLargeIsAnErrorAlsoAfterARequestThatWasNotAnswered) {
  receive(tool("nope"));
  receive(R"({"tool": "echo", "arguments": {"blob": ")" + std::string(66000, 'y'));
  send(R"({"success": false, "error": "too large"})");
  EXPECT_EQ(seen(), (List{{"echo", Status::error}}));
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"nope", Status::unanswered}}));
}

TEST_F(Breakages, AnAnswerOfMegabytesIsMeasuredToItsLastPiece) {
  receive(kPing);
  send(R"({ "jsonrpc": "2.0", "result": ")");
  const std::uint64_t after_the_first = recorder_->now();
  for (int i = 0; i < 16; ++i) send(std::string(65536, 'x'));
  EXPECT_EQ(in_flight(), std::vector<std::string>{"ping"});
  const std::uint64_t before_the_last = recorder_->now();
  send(R"(", "id": 1 })");
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].status, static_cast<std::uint64_t>(Status::ok));
  EXPECT_EQ(found[0].bytes_out, 31u + 16u * 65536u + 12u);
  EXPECT_GE(found[0].send_ticks, before_the_last - after_the_first);
}

TEST_F(Breakages, SendingTakesNoLongerThanItsCallAndNothingWhereNothingIsSent) {
  const auto expect_within_its_call = [this](const std::string& received, const std::string& sent) {
    receive(received);
    const std::uint64_t before = recorder_->now();
    send(sent);
    const std::uint64_t after = recorder_->now();
    const auto found = records();
    ASSERT_EQ(found.size(), 1u) << received;
    EXPECT_LE(found[0].send_ticks, after - before) << received;
  };
  expect_within_its_call(kPing, kPong);
  expect_within_its_call(R"({"tool": "large", )", kDone);
  receive(R"("arguments": {}})" + kPing);
  observer_->closing(kFd);
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].send_ticks, 0u);
}

TEST_F(Breakages, ReceivingIsNotPartOfTheSpan) {
  constexpr std::uint64_t kReceiving = 5'000'000;
  constexpr std::uint64_t kWorking = 7'000'000;
  receive(kPing.substr(0, 10));
  let_pass(kReceiving);
  receive(kPing.substr(10));
  const std::uint64_t handled_from = now();
  let_pass(kWorking);
  send(kPong);
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].receive_ticks, kReceiving);
  EXPECT_GE(found[0].duration_ticks, kWorking);
  EXPECT_LE(found[0].start_ticks, handled_from);
  EXPECT_EQ(found[0].bytes_in, kPing.size() - 1);  // the newline is of no message
}

TEST_F(Breakages, TimeUntilTheReadOfTheLastByteIsNoReceivingForAMessageInOnePiece) {
  receive(kPing);
  send(kPong);
  receive(kPing);  // long after the one before: nothing of it was being received meanwhile
  send(kPong);
  for (const shm::Record& record : records()) EXPECT_EQ(record.receive_ticks, 0u);
}

TEST_F(Breakages, IdsAreComparedByTypeAndText) {
  receive(R"({"method": "a", "id": "1"})"
          R"({"method": "b", "id": 1})"
          R"({"method": "c", "id": "x"})");
  send(R"({"result": 0, "id": 1})");
  send(R"({"result": 0, "id": "x"})");
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"c", Status::ok}}));
  EXPECT_EQ(in_flight(), Names{"a"});
}

TEST_F(Breakages, ARequestWithoutAnIdIsAnsweredWithNull) {
  receive(R"({"jsonrpc": "2.0", "method": "ping"})");
  send(R"({ "jsonrpc": "2.0", "result": {}, "id": null })");
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Breakages, TheAnswerToAMalformedMessageEndsNoRequest) {
  receive("garbage\n" + request("a", 4));
  send(R"({ "error": { "code": -32700 }, "id": null })");
  EXPECT_EQ(in_flight(), std::vector<std::string>{"a"});
  send(answer(4));
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}, {"a", Status::ok}}));
}

TEST_F(Breakages, WhatTheHostAsksItselfIsNoAnswer) {
  receive(kPing);
  send(R"({"jsonrpc": "2.0", "method": "progress", "params": {"id": 1}})");
  EXPECT_EQ(in_flight(), std::vector<std::string>{"ping"});
  send(kPong);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Breakages, TheTraceContextIsFoundWhereEitherProtocolCarriesIt) {
  const std::string meta =
      R"("_meta": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})";
  receive(R"({"method": "a", "id": 1, "params": {)" + meta + "}}");
  send(answer(1));
  receive(R"({"tool": "a", "arguments": {)" + meta + "}}");
  send(kDone);
  const auto found = records();
  ASSERT_EQ(found.size(), 2u);
  for (const shm::Record& record : found) EXPECT_EQ(record.trace_id, 0x8448eb211c80319cu);
}

TEST_F(Breakages, AClientThatHangsUpWithHalfAMessageInTheSocketIsForgottenInTime) {
  receive(R"({"jsonrpc": "2.0", "meth)");
  observer_->hung_up(kFd);
  receive(R"(od": "ping", "id": 9})");  // the rest was still to be read
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(), (List{{"ping", Status::cancelled}}));
  let_the_time_limit_pass();
  observer_->housekeep(now());
  observer_->closing(kFd);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

TEST_F(Breakages, TheTimeLimitHoldsForEachOfManyAlsoAfterOthersWereAnswered) {
  receive(request("a", 1) + request("b", 2));
  send(answer(1));
  let_the_time_limit_pass();
  receive(request("c", 3));
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"a", Status::ok}, {"b", Status::unanswered}}));
  EXPECT_EQ(in_flight(), std::vector<std::string>{"c"});
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"c", Status::ok}}));
}

TEST_F(Breakages, MoreNamesThanTheCatalogHoldsAreOneOther) {
  for (int id = 0; id < 3000; ++id) {
    receive(request("made-up-" + std::to_string(id), id));
    send(answer(id));
  }
  std::size_t others = 0;
  const auto found = seen();
  for (const Seen& one : found) others += one.operation == "_OTHER";
  EXPECT_EQ(found.size(), 3000u);
  EXPECT_GT(others, 2000u);
  receive(kPing);
  send(kPong);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));  // known names have their places
}

TEST_F(Breakages, MoreConnectionsThanPlacesAreCountedAndTheOthersObserved) {
  for (std::uint32_t i = 1; i < kConnections + 10; ++i)
    observer_->accepted(kFd + static_cast<int>(i));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::unobserved_connections], 10u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], kConnections);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], kConnections + 10u);
  receive(kPing, kFd + static_cast<int>(kConnections) + 5);
  EXPECT_EQ(in_flight(), std::vector<std::string>{});
  receive(kPing, kFd + 100);
  send(kPong, kFd + 100);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
  for (std::uint32_t i = 0; i < kConnections + 10; ++i)
    observer_->closing(kFd + static_cast<int>(i));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

// As a child of fork() does with what it inherits.
TEST_F(Breakages, StartingAgainFreesEveryPlaceAndEveryLine) {
  constexpr int kRequests = 1 + static_cast<int>(kInflightLines - kConnections);
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = round == 0 ? 1 : 0; i < kConnections; ++i)
      observer_->accepted(kFd + static_cast<int>(i));
    for (int id = 0; id < kRequests; ++id) receive(request("ping", id));
    observer_->start(*recorder_);
  }
  EXPECT_EQ(reader_->gauges()[shm::Gauge::unobserved_connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::inflight_misses], 0u);
}

TEST_F(Breakages, DescriptorsAbove65536AreObserved) {
  observer_->accepted(500'000);
  observer_->duplicated(500'000, static_cast<int>(kDescriptors) - 1);
  receive(kPing, 500'000);
  send(kPong, static_cast<int>(kDescriptors) - 1);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Breakages, DescriptorsBeyondTheTableAreCountedAndLeftAlone) {
  const int far = static_cast<int>(kDescriptors) + 7;
  observer_->accepted(far);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::unobserved_connections], 1u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 1u);  // the fixture's own
  EXPECT_FALSE(observer_->is_connection(far));
  EXPECT_FALSE(observer_->is_known(-1));
  observer_->duplicated(far, kFd);  // as dup2: what stood there is closed
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
}

TEST_F(Breakages, ADescriptorThatIsAcceptedAgainEndsTheOneThatWasClosedBehindOurBack) {
  receive(request("a", 1));
  observer_->accepted(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 1u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 1u);
  receive(kPing);
  send(kPong);
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

// A worker answers on a descriptor that another thread closes and gets again at any moment: what it
// sends is taken for an answer of the old connection or of none, and nothing is counted twice.
TEST_F(Breakages, ADescriptorThatIsReusedInTheMiddleOfARequestNeverCountsTwice) {
  constexpr int kRounds = 20000;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    while (!done.load()) send(kPong);
  });
  for (int i = 0; i < kRounds; ++i) {
    receive(kPing);
    observer_->closing(kFd);
    observer_->accepted(kFd);
  }
  done = true;
  worker.join();
  observer_->closing(kFd);
  observer_->housekeep(now());  // ends what was closed while the worker was preempted inside
  const auto& status = reader_->totals().by_status;
  const std::uint64_t contended = reader_->gauges()[shm::Gauge::contended_calls];
  EXPECT_LE(reader_->totals().published, static_cast<std::uint64_t>(kRounds));
  EXPECT_GE(reader_->totals().published + contended, static_cast<std::uint64_t>(kRounds));
  EXPECT_EQ(status[1] + status[3] + status[4], 0u);
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
