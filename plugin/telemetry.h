// SPDX-License-Identifier: GPL-3.0-or-later
// The plugin's life in its host: woken by one of the two doors, kept alive by a thread of its own,
// forgotten in a forked child, retired when the host ends.
#pragma once

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

// The recorder of this process; null while asleep, and in a forked child. [hot]
Recorder* recorder() noexcept;

// Makes the segment and starts the thread. At most one wakes in a process, whichever door asks
// first; the other gets null and a sentence in `why`. [any thread, not hot]
Recorder* wake(const Settings& settings, const Recorder::Host& host, const Door& door,
               std::string& why);

// Ends what wake() began, but for the memory: other threads may be inside. [any thread, not hot]
void sleep() noexcept;

// One line on stderr, "goxel-telemetry: …".
void complain(const std::string& sentence) noexcept;

}  // namespace goxel_telemetry::plugin
