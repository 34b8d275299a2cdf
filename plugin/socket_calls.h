// SPDX-License-Identifier: GPL-3.0-or-later
// What the host's socket calls mean for the observer. Each function is called just before or after
// an original call of libc and keeps errno. For a call on a descriptor that is not a client's, it
// costs one load and one branch.
//
//  - No guard is held during an original call, so a thread may be cancelled inside the call, and a
//    signal handler may run inside it.
//  - Nothing is observed until the process listens on a Unix stream socket, or accepts from one
//    that it inherited.
//  - A socket call that a signal handler makes while its thread is inside the observer is not
//    observed.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "plugin/own_cost.h"
#include "plugin/recorder.h"
#include "plugin/settings.h"
#include "plugin/socket_observer.h"
#include "plugin/telemetry.h"
#include "plugin/vfork.h"

namespace goxel_telemetry::plugin {

// From now on this process is observed once it serves clients. [before main()]
void enable_preload_door(const Settings& settings);

extern constinit SocketObserver observer;

// Exists while the observer works on a call of the unusual kinds. Keeps errno, and keeps signal
// handlers out of the observer.
class Observing {
 public:
  Observing() noexcept : errno_(errno) { thread_state.unobserved |= ThreadState::kInside; }
  ~Observing() {
    thread_state.unobserved &= static_cast<std::uint8_t>(~ThreadState::kInside);
    errno = errno_;
  }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  int errno_;
};

inline Recorder* recorder() noexcept {
  return plugin::recorder(shm::Door::preload);
}

// The recorder, if the calling thread is to be observed now; else null.
Recorder* observing() noexcept;

// The same for a call on `fd`, which is a client's: if the thread is inside the observer, the call is
// missed. [cold]
Recorder* observing_in_doubt(int fd) noexcept;
// [hot]
inline Recorder* observing(int fd) noexcept {
  if (thread_state.unobserved != 0) [[unlikely]]
    return observing_in_doubt(fd);
  return observer.recorder_of(fd);
}

void after_listen(int fd, int result) noexcept;
void after_accept(int listener, int fd) noexcept;
// Called before the host's own close(): from that call on another thread may get the same
// descriptor number.
void before_close(int fd) noexcept;
void after_shutdown(int fd, int how) noexcept;
void after_duplicate(int fd, int copy) noexcept;

// `waited`: the call would have waited if nothing had been ready.
void after_poll_at_length(const pollfd* fds, nfds_t count, int ready, bool waited) noexcept;
// Whether such a poll means nothing: the usual case.
inline bool means_nothing(const pollfd& one) noexcept {
  return !observer.is_connection(one.fd) ||
         ((one.revents & (POLLHUP | POLLERR)) == 0 && observer.is_quiet(one.fd));
}
void after_timed_poll(const pollfd& one) noexcept;
inline void after_poll(const pollfd* fds, nfds_t count, int ready, bool waited) noexcept {
  if (count == 1 && ready >= 0) {
    if (is_timed()) [[unlikely]]
      after_timed_poll(*fds);
    if (means_nothing(*fds)) [[likely]]
      return;
  }
  after_poll_at_length(fds, count, ready, waited);
}

// Bytes that were read from a client's descriptor, in one piece.
void received(int fd, const char* bytes, std::size_t size) noexcept;
// What is left: nothing was read, or in several pieces, or by a call that reads no data. `asked`: for
// at least one byte.
void after_receive_at_length(int fd, std::span<const Chunk> chunks, ssize_t got, bool asked,
                             int flags) noexcept;

inline void after_receive(int fd, const void* buffer, std::size_t size, ssize_t got,
                          int flags) noexcept {
  if (!observer.is_connection(fd)) [[likely]]
    return;
  const auto* const bytes = static_cast<const char*>(buffer);
  if (got > 0 && (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) == 0) [[likely]] {
    received(fd, bytes, std::min(static_cast<std::size_t>(got), size));
  } else {
    const Chunk none{bytes, 0};
    after_receive_at_length(fd, {&none, 1}, got, size != 0, flags);
  }
}
// If the kernel refused `vector`, the pointer may be invalid; it is then not used.
void after_receive_vector(int fd, const iovec* vector, std::size_t count, ssize_t got,
                          int flags) noexcept;

// The next part of a vector that `bytes` bytes fill: at most kMostChunks chunks. The caller calls
// it again for the rest.
constexpr std::size_t kMostChunks = 16;
struct Chunks {
  Chunk chunk[kMostChunks];
  std::size_t count = 0;
  std::span<const Chunk> span() const noexcept { return {chunk, count}; }
};
inline Chunks next_chunks(const iovec*& vector, std::size_t& count, std::size_t& bytes) noexcept {
  Chunks out;
  while (count != 0 && bytes != 0 && out.count < kMostChunks) {
    const std::size_t size = std::min(vector->iov_len, bytes);
    out.chunk[out.count++] = {static_cast<const char*>(vector->iov_base), size};
    bytes -= size;
    ++vector;
    --count;
  }
  return out;
}

// A call that sends: constructed before the call; done() is called after it.
class Sending {
 public:
  // `size`: bytes that will be sent; 0 if not known.
  explicit Sending(int fd, std::size_t size = 0) noexcept : fd_(fd) {
    if (observer.is_connection(fd)) [[unlikely]]
      begin(size);
  }
  ssize_t done(ssize_t sent, const void* buffer) noexcept {
    if (begun_at_ != kNotObserved) [[unlikely]]
      end(sent, static_cast<const char*>(buffer));
    return sent;
  }
  ssize_t done(ssize_t sent, const iovec* vector, std::size_t count) noexcept {
    if (begun_at_ != kNotObserved) [[unlikely]]
      end_vector(sent, vector, count);
    return sent;
  }

 private:
  static constexpr std::uint64_t kNotObserved = 0;
  // This may be the newline that the stock daemon sends after its answer: no time is needed. The byte
  // itself may be read only after the kernel has accepted it.
  static constexpr std::uint64_t kProbablyNewline = 1;

  void begin(std::size_t size) noexcept;
  void end(ssize_t sent, const char* buffer) noexcept;
  void observe(std::size_t sent, const char* buffer) noexcept;
  void end_timed(std::size_t sent, const char* buffer) noexcept;
  void end_vector(ssize_t sent, const iovec* vector, std::size_t count) noexcept;
  void end_unsent() const noexcept;

  std::uint64_t begun_at_ = kNotObserved;  // ticks, or one of the above
  Recorder* live_ = nullptr;
  int fd_;
  static constexpr std::uint32_t kNotTimed = UINT32_MAX;
  std::uint32_t begin_took_ = kNotTimed;  // ticks
};

}  // namespace goxel_telemetry::plugin
