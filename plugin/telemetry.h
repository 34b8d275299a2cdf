// SPDX-License-Identifier: GPL-3.0-or-later
// The plugin's life in its host: one of the two doors starts it, a thread of its own keeps it
// alive, it is reset in a forked child, and it is retired when the host ends.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "plugin/recorder.h"
#include "plugin/settings.h"

namespace goxel_telemetry::plugin {

// How events are captured by one of the doors: what it does besides.
struct Capture {
  shm::Door door;
  // Called before any other thread sees the recorder.
  void (*begin)(Recorder&);
  // Called about once a second, from the plugin's thread.
  void (*housekeep)(Recorder&);
  // Called when the host ends, before the segment is retired.
  void (*end)(Recorder&);
};

// The recorder of the door that is open; null for all other doors. The kernel fills this page with
// zeros in every forked child, also in one that was made by a raw system call; where the kernel is
// too old for that, a handler of pthread_atfork() does it.
struct alignas(4096) OpenDoors {
  std::atomic<Recorder*> recorder[static_cast<std::size_t>(shm::Door::preload) + 1];
};
extern OpenDoors open_doors;

// The recorder that this door opened; null while it is closed, and in a forked child. [hot]
inline Recorder* recorder(shm::Door door) noexcept {
  return open_doors.recorder[static_cast<std::size_t>(door)].load(std::memory_order_acquire);
}

// Starts the plugin: makes the segment and starts the thread. Only the door that asks first opens
// in a process; the other one gets null and a sentence for the operator in `why`, which is empty
// if there was not even memory for one. [any thread, not hot]
Recorder* start(const Settings& settings, const Recorder::Host& host, const Capture& capture,
                std::string& why) noexcept;
// Most of these sentences begin with it.
inline constexpr const char* kWithout = "the daemon runs without telemetry: ";

// Stops the plugin: closes the door, if it is open. The recorder's memory stays: other threads may
// be using it. [any thread, not hot]
void stop(shm::Door door) noexcept;

inline constexpr const char* kNoMemory = "the daemon runs without telemetry: there is no memory";

// Lines of the launcher, and of the plugin on its way from the launcher to the daemon.
inline constexpr const char* kTelemetryIsOff = "goxel-plugin-run: telemetry is off: ";
inline constexpr const char* kNotStarted = "goxel-plugin-run: not started: ";
// Begins every line of the plugin in its host.
inline constexpr const char* kWho = "goxel-telemetry: ";
// A line for a terminal or a log, which may quote what somebody wrote into a config file: control
// characters are shown as \xNN, and beyond its room it ends in "...". Allocates nothing.
class Line {
 public:
  explicit Line(std::string_view first, std::string_view rest = "") noexcept;
  std::string_view text() const { return {bytes_, size_}; }
  const char* c_str() const { return bytes_; }

 private:
  static constexpr std::size_t kRoom = 2048;
  void add(std::string_view text) noexcept;
  char bytes_[kRoom];
  std::size_t size_ = 0;
};
// One line on stderr. Never ends the process and never stops it; if stderr takes nothing, the line
// is left out.
void say(std::string_view first, std::string_view rest = "") noexcept;
inline void complain(std::string_view sentence) noexcept {
  say(kWho, sentence);
}

}  // namespace goxel_telemetry::plugin
