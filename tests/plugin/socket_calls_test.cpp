// SPDX-License-Identifier: GPL-3.0-or-later
// The preload door without its interposed functions: what it makes of the host's calls and their
// results. None is really made.
#include "plugin/socket_calls.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "shm/reader.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kRequest = R"({"method": "a", "id": 1})";  // 24 bytes
constexpr std::string_view kAnswer = R"({"result": 0, "id": 1})";     // 22
// Of the host, which finds the message that is being received too large.
constexpr std::string_view kTooLarge = R"({"error": 0, "id": null})";  // 24

class SocketCalls : public testing::Test {
 protected:
  // Numbers that no descriptor of this process has.
  static constexpr int kFd = 5000;
  static constexpr int kCopy = 5001;
  static constexpr int kOther = 5002;

  void SetUp() override {
    Settings settings;
    settings.instance = instance_.name();
    settings.clock = ClockChoice::monotonic;  // ticks are nanoseconds
    enable_preload_door(settings);
    ASSERT_GE(listener_, 0);
    after_listen(listener_, 0);
    reader_ = shm::Reader::open(instance_.name());
    ASSERT_NE(reader_, nullptr);
    after_accept(listener_, kFd);
  }
  void TearDown() override {
    stop(shm::Door::preload);
    close(listener_);
  }

  static void receive(std::string_view bytes, int flags = 0, int fd = kFd) {
    after_receive(fd, bytes.data(), bytes.size(), static_cast<ssize_t>(bytes.size()), flags);
  }
  static void receive_fails(int error, int fd = kFd) {
    char buffer[8] = {};
    errno = error;
    after_receive(fd, buffer, sizeof buffer, -1, 0);
    EXPECT_EQ(errno, error);
  }
  static void send(std::string_view bytes, int fd = kFd) {
    Sending sending(fd, bytes.size());
    const auto size = static_cast<ssize_t>(bytes.size());
    EXPECT_EQ(sending.done(size, bytes.data()), size);
  }
  static void send_fails(int error, int fd = kFd) {
    Sending sending(fd, kAnswer.size());
    errno = error;
    EXPECT_EQ(sending.done(-1, kAnswer.data()), -1);
    EXPECT_EQ(errno, error);
  }
  static void poll_tells(std::vector<pollfd> fds, int ready) {
    after_poll(fds.data(), fds.size(), ready, true);
  }
  // Each byte in a piece of its own.
  static std::vector<iovec> pieces(std::string_view bytes) {
    std::vector<iovec> vector;
    for (const char& c : bytes) vector.push_back({const_cast<char*>(&c), 1});
    return vector;
  }

  std::vector<shm::Record> records() {
    std::vector<shm::Record> found;
    reader_->sweep([&](const shm::Record& record, std::uint32_t) { found.push_back(record); });
    return found;
  }
  // "status bytes in/bytes out" each.
  std::vector<std::string> seen() {
    constexpr const char* kNames[] = {"ok", "error", "unanswered", "malformed", "cancelled"};
    std::vector<std::string> found;
    for (const shm::Record& record : records()) {
      found.push_back(std::string(kNames[record.status]) + " " + std::to_string(record.bytes_in) +
                      "/" + std::to_string(record.bytes_out));
    }
    return found;
  }
  std::size_t in_flight() { return reader_->inflight().size(); }
  void expect_open(std::uint64_t connections, std::uint64_t descriptors) {
    EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], connections);
    EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], descriptors);
  }

  const shm::TestInstance instance_;
  const int listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::unique_ptr<shm::Reader> reader_;
};

// --- connections ---

TEST_F(SocketCalls, OnlyWhatAUnixStreamSocketAcceptsIsAClient) {
  const int datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int internet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (const int foreign : {datagrams, internet, -1}) {
    errno = 77;
    after_listen(foreign, 0);
    after_accept(foreign, kOther);
    EXPECT_EQ(errno, 77);
  }
  after_accept(listener_, -1);
  receive(kRequest, 0, kOther);
  EXPECT_EQ(in_flight(), 0u);
  expect_open(1, 1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], 1u);

  const int inherited =
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);  // no call of listen() was seen
  errno = 77;
  after_accept(inherited, kOther);
  EXPECT_EQ(errno, 77);
  receive(kRequest, 0, kOther);
  EXPECT_EQ(in_flight(), 1u);
  expect_open(2, 2);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], 2u);
  for (const int fd : {datagrams, internet, inherited}) {
    if (fd >= 0) close(fd);
  }
}

TEST_F(SocketCalls, AProcessThatDoesNotListenIsNotWatched) {
  stop(shm::Door::preload);
  const shm::TestInstance own;
  Settings settings;
  settings.instance = own.name();
  enable_preload_door(settings);
  after_listen(listener_, -1);
  const int internet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  after_listen(internet, 0);
  after_accept(internet, kOther);
  after_accept(listener_, -1);
  EXPECT_EQ(shm::Reader::open(own.name()), nullptr);
  after_accept(listener_, kFd);  // inherited
  EXPECT_NE(shm::Reader::open(own.name()), nullptr);
  if (internet >= 0) close(internet);
}

TEST_F(SocketCalls, ACopyStandsForItsConnectionAndAFailedOneForNothing) {
  after_duplicate(kFd, -1);
  after_duplicate(kFd, kFd);
  expect_open(1, 1);
  after_duplicate(kFd, kCopy);
  expect_open(1, 2);
  receive(kRequest, 0, kCopy);
  send(kAnswer);
  EXPECT_THAT(seen(), ElementsAre("ok 24/22"));
  before_close(kFd);
  before_close(kFd);
  before_close(kOther);
  expect_open(1, 1);
  receive(kRequest, 0, kCopy);
  after_duplicate(kOther, kCopy);  // dup2 closes what stood there
  expect_open(0, 0);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0"));
}

// --- receiving ---

TEST_F(SocketCalls, AReadThatTakesNothingFromTheStreamCountsNothing) {
  for (const int flag : {MSG_PEEK, MSG_OOB, MSG_ERRQUEUE}) receive(kRequest, flag);
  receive_fails(EAGAIN);
  receive_fails(EINTR);
  receive("");
  EXPECT_EQ(in_flight(), 0u);
  EXPECT_THAT(seen(), IsEmpty());
  receive(kRequest, MSG_WAITALL | MSG_DONTWAIT);
  EXPECT_EQ(in_flight(), 1u);
}

TEST_F(SocketCalls, NothingThatWasAskedForIsTheEndOfInput) {
  receive("GET /");
  char buffer[8] = {};
  after_receive(kFd, buffer, 0, 0, 0);
  EXPECT_THAT(seen(), IsEmpty()) << "nothing was asked for";
  after_receive(kFd, buffer, 1, 0, 0);
  EXPECT_THAT(seen(), ElementsAre("malformed 5/0"));
  expect_open(1, 1);
}

TEST_F(SocketCalls, NothingThatAnyPartOfAVectorAskedForIsTheEndOfInput) {
  char byte = 0;
  const iovec vector[] = {{&byte, 0}, {&byte, 1}, {&byte, 0}};
  receive("GET /");
  after_receive_vector(kFd, vector, 1, 0, 0);
  after_receive_vector(kFd, nullptr, 0, 0, 0);
  EXPECT_THAT(seen(), IsEmpty()) << "nothing was asked for";
  after_receive_vector(kFd, vector, 3, 0, 0);
  EXPECT_THAT(seen(), ElementsAre("malformed 5/0"));
}

TEST_F(SocketCalls, AResetIsAHangUp) {
  receive(kRequest);
  receive_fails(ECONNRESET);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0"));
  expect_open(0, 1);
}

TEST_F(SocketCalls, AVectorIsReadAsFarAsTheBytesThatCame) {
  const std::string two = std::string(kRequest) + std::string(kRequest);  // 48 pieces: three goes
  const std::vector<iovec> all = pieces(two);
  after_receive_vector(kFd, all.data(), all.size(), 47, 0);
  EXPECT_EQ(in_flight(), 1u);
  after_receive_vector(kFd, all.data() + 47, 1, 1, 0);
  EXPECT_EQ(in_flight(), 2u);

  std::string whole(kRequest);
  const iovec uneven[] = {{whole.data(), 0}, {whole.data(), 10}, {whole.data() + 10, 100}};
  after_receive_vector(kFd, uneven, 3, 24, 0);
  EXPECT_EQ(in_flight(), 3u);
  before_close(kFd);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0", "unanswered 24/0", "unanswered 24/0"));
}

TEST_F(SocketCalls, NoMoreIsReadThanABufferHolds) {
  const std::string two = "garbage\nno more\n";
  after_receive(kFd, two.data(), 8, 16, MSG_TRUNC);
  EXPECT_THAT(seen(), ElementsAre("malformed 8/0"));
  char* const text = const_cast<char*>(two.data());
  const iovec vector[] = {{text, 3}, {text + 3, 5}, {text + 8, 8}};
  after_receive_vector(kFd, vector, 2, 16, MSG_TRUNC);
  EXPECT_THAT(seen(), ElementsAre("malformed 8/0"));
}

TEST_F(SocketCalls, AVectorThatTheKernelRefusedIsNotLookedAt) {
  const auto* const nowhere = reinterpret_cast<const iovec*>(8);
  receive(kRequest);
  errno = EFAULT;
  after_receive_vector(kFd, nowhere, 3, -1, 0);
  EXPECT_EQ(in_flight(), 1u);
  errno = ECONNRESET;
  after_receive_vector(kFd, nowhere, 3, -1, 0);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0"));
}

// --- sending ---

TEST_F(SocketCalls, AnAnswerInBytesAndVectorsHasThemAll) {
  receive(kRequest);
  for (const char& c : kAnswer) send({&c, 1});
  send("\n");
  EXPECT_THAT(seen(), ElementsAre("ok 24/22"));

  receive(kRequest);
  const std::vector<iovec> all = pieces(kAnswer);
  Sending first(kFd);
  EXPECT_EQ(first.done(18, all.data(), all.size()), 18);
  EXPECT_EQ(in_flight(), 1u);
  Sending rest(kFd);
  EXPECT_EQ(rest.done(4, all.data() + 18, 4), 4);
  EXPECT_THAT(seen(), ElementsAre("ok 24/22"));
}

TEST_F(SocketCalls, WhatIsInFlightStaysSoWhileNothingCouldBeSent) {
  receive(kRequest);
  send_fails(EAGAIN);
  send_fails(EINTR);
  send("");
  EXPECT_EQ(in_flight(), 1u);
  EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(SocketCalls, AnAnswerThatNoClientCanGetAnyMoreIsCancelled) {
  for (const int error : {EPIPE, ECONNRESET}) {
    receive(kRequest);
    send_fails(error);
    EXPECT_THAT(seen(), ElementsAre("cancelled 24/0")) << error;
  }
}

// A newline behind an answer is passed by without a look at the clock; a single byte that turns out
// to be another began then.
TEST_F(SocketCalls, AnAnswerBeginsBeforeTheCallThatSendsItsFirstBytes) {
  const auto clock = reader_->producer().clock_source;
  receive(R"({"method": "big", )");
  Sending sending(kFd, kTooLarge.size());
  const std::uint64_t during = shm::read_ticks(clock);
  sending.done(static_cast<ssize_t>(kTooLarge.size()), kTooLarge.data());
  auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_LE(found[0].start_ticks, during);
  EXPECT_EQ(found[0].bytes_out, 24u);

  receive(R"("id": 1}{"method": "big", )");
  for (const char& c : kTooLarge) send({&c, 1});
  found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].start_ticks, during);
  EXPECT_EQ(found[0].bytes_out, 24u);
}

TEST_F(SocketCalls, ASendThatOutlivesTheDoorCountsNothingBehindTheNextOne) {
  receive(kRequest);
  Sending sending(kFd, kAnswer.size());
  stop(shm::Door::preload);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0"));
  after_accept(listener_, kFd);
  receive(kRequest);
  EXPECT_EQ(sending.done(22, kAnswer.data()), 22);
  reader_ = shm::Reader::open(instance_.name());
  ASSERT_NE(reader_, nullptr);
  EXPECT_EQ(in_flight(), 1u);
}

// --- hang-ups ---

TEST_F(SocketCalls, APollTellsOfHangUpsAndErrorsAndOfNothingElse) {
  after_accept(listener_, kOther);
  receive(kRequest);
  receive(kRequest, 0, kOther);
  poll_tells({{kFd, POLLIN, POLLIN}, {kOther, POLLIN, POLLIN | POLLOUT}}, 2);
  poll_tells({{kFd, POLLIN, POLLHUP}}, 0);
  poll_tells({{kFd, POLLIN, POLLHUP}}, -1);
  EXPECT_EQ(in_flight(), 2u);
  expect_open(2, 2);
  poll_tells({{-1, POLLIN, 0}, {kFd, POLLIN, POLLIN}, {kOther, POLLIN, POLLIN | POLLHUP}}, 2);
  EXPECT_EQ(in_flight(), 1u);
  expect_open(1, 2);
  poll_tells({{kFd, POLLIN, POLLERR}}, 1);
  EXPECT_EQ(in_flight(), 0u);
  expect_open(0, 2);
  EXPECT_THAT(seen(), ElementsAre("unanswered 24/0", "unanswered 24/0"));
}

// --- who is not observed ---

TEST_F(SocketCalls, ASignalHandlerInsideTheObserverCostsItsConnectionTheStepAndNoOther) {
  after_accept(listener_, kOther);
  thread_state.inside = true;
  receive(kRequest);
  poll_tells({{kFd, POLLIN, POLLHUP}}, 1);
  before_close(kOther);
  after_duplicate(kOther, kCopy);
  after_accept(listener_, kCopy);
  thread_state.inside = false;
  EXPECT_EQ(reader_->gauges()[shm::Gauge::contended_calls], 2u);
  expect_open(2, 2);
  receive(kRequest);
  EXPECT_EQ(in_flight(), 0u) << "after a byte that was missed, those behind it cannot be read";
  receive(kRequest, 0, kOther);
  EXPECT_EQ(in_flight(), 1u);
  EXPECT_FALSE(thread_state.inside);
}

// One call in 61, wherever in the count a thread begins; each stands for 61.
TEST_F(SocketCalls, OneCallInSixtyOneIsTimed) {
  constexpr int kRounds = 5;
  std::thread([] {
    for (int i = 0; i < 61 * kRounds; ++i) receive("\n");
  }).join();
  EXPECT_EQ(reader_->totals().own_cost_samples, static_cast<std::uint64_t>(kRounds));
  // Longer than 10 µs and a nanosecond for each byte is none of our doing.
  EXPECT_LE(reader_->totals().own_cost_ticks, 61u * kRounds * 10'001u);
  EXPECT_EQ(reader_->totals().own_cost_ticks % 61, 0u);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
