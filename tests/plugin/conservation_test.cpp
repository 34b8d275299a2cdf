// SPDX-License-Identifier: GPL-3.0-or-later
// Every request ends in exactly one record, and until then it is in the table: so after any
// sequence of calls, the requests that arrived are those published and those in flight.
#include <random>
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

// A client and a host on one descriptor that do anything at any moment, and count what must be
// recorded.
class Client {
 public:
  Client(SocketObserver& observer, Recorder& recorder, int fd)
      : observer_(observer), recorder_(recorder), fd_(fd), random_(static_cast<unsigned>(fd)) {
    observer_.accepted(fd_);
  }

  std::uint64_t arrived() const { return arrived_; }

  void do_something() {
    switch (below(16)) {
      case 0:
        end_message();
        receive("garbage\n");
        ++arrived_;
        break;
      case 1:
        end_message();
        receive(std::string("[").append(next_request()).append(",").append(next_request()) + "]");
        ++arrived_;
        break;
      case 2:
        observer_.hung_up(fd_);
        break;
      case 3:
        observer_.send_failed(fd_);
        break;
      case 4:
        observer_.shut_down_for_writing(fd_);
        break;
      case 5:
        begin_anew();
        break;
      case 6:
      case 7:
        begin_message();
        break;
      case 8:
      case 9:
      case 10:
        end_message();
        receive(next_request());
        ++arrived_;
        break;
      default:
        // An answer to half a message would count it before it has arrived.
        end_message();
        send_answer();
    }
  }

  void begin_anew() {
    rest_.clear();  // half a message is no request
    observer_.closing(fd_);
    observer_.accepted(fd_);
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  std::string next_request() { return request("ping", ++last_id_); }

  void receive(const std::string& bytes) {
    const Chunk chunk{bytes.data(), bytes.size()};
    observer_.received(fd_, {&chunk, 1}, recorder_.now());
  }
  void begin_message() {
    end_message();
    const std::string whole = next_request();
    // Before its last byte, which is a bracket with a newline behind it.
    const auto cut = static_cast<std::size_t>(1 + below(static_cast<int>(whole.size()) - 2));
    rest_ = whole.substr(cut);
    receive(whole.substr(0, cut));
  }
  void end_message() {
    if (rest_.empty()) return;
    receive(rest_);
    ++arrived_;
    rest_.clear();
  }

  // To one of the latest requests, to one that never was, or to none in particular; in two pieces.
  void send_answer() {
    const std::string id = below(4) == 0 ? "null" : std::to_string(last_id_ + 1 - below(8));
    const char* const outcome = below(2) == 0 ? R"("result": {})" : R"("error": {"code": 1})";
    send(std::string("{ \"jsonrpc\": \"2.0\", ") + outcome);
    send(R"(, "id": )" + id + " }");
    send("\n");
  }
  void send(const std::string& bytes) {
    const Chunk chunk{bytes.data(), bytes.size()};
    observer_.sent(fd_, {&chunk, 1}, recorder_.now());
  }

  SocketObserver& observer_;
  Recorder& recorder_;
  const int fd_;
  std::minstd_rand random_;
  int last_id_ = 0;
  std::string rest_;  // of a message whose beginning was received
  std::uint64_t arrived_ = 0;
};

class Conservation : public Requests {
 protected:
  static constexpr int kConnectionsAtOnce = 8;

  void SetUp() override {
    Requests::SetUp();
    for (int i = 1; i <= kConnectionsAtOnce; ++i) {
      clients_.push_back(std::make_unique<Client>(*observer_, *recorder_, kFd + i));
    }
  }
  std::uint64_t arrived() const {
    std::uint64_t sum = 0;
    for (const auto& one : clients_) sum += one->arrived();
    return sum;
  }
  std::uint64_t recorded_or_in_flight() const {
    return reader_->totals().published + reader_->inflight().size();
  }

  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(Conservation, HoldsAfterAnySequenceOfCalls) {
  std::minstd_rand random(1);
  for (int step = 0; step < 20'000; ++step) {
    clients_[random() % clients_.size()]->do_something();
    if (step % 100 == 0) {
      ASSERT_EQ(recorded_or_in_flight(), arrived()) << "step " << step;
    }
  }
  for (const auto& one : clients_) one->begin_anew();
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->totals().published, arrived());
  EXPECT_GT(arrived(), 5'000u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 1u + kConnectionsAtOnce);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 1u + kConnectionsAtOnce);
}

TEST_F(Conservation, HoldsForConnectionsThatShareNothingButTheTable) {
  std::vector<std::thread> threads;
  for (const auto& one : clients_) {
    threads.emplace_back([&one] {
      for (int step = 0; step < 5'000; ++step) one->do_something();
      one->begin_anew();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->totals().published, arrived());
  EXPECT_EQ(reader_->gauges()[shm::Gauge::contended_calls], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 1u + kConnectionsAtOnce);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
