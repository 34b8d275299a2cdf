// SPDX-License-Identifier: GPL-3.0-or-later
// The plugin's life in its host: woken by one of the two doors, kept alive by a thread of its own,
// forgotten in a forked child, retired when the host ends.
#pragma once

#include <atomic>
#include <string>

#include "plugin/recorder.h"
#include "plugin/settings.h"

namespace goxel_telemetry::plugin {

// What a door does besides catching events.
struct Door {
  shm::Door kind;
  // Before anybody sees the recorder.
  void (*begin)(Recorder&);
  // About once a second, from the plugin's thread.
  void (*housekeep)(Recorder&);
  // When the host ends, before the segment is retired.
  void (*end)(Recorder&);
};

// Null but for the door that is open. The kernel wipes this page in every forked child, also in one
// that was made by a raw system call; a handler of pthread_atfork() does the same where the kernel
// is too old.
struct alignas(4096) OpenDoors {
  std::atomic<Recorder*> recorder[static_cast<std::size_t>(shm::Door::preload) + 1];
};
extern OpenDoors open_doors;

// The recorder that this door opened; null while it is closed, and in a forked child. [hot]
inline Recorder* recorder(shm::Door door) noexcept {
  return open_doors.recorder[static_cast<std::size_t>(door)].load(std::memory_order_acquire);
}

// Makes the segment and starts the thread. At most one door opens in a process, whichever asks
// first; the other gets null and a sentence for the operator in `why`. [any thread, not hot]
Recorder* wake(const Settings& settings, const Recorder::Host& host, const Door& door,
               std::string& why);
inline constexpr const char* kWithout =
    "the daemon runs without telemetry: ";  // begins most of them

// Closes the door, if it is open. The memory stays: other threads may be inside. [any thread, not
// hot]
void sleep(shm::Door door) noexcept;

// One line on stderr, "goxel-telemetry: …".
void complain(const std::string& sentence) noexcept;

}  // namespace goxel_telemetry::plugin
