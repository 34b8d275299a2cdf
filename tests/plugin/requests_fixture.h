// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: one client's connection without a process or a socket, in a few verbs, and the records
// that came of it.
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

// One "operation status" a record, in the order of publication.
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
    settings_.unanswered_after_ns = 10'000'000'000;  // nothing here takes so long
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
    // A recorder lives as long as its threads; this thread still holds a lane of it.
    static std::vector<std::unique_ptr<Recorder>> kept;
    kept.push_back(std::move(recorder_));
  }

  void receive(const std::string& bytes, int fd = kFd) { receive_at(recorder_->now(), bytes, fd); }
  // As long ago as the time limit.
  void receive_long_ago(const std::string& bytes, int fd = kFd) {
    receive_at(recorder_->now() - recorder_->unanswered_after_ticks(), bytes, fd);
  }
  void receive_at(std::uint64_t ticks, const std::string& bytes, int fd) {
    const Chunk chunk{bytes.data(), bytes.size()};
    observer_->received(fd, {&chunk, 1}, ticks);
  }
  void send(const std::string& bytes, int fd = kFd) {
    const Chunk chunk{bytes.data(), bytes.size()};
    observer_->sent(fd, {&chunk, 1}, recorder_->now());
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
  std::vector<std::string> in_hand() {
    std::vector<std::string> names;
    for (const auto& entry : reader_->inflight()) names.push_back(reader_->name(entry.operation));
    return names;
  }
  using Names = std::vector<std::string>;

  Settings settings_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<SocketObserver> observer_;
  std::unique_ptr<shm::Reader> reader_;
};

}  // namespace goxel_telemetry::plugin
