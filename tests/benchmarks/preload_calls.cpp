// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's part of a daemon's conversation, without the kernel: preloaded behind the plugin, so
// that what is measured is what the plugin adds.
#include "preload_calls.h"

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

// The caller has the request in the buffer already. Copied there now, it would be read before it
// has left the processor's store buffer, which a system call leaves time for.
CALL ssize_t recv(int, void*, size_t, int) {
  return sizeof kRequest - 1;
}

CALL ssize_t send(int, const void*, size_t size, int) {
  return static_cast<ssize_t>(size);
}
