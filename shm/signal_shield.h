// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps what we do in a host's thread from ever ending the host by a signal.
#pragma once

#include <csignal>

namespace goxel_telemetry::shm {

// While it exists, the calling thread takes no signal. Those that the kernel sends to a thread for
// what it does itself (SIGXFSZ beyond the limit on file sizes, SIGPIPE) are taken back before the
// thread's own mask is put in place again; the call's error says the same. No system call is
// interrupted meanwhile, and a write to a terminal does not stop the process (SIGTTOU).
class SignalShield {
 public:
  SignalShield() noexcept;
  SignalShield(const SignalShield&) = delete;
  SignalShield& operator=(const SignalShield&) = delete;
  ~SignalShield();  // keeps errno

 private:
  sigset_t before_;
  sigset_t ours_;  // those of them that were not pending already
};

}  // namespace goxel_telemetry::shm
