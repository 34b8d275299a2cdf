// SPDX-License-Identifier: GPL-3.0-or-later
// Distinguishes a child of vfork() from its parent. The child runs in its parent's memory until it
// calls exec. What it does to its own descriptors must not be counted as done by the parent.
#pragma once

#include "plugin/thread_state.h"

namespace goxel_telemetry::plugin {

// The parent sets ThreadState::vforked just before vfork(). Both processes see it: thread-local
// variables are shared memory, too.
bool in_vfork_child_after_all() noexcept;

// Costs one thread-local load; a system call only for the first call after a vfork().
inline bool in_vfork_child() noexcept {
  return thread_state.vforked && in_vfork_child_after_all();
}

// Remembers this process as the parent of later children. [before the first in_vfork_child()]
void remember_this_process() noexcept;

// Looks up the real vfork(). Called before main(), because our vfork() cannot make a look-up
// itself.
void resolve_vfork() noexcept;

}  // namespace goxel_telemetry::plugin
