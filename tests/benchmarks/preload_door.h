// SPDX-License-Identifier: GPL-3.0-or-later
// The stock daemon's calls of one request, through the preloaded plugin or past it.
#pragma once

#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "preload_calls.h"

struct Calls {
  int (*poll)(pollfd*, nfds_t, int);
  ssize_t (*recv)(int, void*, size_t, int);
  ssize_t (*send)(int, const void*, size_t, int);
};

inline const Calls& through_the_plugin() {
  static const Calls calls = {::poll, ::recv, ::send};
  return calls;
}

// A function or variable of preload_calls.cpp, which is preloaded.
template <class Wanted>
Wanted* of_preload_calls(const char* name) {
  static void* const library = dlopen(PRELOAD_CALLS_PATH, RTLD_NOLOAD | RTLD_LAZY);
  void* const found = library == nullptr ? nullptr : dlsym(library, name);
  if (found == nullptr) {
    std::fprintf(stderr, "%s is not preloaded\n", PRELOAD_CALLS_PATH);
    std::exit(1);
  }
  return reinterpret_cast<Wanted*>(found);
}

inline const Calls& past_the_plugin() {
  static const Calls calls = {of_preload_calls<int(pollfd*, nfds_t, int)>("poll"),
                              of_preload_calls<ssize_t(int, void*, size_t, int)>("recv"),
                              of_preload_calls<ssize_t(int, const void*, size_t, int)>("send")};
  return calls;
}

// What the kernel would fill at each recv.
inline char* request_buffer() {
  static char buffer[8192];
  static const bool filled = std::memcpy(buffer, kRequest, sizeof kRequest) != nullptr;
  return filled ? buffer : nullptr;
}

// It waits, reads without waiting, works, and sends the answer and a newline.
inline void one_request(const Calls& calls, int fd, char* buffer) {
  pollfd waiting{fd, POLLIN, 0};
  if (calls.poll(&waiting, 1, 100) != 1) return;
  calls.recv(fd, buffer, 8192, MSG_DONTWAIT);
  calls.send(fd, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL);
  calls.send(fd, "\n", 1, MSG_NOSIGNAL);
}

inline int new_connection() {
  static const bool listens = listen(kListener, 1) == 0;
  return listens ? accept(kListener, nullptr, nullptr) : -1;
}
