// SPDX-License-Identifier: GPL-3.0-or-later
// One client's connection, with a limit on everything that a client could make long: the time
// between its requests, the time and the bytes of one request, the time to accept an answer.
// (httplib limits only each single read: a client that sends a byte now and then would hold a
// thread for ever, and a header line of any length would be kept in memory.)
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>

namespace goxel_telemetry::http_bridge {

struct SocketLimits {
  std::chrono::milliseconds idle{5000};      // without a request
  std::chrono::milliseconds idle_busy{100};  // the same, while other clients wait for a thread
  std::chrono::milliseconds request{5000};   // first byte to last byte of a request
  std::chrono::milliseconds answer{5000};    // to send an answer
  std::size_t request_bytes = std::size_t{16} * 1024;
};

class BoundedSocket {
 public:
  // Takes over `fd`. `stop_fd` becomes readable when the server stops: then reading and waiting end
  // at once, but an answer may still be sent.
  BoundedSocket(int fd, int stop_fd, const SocketLimits& limits)
      : fd_(fd), stop_fd_(stop_fd), limits_(limits) {}
  ~BoundedSocket();  // lets the client read what was sent, then closes
  BoundedSocket(const BoundedSocket&) = delete;
  BoundedSocket& operator=(const BoundedSocket&) = delete;

  // Waits for the first byte of a request. False if none came, the client hung up, or the server
  // stops. Calls `others_wait` from time to time.
  bool next_request(const std::function<bool()>& others_wait);

  // Reads at least one byte of the present request; 0 if the client ended its input, -1 beyond a
  // limit.
  ssize_t read(char* out, std::size_t size);
  // Writes all of it; -1 beyond a limit or if the client is gone.
  ssize_t write(const char* data, std::size_t size);

  int fd() const { return fd_; }

 private:
  using Clock = std::chrono::steady_clock;

  enum class Wait { ready, timed_out, stopped };
  // Waits for `events`. Only waiting for input ends when the server stops.
  Wait wait(short events, Clock::time_point deadline) const;
  ssize_t fill();

  const int fd_;
  const int stop_fd_;
  const SocketLimits limits_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;  // begin of the bytes that were received and not yet read
  std::size_t end_ = 0;
  std::size_t request_bytes_left_ = 0;
  Clock::time_point request_deadline_;
  Clock::time_point answer_deadline_;
  bool answering_ = false;
};

}  // namespace goxel_telemetry::http_bridge
