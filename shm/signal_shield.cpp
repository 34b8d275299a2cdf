// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/signal_shield.h"

#include <cerrno>
#include <ctime>
#include <initializer_list>

namespace goxel_telemetry::shm {

SignalShield::SignalShield() noexcept {
  const int error = errno;
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
  sigset_t pending;
  sigpending(&pending);
  sigemptyset(&ours_);
  for (const int signal : {SIGXFSZ, SIGPIPE}) {
    if (sigismember(&pending, signal) == 0) sigaddset(&ours_, signal);
  }
  errno = error;
}

SignalShield::~SignalShield() {
  const int error = errno;
  constexpr timespec kNow = {0, 0};
  // Each of the two can be pending once. An interruption is not possible: all signals are blocked.
  for (int i = 0; i < 2; ++i) {
    if (sigtimedwait(&ours_, nullptr, &kNow) < 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

}  // namespace goxel_telemetry::shm
