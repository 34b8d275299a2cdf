// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/server.h"

#include <httplib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "http-bridge/worker_pool.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::size_t kThreads = 32;         // connections served at the same time
constexpr std::size_t kQueuedLimit = 64;     // accepted and waiting for a thread
constexpr int kBacklog = 128;                // not yet accepted; httplib's own is 5
constexpr std::size_t kRequestsEach = 1000;  // requests on one connection

// Makes httplib run its jobs on our pool.
class PoolQueue final : public httplib::TaskQueue {
 public:
  explicit PoolQueue(WorkerPool& pool) : pool_(pool) {}
  void enqueue(std::function<void()> job) override { pool_.submit(std::move(job)); }
  void shutdown() override { pool_.finish(); }

 private:
  WorkerPool& pool_;
};

// Makes httplib read and write through our socket.
class SocketStream final : public httplib::Stream {
 public:
  explicit SocketStream(BoundedSocket& socket) : socket_(socket) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, size_t size) override { return socket_.read(out, size); }
  ssize_t write(const char* data, size_t size) override { return socket_.write(data, size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_.fd(); }

 private:
  BoundedSocket& socket_;
};

// True if the request has a body. No answer here needs one, so bodies are not read; an unread body
// would be taken for the next request.
bool has_body(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          request.get_header_value("Content-Length") != "0");
}

// Removes headers that would make httplib do more than send the answer: compress it, or cut it into
// as many pieces as the client likes.
void simplify(httplib::Request& request, bool last) {
  request.headers.erase("Accept-Encoding");
  request.headers.erase("Range");
  request.ranges.clear();
  if (last) {
    request.headers.erase("Connection");
    request.set_header("Connection", "close");
  }
}

Request to_request(const httplib::Request& in) {
  Request request;
  request.method = in.method;
  request.path = in.path;
  for (const auto& [name, value] : in.params) request.parameters.emplace(name, value);
  if (in.has_param("instance")) request.instance = in.get_param_value("instance");
  request.accept = in.get_header_value("Accept");
  request.host = in.get_header_value("Host");
  request.authorization = in.get_header_value("Authorization");
  return request;
}

void fill(httplib::Response& out, Response response) {
  out.status = response.status;
  out.body = std::move(response.body);
  out.set_header("Content-Type", response.content_type);
  out.set_header("Cache-Control", "no-store");
  out.set_header("X-Content-Type-Options", "nosniff");
  if (response.status == 401) out.set_header("WWW-Authenticate", "Bearer");
  if (response.status == 405) out.set_header("Allow", "GET, HEAD");
}

}  // namespace

class Server::Http final : public httplib::Server {
 public:
  Http(Answer answer, const SocketLimits& limits) : limits_(limits) {
    assert(stop_fd_ >= 0);
    set_tcp_nodelay(true);
    set_keep_alive_max_count(kRequestsEach);  // only for the text of answers; our own limit counts
    // httplib would set SO_REUSEPORT: two bridges would share one port and each see half of the
    // requests.
    set_socket_options([](socket_t fd) {
      const int on = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    new_task_queue = [this] { return new PoolQueue(pool_); };
    // Before httplib looks for handlers and reads a body: all requests are ours.
    set_pre_routing_handler(
        [answer = std::move(answer)](const httplib::Request& request, httplib::Response& response) {
          fill(response, answer(to_request(request)));
          return HandlerResponse::Handled;
        });
  }
  ~Http() override { ::close(stop_fd_); }

  void widen_backlog() { ::listen(svr_sock_, kBacklog); }
  void end_waiting() { ::eventfd_write(stop_fd_, 1); }

  std::atomic<bool> ended{false};

 private:
  bool process_and_close_socket(socket_t fd) override {
    BoundedSocket socket(fd, stop_fd_, limits_);
    SocketStream stream(socket);
    for (std::size_t served = 1; socket.next_request([this] { return pool_.waiting() > 0; });
         ++served) {
      bool last = served == kRequestsEach;
      bool closed = false;
      bool parsed = false;
      const bool answered = process_request(stream, last, closed, [&](httplib::Request& request) {
        parsed = true;
        last = last || has_body(request);
        simplify(request, last);
      });
      if (!answered || closed || last || !parsed) return answered;
    }
    return true;
  }

  const SocketLimits limits_;
  const int stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  WorkerPool pool_{kThreads, kQueuedLimit};
};

Server::Server(Answer answer, const SocketLimits& limits)
    : http_(std::make_unique<Http>(std::move(answer), limits)) {}

Server::~Server() = default;

int Server::bind(const std::string& address, int port, std::string& why) {
  errno = 0;
  const int bound = port == 0                            ? http_->bind_to_any_port(address)
                    : http_->bind_to_port(address, port) ? port
                                                         : -1;
  if (bound <= 0) {
    const int error = errno;
    why = "cannot listen on " + address + " port " + std::to_string(port) + ": " +
          (error != 0 ? std::strerror(error) : "the address cannot be used");
    return 0;
  }
  http_->widen_backlog();
  return bound;
}

bool Server::serve() {
  const bool stopped = http_->listen_after_bind();
  http_->ended = true;
  return stopped;
}

void Server::stop() {
  // httplib's stop() does nothing before is_running().
  while (!http_->is_running() && !http_->ended) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  http_->end_waiting();
  http_->stop();
}

}  // namespace goxel_telemetry::http_bridge
