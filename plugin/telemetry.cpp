// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/telemetry.h"

#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>
#include <new>

#include "plugin/host_process.h"
#include "shm/signal_shield.h"

namespace goxel_telemetry::plugin {

constinit OpenDoors open_doors{};

namespace {

Capture open_capture{};

// What is never freed stays in sight: a host that is built with a leak detector would otherwise be
// told of it, above all in a forked child, which has neither the open door nor the thread.
struct Kept {
  const Recorder* recorder;
  const Kept* earlier;
};
const Kept* kept = nullptr;

// Closes every door. The parent's thread does not exist in the child, and its segment is not the
// child's: as long as the child had a part in it, the parent would seem to live.
void reset_in_child() noexcept {
  for (auto& recorder : open_doors.recorder) recorder.store(nullptr, std::memory_order_relaxed);
  for (const Kept* one = kept; one != nullptr; one = one->earlier) one->recorder->leave_segment();
}

// What the thread of one recorder works on. It has a copy of the capture, because another door may
// open meanwhile.
struct Watch {
  Recorder& recorder;
  Capture capture;
};

const Watch* newest_watch = nullptr;  // in sight, like what is kept

constexpr std::uint64_t kBeatNs = 1'000'000'000;
// Between two looks at the lanes: records wait there to be counted, and the shortest lanes have 256
// places. While a lane is written so fast that this is too long, it becomes shorter.
constexpr int kFoldMs = 100;
constexpr int kShortestFoldMs = 5;

using Sleep = int(clockid_t, int, const timespec*, timespec*);
Sleep* libc_sleep() noexcept {
  static Sleep* const sleep = libc_function<Sleep>("clock_nanosleep", &clock_nanosleep);
  return sleep;
}

// False if the thread cannot sleep here (a sandbox, say). It would spin.
bool sleep_for(int milliseconds) noexcept {
  const timespec time = {0, milliseconds * 1'000'000L};
  const int error = libc_sleep()(CLOCK_MONOTONIC, 0, &time, nullptr);
  return error == 0 || error == EINTR || poll(nullptr, 0, milliseconds) == 0;
}

std::atomic<std::uint32_t> threads_begun{0};

// A thread that begins holds locks of the host's (an allocator's, a sanitizer's; the loader's, while it
// looks its first function up). If the host forked at that moment, they would stay locked in the child. Waits for at most some milliseconds.
void wait_until_begun(std::uint32_t before) noexcept {
  for (int attempt = 0; attempt < 100 && threads_begun.load() == before; ++attempt) {
    constexpr timespec kMoment = {0, 100'000};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &kMoment, nullptr);
  }
}

void* keep_alive(void* argument) {
  libc_sleep();
  ++threads_begun;
  const std::unique_ptr<Watch> watch(static_cast<Watch*>(argument));
  int pause_ms = kFoldMs;
  std::uint64_t beat_ns = shm::monotonic_ns();
  while (sleep_for(pause_ms)) {
    // The door was closed, or opened again with another recorder, which has a thread of its own.
    if (plugin::recorder(watch->capture.door) != &watch->recorder) return nullptr;
    const bool hurry = watch->recorder.fold();
    pause_ms = hurry ? std::max(pause_ms / 4, kShortestFoldMs) : std::min(pause_ms * 2, kFoldMs);
    const std::uint64_t now_ns = shm::monotonic_ns();
    constexpr std::uint64_t kNearlyNs = 50'000'000;  // or every second one would be a pause late
    if (now_ns - beat_ns < kBeatNs - kNearlyNs) continue;
    beat_ns = now_ns;
    watch->recorder.beat();
    watch->capture.housekeep(watch->recorder);
  }
  complain("its thread cannot sleep in this process: it gives no sign of life any more");
  return nullptr;
}

// The thread blocks all signals: the host's signal handlers must not run on a thread that the host
// does not know.
bool start_thread(Recorder& recorder, const Capture& capture) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  // The host's thread-local variables are on this stack, too.
  constexpr std::size_t kStackBytes = std::size_t{256} * 1024;
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  std::unique_ptr<Watch> watch(new (std::nothrow) Watch{recorder, capture});
  if (watch == nullptr) return false;
  newest_watch = watch.get();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const std::uint32_t begun = threads_begun.load();
  const bool started = pthread_create(&thread, &attributes, keep_alive, watch.get()) == 0;
  if (started) static_cast<void>(watch.release());  // the thread owns it now
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (started) pthread_setname_np(thread, "goxel-telemetry");
  if (started) wait_until_begun(begun);
  return started;
}

}  // namespace

namespace {

Recorder* start_or_throw(const Settings& settings, const Recorder::Host& host,
                         const Capture& capture, std::string& why) {
  [[maybe_unused]] static const bool handlers_set = [] {
    madvise(&open_doors, sizeof open_doors, MADV_WIPEONFORK);
    return pthread_atfork(nullptr, nullptr, reset_in_child) == 0;
  }();
  for (const auto& other : open_doors.recorder) {
    if (other.load(std::memory_order_acquire) == nullptr) continue;
    why = open_capture.door == capture.door
              ? "telemetry is already on in this process"
              : "telemetry is already on in this process, through the other door";
    return nullptr;
  }
  std::unique_ptr<Recorder> made = Recorder::create(settings, host, capture.door, why);
  if (made == nullptr) {
    why.insert(0, kWithout);
    return nullptr;
  }
  kept = new Kept{made.get(), kept};
  open_capture = capture;
  capture.begin(*made);
  auto& opened = open_doors.recorder[static_cast<std::size_t>(capture.door)];
  opened.store(made.get(), std::memory_order_release);
  if (!start_thread(*made, capture)) {
    opened.store(nullptr, std::memory_order_relaxed);
    made->withdraw();
    why = std::string(kWithout) + "its thread cannot be started";
    static_cast<void>(made.release());
    return nullptr;
  }
  return made.release();  // never freed: threads may be using it at any time
}

}  // namespace

Recorder* start(const Settings& settings, const Recorder::Host& host, const Capture& capture,
                std::string& why) noexcept {
  try {
    return start_or_throw(settings, host, capture, why);
  } catch (...) {  // no memory: no sentence can be made up any more
    return nullptr;
  }
}

void stop(shm::Door door) noexcept {
  Recorder* const last = recorder(door);
  if (last == nullptr) return;
  open_capture.end(*last);
  last->retire();
  open_doors.recorder[static_cast<std::size_t>(door)].store(nullptr, std::memory_order_relaxed);
}

Line::Line(std::string_view first, std::string_view rest) noexcept {
  add(first);
  add(rest);
  bytes_[size_] = '\0';
}

void Line::add(std::string_view text) noexcept {
  constexpr std::string_view kMore = "...";
  constexpr std::size_t kEscaped = 4;
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size_ + kEscaped + kMore.size() >= kRoom) {
      if (size_ + kMore.size() < kRoom) size_ += kMore.copy(bytes_ + size_, kMore.size());
      return;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    // Those of Unicode from U+0080 to U+009F are two bytes, of which the first is 0xC2.
    const bool second = i > 0 && static_cast<unsigned char>(text[i - 1]) == 0xC2;
    if (byte >= ' ' && byte != 0x7F && !(second && byte < 0xA0)) {
      bytes_[size_++] = text[i];
      continue;
    }
    const char escaped[] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    size_ += std::string_view(escaped, kEscaped).copy(bytes_ + size_, kEscaped);
  }
}

void say(std::string_view first, std::string_view rest) noexcept {
  const Line shown(first, rest);
  iovec line[] = {{const_cast<char*>(shown.text().data()), shown.text().size()},
                  {const_cast<char*>("\n"), 1}};
  const int error = errno;
  // stderr may be a file at its limit or a pipe that nobody holds. If it is one that nobody reads,
  // or a terminal that was stopped, the host must not wait for it.
  const shm::SignalShield shield;
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  constexpr int kPatienceMs = 100;
  if (poll(&room, 1, kPatienceMs) == 1) {
    // If stderr is gone, there is no way to report it.
    [[maybe_unused]] const ssize_t written = writev(STDERR_FILENO, line, 2);
  }
  errno = error;
}

}  // namespace goxel_telemetry::plugin
