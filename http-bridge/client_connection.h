// SPDX-License-Identifier: GPL-3.0-or-later
// One client's connection without its socket: says what is to be read, asked, written and closed, and
// until when. Bytes and times are arguments. Everything that a client could make long has a limit,
// and nothing is read while an answer is not written, so that requests cannot pile up.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http-bridge/limits.h"
#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class ClientConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class State {
    idle,       // wants the first byte of a request
    head,       // wants the rest of its head
    body,       // wants its body
    asking,     // wants the answer to request()
    answering,  // has unsent() bytes
    lingering,  // has none, now or ever: the client shall read what was sent, and hang up
    closed,     // nothing is wanted any more
  };

  // The body of a POST to one of `body_paths` is read, of no other request. They outlive this object.
  ClientConnection(const Limits& limits, Time now, std::span<const std::string> body_paths = {});

  State state() const { return state_; }
  Time since() const { return since_; }  // when it came into its state
  Time deadline() const;                 // of its state

  // While idle, in a head or a body, or lingering: how many bytes are taken, at least one.
  std::size_t wanted() const;
  void received(std::string_view bytes, Time now);
  void input_ended() { close(); }  // what it asked is answered by then

  // While asking: the request; whether it waited behind an earlier answer; whether its answer is the
  // last. It has its turn: from now on it is waited for without a deadline.
  const RequestHead& request() const { return request_; }
  bool pipelined() const { return pipelined_; }
  bool has_more() const { return !buffer_.empty(); }  // was sent behind it
  bool is_last() const { return is_last_; }
  void has_turn() { has_turn_ = true; }
  bool takes_body() const;  // request() is one with a body, be it empty
  std::string take_body() { return std::move(received_body_); }
  // What its body takes of memory, from when it is announced to its answer.
  std::size_t announced_bytes() const;
  // There is no room for the body: it is not read.
  void turn_body_away(Time now);
  // The answer as bytes, or as a document, whose body may be shared.
  void answer(std::string bytes, Time now);
  void answer(const std::shared_ptr<const Response>& response, Time now);

  // While answering: what is to be sent, in two pieces.
  std::array<std::string_view, 2> unsent() const;
  std::size_t unsent_bytes() const;
  // What memory it holds: bytes of its own, and a document that others may hold, too (or null).
  std::size_t own_bytes() const { return bytes_.size(); }
  const std::shared_ptr<const Response>& shared() const { return body_; }
  void sent(std::size_t bytes, Time now);

  void deadline_passed(Time now);
  // An answer that is awaited or on its way is the last one; without one it is closed.
  void stop();
  void close() { state_ = State::closed; }

 private:
  void enter(State state, Time now);
  void look_for_request(Time now);
  void begin_body(Time now);
  void look_for_body(Time now);
  void refuse(int status, std::string_view sentence, Time now);

  Limits limits_;
  std::span<const std::string> body_paths_;
  State state_ = State::idle;
  Time since_;
  std::string buffer_;       // received and not yet asked
  std::size_t scanned_ = 0;  // of buffer_, without an end of a head
  std::size_t served_ = 0;
  std::size_t drained_ = 0;
  bool skipped_empty_line_ = false;
  bool pipelined_ = false;
  bool is_last_ = false;
  bool has_turn_ = false;
  bool goes_on_to_body_ = false;  // after what is being answered
  RequestHead request_;
  std::string received_body_;
  std::string bytes_;                     // of the answer
  std::shared_ptr<const Response> body_;  // after them; may be null
  std::size_t sent_ = 0;
};

}  // namespace goxel_telemetry::http_bridge
