// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded after the plugin.
#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>

#include "fenced_clock.h"
#include "timed_calls.h"

#define CALL extern "C" __attribute__((visibility("default")))

namespace {

thread_local InnerTimes times __attribute__((tls_model("initial-exec")));

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <class Call>
auto timed(Call call) {
  times.entered = fenced_ticks();
  const auto result = call();
  times.returned = fenced_ticks();
  return result;
}

}  // namespace

CALL InnerTimes* timed_inner_times() {
  return &times;
}

CALL int poll(pollfd* fds, nfds_t count, int timeout) {
  static auto* const original = next<int(pollfd*, nfds_t, int)>("poll");
  return timed([&] { return original(fds, count, timeout); });
}

CALL ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* const original = next<ssize_t(int, void*, size_t, int)>("recv");
  return timed([&] { return original(fd, buffer, size, flags); });
}

CALL ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  static auto* const original = next<ssize_t(int, const void*, size_t, int)>("send");
  return timed([&] { return original(fd, buffer, size, flags); });
}
