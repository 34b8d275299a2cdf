// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <string_view>
#include <utility>

#include "http-bridge/bounded_socket.h"
#include "http-bridge/http_backend.h"
#include "http-bridge/listener.h"
#include "http-bridge/request_head.h"
#include "http-bridge/worker_pool.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::size_t kThreads = 32;         // connections served at the same time
constexpr std::size_t kQueuedLimit = 64;     // accepted and waiting for a thread
constexpr std::size_t kRequestsEach = 1000;  // on one connection

constexpr std::string_view kClose = "Connection: close\r\n";

// The answer to a request that is refused before it reaches the routes.
std::string refusal(std::string_view status) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n" + std::string(kClose) +
         "\r\n";
}

// The bytes up to the end of a head, and none beyond; false if they do not come within the limits.
bool read_head(BoundedSocket& socket, std::string& head) {
  char next;
  do {
    if (socket.read(&next, 1) != 1) return false;
    head += next;
  } while (!ends_a_head(head));
  return true;
}

// Removes `Connection: close`, which is about the connection between us and the backend.
void let_continue(std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  const std::size_t close = answer.find(kClose);
  if (close < end) answer.erase(close, kClose.size());
}

}  // namespace

class Server::Front {
 public:
  Front(Answer answer, const SocketLimits& limits)
      : limits_(limits), backend_(std::move(answer), kThreads) {
    assert(stop_fd_ >= 0);
  }
  ~Front() { ::close(stop_fd_); }

  int bind(const std::string& address, int port, std::string& why) {
    const int bound = listener_.bind(address, port, why);
    return bound != 0 && backend_.start(why) ? bound : 0;
  }

  bool serve() {
    for (int client; (client = listener_.accept(stop_fd_)) >= 0;)
      pool_.submit([this, client] { serve_client(client); });
    listener_.close();
    pollfd stop{stop_fd_, POLLIN, 0};
    const bool stopped = ::poll(&stop, 1, 0) == 1;
    this->stop();  // for the connections that are still served
    pool_.finish();
    return stopped;
  }

  void stop() { ::eventfd_write(stop_fd_, 1); }

 private:
  void serve_client(int client) {
    BoundedSocket socket(client, stop_fd_, limits_);
    bool keep_alive = true;
    for (std::size_t served = 1;
         keep_alive && socket.next_request([this] { return pool_.waiting() > 0; }); ++served) {
      std::string head;
      if (!read_head(socket, head)) return;
      const auto request = parse_request_head(head);
      keep_alive = request && request->keep_alive && served < kRequestsEach;
      std::string answer = request ? backend_.ask(request->essential) : refusal("400 Bad Request");
      if (answer.empty()) {
        answer = refusal("503 Service Unavailable");
        keep_alive = false;
      }
      if (keep_alive) let_continue(answer);
      if (socket.write(answer.data(), answer.size()) < 0) return;
    }
  }

  const SocketLimits limits_;
  const int stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  Listener listener_;
  HttpBackend backend_;
  WorkerPool pool_{kThreads, kQueuedLimit};
};

Server::Server(Answer answer, const SocketLimits& limits)
    : front_(std::make_unique<Front>(std::move(answer), limits)) {}

Server::~Server() = default;

int Server::bind(const std::string& address, int port, std::string& why) {
  return front_->bind(address, port, why);
}

bool Server::serve() {
  return front_->serve();
}

void Server::stop() {
  front_->stop();
}

}  // namespace goxel_telemetry::http_bridge
