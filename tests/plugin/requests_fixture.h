// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: one client's connection without a process or a socket, in a few verbs, and the records
// that it led to.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "plugin/socket_observer.h"
#include "shm/reader.h"

namespace goxel_telemetry::plugin {

using shm::Status;

inline const std::string kPing = R"({"jsonrpc": "2.0", "method": "ping", "id": 1})"
                                 "\n";
inline const std::string kPong = R"({ "jsonrpc": "2.0", "result": { "pong": true }, "id": 1 })";

inline std::string request(const std::string& method, int id) {
  return R"({"jsonrpc": "2.0", "method": ")" + method + R"(", "id": )" + std::to_string(id) + "}\n";
}
inline std::string tool(const std::string& name) {
  return R"({"tool": ")" + name +
         R"(", "arguments": {}})"
         "\n";
}
inline const std::string kDone = R"({ "success": true, "content": {} })";
inline std::string answer(int id) {
  return R"({ "jsonrpc": "2.0", "result": {}, "id": )" + std::to_string(id) + " }";
}

// A record's operation and status; records come in the order of publication.
struct Seen {
  std::string operation;
  Status status;
  friend bool operator==(const Seen&, const Seen&) = default;
};
inline void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.operation << " " << static_cast<int>(seen.status);
}

class Requests : public testing::Test {
 protected:
  static constexpr int kFd = 50;

  void SetUp() override {
    settings_.instance = "requests-" + std::to_string(getpid());
    // No test takes this long, and the machine has been up for longer.
    settings_.unanswered_after_ns = 60'000'000'000;
    std::string why;
    recorder_ = Recorder::create(settings_, {"test", "", 1}, shm::Door::preload, why);
    ASSERT_NE(recorder_, nullptr) << why;
    observer_ = std::make_unique<SocketObserver>();
    observer_->start(*recorder_);
    reader_ = shm::Reader::open(settings_.instance);
    ASSERT_NE(reader_, nullptr);
    observer_->accepted(kFd);
  }
  void TearDown() override {
    recorder_->retire();
    shm::remove_segment(settings_.instance, reader_->producer().run_id);
    // A recorder must live as long as the threads that used it: this thread still holds one of its
    // lanes.
    static std::vector<std::unique_ptr<Recorder>> kept;
    kept.push_back(std::move(recorder_));
  }

  // The recorder's clock, put forward by the ticks that were given to let_pass().
  std::uint64_t now() const { return recorder_->now() + passed_ticks_; }
  void let_pass(std::uint64_t ticks) { passed_ticks_ += ticks; }
  // The reading thread has waited for the client's input alone, and sees whether some has come.
  void wait_in_vain() { observer_->waited(kFd, false); }
  void wait_and_wake() { observer_->waited(kFd, true); }
  // Gives up what was overtaken, if the host is not known to answer in any order.
  void give_up_what_was_overtaken() {
    let_pass(recorder_->ticks_of_ns(kOvertakenForNs));
    observer_->housekeep(now());
  }
  void let_the_time_limit_pass() { let_pass(recorder_->unanswered_after_ticks()); }

  void receive(const std::string& bytes, int fd = kFd) { receive_at(now(), bytes, fd); }
  // Receives bytes at a time that is as long ago as the time limit: for code that reads the
  // recorder's own clock.
  void receive_long_ago(const std::string& bytes, int fd = kFd) {
    receive_at(now() - recorder_->unanswered_after_ticks(), bytes, fd);
  }
  void receive_at(std::uint64_t ticks, const std::string& bytes, int fd) {
    observer_->received(fd, bytes.data(), bytes.size(), ticks);
  }
  void send(const std::string& bytes, int fd = kFd) {
    observer_->sent(fd, bytes.data(), bytes.size(), now());
  }
  std::vector<shm::Record> records() {
    std::vector<shm::Record> found;
    reader_->sweep([&](const shm::Record& record, std::uint32_t) { found.push_back(record); });
    return found;
  }
  std::vector<Seen> seen() {
    std::vector<Seen> found;
    for (const shm::Record& record : records()) {
      found.push_back({reader_->name(record.operation), static_cast<Status>(record.status)});
    }
    return found;
  }
  using List = std::vector<Seen>;
  std::vector<std::string> in_flight() {
    std::vector<std::string> names;
    for (const auto& entry : reader_->inflight()) names.push_back(reader_->name(entry.operation));
    return names;
  }
  using Names = std::vector<std::string>;

  Settings settings_;
  std::uint64_t passed_ticks_ = 0;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<SocketObserver> observer_;
  std::unique_ptr<shm::Reader> reader_;
};

}  // namespace goxel_telemetry::plugin
