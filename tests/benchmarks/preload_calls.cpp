// SPDX-License-Identifier: GPL-3.0-or-later
// Replaces the system calls of a daemon's conversation by functions that do nothing. Preloaded after
// the plugin, so that only the cost of the plugin is measured.
#include "preload_calls.h"

#include <poll.h>
#include <sys/socket.h>
#include <cstring>

#define CALL extern "C" __attribute__((visibility("default")))

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
  fds->revents = POLLIN;
  return 1;
}

// The caller's buffer holds the request already. If it were copied there now, it would be read
// before it has left the processor's store buffer; a real system call leaves time for that.
CALL ssize_t recv(int, void*, size_t, int) {
  return sizeof kRequest - 1;
}

CALL ssize_t send(int, const void*, size_t size, int) {
  return static_cast<ssize_t>(size);
}
