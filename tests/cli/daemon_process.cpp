// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/daemon_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace goxel_telemetry::cli {

DaemonProcess::DaemonProcess(std::string instance, Script first, Script on_poke) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  pid_ = fork();
  channel_ = ends[pid_ == 0 ? 1 : 0];
  close(ends[pid_ == 0 ? 0 : 1]);
  if (pid_ == 0) live(instance, first, on_poke);
  char ready = 0;
  EXPECT_EQ(read(channel_, &ready, 1), 1) << "the daemon's process did not start";
}

DaemonProcess::~DaemonProcess() {
  kill();
  close(channel_);
}

void DaemonProcess::live(const std::string& instance, const Script& first, const Script& on_poke) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  metrics::TestSegment segment(instance);
  first(segment);
  char byte = 0;
  while (write(channel_, &byte, 1) == 1 && read(channel_, &byte, 1) == 1) on_poke(segment);
  _exit(0);
}

void DaemonProcess::poke() {
  char byte = 0;
  EXPECT_EQ(write(channel_, &byte, 1), 1);
  EXPECT_EQ(read(channel_, &byte, 1), 1) << "the daemon's process is gone";
}

void DaemonProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), nullptr, 0);
}

}  // namespace goxel_telemetry::cli
