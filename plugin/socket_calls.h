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

#include "plugin/recorder.h"
#include "plugin/settings.h"
#include "plugin/socket_observer.h"
#include "plugin/telemetry.h"
#include "plugin/vfork.h"

namespace goxel_telemetry::plugin {

// From now on this process is observed once it serves clients. [before main()]
void enable_preload_door(const Settings& settings);

extern constinit SocketObserver observer;

// One call in this many is timed. A prime number, so that it is not always the same one of the few
// calls that make up a request.
constexpr std::uint16_t kTimedOneIn = 61;

// A timed call that seems to take longer than this, plus a nanosecond for each of its bytes, was
// interrupted: the kernel ran something else meanwhile. That is not our cost and must not be
// multiplied, so the time is cut to this limit.
constexpr std::uint64_t kUninterruptedNs = 10'000;

// Exists while the observer works on one call. Keeps errno, and keeps signal handlers out of the
// observer.
class Observing {
 public:
  // `bytes`: how many the call transferred.
  explicit Observing(Recorder& recorder, std::size_t bytes = 0) noexcept
      : recorder_(recorder), bytes_(bytes), errno_(errno) {
    ThreadState& thread = thread_state;
    thread.inside = true;
    // A thread begins somewhere within the count. Otherwise its first call, which costs most, would
    // always be timed.
    if (thread.calls_until_timed == 0) [[unlikely]] {
      thread.calls_until_timed = 1 + static_cast<std::uint16_t>(recorder.now() % kTimedOneIn);
    }
    timed_ = --thread.calls_until_timed == 0;
    if (timed_) [[unlikely]] {
      thread.calls_until_timed = kTimedOneIn;
      start_ = recorder_.now();
    }
  }
  ~Observing() {
    if (timed_) [[unlikely]] {
      const std::uint64_t spent = recorder_.now() - start_;
      const std::uint64_t clock = recorder_.clock_cost_ticks();
      const std::uint64_t own = std::min(spent > clock ? spent - clock : 0,
                                         recorder_.ticks_of_ns(kUninterruptedNs + bytes_));
      recorder_.add_own_cost(own * kTimedOneIn);
    }
    thread_state.inside = false;
    errno = errno_;
  }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  Recorder& recorder_;
  std::size_t bytes_;
  int errno_;
  bool timed_;
  std::uint64_t start_ = 0;
};

inline Recorder* recorder() noexcept {
  return plugin::recorder(shm::Door::preload);
}

// The recorder, if the calling thread is to be observed now; else null.
Recorder* observing() noexcept;

// The same, but null also if `fd` is not a client's descriptor.
inline Recorder* observing(int fd) noexcept {
  Recorder* const live = recorder();
  if (live == nullptr || !observer.is_connection(fd)) [[likely]]
    return nullptr;
  if (in_vfork_child()) [[unlikely]]
    return nullptr;
  if (thread_state.inside) [[unlikely]] {
    observer.stop_observing(fd);
    return nullptr;
  }
  return live;
}

void after_listen(int fd, int result) noexcept;
void after_accept(int listener, int fd) noexcept;
// `waited`: the call would have waited if nothing had been ready.
void after_poll(const pollfd* fds, nfds_t count, int ready, bool waited) noexcept;
// Called before the host's own close(): from that call on another thread may get the same
// descriptor number.
void before_close(int fd) noexcept;
void after_duplicate(int fd, int copy) noexcept;

inline void after_receive(int fd, std::span<const Chunk> chunks, ssize_t got, bool asked,
                          int flags) noexcept {
  if ((flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) != 0 || (got == 0 && !asked)) return;
  if (got < 0 && errno != ECONNRESET) return;
  Recorder* const live = observing(fd);
  if (live == nullptr) return;
  const std::uint64_t now = live->now();
  const Observing scope(*live, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got > 0) {
    if (chunks.size() == 1) {
      observer.received(fd, chunks[0].bytes, chunks[0].size, now);
    } else {
      observer.received(fd, chunks, now);
    }
  } else if (got == 0) {
    observer.input_ended(fd);
  } else {
    observer.hung_up(fd);
  }
}

inline void after_receive(int fd, const void* buffer, std::size_t size, ssize_t got,
                          int flags) noexcept {
  const Chunk chunk{static_cast<const char*>(buffer),
                    got > 0 ? std::min(static_cast<std::size_t>(got), size) : 0};
  after_receive(fd, {&chunk, 1}, got, size != 0, flags);
}

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

// If the kernel refused `vector`, the pointer may be invalid; it is then not used.
void after_receive_vector(int fd, const iovec* vector, std::size_t count, ssize_t got,
                          int flags) noexcept;

// A call that sends: constructed before the call; done() is called after it.
class Sending {
 public:
  // `size`: bytes that will be sent; 0 if not known.
  explicit Sending(int fd, std::size_t size = 0) noexcept : live_(observing(fd)), fd_(fd) {
    if (live_ == nullptr) return;
    // This may be the newline that the stock daemon sends after its answer. The byte itself may be
    // read only after the kernel has accepted it.
    probably_newline_ = size == 1 && observer.expects_newline(fd);
    if (!probably_newline_) before_ = live_->now();
  }
  ssize_t done(ssize_t sent, const void* buffer) noexcept {
    if (probably_newline_) {
      if (sent == 1 && *static_cast<const char*>(buffer) == '\n' && live_ == recorder()) {
        const Observing scope(*live_, 1);
        observer.newline_sent(fd_);
        return sent;
      }
      before_ = live_->now();
    }
    const iovec vector{const_cast<void*>(buffer), sent > 0 ? static_cast<std::size_t>(sent) : 0};
    return done(sent, &vector, 1);
  }
  ssize_t done(ssize_t sent, const iovec* vector, std::size_t count) noexcept {
    // This thread cannot have forked during its call, but the host may have ended the observation.
    if (live_ == nullptr || live_ != recorder()) return sent;
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET) return sent;
    const Observing scope(*live_, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (sent < 0) {
      observer.send_failed(fd_);
      return sent;
    }
    std::size_t bytes = static_cast<std::size_t>(sent);
    while (bytes != 0 && count != 0) {
      const Chunks chunks = next_chunks(vector, count, bytes);
      if (chunks.count == 1 && bytes == 0) {
        observer.sent(fd_, chunks.chunk[0].bytes, chunks.chunk[0].size, before_);
      } else {
        observer.sent(fd_, chunks.span(), before_);
      }
    }
    return sent;
  }

 private:
  Recorder* live_;
  int fd_;
  bool probably_newline_ = false;
  std::uint64_t before_ = 0;
};

}  // namespace goxel_telemetry::plugin
