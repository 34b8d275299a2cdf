// SPDX-License-Identifier: GPL-3.0-or-later
// Plain exchanges (connection.h): the same comes out as if every message had been read at once.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <random>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::uint64_t kTraceId = 0x8448eb211c80319c;  // its low half

class PlainExchanges : public Requests {
 protected:
  // The host's second call, as the stock daemon makes it.
  void send_newline(int fd = kFd) {
    if (observer_->expects_newline(fd)) {
      observer_->newline_sent(*recorder_, fd);
    } else {
      send("\n", fd);
    }
  }
  void exchange(const std::string& name, int id) {
    receive(request(name, id));
    send(answer(id));
    send_newline();
  }
  // The host has sent a newline after an answer once, so it is expected to do so again.
  void make_newlines_expected() {
    exchange("ping", 1);
    ASSERT_EQ(seen(), (List{{"ping", Status::ok}}));
  }
};

TEST_F(PlainExchanges, AreRecordedWhenTheNewlineHasLeft) {
  make_newlines_expected();
  receive(request("echo", 2));
  EXPECT_EQ(in_flight(), Names{"echo"});
  send(answer(2));
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(in_flight(), Names{"echo"});
  send_newline();
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
  EXPECT_THAT(in_flight(), IsEmpty());
}

TEST_F(PlainExchanges, AreRecordedAtOnceIfNoNewlineIsExpected) {
  receive(request("echo", 2));
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
  make_newlines_expected();
  receive(request("echo", 3));
  send(answer(3) + "\n");
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
}

TEST_F(PlainExchanges, WhoseNewlineDoesNotComeAreRecordedByWhateverComes) {
  const std::vector<std::function<void()>> whatever = {
      [this] { receive(request("version", 3)); },
      [this] { wait_in_vain(); },
      [this] { send("x\n"); },
      [this] { observer_->hung_up(kFd); },
      [this] { observer_->shut_down_for_writing(kFd); },
      [this] { observer_->closing(kFd); },
      [this] { observer_->end_all(); },
      [this] {
        let_pass(recorder_->newline_within_ticks());
        observer_->housekeep(now());
      }};
  for (const auto& comes : whatever) {
    observer_->closing(kFd);
    observer_->accepted(kFd);
    records();
    make_newlines_expected();
    receive(request("echo", 2));
    send(answer(2));
    ASSERT_THAT(seen(), IsEmpty());
    comes();
    const List found = seen();
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0], (Seen{"echo", Status::ok}));
  }
}

TEST_F(PlainExchanges, OfAHostThatStopsSendingNewlinesAreRecordedAtOnceFromTheNextOn) {
  make_newlines_expected();
  receive(request("echo", 2));
  send(answer(2));
  receive(request("version", 3));
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"version", Status::ok}}));
}

TEST_F(PlainExchanges, AnswerThatGoesOnBehindItsNewlineIsWaitedFor) {
  make_newlines_expected();
  receive(request("echo", 2));
  send(
      R"({ "jsonrpc": "2.0", "result": { "a": "}}}" }, "more": {})");  // the bracket of the answer is to come
  EXPECT_THAT(seen(), IsEmpty());
  send_newline();
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(in_flight(), Names{"echo"});
  send(R"(, "id": 2 })");
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
}

TEST_F(PlainExchanges, WhatTurnsOutToBeNoRequestIsInFlightNoMore) {
  receive(R"({"jsonrpc": "2.0", "method": "ping", })");
  EXPECT_EQ(in_flight(), Names{"ping"});
  wait_in_vain();
  EXPECT_THAT(in_flight(), IsEmpty());
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}}));
}

TEST_F(PlainExchanges, MessagesInOnePacketAreAllRecorded) {
  receive(
      R"({"jsonrpc": "2.0", "method": "ping", "id": 1} {"jsonrpc": "2.0", "method": "echo", "id": 2})");
  EXPECT_EQ(in_flight(), Names{"ping"});
  send(answer(1));
  EXPECT_EQ(in_flight(), Names{"echo"});
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}, {"echo", Status::ok}}));
}

TEST_F(PlainExchanges, NameOfTheLastMethodCounts) {
  receive(R"({"jsonrpc": "2.0", "method": "ping", "id": 1, "method": "echo"})");
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
}

std::string with_meta(const std::string& meta) {
  return R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "params": {"x": 1, )" + meta +
         R"(}, "id": 1})";
}

TEST_F(PlainExchanges, TraceContextIsShownInFlight) {
  for (const std::string space : {"", " "}) {
    receive(with_meta("\"_meta\":" + space + "{\"traceparent\":" + space + "\"" +
                      std::string(kTraceparent) + "\"}"));
    const auto entries = reader_->inflight();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].trace_id, kTraceId);
    send(answer(1));
    const auto found = records();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].trace_id, kTraceId);
  }
}

TEST_F(PlainExchanges, RecordHasNoTraceContextFromWhereNoneIsLookedFor) {
  receive(with_meta(R"("deep": {"_meta":{"traceparent":")" + std::string(kTraceparent) + R"("}})"));
  send(answer(1));
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].trace_id, 0u);
}

TEST_F(PlainExchanges, OperationIsThatOfTheText) {
  for (const std::string text :
       {R"({"jsonrpc":"2.0","id":41,"method":"goxel.get_voxel","params":[1,2,3]})",
        R"({"jsonrpc": "2.0", "id": 41, "method": "goxel.get_voxel", "params": [1, 2, 3]})",
        R"({"jsonrpc":"2.0","method":"goxel.get_voxel","id":41})",
        R"({"method":"goxel.get_voxel","id":41})",
        R"({"jsonrpc":"2.0","id":"41","method":"goxel.get_voxel"})"}) {
    receive(text);
    EXPECT_EQ(in_flight(), Names{"goxel.get_voxel"}) << text;
    wait_in_vain();
    wait_in_vain();
    observer_->closing(kFd);
    observer_->accepted(kFd);
    EXPECT_EQ(seen(), (List{{"goxel.get_voxel", Status::unanswered}})) << text;
  }
}

TEST_F(PlainExchanges, SegmentThatIsMadeAgainMeanwhileShowsTheRequestOnce) {
  make_newlines_expected();
  receive(request("echo", 2));
  shm::remove_segment(settings_.instance, reader_->producer().run_id);
  recorder_->beat();
  reader_ = shm::Reader::open(settings_.instance);
  ASSERT_NE(reader_, nullptr);
  EXPECT_EQ(in_flight(), Names{"echo"});
  send(answer(2));
  send_newline();
  recorder_->beat();
  EXPECT_THAT(in_flight(), IsEmpty());
  EXPECT_EQ(seen(), (List{{"echo", Status::ok}}));
}

// Two connections of two daemons get the same bytes and calls: one in whole pieces, so that plain
// exchanges come about, the other one in two pieces each, which are always read at once.
class Twins : public PlainExchanges {
 protected:
  static constexpr int kWhole = 51;
  static constexpr int kPieces = 52;

  void both_receive(const std::string& bytes) {
    receive(bytes, kWhole);
    const std::size_t half = bytes.size() / 2;
    const Chunk chunks[] = {{bytes.data(), half}, {bytes.data() + half, bytes.size() - half}};
    observer_->received(kPieces, chunks, now());
  }
  void both_send(const std::string& bytes) {
    if (bytes == "\n") {
      send_newline(kWhole);
    } else {
      send(bytes, kWhole);
    }
    const std::size_t half = bytes.size() / 2;
    const Chunk chunks[] = {{bytes.data(), half}, {bytes.data() + half, bytes.size() - half}};
    observer_->sent(kPieces, chunks, now());
  }
  void both_wait() {
    observer_->waited(kWhole, false);
    observer_->waited(kPieces, false);
  }
};

TEST_F(Twins, LeadToTheSameRecords) {
  constexpr int kSteps = 20'000;
  observer_->accepted(kWhole);
  observer_->accepted(kPieces);
  std::mt19937 random(11);
  const auto below = [&random](unsigned limit) { return random() % limit; };
  const auto text = [&](int id) -> std::string {
    switch (below(8)) {
      case 0:
        return tool("goxel_add_voxels");
      case 1:
        return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
               R"(,"method":"tools/call","params":{"name":"t"}})";
      case 2:
        return R"({"jsonrpc": "2.0", "method": "echo", "id": "s)" + std::to_string(id) + "\"}";
      case 3:
        return R"({"jsonrpc": "2.0", "method": "echo"})";
      case 4:
        return R"({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": )" +
               std::to_string(id - 1) + "}}";
      case 5:
        return below(2) == 0 ? "garbage garbage garbage\n"
                             : R"({"jsonrpc": "2.0", "method": "echo" x})";
      default:
        return request("goxel.get_voxel", id);
    }
  };
  const auto reply = [&](int id) -> std::string {
    switch (below(7)) {
      case 0:
        return kDone;
      case 1:
        return R"({ "success": false, "error": "none of them" })";
      case 2:
        return R"({ "jsonrpc": "2.0", "error": { "code": -32601, "message": "no" }, "id": )" +
               std::to_string(id) + " }";
      case 3:
        return R"({ "jsonrpc": "2.0", "result": {}, "id": "s)" + std::to_string(id) + "\" }";
      case 4:
        return R"({ "jsonrpc": "2.0", "error": { "code": -32700 }, "id": null })";
      default:
        return answer(id);
    }
  };
  int id = 0;
  using Fields = std::vector<std::uint64_t>;
  for (int step = 0; step < kSteps && !HasFailure(); ++step) {
    switch (below(10)) {
      case 0:
        both_wait();
        break;
      case 1:
        both_receive("\n");
        break;
      case 2:
        both_send("\n");
        break;
      case 3:
        both_send(reply(id));
        break;
      case 4:
        both_receive(text(++id));
        break;
      default:
        both_receive(text(++id));
        both_send(reply(id - (below(12) == 0 ? 1 : 0)));
        if (below(4) != 0) both_send("\n");
    }
    if (below(3) != 0) continue;
    if (below(4) == 0) {  // nothing is left of what was not answered
      for (const int fd : {kWhole, kPieces}) {
        observer_->closing(fd);
        observer_->accepted(fd);
      }
    }
    both_wait();  // whatever is held is worked out
    std::vector<Fields> said;
    for (const shm::Record& r : records()) {
      // Records of the two connections are published by turns, but each connection's in its order:
      // they are compared as sets of what they say.
      said.push_back({r.operation, r.status, r.error, r.protocol, r.stack, r.bytes_in, r.bytes_out,
                      r.trace_id, r.receive_ticks == 0, r.layer});
    }
    std::sort(said.begin(), said.end());
    ASSERT_EQ(said.size() % 2, 0u) << step;
    for (std::size_t i = 0; i < said.size(); i += 2) EXPECT_EQ(said[i], said[i + 1]) << step;
    std::vector<std::string> names = in_flight();
    std::sort(names.begin(), names.end());
    ASSERT_EQ(names.size() % 2, 0u) << step;
    for (std::size_t i = 0; i < names.size(); i += 2) EXPECT_EQ(names[i], names[i + 1]) << step;
  }
}

}  // namespace
}  // namespace goxel_telemetry::plugin
