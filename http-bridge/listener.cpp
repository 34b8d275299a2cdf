// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace goxel_telemetry::http_bridge {
namespace {

constexpr int kBacklog = 128;  // not yet accepted
constexpr int kPauseMs = 10;

void switch_on(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

// The listening socket, or -1 with errno.
int listen_on(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address.ai_protocol);
  if (fd < 0) return -1;
  // Not SO_REUSEPORT: two bridges would share one port and each see half of the requests.
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0)
    return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

int port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

}  // namespace

void Listener::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Listener::bind(const std::string& address, int port, std::string& why) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = 0;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) == 0) {
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    for (; found != nullptr && fd_ < 0; found = found->ai_next) {
      fd_ = listen_on(*found);
      error = errno;
    }
  }
  if (fd_ >= 0) return port_of(fd_);
  why = "cannot listen on " + address + " port " + std::to_string(port) + ": " +
        (error != 0 ? std::strerror(error) : "the address cannot be used");
  return 0;
}

int Listener::accept(int stop_fd) {
  pollfd watched[2] = {{fd_, POLLIN, 0}, {stop_fd, POLLIN, 0}};
  for (;;) {
    if (::poll(watched, 2, -1) < 0) continue;  // EINTR
    if (watched[1].revents != 0) return -1;
    const int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) {
      switch_on(client, IPPROTO_TCP, TCP_NODELAY);
      return client;
    }
    if (errno == EINVAL || errno == EBADF || errno == ENOTSOCK) return -1;  // it no longer listens
    // After most errors (no free descriptor, for example) the client still waits, and poll() would
    // return at once. So pause.
    if (errno != EAGAIN && errno != ECONNABORTED) ::poll(&watched[1], 1, kPauseMs);
  }
}

}  // namespace goxel_telemetry::http_bridge
