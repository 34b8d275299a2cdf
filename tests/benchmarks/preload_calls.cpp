// SPDX-License-Identifier: GPL-3.0-or-later
// Replaces the system calls of a daemon's conversation by functions that do nothing. Preloaded after
// the plugin, so that only the cost of the plugin is measured.
#include "preload_calls.h"

#include <poll.h>
#include <sys/socket.h>
#include <cstring>

#include "fenced_clock.h"

#define CALL extern "C" __attribute__((visibility("default")))

CALL PreloadWatch preload_watch;
PreloadWatch preload_watch;

namespace {

// A system call waits for what came before it, and what follows waits for it. So do the stamps.
class Stamped {
 public:
  Stamped() {
    if (!preload_watch.stamps) return;
    preload_watch.entered[preload_watch.next] = fenced_ticks();
  }
  ~Stamped() {
    if (!preload_watch.stamps) return;
    std::uint64_t& returned = preload_watch.returned[preload_watch.next++];
    returned = fenced_ticks();
  }
  Stamped(const Stamped&) = delete;
  Stamped& operator=(const Stamped&) = delete;
};

}  // namespace

CALL int listen(int, int) noexcept {
  return 0;
}

// The plugin asks whether it is a Unix stream socket.
CALL int getsockopt(int, int, int name, void* value, socklen_t* size) noexcept {
  const int answer = name == SO_DOMAIN ? AF_UNIX : SOCK_STREAM;
  std::memcpy(value, &answer, sizeof answer);
  *size = sizeof answer;
  return 0;
}

CALL int accept(int, sockaddr*, socklen_t*) {
  static int next = kFirstDescriptor;
  return next++;
}

CALL int poll(pollfd* fds, nfds_t, int) {
  preload_watch.next = kPoll;
  const Stamped stamped;
  fds->revents = preload_watch.nothing_comes ? 0 : POLLIN;
  if (preload_watch.nothing_comes) return 0;
  if (preload_watch.waiting != nullptr) preload_watch.waiting();
  return 1;
}

// The caller's buffer holds the request already. If it were copied there now, it would be read
// before it has left the processor's store buffer; a real system call leaves time for that.
CALL ssize_t recv(int, void*, size_t, int) {
  const Stamped stamped;
  return sizeof kRequest - 1;
}

CALL ssize_t send(int, const void*, size_t size, int) {
  const Stamped stamped;
  return static_cast<ssize_t>(size);
}
