// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/peers.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "http-bridge/reply.h"
#include "http-bridge/response_head.h"

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;
using Clock = std::chrono::steady_clock;
using State = ClientConnection::State;

constexpr int kAcceptedAtOnce = 64;              // before others have a turn
constexpr std::chrono::milliseconds kPause{10};  // when the system has no free descriptor
constexpr std::chrono::milliseconds kFairTime{
    100};  // to take an answer, while others need the room

// httplib waits by select(), which knows no descriptor from this one on. So these are the clients'.
constexpr std::size_t kFirstDescriptor = 1024;
constexpr std::size_t kOtherDescriptors = 256;
constexpr std::size_t kSpareDescriptors = 16;

struct Descriptors {
  std::size_t connections;
  std::size_t upgraded;
  bool are_high;  // they can begin at kFirstDescriptor
};

// How many connections the limit of descriptors leaves room for, once it is as high as it may be.
Descriptors descriptors_for(const Limits& limits) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = kFirstDescriptor + limits.connections + limits.upgraded;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  const auto shared = [&limits](std::size_t room, bool are_high) {
    const std::size_t upgraded = std::min(limits.upgraded, room / 3);
    return Descriptors{std::min(limits.connections, room - upgraded), upgraded, are_high};
  };
  if (limit.rlim_cur >= 2 * kFirstDescriptor)
    return shared(limit.rlim_cur - kFirstDescriptor, true);
  const std::size_t low = std::min<std::size_t>(limit.rlim_cur, kFirstDescriptor);
  return shared(std::max(low, kOtherDescriptors + 1) - kOtherDescriptors, false);
}

}  // namespace

struct Peer::Socket {
  Socket(asio::io_context& io, int fd) : descriptor(io, fd), deadline(io), farewell(io) {}
  Descriptor descriptor;
  asio::steady_timer deadline;
  asio::steady_timer farewell;
};

struct Peers::Listener {
  Listener(asio::io_context& io, int fd, Door in)
      : socket(io, fd), pause(io), door(std::move(in)) {}
  Descriptor socket;
  asio::steady_timer pause;
  Door door;
};

Peer::Peer(asio::io_context& io, int fd, const Limits& limits, const Door& at)
    : door(at),
      connection(limits, Clock::now(), door.posts.paths),
      socket(std::make_unique<Socket>(io, fd)) {}

Peer::~Peer() = default;

Peers::Peers(asio::io_context& io, const Limits& limits, std::function<void(const PeerPtr&)> ask)
    : io_(io),
      limits_(limits),
      ask_(std::move(ask)),
      upgraded_(std::make_shared<std::atomic<std::size_t>>(0)) {
  const Descriptors descriptors = descriptors_for(limits_);
  most_peers_ = descriptors.connections;
  most_upgraded_ = descriptors.upgraded;
  high_descriptors_ = descriptors.are_high;
}

Peers::~Peers() = default;

// Accepting ---------------------------------------------------------------------------------------

void Peers::accept_at(int listening, Door door) {
  wait_for_clients(listeners_.emplace_back(io_, listening, std::move(door)));
}

void Peers::wait_for_clients(Listener& listener) {
  if (!listener.socket.is_open()) return;
  listener.socket.async_wait(Descriptor::wait_read, [this, &listener](error_code error) {
    if (error != asio::error::operation_aborted) accept_clients(listener);
  });
}

void Peers::accept_clients(Listener& listener) {
  for (int i = 0; i < kAcceptedAtOnce && listener.socket.is_open(); ++i) {
    const int fd =
        ::accept4(listener.socket.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      welcome(fd, listener);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno == EINVAL || errno == EBADF || errno == ENOTSOCK) {  // it no longer listens
      failed_ = true;
      return end();
    } else if ((errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) &&
               !spare_descriptors()) {
      listener.pause.expires_after(kPause);
      return listener.pause.async_wait([this, &listener](error_code error) {
        if (!error) accept_clients(listener);
      });
    }
  }
  wait_for_clients(listener);
}

void Peers::welcome(int fd, const Listener& listener) {
  if (peers_.size() >= most_peers_ && !make_room_for_client()) {
    const auto busy = busy_reply();
    const std::string answer = head_of(*busy, true) + busy->body;
    ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(fd);
    return;
  }
  if (const int high =
          high_descriptors_ ? ::fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(kFirstDescriptor)) : -1;
      high >= 0) {
    ::close(fd);
    fd = high;
  }
  const auto peer = std::make_shared<Peer>(io_, fd, limits_, listener.door);
  peers_.insert(peer);
  advance(peer);
}

// Ends one of the connections of which nothing is wanted, or which the client keeps waiting. False if
// there is none.
bool Peers::make_room_for_client() {
  constexpr std::array kInThisOrder = {State::lingering, State::idle, State::head, State::body,
                                       State::answering};
  for (const State state : kInThisOrder) {
    if (end_oldest(state, ClientConnection::Time::max())) return true;
  }
  return false;
}

// When the process or the system has no free descriptor: serves fewer clients from now on, so that
// files can be read for those. False if nobody could be ended.
bool Peers::spare_descriptors() {
  const std::size_t before = peers_.size();
  most_peers_ = before - std::min(before / 2, kSpareDescriptors);
  while (peers_.size() > most_peers_ && make_room_for_client()) {
  }
  most_peers_ = std::max<std::size_t>(most_peers_, 1);
  return peers_.size() < before;
}

// Of the connections that came into `state` before `until`. False if there is none.
bool Peers::end_oldest(State state, ClientConnection::Time until) {
  PeerPtr oldest;
  for (const PeerPtr& peer : peers_) {
    const ClientConnection& connection = peer->connection;
    if (connection.state() != state || connection.since() >= until) continue;
    if (!oldest || connection.since() < oldest->connection.since()) oldest = peer;
  }
  if (oldest) close(oldest);
  return oldest != nullptr;
}

// Connections -------------------------------------------------------------------------------------

// Does what the connection wants, until that takes time.
void Peers::advance(const PeerPtr& peer) {
  ClientConnection& connection = peer->connection;
  if (announced_bytes_ - peer->announced_bytes + connection.announced_bytes() >
      limits_.all_body_bytes) {
    connection.turn_body_away(Clock::now());
  }
  while (connection.state() == State::answering) {
    if (!write(*peer)) {
      settle(peer);
      return wait_to_write(peer);
    }
  }
  if (connection.state() == State::closed) return close(peer);
  settle(peer);
  if (connection.state() == State::asking) {
    if (!std::exchange(peer->is_asked, true)) ask_(peer);
    return;
  }
  if (connection.state() == State::lingering && !std::exchange(peer->is_shut, true))
    ::shutdown(peer->socket->descriptor.native_handle(), SHUT_WR);
  wait_to_read(peer);
}

void Peers::wait_to_read(const PeerPtr& peer) {
  peer->socket->descriptor.async_wait(Descriptor::wait_read, [this, peer](error_code error) {
    if (error || peer->connection.state() == State::closed) return;
    read(*peer);
    advance(peer);
  });
}

void Peers::wait_to_write(const PeerPtr& peer) {
  peer->socket->descriptor.async_wait(Descriptor::wait_write, [this, peer](error_code error) {
    if (!error && peer->connection.state() != State::closed) advance(peer);
  });
}

void Peers::read(Peer& peer) {
  ClientConnection& connection = peer.connection;
  const ssize_t got = ::recv(peer.socket->descriptor.native_handle(), buffer_.data(),
                             std::min(buffer_.size(), connection.wanted()), MSG_DONTWAIT);
  if (got > 0) {
    connection.received({buffer_.data(), static_cast<std::size_t>(got)}, Clock::now());
  } else if (got == 0) {
    connection.input_ended();
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.close();
  }
}

// False if the client must first take what it has.
bool Peers::write(Peer& peer) {
  std::array<iovec, 2> pieces;
  std::size_t size = 0;
  const auto unsent = peer.connection.unsent();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i] = {const_cast<char*>(unsent[i].data()), unsent[i].size()};
    size += unsent[i].size();
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t sent =
      ::sendmsg(peer.socket->descriptor.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    peer.connection.close();
    return true;
  }
  peer.connection.sent(static_cast<std::size_t>(sent), Clock::now());
  return static_cast<std::size_t>(sent) == size;
}

// Takes account of what the connection has become.
void Peers::settle(const PeerPtr& peer) {
  count_bytes(*peer);
  const auto deadline = peer->connection.deadline();
  if (peer->timer_ends == deadline) return;
  peer->timer_ends = deadline;
  if (deadline == ClientConnection::Time::max()) {
    peer->socket->deadline.cancel();
    return;
  }
  peer->socket->deadline.expires_at(deadline);
  peer->socket->deadline.async_wait([this, peer](error_code error) {
    if (error || peer->connection.state() == State::closed) return;
    const auto now = Clock::now();
    if (now < peer->connection.deadline()) return;  // it has a later one by now
    error_code ignored;
    peer->socket->descriptor.cancel(ignored);
    peer->is_asked = false;
    peer->connection.deadline_passed(now);
    advance(peer);
  });
}

// A document counts once, however many clients have not taken it yet.
void Peers::count_bytes(Peer& peer) {
  const bool holds = peer.connection.state() == State::answering;
  announced_bytes_ -= std::exchange(peer.announced_bytes, peer.connection.announced_bytes());
  announced_bytes_ += peer.announced_bytes;
  held_bytes_ -= peer.own_bytes;
  peer.own_bytes = holds ? peer.connection.own_bytes() : 0;
  held_bytes_ += peer.own_bytes;
  const auto shared = holds ? peer.connection.shared() : nullptr;
  if (shared == peer.shared) return;
  if (peer.shared && --holders_[peer.shared.get()] == 0) {
    holders_.erase(peer.shared.get());
    held_bytes_ -= peer.shared->body.size();
  }
  if (shared && ++holders_[shared.get()] == 1) held_bytes_ += shared->body.size();
  peer.shared = shared;
}

void Peers::close(const PeerPtr& peer) {
  peer->connection.close();
  settle(peer);
  error_code ignored;
  peer->socket->descriptor.close(ignored);
  peers_.erase(PeerPtr(peer));
}

std::shared_ptr<void> Peers::place_for_upgraded() {
  if (upgraded_->load() >= most_upgraded_) return nullptr;
  ++*upgraded_;
  return {upgraded_.get(), [open = upgraded_](void*) { --*open; }};
}

int Peers::give_away(const PeerPtr& peer) {
  const int descriptor = peer->socket->descriptor.release();
  close(peer);
  return descriptor;
}

// What a client sends behind its request is not read before the answer, and hides that it has left.
void Peers::look_for_leaving(const PeerPtr& peer, std::function<void()> left) {
  peer->left = std::make_shared<std::function<void()>>(std::move(left));
  look(peer);
}

void Peers::look(const PeerPtr& peer) {
  peer->socket->descriptor.async_wait(
      Descriptor::wait_read, [this, peer, left = peer->left](error_code error) {
        if (error || peer->left != left) return;
        char next = 0;
        const ssize_t got =
            ::recv(peer->socket->descriptor.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got > 0) return;
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return look(peer);
        if (got < 0) return leave(peer);
        // It has left, or only sends no more. Nobody can know.
        peer->socket->farewell.expires_after(limits_.farewell);
        peer->socket->farewell.async_wait([this, peer, left](error_code cancelled) {
          if (!cancelled && peer->left == left) leave(peer);
        });
      });
}

void Peers::leave(const PeerPtr& peer) {
  (*std::exchange(peer->left, nullptr))();
  close(peer);
}

// Answers -----------------------------------------------------------------------------------------

void Peers::has_turn(const PeerPtr& peer) {
  peer->connection.has_turn();
  settle(peer);
}

void Peers::answer(const PeerPtr& peer, const std::shared_ptr<const Response>& response) {
  deliver(peer, response, holders_.contains(response.get()) ? 0 : response->body.size());
}

void Peers::answer(const PeerPtr& peer, std::string bytes) {
  deliver(peer, std::move(bytes), 0);
}

void Peers::answer_busy(const PeerPtr& peer) {
  deliver(peer, busy_reply(), 0);
}

template <class Answer>
void Peers::deliver(const PeerPtr& peer, Answer answer, std::size_t size) {
  if (!peer->awaits_answer()) return;
  peer->is_asked = false;
  if (std::exchange(peer->left, nullptr)) {
    error_code ignored;
    peer->socket->descriptor.cancel(ignored);
    peer->socket->farewell.cancel();
  }
  if (make_room_for_bytes(size)) {
    peer->connection.answer(std::move(answer), Clock::now());
  } else {
    peer->connection.answer(busy_reply(), Clock::now());
  }
  advance(peer);
}

bool Peers::hold(std::size_t bytes) {
  if (!make_room_for_bytes(bytes)) return false;
  held_bytes_ += bytes;
  return true;
}

bool Peers::make_room_for_bytes(std::size_t size) {
  const auto fair = Clock::now() - kFairTime;
  while (held_bytes_ > 0 && held_bytes_ + size > limits_.unsent_bytes) {
    if (!end_oldest(State::answering, fair)) return false;
  }
  return true;
}

// The end -----------------------------------------------------------------------------------------

void Peers::end() {
  error_code ignored;
  for (Listener& listener : listeners_) {
    listener.socket.close(ignored);
    listener.pause.cancel();
  }
  const std::vector<PeerPtr> all(peers_.begin(), peers_.end());
  for (const PeerPtr& peer : all) {
    peer->connection.stop();
    if (peer->connection.state() == State::closed) close(peer);
  }
}

void Peers::give_up() {
  const std::vector<PeerPtr> all(peers_.begin(), peers_.end());
  for (const PeerPtr& peer : all) {
    if (const auto left = std::exchange(peer->left, nullptr)) (*left)();
    close(peer);
  }
}

}  // namespace goxel_telemetry::http_bridge
