// SPDX-License-Identifier: GPL-3.0-or-later
// What comes by itself: documents and records, sent to each client of the live stream as often as it subscribed to them;
// and records, to those who asked for them and wait. On one thread that waits for no client. Each document is made once for all who are due at
// the same time. docs/http-api.md has the protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "http-bridge/door.h"
#include "http-bridge/records/record_sources.h"
#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

struct StreamLimits {
  std::chrono::milliseconds silence{30'000};  // of a client, until it has ended
  std::chrono::milliseconds behind{5'000};    // to take what it is sent, until it is dropped
  std::chrono::milliseconds farewell{1'000};  // of all clients, when the bridge ends
  std::chrono::milliseconds idle_source{
      60'000};                     // until records that nobody asks for are not read any more
  std::size_t subscriptions = 16;  // of one client
  std::size_t held_bytes = std::size_t{64} * 1024 * 1024;  // of documents that were not taken yet
};

class Stream {
 public:
  // A GET of what a client subscribes to, with its parameters. From the stream's thread.
  using Document = std::function<std::shared_ptr<const Response>(const Request&)>;

  // `watched`: the names of the instances whose records may be asked for. From the stream's thread.
  Stream(Document document, RecordSources::Watched watched, const StreamLimits& limits = {});
  ~Stream();  // after stop()

  // Answers a request for records, when there are some. Thread-safe.
  void ask_for_records(const Request& request, LateAnswers::Done done);

  // A client that refused_stream() lets in: owns the descriptor, and keeps `place` until the client has ended.
  // Thread-safe.
  void take(int descriptor, const RequestHead& request, std::shared_ptr<void> place);

  // Answers those who wait, says to all others that this is the end, and from now on does so at once. Thread-safe.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace goxel_telemetry::http_bridge
