// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/telemetry.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>

namespace goxel_telemetry::plugin {

constinit OpenDoors open_doors{};

namespace {

Door open_door{};

// Closes every door: when the plugin stops, and to reset it in a forked child.
void forget() noexcept {
  for (auto& recorder : open_doors.recorder) recorder.store(nullptr, std::memory_order_relaxed);
}

// What the thread of one recorder works on. It has a copy of the door, because another door may
// open meanwhile.
struct Watch {
  Recorder& recorder;
  Door door;
};

void* keep_alive(void* argument) {
  const std::unique_ptr<Watch> watch(static_cast<Watch*>(argument));
  constexpr timespec kBeat = {1, 0};
  while (true) {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &kBeat, nullptr);
    // The door was closed, or opened again with another recorder, which has a thread of its own.
    if (plugin::recorder(watch->door.kind) != &watch->recorder) return nullptr;
    watch->recorder.beat();
    watch->door.housekeep(watch->recorder);
  }
}

// The thread blocks all signals: the host's signal handlers must not run on a thread that the host
// does not know.
bool start_thread(Recorder& recorder, const Door& door) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  // The host's thread-local variables are on this stack, too.
  constexpr std::size_t kStackBytes = 256 * 1024;
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  auto watch = std::make_unique<Watch>(Watch{recorder, door});
  const bool started = pthread_create(&thread, &attributes, keep_alive, watch.get()) == 0;
  if (started) watch.release();  // the thread owns it now
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (started) pthread_setname_np(thread, "goxel-telemetry");
  return started;
}

}  // namespace

Recorder* wake(const Settings& settings, const Recorder::Host& host, const Door& door,
               std::string& why) {
  [[maybe_unused]] static const bool handlers_set = [] {
    madvise(&open_doors, sizeof open_doors, MADV_WIPEONFORK);
    return pthread_atfork(nullptr, nullptr, forget) == 0;
  }();
  for (const auto& other : open_doors.recorder) {
    if (other.load(std::memory_order_acquire) == nullptr) continue;
    why = open_door.kind == door.kind
              ? "telemetry is already on in this process"
              : "telemetry is already on in this process, through the other door";
    return nullptr;
  }
  std::unique_ptr<Recorder> made = Recorder::create(settings, host, door.kind, why);
  if (made == nullptr) {
    why.insert(0, kWithout);
    return nullptr;
  }
  open_door = door;
  door.begin(*made);
  auto& opened = open_doors.recorder[static_cast<std::size_t>(door.kind)];
  opened.store(made.get(), std::memory_order_release);
  if (!start_thread(*made, door)) {
    opened.store(nullptr, std::memory_order_relaxed);
    made->retire();
    why = std::string(kWithout) + "its thread cannot be started";
    made.release();
    return nullptr;
  }
  return made.release();  // never freed: threads may be using it at any time
}

void sleep(shm::Door door) noexcept {
  Recorder* const last = recorder(door);
  if (last == nullptr) return;
  open_door.end(*last);
  last->retire();
  forget();
}

void complain(const std::string& sentence) noexcept {
  iovec line[] = {{const_cast<char*>("goxel-telemetry: "), 17},
                  {const_cast<char*>(sentence.data()), sentence.size()},
                  {const_cast<char*>("\n"), 1}};
  const int error = errno;
  // If stderr is gone, there is no way to report it.
  [[maybe_unused]] const ssize_t written = writev(STDERR_FILENO, line, 3);
  errno = error;
}

}  // namespace goxel_telemetry::plugin
