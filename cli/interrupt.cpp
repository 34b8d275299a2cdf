// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/interrupt.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace goxel_telemetry::cli {

Interrupt::Interrupt(Watch watch) : watch_(watch) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // A terminal that is closed. nohup ignores this signal, and blocked it would come all the same.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signals_ = signalfd(-1, &signals, SFD_CLOEXEC);
}

Interrupt::~Interrupt() {
  close(signals_);
}

bool Interrupt::wait(int milliseconds) const {
  pollfd watched[] = {{signals_, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
  poll(watched, watch_ == Watch::signals ? 1 : 2, milliseconds);
  return watched[0].revents != 0 || (watched[1].revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace goxel_telemetry::cli
