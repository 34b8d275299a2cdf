// SPDX-License-Identifier: GPL-3.0-or-later
#include "pool_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "log.h"

namespace stand_in {
namespace {

constexpr std::size_t kReadBytes = 65536;
constexpr time_t kSendPatienceSeconds = 5;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

void watch(int events, int operation, int descriptor, std::uint32_t what) {
  epoll_event event{};
  event.events = what;
  event.data.fd = descriptor;
  epoll_ctl(events, operation, descriptor, &event);
}

}  // namespace

PoolServer::Connection::~Connection() {
  close(descriptor);
}

void PoolServer::start(int listening) {
  listening_ = listening;
  events_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC);
  watch(events_, EPOLL_CTL_ADD, listening_, EPOLLIN);
  watch(events_, EPOLL_CTL_ADD, wake_, EPOLLIN);
  for (std::uint32_t worker = 0; worker < options_.workers; ++worker) {
    workers_.emplace_back([this, worker] { work(worker); });
  }
  event_thread_ = std::thread([this] { event_loop(); });
}

bool PoolServer::stop() {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  work_there_.notify_all();
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = write(wake_, &one, sizeof one);
  event_thread_.join();
  for (std::thread& worker : workers_) worker.join();
  ready_.clear();
  for (const int descriptor : {listening_, events_, wake_}) close(descriptor);
  return true;
}

void PoolServer::event_loop() {
  std::array<epoll_event, 64> ready;
  for (bool open = true; open;) {
    const int count = epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_) {
        open = false;
      } else if (event.data.fd == listening_) {
        accept_one();
      } else if (const auto found = connections_.find(event.data.fd); found != connections_.end()) {
        const ConnectionPointer connection = found->second;
        if ((event.events & EPOLLIN) != 0) {
          read_from(connection);
        } else {
          end(connection);
        }
      }
    }
  }
  while (!connections_.empty()) {
    const ConnectionPointer connection = connections_.begin()->second;
    shutdown(connection->descriptor, SHUT_RDWR);  // a worker that sends must not wait any longer
    end(connection);
  }
}

void PoolServer::accept_one() {
  const int descriptor = accept(listening_, nullptr, nullptr);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return;
  }
  if (connections_.size() >= options_.max_connections) {
    close(descriptor);
    return;
  }
  const timeval patience{kSendPatienceSeconds, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto connection =
      std::make_shared<Connection>(descriptor, next_connection_++, options_.mcp);
  connections_[descriptor] = connection;
  plugins_.connection_opened(connection->id);
  watch(events_, EPOLL_CTL_ADD, descriptor, EPOLLIN);
}

void PoolServer::read_from(const ConnectionPointer& connection) {
  std::array<char, kReadBytes> bytes;
  const ssize_t got = recv(connection->descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) end(connection);
    return;
  }
  if (got == 0) {
    input_ended(connection);
    return;
  }
  const std::uint64_t now = now_ns();
  Framer& framer = connection->framer;
  if (!framer.in_message()) connection->message_began_ns = now;
  framer.append({bytes.data(), static_cast<std::size_t>(got)});
  while (const std::optional<std::string> message = framer.next()) {
    message_arrived(connection, *message, now - connection->message_began_ns);
    connection->message_began_ns = now;
    if (connection->conversation.speaks_mcp()) framer.split_at_newlines();
  }
  if (framer.overflowed()) {
    send_answer(connection->descriptor, dispatcher_.answer_too_large()->text);
    end(connection);
  }
}

void PoolServer::message_arrived(const ConnectionPointer& connection, const std::string& text,
                                 std::uint64_t receive_duration_ns) {
  Request request;
  request.message = connection->conversation.parse(text);
  request.tokens =
      plugins_.received(connection->id, request.message, text.size(), receive_duration_ns);
  {
    const std::lock_guard guard(lock_);
    if (waiting_ < options_.queue_size) {
      set_waiting(waiting_ + 1);
      plugins_.queued(request.tokens);
      connection->waiting.push_back(std::move(request));
      if (std::exchange(connection->scheduled, true)) return;
      ready_.push_back(connection);
      work_there_.notify_one();
      return;
    }
  }
  finish(*connection, request, dispatcher_.answer_queue_full(request.message));
}

// The client may still read the answers to what it has sent. If it is gone altogether, the next
// event says so.
void PoolServer::input_ended(const ConnectionPointer& connection) {
  {
    const std::lock_guard guard(lock_);
    connection->input_ended = true;
    if (connection->scheduled) {
      watch(events_, EPOLL_CTL_MOD, connection->descriptor, 0);  // EPOLLHUP comes all the same
      return;
    }
  }
  end(connection);
}

void PoolServer::end(const ConnectionPointer& connection) {
  {
    const std::lock_guard guard(lock_);
    connection->gone = true;
    set_waiting(waiting_ - connection->waiting.size());
    connection->waiting.clear();
  }
  epoll_ctl(events_, EPOLL_CTL_DEL, connection->descriptor, nullptr);
  connections_.erase(connection->descriptor);
  plugins_.connection_closed(connection->id);
}

void PoolServer::set_waiting(std::size_t count) {
  waiting_ = count;
  plugins_.gauge(GOXEL_GAUGE_QUEUE_DEPTH, static_cast<std::int64_t>(count));
}

void PoolServer::work(std::uint32_t worker) {
  std::unique_lock lock(lock_);
  while (true) {
    work_there_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (stopping_) return;
    const ConnectionPointer connection = std::move(ready_.front());
    ready_.pop_front();
    if (connection->gone) continue;
    const Request request = std::move(connection->waiting.front());
    connection->waiting.pop_front();
    set_waiting(waiting_ - 1);

    lock.unlock();
    answer(*connection, request, worker);
    lock.lock();

    if (!connection->waiting.empty()) {
      ready_.push_back(connection);
      work_there_.notify_one();
    } else {
      connection->scheduled = false;
      // Wakes the event thread, which ends it.
      if (connection->input_ended) shutdown(connection->descriptor, SHUT_RDWR);
    }
  }
}

void PoolServer::answer(Connection& connection, const Request& request, std::uint32_t worker) {
  plugins_.started(request.tokens, worker);
  const std::optional<Answer> answer = dispatcher_.answer(request.message);
  const bool gone = [&] {
    const std::lock_guard guard(lock_);
    return connection.gone;
  }();
  if (gone) {
    plugins_.finished(request.tokens, GOXEL_STATUS_CANCELLED, 0);
  } else {
    finish(connection, request, answer);
  }
}

void PoolServer::finish(Connection& connection, const Request& request,
                        const std::optional<Answer>& answer) {
  if (answer) {
    send_and_finish(connection, request, *answer);
    return;
  }
  const Message& message = request.message;
  plugins_.finished(request.tokens,
                    message.kind == Message::Kind::malformed ? GOXEL_STATUS_MALFORMED
                    : is_notification(message)               ? GOXEL_STATUS_NOTIFICATION
                                                             : GOXEL_STATUS_UNANSWERED,
                    0);
}

void PoolServer::send_and_finish(Connection& connection, const Request& request,
                                 const Answer& answer) {
  const std::lock_guard guard(connection.send_lock);
  plugins_.answering(request.tokens);
  const std::size_t sent = send_answer(connection.descriptor, answer.text);
  goxel_plugin_status status = answer.is_error ? GOXEL_STATUS_ERROR : GOXEL_STATUS_OK;
  if (request.message.kind == Message::Kind::malformed) status = GOXEL_STATUS_MALFORMED;
  if (sent == 0) status = GOXEL_STATUS_CANCELLED;
  plugins_.finished(request.tokens, status, sent);
}

}  // namespace stand_in
