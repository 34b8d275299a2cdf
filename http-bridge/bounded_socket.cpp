// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/bounded_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace goxel_telemetry::http_bridge {

BoundedSocket::~BoundedSocket() {
  // Closing a socket with unread input resets the connection, and the client may see the reset
  // before the answer.
  ::shutdown(fd_, SHUT_WR);
  const auto deadline = Clock::now() + limits_.idle_busy;
  for (int i = 0; i < 64 && wait(POLLIN, deadline) == Wait::ready && fill() > 0; ++i) {
  }
  ::close(fd_);
}

bool BoundedSocket::next_request(const std::function<bool()>& others_wait) {
  const auto start = Clock::now();
  if (begin_ == end_) {
    for (;;) {
      const Wait outcome = wait(POLLIN, Clock::now() + limits_.idle_busy);
      if (outcome == Wait::ready) break;
      if (outcome == Wait::stopped || Clock::now() - start >= limits_.idle || others_wait()) {
        return false;
      }
    }
    if (fill() <= 0) return false;
  }
  request_bytes_left_ = limits_.request_bytes;
  request_deadline_ = Clock::now() + limits_.request;
  answering_ = false;
  return true;
}

ssize_t BoundedSocket::read(char* out, std::size_t size) {
  if (begin_ == end_) {
    if (wait(POLLIN, request_deadline_) != Wait::ready) return -1;
    if (const ssize_t received = fill(); received <= 0) return received;
  }
  if (request_bytes_left_ == 0) return -1;
  const std::size_t taken = std::min({size, end_ - begin_, request_bytes_left_});
  std::memcpy(out, buffer_.data() + begin_, taken);
  begin_ += taken;
  request_bytes_left_ -= taken;
  return static_cast<ssize_t>(taken);
}

ssize_t BoundedSocket::write(const char* data, std::size_t size) {
  if (!answering_) {
    answering_ = true;
    answer_deadline_ = Clock::now() + limits_.answer;
  }
  std::size_t sent = 0;
  while (sent < size) {
    if (wait(POLLOUT, answer_deadline_) != Wait::ready) return -1;
    const ssize_t result = ::send(fd_, data + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result > 0) {
      sent += static_cast<std::size_t>(result);
    } else if (errno != EAGAIN && errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(size);
}

BoundedSocket::Wait BoundedSocket::wait(short events, Clock::time_point deadline) const {
  pollfd watched[2] = {{fd_, events, 0}, {stop_fd_, POLLIN, 0}};
  const nfds_t count = events == POLLIN ? 2 : 1;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Wait::timed_out;
    const int ready = ::poll(watched, count, static_cast<int>(left));
    if (ready > 0) return watched[1].revents != 0 ? Wait::stopped : Wait::ready;
    assert(ready == 0 || errno == EINTR);
  }
}

ssize_t BoundedSocket::fill() {
  const ssize_t received = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  begin_ = 0;
  end_ = received > 0 ? static_cast<std::size_t>(received) : 0;
  return received;
}

}  // namespace goxel_telemetry::http_bridge
