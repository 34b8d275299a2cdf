// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/answers.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "http-bridge/http_backend.h"
#include "http-bridge/reply.h"
#include "http-bridge/request_head.h"
#include "http-bridge/response_head.h"
#include "http-bridge/target.h"

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::chrono::milliseconds kBackendPause{1};

// Removes `Connection: close`, which is about the connection between us and the backend.
void let_continue(std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  const std::size_t close = answer.find(kCloses);
  if (close < end) answer.erase(close, kCloses.size());
}

Request to_request(const RequestHead& head) {
  Target target = parse_target(head.target);
  Request request{head.method, std::move(target.path), std::move(target.parameters), head.accept,
                  head.host,   head.authorization};
  request.accept_encoding = head.accept_encoding;
  request.if_none_match = head.if_none_match;
  request.origin = head.origin;
  request.requested_method = head.requested_method;
  request.private_network = head.private_network;
  request.content_type = head.content_type;
  request.content_encoding = head.content_encoding;
  return request;
}

bool is_read(const RequestHead& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool is_answered_late(const Peer& peer) {
  const RequestHead& request = peer.connection.request();
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  return is_read(request) && path == peer.door.late.path;
}

bool wants_upgrade(const Peer& peer) {
  const RequestHead& request = peer.connection.request();
  return request.upgrades && request.method == "GET" && request.target == peer.door.upgrades.path;
}

// Null: the backend is asked.
const SharedAnswer* fetched_from(const Peer& peer) {
  const RequestHead& request = peer.connection.request();
  const PathAnswers& ready = peer.door.ready;
  if (is_read(request) &&
      std::find(ready.paths.begin(), ready.paths.end(), request.target) != ready.paths.end()) {
    return &ready.answer;
  }
  return peer.door.others ? &peer.door.others : nullptr;
}

}  // namespace

// One request to the backend.
struct Answers::Ask {
  Ask(asio::io_context& io, int fd, PeerPtr for_peer) : peer(std::move(for_peer)), socket(io, fd) {}
  PeerPtr peer;
  Descriptor socket;
  std::string answer;
};

struct Answers::Work {
  explicit Work(asio::io_context& io) : backend_pause(io) {}
  asio::steady_timer backend_pause;
  asio::thread_pool fetcher{1};
  asio::thread_pool poster{1};
};

Answers::Answers(asio::io_context& io, Peers& peers, const HttpBackend& backend,
                 std::size_t most_asked)
    : io_(io),
      peers_(peers),
      backend_(backend),
      most_asked_(most_asked),
      work_(std::make_unique<Work>(io)) {}

Answers::~Answers() = default;

void Answers::ask(const PeerPtr& peer) {
  if (peer->connection.takes_body()) return take_post(peer);
  if (wants_upgrade(*peer)) return upgrade(peer);
  if (is_answered_late(*peer)) return ask_late(peer);
  if (fetched_from(*peer) == nullptr) return ask_backend(peer);
  // A client that sends many requests at once does not keep others waiting.
  if (peer->connection.pipelined() && fetching_ > 0) {
    later_.push_back(peer);
  } else {
    fetch(peer);
  }
}

void Answers::upgrade(const PeerPtr& peer) {
  const Upgrades& upgrades = peer->door.upgrades;
  const RequestHead request = peer->connection.request();
  if (peer->connection.has_more()) {
    return peers_.answer(peer, std::make_shared<const Response>(error_reply(
                                   400, "Send nothing behind this request before its answer.")));
  }
  if (const auto refused = upgrades.refuse(request)) return peers_.answer(peer, refused);
  auto place = peers_.place_for_upgraded();
  if (!place) return peers_.answer_busy(peer);
  upgrades.take(peers_.give_away(peer), request, std::move(place));
}

void Answers::fetch(const PeerPtr& peer) {
  ++fetching_;
  peers_.has_turn(peer);
  asio::post(work_->fetcher, [this, peer, answer = fetched_from(*peer),
                              request = to_request(peer->connection.request()),
                              guard = asio::make_work_guard(io_)] {
    std::shared_ptr<const Response> response;
    try {
      response = (*answer)(request);
    } catch (const std::exception&) {  // no memory
    }
    asio::post(io_, [this, peer, response = std::move(response)] { fetched(peer, response); });
  });
}

void Answers::fetched(const PeerPtr& peer, const std::shared_ptr<const Response>& response) {
  --fetching_;
  if (response) {
    peers_.answer(peer, response);
  } else {
    peers_.answer_busy(peer);
  }
  while (fetching_ == 0 && !later_.empty()) {
    const PeerPtr next = std::move(later_.front());
    later_.pop_front();
    if (next->awaits_answer()) fetch(next);
  }
}

// How many wait is bounded by what their bodies take.
void Answers::take_post(const PeerPtr& peer) {
  peers_.has_turn(peer);
  Request request = to_request(peer->connection.request());
  request.body = peer->connection.take_body();
  asio::post(work_->poster,
             [this, peer, request = std::move(request), guard = asio::make_work_guard(io_)] {
               std::shared_ptr<const Response> response;
               try {
                 response = peer->door.posts.answer(request);
               } catch (const std::exception&) {  // no memory
               }
               asio::post(io_, [this, peer, response = std::move(response)] {
                 if (!response) return peers_.answer_busy(peer);
                 peers_.answer(peer, response);
               });
             });
}

void Answers::ask_late(const PeerPtr& peer) {
  peers_.has_turn(peer);
  const auto left = std::make_shared<std::atomic<bool>>(false);
  Request request = to_request(peer->connection.request());
  request.is_gone = [left] { return left->load(); };
  peers_.look_for_leaving(peer, [left] { left->store(true); });
  peer->door.late.answer(request, [this, peer, guard = asio::make_work_guard(io_)](
                                      std::shared_ptr<const Response> response) {
    asio::post(io_,
               [this, peer, response = std::move(response)] { peers_.answer(peer, response); });
  });
}

void Answers::ask_backend(const PeerPtr& peer) {
  if (asked_ == most_asked_ || backend_pauses_) return waiting_.push_back(peer);
  const int fd = backend_.connect();
  if (fd < 0 && errno == EAGAIN) {
    waiting_.push_front(peer);
    backend_pauses_ = true;
    work_->backend_pause.expires_after(kBackendPause);
    return work_->backend_pause.async_wait([this](error_code) {
      backend_pauses_ = false;
      ask_waiting();
    });
  }
  if (fd < 0) return peers_.answer_busy(peer);
  const auto ask = std::make_shared<Ask>(io_, fd, peer);
  const auto left = std::make_shared<std::atomic<bool>>(false);
  const std::string request = backend_.bytes_of(peer->connection.request(), left);
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return peers_.answer_busy(peer);
  }
  ++asked_;
  peers_.has_turn(peer);
  wait_for_answer(ask);
  peers_.look_for_leaving(peer, [left] { left->store(true); });
}

void Answers::ask_waiting() {
  while (asked_ < most_asked_ && !backend_pauses_ && !waiting_.empty()) {
    const PeerPtr next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next->awaits_answer()) ask_backend(next);
  }
}

void Answers::wait_for_answer(const AskPtr& ask) {
  ask->socket.async_wait(Descriptor::wait_read, [this, ask](error_code) { read_answer(ask); });
}

void Answers::read_answer(const AskPtr& ask) {
  const ssize_t got =
      ::recv(ask->socket.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return wait_for_answer(ask);
  if (got > 0) {
    const auto size = static_cast<std::size_t>(got);
    if (peers_.hold(size)) {
      ask->answer.append(buffer_.data(), size);
      return wait_for_answer(ask);
    }
  }
  const bool is_whole = got == 0 && !ask->answer.empty();
  peers_.release(ask->answer.size());
  error_code ignored;
  ask->socket.close(ignored);
  --asked_;
  if (is_whole) {
    if (!ask->peer->connection.is_last()) let_continue(ask->answer);
    peers_.answer(ask->peer, std::move(ask->answer));
  } else {
    peers_.answer_busy(ask->peer);
  }
  ask_waiting();
}

}  // namespace goxel_telemetry::http_bridge
