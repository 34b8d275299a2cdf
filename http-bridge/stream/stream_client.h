// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the live stream: its WebSocket (RFC 6455), by Boost.Beast. It takes one batch of frames at a time, so that
// a slow client holds no more than that. All calls but the construction come from the thread that runs the io_context.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"
#include "http-bridge/stream/handshake.h"

namespace boost::asio {
class io_context;
}

namespace goxel_telemetry::http_bridge {

struct StreamFrame {
  std::string head;
  std::shared_ptr<const Response> body = {};  // its text stands between head and tail; may be null
  std::string_view tail = {};                 // outlives the frame
};

class StreamClient : public std::enable_shared_from_this<StreamClient> {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Events {
    std::function<void(StreamClient&, std::string_view text)> message;  // while nothing is unsent
    std::function<void(StreamClient&)> ended;                           // once, and last
  };

  // Owns the connected descriptor. A client from which nothing comes for `silence`, not even the answer to a ping, has
  // ended. `events` must outlive this object.
  StreamClient(boost::asio::io_context& io, int descriptor, std::chrono::milliseconds silence,
               StreamProtocol protocol, const Events& events);
  ~StreamClient();

  // Answers the client's request, and reads its messages from then on.
  void accept(const RequestHead& request);

  const StreamProtocol& protocol() const { return protocol_; }
  bool is_open() const { return is_open_; }  // accepted, and not ended

  // While nothing is unsent: sends these, one after the other.
  void send(std::vector<StreamFrame> frames);
  bool is_idle() const { return unsent_since_ == Time::max(); }
  Time unsent_since() const { return unsent_since_; }

  // So many messages may come until the next call: of more, none is read. Of pings and their like, which cannot be left unread, so
  // many may come, too: a client that sends more is dropped.
  void allow(std::size_t messages, std::size_t pings);

  // Says that the bridge ends, and waits for the client to end.
  void close();
  // Ends at once.
  void drop();

 private:
  struct WebSocket;

  void read();
  void count_ping();
  void send_next();
  void end();

  const std::unique_ptr<WebSocket> websocket_;
  const StreamProtocol protocol_;
  const Events& events_;
  std::vector<StreamFrame> frames_;
  std::size_t sent_ = 0;  // of frames_
  Time unsent_since_ = Time::max();
  std::size_t messages_left_ = 0;
  std::size_t pings_left_ = 0;
  bool is_open_ = false;
  bool is_reading_ = false;
  bool has_ended_ = false;
};

}  // namespace goxel_telemetry::http_bridge
