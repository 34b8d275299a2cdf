// SPDX-License-Identifier: GPL-3.0-or-later
// A client at the other end of a socket pair that does what a well-behaved one never would.
#include "http-bridge/bounded_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

namespace goxel_telemetry::http_bridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{600'000};  // a test that waits for it is stopped from outside
constexpr SocketLimits kPatient{.idle = kLong, .request = kLong, .answer = kLong};

class BoundedSocketTest : public testing::Test {
 protected:
  BoundedSocketTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client_ = ends[0];
    server_ = ends[1];
  }
  ~BoundedSocketTest() override {
    hang_up();  // before the socket's end waits for it
    socket_.reset();
    ::close(stop_);
  }

  BoundedSocket& serve(const SocketLimits& limits) {
    return socket_.emplace(server_, stop_, limits);
  }
  void send(const std::string& text) {
    EXPECT_EQ(::send(client_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (client_ >= 0) ::close(client_);
    client_ = -1;
  }
  std::string read(std::size_t size) {
    std::string text(size, '\0');
    const ssize_t got = socket_->read(text.data(), size);
    return got < 0 ? "beyond a limit" : text.substr(0, static_cast<std::size_t>(got));
  }
  static bool no_other_waits() { return false; }
  static bool others_wait() { return true; }

  int client_ = -1;
  int server_ = -1;
  const int stop_ = ::eventfd(0, EFD_CLOEXEC);
  std::optional<BoundedSocket> socket_;
};

TEST_F(BoundedSocketTest, RequestIsReadInAnyPieces) {
  BoundedSocket& socket = serve(kPatient);
  send("GET /");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(1), "G");
  EXPECT_EQ(read(100), "ET /");
  send("x");
  EXPECT_EQ(read(100), "x");
}

TEST_F(BoundedSocketTest, SecondRequestCanBeInTheBufferAlready) {
  BoundedSocket& socket = serve(kPatient);
  send("12");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(1), "1");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(1), "2");
}

TEST_F(BoundedSocketTest, SilentClientIsLeftAfterTheIdleTime) {
  BoundedSocket& socket = serve({.idle = milliseconds(20), .idle_busy = milliseconds(5)});
  EXPECT_FALSE(socket.next_request(no_other_waits));
}

// At the first look, long before its own time is over.
TEST_F(BoundedSocketTest, SilentClientMakesWayForOthers) {
  BoundedSocket& socket = serve({.idle = milliseconds(5'000), .idle_busy = milliseconds(5)});
  int asked = 0;
  EXPECT_FALSE(socket.next_request([&asked] {
    ++asked;
    return true;
  }));
  EXPECT_EQ(asked, 1);
}

TEST_F(BoundedSocketTest, SilentClientIsWaitedForWhileNoOtherWaits) {
  BoundedSocket& socket = serve({.idle = milliseconds(5'000), .idle_busy = milliseconds(5)});
  int asked = 0;
  ASSERT_TRUE(socket.next_request([&] {
    if (++asked == 2) send("x");
    return false;
  }));
  EXPECT_EQ(read(1), "x");
}

TEST_F(BoundedSocketTest, OthersDoNotCutOffARequestThatHasCome) {
  BoundedSocket& socket = serve({.idle = kLong, .idle_busy = kLong});
  send("x");
  EXPECT_TRUE(socket.next_request(others_wait));
}

TEST_F(BoundedSocketTest, ClientThatHungUpHasNoNextRequest) {
  BoundedSocket& socket = serve({.idle = kLong, .idle_busy = kLong});
  hang_up();
  EXPECT_FALSE(socket.next_request(no_other_waits));
}

TEST_F(BoundedSocketTest, StoppingEndsTheWait) {
  BoundedSocket& socket = serve({.idle = kLong, .idle_busy = kLong, .request = kLong});
  send("x");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(1), "x");
  ::eventfd_write(stop_, 1);
  EXPECT_EQ(read(1), "beyond a limit");
  EXPECT_FALSE(socket.next_request(no_other_waits));
}

// Each byte comes in time; the request does not.
TEST_F(BoundedSocketTest, RequestThatTricklesInIsCutOff) {
  BoundedSocket& socket = serve({.request = milliseconds(100)});
  std::atomic<bool> enough{false};
  send("x");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  std::thread trickle([&] {
    while (!enough && ::send(client_, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  std::string got;
  while ((got = read(1)) == "x") {
  }
  enough = true;
  trickle.join();
  EXPECT_EQ(got, "beyond a limit");
}

TEST_F(BoundedSocketTest, RequestWithoutEndIsCutOff) {
  BoundedSocket& socket = serve({.request = kLong, .request_bytes = 10});
  send(std::string(11, 'x'));
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(100), std::string(10, 'x'));
  EXPECT_EQ(read(100), "beyond a limit");
}

TEST_F(BoundedSocketTest, AnswerThatIsNotTakenIsGivenUp) {
  BoundedSocket& socket = serve({.answer = milliseconds(50)});
  const std::string much(16 * 1024 * 1024, 'x');
  EXPECT_EQ(socket.write(much.data(), much.size()), -1);
}

// Each piece goes out at once; the answer takes too long.
TEST_F(BoundedSocketTest, AnswerInPiecesHasOneLimitForAllOfThem) {
  BoundedSocket& socket = serve({.answer = milliseconds(50)});
  socket.write("x", 1);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(socket.write("x", 1), -1);
}

TEST_F(BoundedSocketTest, EachRequestHasLimitsOfItsOwn) {
  constexpr milliseconds kLimit{500};
  BoundedSocket& socket = serve({.request = kLimit, .answer = kLimit, .request_bytes = 2});
  send("12");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(2), "12");
  EXPECT_EQ(socket.write("x", 1), 1);
  std::this_thread::sleep_for(kLimit);
  EXPECT_EQ(read(1), "beyond a limit");
  EXPECT_EQ(socket.write("x", 1), -1);
  send("34");
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(read(1), "3");
  EXPECT_EQ(read(1), "4");
  EXPECT_EQ(socket.write("x", 1), 1);
}

// Bytes that the server did not read must not reset the connection before it has the answer.
TEST_F(BoundedSocketTest, TheEndIsOrderlyAndGivesTheDescriptorBack) {
  BoundedSocket& socket = serve({});
  send(std::string(10'000, 'x'));
  ASSERT_TRUE(socket.next_request(no_other_waits));
  EXPECT_EQ(socket.write("answer", 6), 6);
  ::shutdown(client_, SHUT_WR);
  socket_.reset();
  char answer[7] = {};
  EXPECT_EQ(::recv(client_, answer, sizeof answer, 0), 6);
  EXPECT_STREQ(answer, "answer");
  EXPECT_EQ(::recv(client_, answer, sizeof answer, 0), 0) << "an end, and no reset";
  EXPECT_EQ(::fcntl(server_, F_GETFD), -1);
}

TEST_F(BoundedSocketTest, AnswerToAClientThatIsGoneFails) {
  BoundedSocket& socket = serve({.answer = kLong});
  hang_up();
  EXPECT_EQ(socket.write("x", 1), -1);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
