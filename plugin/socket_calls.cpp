// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/socket_calls.h"

#include <pthread.h>

#include <atomic>
#include <string>

#include "plugin/handing_on.h"
#include "plugin/host_process.h"

namespace goxel_telemetry::plugin {

constinit SocketObserver observer;

namespace {

enum class DoorState : int { closed, enabled, open, failed };
std::atomic<DoorState> door_state{DoorState::closed};
// Constructed on first use: prepare() may run before this file's static initialisers.
Settings& settings_of_launcher() {
  static Settings settings;
  return settings;
}

void forget_in_child() {
  observer.forget_descriptors();
}
void begin(Recorder& recorder) {
  [[maybe_unused]] static const bool prepared = [] {
    observer.wipe_in_children();
    return pthread_atfork(nullptr, nullptr, forget_in_child) == 0;
  }();
  prepare_cost_clock(recorder);
  observer.start(recorder);
}
void housekeep(Recorder& recorder) {
  observer.housekeep(recorder.now());
}
void end(Recorder&) {
  observer.end_all();
}

// Starts the plugin if this process is to be observed and is not yet. [not hot]
Recorder* ensure_started() noexcept {
  if (Recorder* const live = recorder()) return live;
  DoorState state = door_state.load(std::memory_order_acquire);
  // In a forked child that goes on serving the door is open but there is no recorder: the child
  // opens its own.
  if (state != DoorState::enabled && state != DoorState::open) return nullptr;
  if (!door_state.compare_exchange_strong(state, DoorState::failed, std::memory_order_acq_rel)) {
    return nullptr;  // another thread is opening the door
  }
  hand_on_no_more();
  // If the thread were cancelled in here, the door would never open.
  int cancellation = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
  const int error = errno;
  std::string why;
  Recorder* made = nullptr;
  try {
    made = start(settings_of_launcher(), describe_this_process(),
                 {shm::Door::preload, begin, housekeep, end}, why);
  } catch (...) {  // no memory
  }
  if (made == nullptr) {
    complain(why.empty() ? kNoMemory : std::string_view(why));
  } else {
    door_state.store(DoorState::open, std::memory_order_release);
  }
  errno = error;
  pthread_setcancelstate(cancellation, nullptr);
  return made;
}

}  // namespace

void enable_preload_door(const Settings& settings) {
  settings_of_launcher() = settings;
  door_state.store(DoorState::enabled, std::memory_order_release);
}

Recorder* observing() noexcept {
  const bool inside = (thread_state.unobserved & ThreadState::kInside) != 0;
  return inside || in_vfork_child() ? nullptr : recorder();
}

[[gnu::cold]] Recorder* observing_in_doubt(int fd) noexcept {
  if (in_vfork_child() || recorder() == nullptr) return nullptr;
  if ((thread_state.unobserved & ThreadState::kInside) == 0) return recorder();
  observer.stop_observing(fd);
  return nullptr;
}

void after_listen(int fd, int result) noexcept {
  if (result != 0 || door_state.load(std::memory_order_relaxed) == DoorState::closed ||
      in_vfork_child()) {
    return;
  }
  const int error = errno;
  if ((recorder() != nullptr || is_unix_stream_socket(fd)) && ensure_started() != nullptr) {
    observer.listens(fd);
  }
  errno = error;
}

void after_accept(int listener, int fd) noexcept {
  if (fd < 0 || door_state.load(std::memory_order_relaxed) == DoorState::closed ||
      (thread_state.unobserved & ThreadState::kInside) != 0 || in_vfork_child()) {
    return;
  }
  const int error = errno;
  const bool was_started = recorder() != nullptr;
  if (was_started || is_unix_stream_socket(listener)) {
    if (ensure_started() != nullptr) {
      const Observing scope;
      if (observer.is_listener(listener)) observer.accepted(fd);
    }
  }
  errno = error;
}

[[gnu::noinline]] void after_poll_at_length(const pollfd* fds, nfds_t count, int ready,
                                            bool waited) noexcept {
  if (ready < 0 || recorder() == nullptr) return;
  // A thread that waits for one client alone does nothing else meanwhile.
  if (count == 1 && waited && (fds->events & POLLIN) != 0) {
    if (observing() != nullptr && observer.is_connection(fds->fd) && !observer.is_quiet(fds->fd)) {
      const Observing scope;
      observer.waited(fds->fd, (fds->revents & POLLIN) != 0);
    }
  }
  if (ready == 0) return;
  for (nfds_t i = 0; i < count; ++i) {
    if ((fds[i].revents & (POLLHUP | POLLERR)) == 0) continue;
    if (observer.is_connection(fds[i].fd) && observing(fds[i].fd) != nullptr) {
      const Observing scope;
      observer.hung_up(fds[i].fd);
    }
  }
}

[[gnu::cold]] void after_timed_poll(const pollfd& one) noexcept {
  const std::uint64_t start = cost_clock();
  const bool nothing = means_nothing(one);
  const std::uint64_t took = cost_since(start);
  // Else the client is going away, and nothing is waited for.
  Recorder* const live = nothing && observer.is_connection(one.fd) ? observing(one.fd) : nullptr;
  if (live != nullptr && (one.revents & POLLIN) != 0) live->add_own_cost(took, 0, 0);
}

[[gnu::hot]] void received(int fd, const char* bytes, std::size_t size) noexcept {
  const bool timed = is_timed();
  const std::uint64_t start = timed ? cost_clock() : 0;
  Recorder* const live = observing(fd);
  if (live == nullptr) return;
  const std::uint64_t now = live->now();
  thread_state.unobserved |= ThreadState::kInside;
  observer.received(*live, fd, bytes, size, now);
  thread_state.unobserved &= static_cast<std::uint8_t>(~ThreadState::kInside);
  if (timed) [[unlikely]]
    live->add_own_cost(cost_since(start), 0, size);
}

void after_receive_at_length(int fd, std::span<const Chunk> chunks, ssize_t got, bool asked,
                             int flags) noexcept {
  if ((flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) != 0 || (got == 0 && !asked)) return;
  if ((got < 0 && errno != ECONNRESET) || !observer.is_connection(fd)) return;
  const Recorder* const live = observing(fd);
  if (live == nullptr) return;
  const std::uint64_t now = live->now();
  const Observing scope;
  if (got > 0) {
    observer.received(fd, chunks, now);
  } else if (got == 0) {
    observer.input_ended(fd);
  } else {
    observer.hung_up(fd);
  }
}

[[gnu::hot]] void Sending::begin(std::size_t size) noexcept {
  const bool timed = is_timed();
  const std::uint64_t start = timed ? cost_clock() : 0;
  live_ = observing(fd_);
  if (live_ == nullptr) return;
  begun_at_ = size == 1 && observer.expects_newline(fd_) ? kProbablyNewline : live_->now();
  if (timed) [[unlikely]]
    begin_took_ =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(cost_since(start), kNotTimed - 1));
}

[[gnu::hot]] void Sending::end(ssize_t sent, const char* buffer) noexcept {
  if (sent <= 0) return end_unsent();
  // This thread cannot have forked during its call, but the host may have ended the observation, and
  // begun another.
  if (!observer.is_connection(fd_) || observer.recorder_of(fd_) != live_) return;
  if (begin_took_ != kNotTimed) [[unlikely]]
    return end_timed(static_cast<std::size_t>(sent), buffer);
  observe(static_cast<std::size_t>(sent), buffer);
}

[[gnu::hot]] void Sending::observe(std::size_t sent, const char* buffer) noexcept {
  thread_state.unobserved |= ThreadState::kInside;
  if (begun_at_ == kProbablyNewline && sent == 1 && *buffer == '\n') {
    observer.newline_sent(*live_, fd_);
  } else {
    if (begun_at_ == kProbablyNewline) begun_at_ = live_->now();
    observer.sent(*live_, fd_, buffer, sent, begun_at_);
  }
  thread_state.unobserved &= static_cast<std::uint8_t>(~ThreadState::kInside);
}

[[gnu::cold]] void Sending::end_timed(std::size_t sent, const char* buffer) noexcept {
  const std::uint64_t start = cost_clock();
  observe(sent, buffer);
  const std::uint64_t took = cost_since(start);
  // If the answer is held, its newline is still to come.
  const bool waited = observer.holds_answer(fd_);
  live_->add_own_cost(begin_took_ + (waited ? took : 0), waited ? 0 : took, sent);
}

void Sending::end_vector(ssize_t sent, const iovec* vector, std::size_t count) noexcept {
  if (sent <= 0) return end_unsent();
  if (!observer.is_connection(fd_) || observer.recorder_of(fd_) != live_) return;
  const Observing scope;
  std::size_t bytes = static_cast<std::size_t>(sent);
  while (bytes != 0 && count != 0) {
    const Chunks chunks = next_chunks(vector, count, bytes);
    if (chunks.count == 1 && bytes == 0) {
      observer.sent(*live_, fd_, chunks.chunk[0].bytes, chunks.chunk[0].size, begun_at_);
    } else {
      observer.sent(fd_, chunks.span(), begun_at_);
    }
  }
}

void Sending::end_unsent() const noexcept {
  if (recorder() == nullptr || (errno != EPIPE && errno != ECONNRESET)) return;
  const Observing scope;
  observer.send_failed(fd_);
}

void before_close(int fd) noexcept {
  if (!observer.is_known(fd)) return;
  if (observing() == nullptr) return;
  const Observing scope;
  observer.closing(fd);
}

void after_shutdown(int fd, int how) noexcept {
  if (how == SHUT_RD || !observer.is_connection(fd) || observing(fd) == nullptr) return;
  const Observing scope;
  observer.shut_down_for_writing(fd);
}

void after_duplicate(int fd, int copy) noexcept {
  if (copy < 0 || copy == fd) return;
  if (!observer.is_connection(fd) && !observer.is_known(copy)) return;
  if (observing() == nullptr) return;
  const Observing scope;
  observer.duplicated(fd, copy);
}

void after_receive_vector(int fd, const iovec* vector, std::size_t count, ssize_t got,
                          int flags) noexcept {
  if (got < 0) count = 0;
  bool asked = false;
  for (std::size_t i = 0; i < count && !asked; ++i) asked = vector[i].iov_len != 0;
  std::size_t bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  do {
    const Chunks chunks = next_chunks(vector, count, bytes);
    after_receive_at_length(fd, chunks.span(), got, asked, flags);
  } while (bytes != 0 && count != 0);
}

}  // namespace goxel_telemetry::plugin
