// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/stream/stream_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <utility>

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::generic::stream_protocol;
using boost::system::error_code;

// What the kernel keeps for a client that does not read is seconds old when it does. So it keeps little of it.
constexpr int kSendBuffer = 64 * 1024;

stream_protocol protocol_of(int descriptor) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return {family, 0};
}

}  // namespace

struct StreamClient::WebSocket {
  WebSocket(asio::io_context& io, int descriptor)
      : stream(stream_protocol::socket(io, protocol_of(descriptor), descriptor)) {}
  websocket::stream<stream_protocol::socket> stream;
  beast::flat_buffer received;
};

StreamClient::StreamClient(asio::io_context& io, int descriptor, std::chrono::milliseconds silence,
                           StreamProtocol protocol, const Events& events)
    : websocket_(std::make_unique<WebSocket>(io, descriptor)),
      protocol_(std::move(protocol)),
      events_(events) {
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  auto& stream = websocket_->stream;
  websocket::stream_base::timeout patience =
      websocket::stream_base::timeout::suggested(beast::role_type::server);
  patience.handshake_timeout = silence;
  patience.idle_timeout = silence;
  patience.keep_alive_pings = true;
  stream.set_option(patience);
  stream.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    response.set(http::field::server, "goxel-telemetry-bridge");  // else Beast tells its version
    if (!protocol_.name.empty()) response.set(http::field::sec_websocket_protocol, protocol_.name);
  }));
  stream.control_callback(
      [this](websocket::frame_type, boost::beast::string_view) { count_ping(); });
  stream.read_message_max(documents::kMostStreamMessageBytes);
  stream.auto_fragment(false);
  stream.binary(protocol_.encoding == documents::StreamEncoding::msgpack);
}

StreamClient::~StreamClient() = default;

void StreamClient::accept(const RequestHead& head) {
  http::request<http::empty_body> request(http::verb::get, kStreamPath, 11);
  request.set(http::field::host, head.host);
  request.set(http::field::connection, "Upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_key, head.websocket_key);
  request.set(http::field::sec_websocket_version, head.websocket_version);
  websocket_->stream.async_accept(request, [self = shared_from_this()](error_code error) {
    if (error) return self->end();
    self->is_open_ = true;
    self->read();
  });
}

void StreamClient::read() {
  if (is_reading_ || has_ended_ || !is_idle() || messages_left_ == 0) return;
  is_reading_ = true;
  websocket_->stream.async_read(
      websocket_->received, [self = shared_from_this()](error_code error, std::size_t) {
        self->is_reading_ = false;
        if (error || self->has_ended_) return self->end();
        --self->messages_left_;
        const auto bytes = self->websocket_->received.cdata();
        self->events_.message(*self, {static_cast<const char*>(bytes.data()), bytes.size()});
        self->websocket_->received.consume(bytes.size());
        self->read();
      });
}

void StreamClient::send(std::vector<StreamFrame> frames) {
  if (frames.empty() || has_ended_) return;
  frames_ = std::move(frames);
  sent_ = 0;
  unsent_since_ = std::chrono::steady_clock::now();
  send_next();
}

void StreamClient::send_next() {
  const StreamFrame& frame = frames_[sent_];
  const std::string_view body =
      frame.body ? std::string_view(frame.body->body) : std::string_view();
  const std::array<asio::const_buffer, 3> pieces = {
      asio::buffer(frame.head), asio::buffer(body.data(), body.size()),
      asio::buffer(frame.tail.data(), frame.tail.size())};
  websocket_->stream.async_write(pieces,
                                 [self = shared_from_this()](error_code error, std::size_t) {
                                   if (error || self->has_ended_) return self->end();
                                   if (++self->sent_ < self->frames_.size())
                                     return self->send_next();
                                   self->frames_.clear();
                                   self->unsent_since_ = Time::max();
                                   self->read();
                                 });
}

// Is called by the stream while it reads, which must not be ended there.
void StreamClient::count_ping() {
  if (pings_left_ > 0) {
    --pings_left_;
  } else {
    asio::post(websocket_->stream.get_executor(), [self = shared_from_this()] { self->drop(); });
  }
}

void StreamClient::allow(std::size_t messages, std::size_t pings) {
  messages_left_ = messages;
  pings_left_ = pings;
  if (is_open_) read();
}

void StreamClient::close() {
  if (!is_open_) return drop();
  websocket_->stream.async_close(websocket::close_code::going_away,
                                 [self = shared_from_this()](error_code) { self->drop(); });
}

void StreamClient::drop() {
  error_code ignored;
  websocket_->stream.next_layer().close(ignored);
  end();
}

void StreamClient::end() {
  if (std::exchange(has_ended_, true)) return;
  is_open_ = false;
  error_code ignored;
  websocket_->stream.next_layer().close(ignored);
  events_.ended(*this);
}

}  // namespace goxel_telemetry::http_bridge
