// SPDX-License-Identifier: GPL-3.0-or-later
// Tells a child of vfork() from its parent. The child runs in its parent's memory until it calls
// exec: what it does to its own descriptors must not be taken for the parent's doing.
#pragma once

namespace goxel_telemetry::plugin {

// Set by the parent just before, and seen by both: thread-local variables are shared memory, too.
extern constinit thread_local bool vforked __attribute__((tls_model("initial-exec")));
bool in_vfork_child_after_all() noexcept;

// One thread-local load, and a system call only for the first question after a vfork().
inline bool in_vfork_child() noexcept {
  return vforked && in_vfork_child_after_all();
}

// This process is the parent of children to come. [before the first question]
void remember_this_process() noexcept;

// Before main(): vfork() itself cannot wait for a look-up.
void resolve_vfork() noexcept;

}  // namespace goxel_telemetry::plugin
