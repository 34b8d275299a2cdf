// SPDX-License-Identifier: GPL-3.0-or-later
// A connection without a socket: the test is the network and the clock.
#include "http-bridge/client_connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace goxel_telemetry::http_bridge {
namespace {

using std::chrono::milliseconds;
using State = ClientConnection::State;

constexpr Limits kLimits{.idle = milliseconds(100),
                         .request = milliseconds(200),
                         .turn = milliseconds(300),
                         .answer = milliseconds(400),
                         .linger = milliseconds(50),
                         .request_bytes = 100,
                         .requests = 3,
                         .body_bytes = 200};
const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";  // 27 bytes

class ClientConnectionTest : public testing::Test {
 protected:
  State state() const { return connection_.state(); }
  milliseconds time_left() const {
    return std::chrono::duration_cast<milliseconds>(connection_.deadline() - now_);
  }
  void send(std::string_view bytes) { connection_.received(bytes, now_); }
  void answer(const std::string& bytes = "answer") { connection_.answer(bytes, now_); }
  // The client takes all that is there.
  std::string take() {
    std::string taken;
    for (const std::string_view piece : connection_.unsent()) taken += piece;
    connection_.sent(taken.size(), now_);
    return taken;
  }
  void pass(milliseconds time) {
    now_ += time;
    if (now_ >= connection_.deadline()) connection_.deadline_passed(now_);
  }
  void pass_to_deadline() { pass(time_left()); }

  ClientConnection::Time now_{std::chrono::hours(1)};
  const std::vector<std::string> body_paths_ = {"/post"};
  ClientConnection connection_{kLimits, now_, body_paths_};
};

std::string post(std::string_view fields, std::string_view body = "",
                 std::string_view path = "/post") {
  return std::string("POST ").append(path).append(" HTTP/1.1\r\nHost: a\r\n").append(fields) +
         "\r\n" + std::string(body);
}

TEST_F(ClientConnectionTest, BodyIsReadInAnyPiecesAndTheNextRequestFollows) {
  const std::string body(150, 'x');  // longer than a head may be
  const std::string bytes =
      post("Content-Type: t\r\nContent-Encoding: e\r\nContent-Length: 150\r\n", body) + kGet;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{90}}) {
    ClientConnection connection(kLimits, now_, body_paths_);
    std::size_t at = 0;
    while (connection.state() != State::asking) {
      const std::size_t size = std::min({piece, connection.wanted(), bytes.size() - at});
      ASSERT_GT(size, 0u);
      connection.received(std::string_view(bytes).substr(at, size), now_);
      at += size;
    }
    EXPECT_TRUE(connection.takes_body());
    EXPECT_EQ(connection.request().content_type, "t");
    EXPECT_EQ(connection.request().content_encoding, "e");
    EXPECT_EQ(connection.take_body(), body);
    EXPECT_FALSE(connection.is_last());
    connection.answer("taken", now_);
    connection.sent(5, now_);
    connection.received(std::string_view(bytes).substr(at), now_);
    ASSERT_EQ(connection.state(), State::asking);
    EXPECT_FALSE(connection.takes_body());
  }
}

TEST_F(ClientConnectionTest, ClientThatAsksFirstIsToldToGoOn) {
  send(post("Content-Length: 5\r\nExpect: 100-Continue\r\nConnection: close\r\n", "ab"));
  EXPECT_EQ(connection_.announced_bytes(), 5u);
  EXPECT_EQ(take(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_EQ(state(), State::body);
  send("cde");
  ASSERT_EQ(state(), State::asking);
  EXPECT_EQ(connection_.take_body(), "abcde");
  answer();
  EXPECT_EQ(take(), "answer");
  EXPECT_EQ(state(), State::lingering);
}

TEST_F(ClientConnectionTest, ClientThatAsksFirstAndSendsAllTheSameIsNotTold) {
  send(post("Content-Length: 2\r\nExpect: 100-continue\r\n", "ab"));
  EXPECT_EQ(state(), State::asking);
}

TEST_F(ClientConnectionTest, EmptyBodyIsOne) {
  send(post(""));
  ASSERT_EQ(state(), State::asking);
  EXPECT_TRUE(connection_.takes_body());
  EXPECT_EQ(connection_.take_body(), "");
}

TEST_F(ClientConnectionTest, BodyIsNotReadWhereNoneIsTaken) {
  for (const std::string& bytes :
       {post("Content-Length: 5\r\n", "", "/other"),
        std::string("PUT /post HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")}) {
    ClientConnection connection(kLimits, now_, body_paths_);
    connection.received(bytes, now_);
    ASSERT_EQ(connection.state(), State::asking);
    EXPECT_FALSE(connection.takes_body());
    EXPECT_TRUE(connection.is_last()) << "its body would be taken for a request";
  }
}

TEST_F(ClientConnectionTest, BodyThatCannotBeReadIsRefusedAtOnce) {
  const std::map<std::string, std::string> statuses = {
      {"Transfer-Encoding: chunked\r\n", "411"},
      {"Content-Length: 201\r\n", "413"},
      {"Content-Length: 999999999999999999\r\n", "413"},
      {"Content-Length: 5\r\nExpect: a miracle\r\n", "417"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "400"},
      {"Content-Length: -5\r\n", "400"}};
  for (const auto& [fields, status] : statuses) {
    ClientConnection connection(kLimits, now_, body_paths_);
    connection.received(post(fields), now_);
    ASSERT_EQ(connection.state(), State::answering) << fields;
    EXPECT_TRUE(connection.unsent()[0].starts_with("HTTP/1.1 " + status)) << fields;
    EXPECT_TRUE(connection.is_last());
  }
}

TEST_F(ClientConnectionTest, BodyHasATimeLimitOfItsOwn) {
  send(post("Content-Length: 2\r\n", "x"));
  ASSERT_EQ(state(), State::body);
  pass(kLimits.request - milliseconds(1));
  EXPECT_EQ(state(), State::body);
  pass(milliseconds(1));
  EXPECT_TRUE(take().starts_with("HTTP/1.1 408"));
}

TEST_F(ClientConnectionTest, BodyCountsFromItsAnnouncementToItsAnswer) {
  EXPECT_EQ(connection_.announced_bytes(), 0u);
  send(post("Content-Length: 20\r\n", "x"));
  EXPECT_EQ(connection_.announced_bytes(), 20u);
  send(std::string(19, 'x'));
  ASSERT_EQ(state(), State::asking);
  EXPECT_EQ(connection_.announced_bytes(), 20u);
  answer();
  EXPECT_EQ(connection_.announced_bytes(), 0u);
}

TEST_F(ClientConnectionTest, BodyThatIsTurnedAwayIsNotRead) {
  for (const char* fields :
       {"Content-Length: 20\r\n", "Content-Length: 20\r\nExpect: 100-continue\r\n"}) {
    connection_ = ClientConnection(kLimits, now_, body_paths_);
    send(post(fields, "x"));
    connection_.turn_body_away(now_);
    EXPECT_TRUE(take().starts_with("HTTP/1.1 503"));
    EXPECT_EQ(state(), State::lingering) << fields;
  }
}

TEST_F(ClientConnectionTest, RequestIsReadInAnyPieces) {
  for (const char byte : kGet) {
    EXPECT_TRUE(state() == State::idle || state() == State::head);
    send({&byte, 1});
  }
  ASSERT_EQ(state(), State::asking);
  EXPECT_EQ(connection_.request().target, "/");
  answer();
  EXPECT_EQ(take(), "answer");
  EXPECT_EQ(state(), State::idle);
}

TEST_F(ClientConnectionTest, SilentClientIsLeftAfterTheIdleTime) {
  EXPECT_EQ(time_left(), kLimits.idle);
  pass(kLimits.idle - milliseconds(1));
  EXPECT_EQ(state(), State::idle);
  pass(milliseconds(1));
  EXPECT_EQ(state(), State::closed);
}

// Each byte comes in time; the request does not.
TEST_F(ClientConnectionTest, RequestThatTricklesInIsCutOffAndToldSo) {
  for (int i = 0; i < 19; ++i) {
    send("G");
    ASSERT_EQ(state(), State::head) << i;
    pass(milliseconds(10));
  }
  pass(milliseconds(10));
  ASSERT_EQ(state(), State::answering);
  const std::string refusal = take();
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << refusal;
  EXPECT_NE(refusal.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(state(), State::lingering);
}

TEST_F(ClientConnectionTest, RequestWithoutEndIsCutOffAndToldSo) {
  send(std::string(99, 'x'));
  EXPECT_EQ(state(), State::head);
  EXPECT_EQ(connection_.wanted(), 1u);
  send("x");
  ASSERT_EQ(state(), State::answering);
  EXPECT_TRUE(take().starts_with("HTTP/1.1 414 "));

  ClientConnection fields(kLimits, now_);
  fields.received("GET / HTTP/1.1\r\n" + std::string(84, 'x'), now_);
  EXPECT_TRUE(fields.unsent()[0].starts_with("HTTP/1.1 431 "));
}

TEST_F(ClientConnectionTest, AmbiguousRequestIsRefusedAndTheLast) {
  send("GET / HTTP/1.1\r\nHost : a\r\n\r\n" + kGet);
  ASSERT_EQ(state(), State::answering);
  const std::string refusal = take();
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 400 Bad Request\r\n")) << refusal;
  EXPECT_NE(refusal.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(state(), State::lingering);
}

// Old clients end a body with one that is not counted.
TEST_F(ClientConnectionTest, OneEmptyLineBeforeARequestIsIgnored) {
  send("\r");
  send("\n");
  EXPECT_EQ(state(), State::head) << "and it is waited for like a request";
  send(kGet);
  EXPECT_EQ(state(), State::asking);
  answer();
  take();
  send("\r\n" + kGet);
  EXPECT_EQ(state(), State::asking) << "before each";
  answer();
  take();
  send("\r\n\r\n" + kGet);
  ASSERT_EQ(state(), State::answering);
  EXPECT_EQ(connection_.unsent()[0].substr(0, 12), "HTTP/1.1 400");
}

// Whatever a client sends meanwhile stays in the kernel, which tells it to stop.
TEST_F(ClientConnectionTest, PipelinedRequestsAreAskedOneAfterTheOther) {
  send(kGet + kGet);
  ASSERT_EQ(state(), State::asking);
  EXPECT_FALSE(connection_.pipelined());
  answer("first");
  EXPECT_EQ(state(), State::answering);
  connection_.sent(4, now_);
  EXPECT_EQ(state(), State::answering);
  EXPECT_EQ(connection_.unsent_bytes(), 1u);
  EXPECT_EQ(take(), "t");
  ASSERT_EQ(state(), State::asking);
  EXPECT_TRUE(connection_.pipelined());
  answer("second");
  take();
  ASSERT_EQ(state(), State::idle);
  send(kGet);
  EXPECT_FALSE(connection_.pipelined());
}

TEST_F(ClientConnectionTest, RequestWithoutATurnIsRefusedInTime) {
  send(kGet);
  pass_to_deadline();
  EXPECT_EQ(now_ - connection_.since(), milliseconds(0));
  ASSERT_EQ(state(), State::answering);
  const std::string refusal = take();
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << refusal;
  EXPECT_NE(refusal.find("\r\nRetry-After: 1\r\n"), std::string::npos);
}

TEST_F(ClientConnectionTest, AnswerThatIsBeingMadeIsWaitedFor) {
  send(kGet);
  EXPECT_EQ(time_left(), kLimits.turn);
  connection_.has_turn();
  EXPECT_EQ(connection_.deadline(), ClientConnection::Time::max());
  answer();
  take();
  send(kGet);
  EXPECT_EQ(time_left(), kLimits.turn) << "each request waits for a turn of its own";
}

// Each piece is taken in time; the answer is not.
TEST_F(ClientConnectionTest, AnswerInPiecesHasOneLimitForAllOfThem) {
  send(kGet);
  answer(std::string(1'000, 'x'));
  for (int i = 0; i < 39; ++i) {
    connection_.sent(1, now_);
    pass(milliseconds(10));
    ASSERT_EQ(state(), State::answering) << i;
  }
  connection_.sent(1, now_);
  pass(milliseconds(10));
  EXPECT_EQ(state(), State::closed);
}

TEST_F(ClientConnectionTest, EachRequestHasLimitsOfItsOwn) {
  for (int i = 0; i < 2; ++i) {
    pass(kLimits.idle - milliseconds(1));
    send("G");
    pass(kLimits.request - milliseconds(1));
    send(kGet.substr(1));
    ASSERT_EQ(state(), State::asking) << i;
    answer();
    pass(kLimits.answer - milliseconds(1));
    take();
    ASSERT_EQ(state(), State::idle) << i;
  }
}

TEST_F(ClientConnectionTest, DocumentIsSentWithItsFieldsAndWithoutABodyToHead) {
  const auto document = std::make_shared<const Response>(Response{200, "text/plain", "body"});
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
      "Referrer-Policy: no-referrer\r\nContent-Length: 4\r\n\r\n";
  send(kGet);
  connection_.answer(document, now_);
  EXPECT_EQ(connection_.unsent_bytes(), head.size() + 4);
  EXPECT_EQ(connection_.unsent()[1], "body");
  EXPECT_EQ(take(), head + "body");
  send("HEAD" + kGet.substr(3));
  connection_.answer(document, now_);
  EXPECT_EQ(take(), head);
  EXPECT_EQ(state(), State::idle);
}

TEST_F(ClientConnectionTest, UnsentPiecesGoOnWhereTheyWereLeft) {
  send(kGet);
  connection_.answer(std::make_shared<const Response>(Response{200, "text/plain", "body"}), now_);
  const std::size_t head = connection_.unsent()[0].size();
  connection_.sent(head - 1, now_);
  EXPECT_EQ(connection_.unsent()[0], "\n");
  connection_.sent(3, now_);
  EXPECT_EQ(connection_.unsent()[0], "");
  EXPECT_EQ(connection_.unsent()[1], "dy");
}

TEST_F(ClientConnectionTest, LastOfItsRequestsIsKnown) {
  for (int i = 1; i <= 3; ++i) {
    send(kGet);
    EXPECT_EQ(connection_.is_last(), i == 3) << i;
    answer();
    take();
  }
  EXPECT_EQ(state(), State::lingering);
}

// Closing a socket with unread input resets the connection, and the client may see that before the
// answer.
TEST_F(ClientConnectionTest, AfterTheLastAnswerItReadsOnForAWhile) {
  send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(connection_.is_last());
  answer();
  take();
  ASSERT_EQ(state(), State::lingering);
  send(std::string(1'000, 'x'));
  EXPECT_EQ(state(), State::lingering);
  EXPECT_EQ(time_left(), kLimits.linger);
  pass_to_deadline();
  EXPECT_EQ(state(), State::closed);
}

TEST_F(ClientConnectionTest, ReadsOnOnlySoMuch) {
  send("GET / HTTP/1.0\r\n\r\n");
  answer();
  take();
  send(std::string(1024 * 1024, 'x'));
  EXPECT_EQ(state(), State::closed);
}

TEST_F(ClientConnectionTest, ClientThatEndsItsInputIsDoneWith) {
  connection_.input_ended();
  EXPECT_EQ(state(), State::closed);
}

TEST_F(ClientConnectionTest, StopFinishesWhatWasAskedAndEndsAllElse) {
  ClientConnection idle(kLimits, now_);
  idle.stop();
  EXPECT_EQ(idle.state(), State::closed);
  ClientConnection head(kLimits, now_);
  head.received("G", now_);
  head.stop();
  EXPECT_EQ(head.state(), State::closed);

  send(kGet + kGet);
  connection_.stop();
  ASSERT_EQ(state(), State::asking);
  EXPECT_TRUE(connection_.is_last());
  answer();
  connection_.stop();
  EXPECT_EQ(take(), "answer");
  EXPECT_EQ(state(), State::lingering) << "the second request is not asked";
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
