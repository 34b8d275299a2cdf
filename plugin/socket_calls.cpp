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

void begin(Recorder& recorder) {
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
  Recorder* const live = recorder();
  return live == nullptr || thread_state.inside || in_vfork_child() ? nullptr : live;
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
      thread_state.inside || in_vfork_child()) {
    return;
  }
  const int error = errno;
  const bool was_started = recorder() != nullptr;
  if (was_started || is_unix_stream_socket(listener)) {
    if (Recorder* const live = ensure_started()) {
      const Observing scope(*live);
      if (observer.is_listener(listener)) observer.accepted(fd);
    }
  }
  errno = error;
}

void after_poll(const pollfd* fds, nfds_t count, int ready, bool waited) noexcept {
  if (ready < 0 || recorder() == nullptr) return;
  // A thread that waits for one client alone does nothing else meanwhile.
  if (count == 1 && waited && (fds->events & POLLIN) != 0) {
    Recorder* const live = observing();
    if (live != nullptr && observer.is_connection(fds->fd) && !observer.is_quiet(fds->fd))
        [[unlikely]] {
      const Observing scope(*live);
      observer.waited(fds->fd, (fds->revents & POLLIN) != 0);
    }
  }
  if (ready == 0) return;
  for (nfds_t i = 0; i < count; ++i) {
    if ((fds[i].revents & (POLLHUP | POLLERR)) == 0) continue;
    if (Recorder* const live = observing(fds[i].fd)) {
      const Observing scope(*live);
      observer.hung_up(fds[i].fd);
    }
  }
}

void before_close(int fd) noexcept {
  if (!observer.is_known(fd)) return;
  if (Recorder* const live = observing()) {
    const Observing scope(*live);
    observer.closing(fd);
  }
}

void after_duplicate(int fd, int copy) noexcept {
  if (copy < 0 || copy == fd) return;
  if (!observer.is_connection(fd) && !observer.is_known(copy)) return;
  if (Recorder* const live = observing()) {
    const Observing scope(*live);
    observer.duplicated(fd, copy);
  }
}

void after_receive_vector(int fd, const iovec* vector, std::size_t count, ssize_t got,
                          int flags) noexcept {
  if (got < 0) count = 0;
  bool asked = false;
  for (std::size_t i = 0; i < count && !asked; ++i) asked = vector[i].iov_len != 0;
  std::size_t bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  do {
    const Chunks chunks = next_chunks(vector, count, bytes);
    after_receive(fd, chunks.span(), got, asked, flags);
  } while (bytes != 0 && count != 0);
}

}  // namespace goxel_telemetry::plugin
