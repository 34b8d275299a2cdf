// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/front.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <deque>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "http-bridge/client_connection.h"
#include "http-bridge/http_backend.h"
#include "http-bridge/reply.h"
#include "http-bridge/request_head.h"
#include "http-bridge/response_head.h"

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;
using Clock = std::chrono::steady_clock;
using State = ClientConnection::State;

constexpr int kBacklog = 4096;                   // not yet accepted; the kernel may allow fewer
constexpr int kAcceptedAtOnce = 64;              // before others have a turn
constexpr int kSendBuffer = 256 * 1024;          // in the kernel, for each connection
constexpr std::chrono::milliseconds kPause{10};  // when the system has no free descriptor
constexpr std::chrono::milliseconds kBackendPause{1};
constexpr std::chrono::milliseconds kFairTime{
    100};  // to take an answer, while others need the room

// httplib waits by select(), which knows no descriptor from this one on. So these are the clients'.
constexpr std::size_t kFirstDescriptor = 1024;
constexpr std::size_t kOtherDescriptors = 256;
constexpr std::size_t kSpareDescriptors = 16;

// How many connections the limit of descriptors leaves room for, once it is as high as it may be, and
// whether their descriptors can begin at kFirstDescriptor.
std::pair<std::size_t, bool> descriptors_for(std::size_t connections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = kFirstDescriptor + connections;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= 2 * kFirstDescriptor)
    return {std::min<std::size_t>(connections, limit.rlim_cur - kFirstDescriptor), true};
  const std::size_t low = std::min<std::size_t>(limit.rlim_cur, kFirstDescriptor);
  return {std::min(connections, std::max(low, kOtherDescriptors + 1) - kOtherDescriptors), false};
}

// Removes `Connection: close`, which is about the connection between us and the backend.
void let_continue(std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  const std::size_t close = answer.find(kCloses);
  if (close < end) answer.erase(close, kCloses.size());
}

Request to_request(const RequestHead& head) {
  Request request{head.method, head.target, {}, head.accept, head.host, head.authorization};
  request.content_type = head.content_type;
  request.content_encoding = head.content_encoding;
  return request;
}

}  // namespace

class Front::Loop {
 public:
  Loop(const HttpBackend& backend, std::size_t most_asked, PathAnswers ready, PathAnswers posts,
       const Limits& limits)
      : limits_(limits),
        backend_(backend),
        most_asked_(most_asked),
        ready_(std::move(ready)),
        posts_(std::move(posts)) {}

  int bind(const std::string& address, int port, std::string& why) {
    std::tie(most_peers_, high_descriptors_) = descriptors_for(limits_.connections);
    error_code error;
    const auto found =
        tcp::resolver(io_).resolve(address, std::to_string(port),
                                   tcp::resolver::passive | tcp::resolver::numeric_service, error);
    for (auto place = found.begin(); place != found.end() && !listen(place->endpoint(), error);
         ++place) {
    }
    if (acceptor_.is_open()) return acceptor_.local_endpoint(error).port();
    why = "cannot listen on " + address + " port " + std::to_string(port) + ": " + error.message();
    return 0;
  }

  bool serve() {
    wait_for_clients();
    for (;;) {
      try {
        io_.run();
        return !failed_;
      } catch (const std::exception&) {
        // No memory for what a client wanted; its deadline ends the connection.
      }
    }
  }

  void stop() {
    asio::post(io_, [this] { end(); });
  }

 private:
  struct Peer {
    Peer(asio::io_context& io, int fd, const Limits& limits,
         std::span<const std::string> body_paths)
        : socket(io, fd), timer(io), connection(limits, Clock::now(), body_paths) {}
    Descriptor socket;
    asio::steady_timer timer;
    ClientConnection::Time timer_ends = ClientConnection::Time::max();
    ClientConnection connection;
    std::size_t own_bytes = 0;               // of held_bytes_
    std::size_t announced_bytes = 0;         // of the sum of all
    std::shared_ptr<const Response> shared;  // the same
    bool is_asked = false;
    bool is_shut = false;
  };
  using PeerPtr = std::shared_ptr<Peer>;

  struct Ask {
    Ask(asio::io_context& io, int fd, PeerPtr for_peer)
        : peer(std::move(for_peer)), socket(io, fd), timer(io) {}
    PeerPtr peer;
    Descriptor socket;
    asio::steady_timer timer;
    std::string answer;
    std::shared_ptr<std::atomic<bool>> left = std::make_shared<std::atomic<bool>>(false);
  };
  using AskPtr = std::shared_ptr<Ask>;

  // Accepting ---------------------------------------------------------------------------------------

  bool listen(const tcp::endpoint& place, error_code& error) {
    acceptor_.open(place.protocol(), error);
    if (error) return false;
    ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
    // Not SO_REUSEPORT: two bridges would share one port and each see half of the requests.
    acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    // Connections inherit these.
    acceptor_.set_option(tcp::no_delay(true), error);
    acceptor_.set_option(asio::socket_base::send_buffer_size(kSendBuffer), error);
    // The kernel goes on with what is sent when we have closed; not for ever.
    const auto patience = static_cast<unsigned>(limits_.answer.count());
    ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
                 sizeof patience);
    acceptor_.bind(place, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (!error) acceptor_.non_blocking(true, error);
    error_code ignored;
    if (error) acceptor_.close(ignored);
    return !error;
  }

  void wait_for_clients() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](error_code error) {
      if (error != asio::error::operation_aborted) accept_clients();
    });
  }

  void accept_clients() {
    for (int i = 0; i < kAcceptedAtOnce && acceptor_.is_open(); ++i) {
      const int fd =
          ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        welcome(fd);
      } else if (errno == EAGAIN) {
        break;
      } else if (errno == EINVAL || errno == EBADF || errno == ENOTSOCK) {  // it no longer listens
        failed_ = true;
        return end();
      } else if ((errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) &&
                 !spare_descriptors()) {
        pause_.expires_after(kPause);
        return pause_.async_wait([this](error_code error) {
          if (!error) accept_clients();
        });
      }
    }
    wait_for_clients();
  }

  void welcome(int fd) {
    if (peers_.size() >= most_peers_ && !make_room_for_client()) {
      const auto busy = busy_reply();
      const std::string answer = head_of(*busy, true) + busy->body;
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(fd);
      return;
    }
    if (const int high = high_descriptors_
                             ? ::fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(kFirstDescriptor))
                             : -1;
        high >= 0) {
      ::close(fd);
      fd = high;
    }
    const auto peer = std::make_shared<Peer>(io_, fd, limits_, posts_.paths);
    peers_.insert(peer);
    advance(peer);
  }

  // Ends one of the connections of which nothing is wanted, or which the client keeps waiting. False if
  // there is none.
  bool make_room_for_client() {
    constexpr std::array kInThisOrder = {State::lingering, State::idle, State::head, State::body,
                                         State::answering};
    for (const State state : kInThisOrder) {
      if (end_oldest(state, ClientConnection::Time::max())) return true;
    }
    return false;
  }

  // When the process or the system has no free descriptor: serves fewer clients from now on, so that
  // files can be read for those. False if nobody could be ended.
  bool spare_descriptors() {
    const std::size_t before = peers_.size();
    most_peers_ = before - std::min(before / 2, kSpareDescriptors);
    while (peers_.size() > most_peers_ && make_room_for_client()) {
    }
    most_peers_ = std::max<std::size_t>(most_peers_, 1);
    return peers_.size() < before;
  }

  // Of the connections that came into `state` before `until`. False if there is none.
  bool end_oldest(State state, ClientConnection::Time until) {
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
  void advance(const PeerPtr& peer) {
    ClientConnection& connection = peer->connection;
    if (announced_bytes_ - peer->announced_bytes + connection.announced_bytes() >
        limits_.all_body_bytes) {
      connection.turn_body_away(Clock::now());
    }
    while (connection.state() == State::answering) {
      if (!write(*peer)) {
        settle(peer);
        return wait(peer, Descriptor::wait_write);
      }
    }
    if (connection.state() == State::closed) return close(peer);
    settle(peer);
    if (connection.state() == State::asking) return ask(peer);
    if (connection.state() == State::lingering && !std::exchange(peer->is_shut, true))
      ::shutdown(peer->socket.native_handle(), SHUT_WR);
    wait(peer, Descriptor::wait_read);
  }

  void wait(const PeerPtr& peer, Descriptor::wait_type what) {
    peer->socket.async_wait(what, [this, peer, what](error_code error) {
      if (error || peer->connection.state() == State::closed) return;
      if (what == Descriptor::wait_read) read(*peer);
      advance(peer);
    });
  }

  void read(Peer& peer) {
    ClientConnection& connection = peer.connection;
    const ssize_t got = ::recv(peer.socket.native_handle(), buffer_.data(),
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
  static bool write(Peer& peer) {
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
        ::sendmsg(peer.socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) return false;
      peer.connection.close();
      return true;
    }
    peer.connection.sent(static_cast<std::size_t>(sent), Clock::now());
    return static_cast<std::size_t>(sent) == size;
  }

  // Takes account of what the connection has become.
  void settle(const PeerPtr& peer) {
    count_bytes(*peer);
    const auto deadline = peer->connection.deadline();
    if (peer->timer_ends == deadline) return;
    peer->timer_ends = deadline;
    if (deadline == ClientConnection::Time::max()) {
      peer->timer.cancel();
      return;
    }
    peer->timer.expires_at(deadline);
    peer->timer.async_wait([this, peer](error_code error) {
      if (error || peer->connection.state() == State::closed) return;
      const auto now = Clock::now();
      if (now < peer->connection.deadline()) return;  // it has a later one by now
      error_code ignored;
      peer->socket.cancel(ignored);
      peer->is_asked = false;
      peer->connection.deadline_passed(now);
      advance(peer);
    });
  }

  // A document counts once, however many clients have not taken it yet.
  void count_bytes(Peer& peer) {
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

  void close(const PeerPtr& peer) {
    peer->connection.close();
    settle(peer);
    error_code ignored;
    peer->socket.close(ignored);
    peers_.erase(PeerPtr(peer));
  }

  // Answers -----------------------------------------------------------------------------------------

  void ask(const PeerPtr& peer) {
    if (std::exchange(peer->is_asked, true)) return;
    const RequestHead& request = peer->connection.request();
    const bool is_ready =
        (request.method == "GET" || request.method == "HEAD") &&
        std::find(ready_.paths.begin(), ready_.paths.end(), request.target) != ready_.paths.end();
    if (peer->connection.takes_body()) return take_post(peer);
    if (!is_ready) return ask_backend(peer);
    // A client that sends many requests at once does not keep others waiting.
    if (peer->connection.pipelined() && fetching_ > 0) {
      later_.push_back(peer);
    } else {
      fetch(peer);
    }
  }

  bool still_asks(const PeerPtr& peer) const {
    return peer->is_asked && peer->connection.state() == State::asking;
  }

  template <class Answer>
  void deliver(const PeerPtr& peer, Answer answer, std::size_t size) {
    if (!still_asks(peer)) return;
    peer->is_asked = false;
    if (make_room_for_bytes(size)) {
      peer->connection.answer(std::move(answer), Clock::now());
    } else {
      peer->connection.answer(busy_reply(), Clock::now());
    }
    advance(peer);
  }

  void refuse(const PeerPtr& peer) { deliver(peer, busy_reply(), 0); }

  bool make_room_for_bytes(std::size_t size) {
    const auto fair = Clock::now() - kFairTime;
    while (held_bytes_ > 0 && held_bytes_ + size > limits_.unsent_bytes) {
      if (!end_oldest(State::answering, fair)) return false;
    }
    return true;
  }

  void fetch(const PeerPtr& peer) {
    ++fetching_;
    peer->connection.has_turn();
    settle(peer);
    asio::post(fetcher_, [this, peer, request = to_request(peer->connection.request()),
                          guard = asio::make_work_guard(io_)] {
      std::shared_ptr<const Response> response;
      try {
        response = ready_.answer(request);
      } catch (const std::exception&) {  // no memory
      }
      asio::post(io_, [this, peer, response = std::move(response)] { fetched(peer, response); });
    });
  }

  void fetched(const PeerPtr& peer, const std::shared_ptr<const Response>& response) {
    --fetching_;
    if (response) {
      deliver(peer, response, holders_.contains(response.get()) ? 0 : response->body.size());
    } else {
      refuse(peer);
    }
    while (fetching_ == 0 && !later_.empty()) {
      const PeerPtr next = std::move(later_.front());
      later_.pop_front();
      if (still_asks(next)) fetch(next);
    }
  }

  // How many wait is bounded by what their bodies take.
  void take_post(const PeerPtr& peer) {
    peer->connection.has_turn();
    settle(peer);
    Request request = to_request(peer->connection.request());
    request.body = peer->connection.take_body();
    asio::post(poster_,
               [this, peer, request = std::move(request), guard = asio::make_work_guard(io_)] {
                 std::shared_ptr<const Response> response;
                 try {
                   response = posts_.answer(request);
                 } catch (const std::exception&) {  // no memory
                 }
                 asio::post(io_, [this, peer, response = std::move(response)] {
                   if (!response) return refuse(peer);
                   deliver(peer, response, response->body.size());
                 });
               });
  }

  void ask_backend(const PeerPtr& peer) {
    if (asked_ == most_asked_ || backend_pauses_) return waiting_.push_back(peer);
    const int fd = backend_.connect();
    if (fd < 0 && errno == EAGAIN) {
      waiting_.push_front(peer);
      backend_pauses_ = true;
      backend_pause_.expires_after(kBackendPause);
      return backend_pause_.async_wait([this](error_code) {
        backend_pauses_ = false;
        ask_waiting();
      });
    }
    if (fd < 0) return refuse(peer);
    const auto ask = std::make_shared<Ask>(io_, fd, peer);
    const std::string request = backend_.bytes_of(peer->connection.request(), ask->left);
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      return refuse(peer);
    }
    ++asked_;
    peer->connection.has_turn();
    settle(peer);
    wait_for_answer(ask);
    look_for_leaving(ask);
  }

  // What a client sends behind its request is not read before the answer, and hides that it has left.
  void look_for_leaving(const AskPtr& ask) {
    ask->peer->socket.async_wait(Descriptor::wait_read, [this, ask](error_code error) {
      if (error || !is_awaited(ask)) return;
      char next = 0;
      const ssize_t got =
          ::recv(ask->peer->socket.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
      if (got > 0) return;
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return look_for_leaving(ask);
      if (got < 0) return give_up(ask);
      // It has left, or only sends no more. Nobody can know.
      ask->timer.expires_after(limits_.farewell);
      ask->timer.async_wait([this, ask](error_code cancelled) {
        if (!cancelled && is_awaited(ask)) give_up(ask);
      });
    });
  }

  bool is_awaited(const AskPtr& ask) const {
    return ask->socket.is_open() && still_asks(ask->peer);
  }

  void give_up(const AskPtr& ask) {
    ask->left->store(true);
    close(ask->peer);
  }

  void ask_waiting() {
    while (asked_ < most_asked_ && !backend_pauses_ && !waiting_.empty()) {
      const PeerPtr next = std::move(waiting_.front());
      waiting_.pop_front();
      if (still_asks(next)) ask_backend(next);
    }
  }

  void wait_for_answer(const AskPtr& ask) {
    ask->socket.async_wait(Descriptor::wait_read, [this, ask](error_code) { read_answer(ask); });
  }

  void read_answer(const AskPtr& ask) {
    const ssize_t got =
        ::recv(ask->socket.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return wait_for_answer(ask);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      if (make_room_for_bytes(size)) {
        held_bytes_ += size;
        ask->answer.append(buffer_.data(), size);
        return wait_for_answer(ask);
      }
    }
    const bool is_whole = got == 0 && !ask->answer.empty();
    held_bytes_ -= ask->answer.size();
    error_code ignored;
    ask->socket.close(ignored);
    ask->timer.cancel();
    if (still_asks(ask->peer)) ask->peer->socket.cancel(ignored);  // see look_for_leaving()
    --asked_;
    if (is_whole) {
      if (!ask->peer->connection.is_last()) let_continue(ask->answer);
      deliver(ask->peer, std::move(ask->answer), 0);
    } else {
      refuse(ask->peer);
    }
    ask_waiting();
  }

  // The end -----------------------------------------------------------------------------------------

  void end() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    const std::vector<PeerPtr> all(peers_.begin(), peers_.end());
    for (const PeerPtr& peer : all) {
      peer->connection.stop();
      if (peer->connection.state() == State::closed) close(peer);
    }
  }

  const Limits limits_;
  const HttpBackend& backend_;
  const std::size_t most_asked_;
  const PathAnswers ready_;
  const PathAnswers posts_;

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  bool failed_ = false;
  std::size_t most_peers_ = 0;
  bool high_descriptors_ = false;
  std::unordered_set<PeerPtr> peers_;
  std::size_t held_bytes_ = 0;                                // of answers that are not sent
  std::size_t announced_bytes_ = 0;                           // of bodies
  std::unordered_map<const Response*, std::size_t> holders_;  // how many clients await each
  std::array<char, std::size_t{64} * 1024> buffer_;           // for what is read just now

  std::deque<PeerPtr> waiting_;  // for the backend
  std::size_t asked_ = 0;        // of the backend
  bool backend_pauses_ = false;
  asio::steady_timer backend_pause_{io_};

  std::deque<PeerPtr> later_;  // to be fetched when nobody else waits
  std::size_t fetching_ = 0;
  // Last members: they end before the others are destroyed.
  asio::thread_pool fetcher_{1};
  asio::thread_pool poster_{1};
};

Front::Front(const HttpBackend& backend, std::size_t most_asked, PathAnswers ready,
             PathAnswers posts, const Limits& limits)
    : loop_(std::make_unique<Loop>(backend, most_asked, std::move(ready), std::move(posts),
                                   limits)) {}

Front::~Front() = default;

int Front::bind(const std::string& address, int port, std::string& why) {
  return loop_->bind(address, port, why);
}

bool Front::serve() {
  return loop_->serve();
}

void Front::stop() {
  loop_->stop();
}

}  // namespace goxel_telemetry::http_bridge
