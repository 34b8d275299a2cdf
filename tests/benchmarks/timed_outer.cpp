// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded before the plugin. Writes the calls into the file that TIMED_CALLS names; when it is full, no more.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "fenced_clock.h"
#include "timed_calls.h"

#define CALL extern "C" __attribute__((visibility("default")))

namespace {

constexpr std::uint64_t kCalls = std::uint64_t{1} << 19;
constexpr std::size_t kBytes = sizeof(TimedHeader) + kCalls * sizeof(TimedCall);

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

TimedHeader* header = nullptr;
TimedCall* calls = nullptr;
InnerTimesFunction* inner_times = nullptr;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::abort();
}

__attribute__((constructor)) void prepare() {
  const char* const path = std::getenv("TIMED_CALLS");
  if (path == nullptr) return;
  inner_times = reinterpret_cast<InnerTimesFunction*>(dlsym(RTLD_DEFAULT, "timed_inner_times"));
  if (inner_times == nullptr) fail("timed_inner");
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, kBytes) != 0) fail(path);
  // Present at once: no call is to wait for a page.
  void* const memory =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (memory == MAP_FAILED) fail(path);
  close(fd);
  calls = reinterpret_cast<TimedCall*>(static_cast<char*>(memory) + sizeof(TimedHeader));
  header = static_cast<TimedHeader*>(memory);
  header->ns_per_tick = ns_per_tick();
  unsetenv("TIMED_CALLS");
}

template <class Call>
auto timed(TimedCall::Kind kind, Call call) {
  static thread_local const auto thread = static_cast<std::uint32_t>(syscall(SYS_gettid));
  const std::uint32_t caller = thread;
  const std::uint64_t called = fenced_ticks();
  const auto result = call();
  const std::uint64_t done = fenced_ticks();
  if (header == nullptr) return result;
  const std::uint64_t number = header->count.fetch_add(1, std::memory_order_relaxed);
  if (number < kCalls) {
    const InnerTimes inner = *inner_times();
    calls[number] = {kind, caller, result, called, inner.entered, inner.returned, done};
  }
  return result;
}

}  // namespace

CALL int poll(pollfd* fds, nfds_t count, int timeout) {
  static auto* const through = next<int(pollfd*, nfds_t, int)>("poll");
  return timed(TimedCall::kind_poll, [&] { return through(fds, count, timeout); });
}

CALL ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* const through = next<ssize_t(int, void*, size_t, int)>("recv");
  return timed(TimedCall::kind_recv, [&] { return through(fd, buffer, size, flags); });
}

CALL ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  static auto* const through = next<ssize_t(int, const void*, size_t, int)>("send");
  return timed(TimedCall::kind_send, [&] { return through(fd, buffer, size, flags); });
}
