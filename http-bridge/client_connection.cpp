// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/client_connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "http-bridge/reply.h"
#include "http-bridge/response_head.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::size_t kMostDrained = std::size_t{1024} * 1024;

}  // namespace

ClientConnection::ClientConnection(const Limits& limits, Time now,
                                   std::span<const std::string> body_paths)
    : limits_(limits), body_paths_(body_paths), since_(now) {}

void ClientConnection::enter(State state, Time now) {
  state_ = state;
  since_ = now;
}

ClientConnection::Time ClientConnection::deadline() const {
  switch (state_) {
    case State::idle:
      return since_ + limits_.idle;
    case State::head:
    case State::body:
      return since_ + limits_.request;
    case State::asking:
      return has_turn_ ? Time::max() : since_ + limits_.turn;
    case State::answering:
      return since_ + limits_.answer;
    case State::lingering:
      return since_ + limits_.linger;
    case State::closed:
      break;
  }
  return Time::max();
}

std::size_t ClientConnection::wanted() const {
  if (state_ == State::lingering) return kMostDrained;
  const std::size_t most = state_ == State::body ? request_.body_bytes : limits_.request_bytes;
  return most - buffer_.size();
}

void ClientConnection::received(std::string_view bytes, Time now) {
  if (state_ == State::lingering) {
    drained_ += bytes.size();
    if (drained_ >= kMostDrained) close();
    return;
  }
  assert(state_ == State::idle || state_ == State::head || state_ == State::body);
  buffer_ += bytes;
  state_ == State::body ? look_for_body(now) : look_for_request(now);
}

void ClientConnection::look_for_request(Time now) {
  if (state_ != State::head) {
    pipelined_ = state_ == State::answering;
    skipped_empty_line_ = false;
    if (buffer_.empty()) return enter(State::idle, now);
    enter(State::head, now);
  }
  // RFC 9112, 2.2: one empty line before a request is ignored.
  if (!skipped_empty_line_ && buffer_.starts_with("\r\n")) {
    skipped_empty_line_ = true;
    buffer_.erase(0, 2);
  }
  const std::size_t size = head_size(buffer_, scanned_);
  if (size == 0) {
    scanned_ = buffer_.size();
    if (buffer_.size() < limits_.request_bytes) return;
    return buffer_.find('\n') == std::string::npos
               ? refuse(414, "The request line is too long.", now)
               : refuse(431, "The request's fields are too long.", now);
  }
  auto parsed = parse_request_head(std::string_view(buffer_).substr(0, size));
  buffer_.erase(0, size);
  scanned_ = 0;
  if (const auto* refused = std::get_if<RefusedHead>(&parsed))
    return refuse(refused->status, refused->sentence, now);
  request_ = std::get<RequestHead>(std::move(parsed));
  is_last_ = is_last_ || !request_.keep_alive || ++served_ >= limits_.requests;
  has_turn_ = false;
  if (takes_body()) return begin_body(now);
  is_last_ = is_last_ || request_.announces_body;
  enter(State::asking, now);
}

bool ClientConnection::takes_body() const {
  return request_.method == "POST" &&
         std::find(body_paths_.begin(), body_paths_.end(), request_.target) != body_paths_.end();
}

void ClientConnection::begin_body(Time now) {
  if (request_.is_chunked)
    return refuse(411, "Say how long the body is: send Content-Length.", now);
  if (request_.body_bytes > limits_.body_bytes)
    return refuse(413, "The body is too large; send it in parts.", now);
  if (request_.expects_continue && buffer_.size() < request_.body_bytes) {
    goes_on_to_body_ = true;
    return answer("HTTP/1.1 100 Continue\r\n\r\n", now);
  }
  enter(State::body, now);
  look_for_body(now);
}

void ClientConnection::look_for_body(Time now) {
  if (buffer_.size() < request_.body_bytes) return;
  received_body_ = buffer_.substr(0, request_.body_bytes);
  buffer_.erase(0, request_.body_bytes);
  enter(State::asking, now);
}

std::size_t ClientConnection::announced_bytes() const {
  const bool has_body =
      state_ == State::body || goes_on_to_body_ || (state_ == State::asking && takes_body());
  return has_body ? request_.body_bytes : 0;
}

void ClientConnection::turn_body_away(Time now) {
  is_last_ = true;
  goes_on_to_body_ = false;
  answer(busy_reply(), now);
}

void ClientConnection::refuse(int status, std::string_view sentence, Time now) {
  is_last_ = true;
  request_ = {};
  answer(std::make_shared<const Response>(error_reply(status, sentence)), now);
}

void ClientConnection::answer(std::string bytes, Time now) {
  received_body_ = {};
  bytes_ = std::move(bytes);
  body_.reset();
  sent_ = 0;
  enter(State::answering, now);
}

void ClientConnection::answer(const std::shared_ptr<const Response>& response, Time now) {
  answer(head_of(*response, is_last_), now);
  if (request_.method != "HEAD") body_ = response;
}

std::array<std::string_view, 2> ClientConnection::unsent() const {
  const std::string_view body = body_ ? std::string_view(body_->body) : std::string_view();
  if (sent_ < bytes_.size()) return {std::string_view(bytes_).substr(sent_), body};
  return {std::string_view(), body.substr(sent_ - bytes_.size())};
}

std::size_t ClientConnection::unsent_bytes() const {
  return bytes_.size() + (body_ ? body_->body.size() : 0) - sent_;
}

void ClientConnection::sent(std::size_t bytes, Time now) {
  sent_ += bytes;
  if (unsent_bytes() > 0) return;
  bytes_ = {};
  body_.reset();
  sent_ = 0;
  if (std::exchange(goes_on_to_body_, false)) {
    enter(State::body, now);
    return look_for_body(now);
  }
  if (!is_last_) return look_for_request(now);
  buffer_ = {};
  enter(State::lingering, now);
}

void ClientConnection::deadline_passed(Time now) {
  if (state_ == State::head || state_ == State::body)
    return refuse(408, "The request took too long to arrive.", now);
  if (state_ == State::asking) {
    is_last_ = true;
    return answer(busy_reply(), now);
  }
  close();
}

void ClientConnection::stop() {
  is_last_ = true;
  if (state_ != State::asking && state_ != State::answering) close();
}

}  // namespace goxel_telemetry::http_bridge
