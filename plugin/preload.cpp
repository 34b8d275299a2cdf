// SPDX-License-Identifier: GPL-3.0-or-later
// The preload door: libc's socket calls, interposed. A wrapper calls the original, keeps errno,
// tells the observer, returns.
//
//  - Nothing is held across an original call, so a thread may be cancelled in it, or a signal
//  handler may run in it.
//  - Asleep until the process listens on a Unix stream socket, or accepts from one that it
//  inherited; a process that does
//    neither pays one load and one branch a call.
//  - A signal handler that makes a socket call while its thread is inside the observer passes
//  through unobserved.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

#include "plugin/host_process.h"
#include "plugin/socket_observer.h"
#include "plugin/telemetry.h"
#include "plugin/vfork.h"

namespace goxel_telemetry::plugin {
namespace {

// The next definition of a function after ours. Resolved before main(), or by the first call if
// that comes earlier.
template <class Function>
class Original {
 public:
  explicit constexpr Original(const char* name) : name_(name) {}
  Function* get() noexcept {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
      function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function;
  }

 private:
  const char* name_;
  std::atomic<Function*> function_{nullptr};
};

constinit SocketObserver observer;

enum class DoorState : int { closed, enabled, open, failed };
std::atomic<DoorState> door_state{DoorState::closed};
// Made on first use: prepare() may run before this file's own initialisers.
Settings& settings_of_launcher() {
  static Settings settings;
  return settings;
}

thread_local bool inside __attribute__((tls_model("initial-exec"))) = false;
// 0 in a thread that made no call yet.
thread_local std::uint32_t calls_until_timed __attribute__((tls_model("initial-exec"))) = 0;

// One call in so many is timed. A prime, so that it does not keep step with the few calls that make
// up a request.
constexpr std::uint32_t kTimedOneIn = 61;

// A call that was timed longer, with a nanosecond for each of its bytes on top, was interrupted:
// the kernel ran something else, which is not our cost and would be multiplied like it.
constexpr std::uint64_t kUninterruptedNs = 10'000;

// The observer's work on one call. Keeps errno, and keeps a signal handler out.
class Observing {
 public:
  // `bytes`: that the call moved.
  explicit Observing(Recorder& recorder, std::size_t bytes = 0) noexcept
      : recorder_(recorder), bytes_(bytes), errno_(errno) {
    inside = true;
    // A thread begins somewhere in the count, or its first call, the costliest, would always be the
    // one that is timed.
    if (calls_until_timed == 0) [[unlikely]] {
      calls_until_timed = 1 + static_cast<std::uint32_t>(recorder.now() % kTimedOneIn);
    }
    timed_ = --calls_until_timed == 0;
    if (timed_) [[unlikely]] {
      calls_until_timed = kTimedOneIn;
      start_ = recorder_.now();
    }
  }
  ~Observing() {
    if (timed_) [[unlikely]] {
      const std::uint64_t spent = recorder_.now() - start_;
      const std::uint64_t clock = recorder_.clock_cost_ticks();
      const std::uint64_t own = std::min(spent > clock ? spent - clock : 0,
                                         recorder_.ticks_of_ns(kUninterruptedNs + bytes_));
      recorder_.add_own_cost(own * kTimedOneIn);
    }
    inside = false;
    errno = errno_;
  }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  Recorder& recorder_;
  std::size_t bytes_;
  int errno_;
  bool timed_;
  std::uint64_t start_ = 0;
};

inline Recorder* recorder() noexcept {
  return plugin::recorder(shm::Door::preload);
}

// The recorder, if what the calling thread does is to be observed now at all.
Recorder* observing() noexcept {
  Recorder* const live = recorder();
  return live == nullptr || inside || in_vfork_child() ? nullptr : live;
}

// The same, if it is done on a client's descriptor.
inline Recorder* observing(int fd) noexcept {
  Recorder* const live = recorder();
  if (live == nullptr || !observer.is_connection(fd)) [[likely]]
    return nullptr;
  if (in_vfork_child()) [[unlikely]]
    return nullptr;
  if (inside) [[unlikely]] {
    observer.lose_step(fd);
    return nullptr;
  }
  return live;
}

void begin(Recorder& recorder) {
  remember_this_process();
  observer.start(recorder);
}
void housekeep(Recorder&) {
  observer.housekeep();
}
void end(Recorder&) {
  observer.end_all();
}

// Makes the process observed if it is to be and is not yet. [not hot]
Recorder* awake() noexcept {
  if (Recorder* const live = recorder()) return live;
  DoorState state = door_state.load(std::memory_order_acquire);
  // A forked child that goes on serving finds the door open and no recorder: it opens its own.
  if (state != DoorState::enabled && state != DoorState::open) return nullptr;
  if (!door_state.compare_exchange_strong(state, DoorState::failed, std::memory_order_acq_rel)) {
    return nullptr;  // another thread is at it
  }
  // A thread that is cancelled in here would take the door with it.
  int cancellation = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
  const int error = errno;
  std::string why;
  Recorder* const made = wake(settings_of_launcher(), describe_this_process(),
                              {shm::Door::preload, begin, housekeep, end}, why);
  if (made == nullptr) {
    complain(why);
  } else {
    door_state.store(DoorState::open, std::memory_order_release);
  }
  errno = error;
  pthread_setcancelstate(cancellation, nullptr);
  return made;
}

void after_listen(int fd, int result) noexcept {
  if (result != 0 || door_state.load(std::memory_order_relaxed) == DoorState::closed ||
      in_vfork_child()) {
    return;
  }
  const int error = errno;
  if ((recorder() != nullptr || is_unix_stream_socket(fd)) && awake() != nullptr) {
    observer.listens(fd);
  }
  errno = error;
}

void after_accept(int listener, int fd) noexcept {
  if (fd < 0 || door_state.load(std::memory_order_relaxed) == DoorState::closed || inside ||
      in_vfork_child()) {
    return;
  }
  const int error = errno;
  const bool was_awake = recorder() != nullptr;
  if (was_awake || is_unix_stream_socket(listener)) {
    if (Recorder* const live = awake()) {
      const Observing scope(*live);
      if (observer.is_listener(listener)) observer.accepted(fd);
    }
  }
  errno = error;
}

inline void after_receive(int fd, std::span<const Chunk> chunks, ssize_t got, bool asked,
                          int flags) noexcept {
  if ((flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) != 0 || (got == 0 && !asked)) return;
  if (got < 0 && errno != ECONNRESET) return;
  Recorder* const live = observing(fd);
  if (live == nullptr) return;
  const std::uint64_t now = live->now();
  const Observing scope(*live, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got > 0) {
    observer.received(fd, chunks, now);
  } else if (got == 0) {
    observer.input_ended(fd);
  } else {
    observer.hung_up(fd);
  }
}

inline void after_receive(int fd, const void* buffer, std::size_t size, ssize_t got,
                          int flags) noexcept {
  const Chunk chunk{static_cast<const char*>(buffer),
                    got > 0 ? std::min(static_cast<std::size_t>(got), size) : 0};
  after_receive(fd, {&chunk, 1}, got, size != 0, flags);
}

// The part of a vector that `bytes` bytes fill. At most kMostChunks of it in one go: the caller
// asks again.
constexpr std::size_t kMostChunks = 16;
struct Chunks {
  Chunk chunk[kMostChunks];
  std::size_t count = 0;
  std::span<const Chunk> span() const noexcept { return {chunk, count}; }
};
Chunks next_chunks(const iovec*& vector, std::size_t& count, std::size_t& bytes) noexcept {
  Chunks out;
  while (count != 0 && bytes != 0 && out.count < kMostChunks) {
    const std::size_t size = std::min(vector->iov_len, bytes);
    out.chunk[out.count++] = {static_cast<const char*>(vector->iov_base), size};
    bytes -= size;
    ++vector;
    --count;
  }
  return out;
}

// `vector` may be anywhere if the kernel refused it: it is not looked at then.
void after_receive_vector(int fd, const iovec* vector, std::size_t count, ssize_t got,
                          int flags) noexcept {
  if (got < 0) count = 0;
  bool asked = false;
  for (std::size_t i = 0; i < count && !asked; ++i) asked = vector[i].iov_len != 0;
  std::size_t bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  do {
    const Chunks chunks = next_chunks(vector, count, bytes);
    after_receive(fd, chunks.span(), got, asked, flags);
  } while (bytes != 0 && count != 0);
}

// A call that sends: told before it is made, and after.
class Sending {
 public:
  // `size`: bytes to be sent, if known.
  explicit Sending(int fd, std::size_t size = 0) noexcept : live_(observing(fd)), fd_(fd) {
    if (live_ == nullptr) return;
    // The stock daemon's newline after its answer. The byte itself can be looked at only when the
    // kernel has taken it.
    probably_newline_ = size == 1 && observer.is_quiet(fd);
    if (!probably_newline_) before_ = live_->now();
  }
  ssize_t done(ssize_t sent, const void* buffer) noexcept {
    if (probably_newline_) {
      if (sent == 1 && *static_cast<const char*>(buffer) == '\n') return sent;
      before_ = live_->now();
    }
    const iovec vector{const_cast<void*>(buffer), sent > 0 ? static_cast<std::size_t>(sent) : 0};
    return done(sent, &vector, 1);
  }
  ssize_t done(ssize_t sent, const iovec* vector, std::size_t count) noexcept {
    // A fork inside of a call is no fork of ours, but a host may end observation meanwhile.
    if (live_ == nullptr || live_ != recorder()) return sent;
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET) return sent;
    const Observing scope(*live_, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (sent < 0) {
      observer.send_failed(fd_);
      return sent;
    }
    std::size_t bytes = static_cast<std::size_t>(sent);
    while (bytes != 0 && count != 0) {
      const Chunks chunks = next_chunks(vector, count, bytes);
      observer.sent(fd_, chunks.span(), before_);
    }
    return sent;
  }

 private:
  Recorder* live_;
  int fd_;
  bool probably_newline_ = false;
  std::uint64_t before_ = 0;
};

void after_poll(const pollfd* fds, nfds_t count, int ready) noexcept {
  if (ready <= 0 || recorder() == nullptr) return;
  for (nfds_t i = 0; i < count; ++i) {
    if ((fds[i].revents & (POLLHUP | POLLERR)) == 0) continue;
    if (Recorder* const live = observing(fds[i].fd)) {
      const Observing scope(*live);
      observer.hung_up(fds[i].fd);
    }
  }
}

void before_close(int fd) noexcept {
  if (!observer.is_known(fd)) return;
  if (Recorder* const live = observing()) {
    const Observing scope(*live);
    observer.closing(fd);
  }
}

void after_duplicate(int fd, int copy) noexcept {
  if (copy < 0 || copy == fd) return;
  if (!observer.is_connection(fd) && !observer.is_known(copy)) return;
  if (Recorder* const live = observing()) {
    const Observing scope(*live);
    observer.duplicated(fd, copy);
  }
}

Original<int(int, int)> original_listen("listen");
Original<int(int, sockaddr*, socklen_t*)> original_accept("accept");
Original<int(int, sockaddr*, socklen_t*, int)> original_accept4("accept4");
Original<ssize_t(int, void*, size_t, int)> original_recv("recv");
Original<ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*)> original_recvfrom("recvfrom");
Original<ssize_t(int, msghdr*, int)> original_recvmsg("recvmsg");
Original<ssize_t(int, void*, size_t)> original_read("read");
Original<ssize_t(int, const iovec*, int)> original_readv("readv");
Original<ssize_t(int, const void*, size_t, int)> original_send("send");
Original<ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t)> original_sendto(
    "sendto");
Original<ssize_t(int, const msghdr*, int)> original_sendmsg("sendmsg");
Original<ssize_t(int, const void*, size_t)> original_write("write");
Original<ssize_t(int, const iovec*, int)> original_writev("writev");
Original<int(pollfd*, nfds_t, int)> original_poll("poll");
Original<int(pollfd*, nfds_t, const timespec*, const sigset_t*)> original_ppoll("ppoll");
Original<int(int, int)> original_shutdown("shutdown");
Original<int(int)> original_close("close");
Original<int(int)> original_dup("dup");
Original<int(int, int)> original_dup2("dup2");
Original<int(int, int, int)> original_dup3("dup3");
Original<int(int, int, void*)> original_fcntl("fcntl");
Original<int(int, int, void*)> original_fcntl64("fcntl64");
Original<ssize_t(int, void*, size_t, size_t, int)> original_recv_chk("__recv_chk");
Original<ssize_t(int, void*, size_t, size_t, int, sockaddr*, socklen_t*)> original_recvfrom_chk(
    "__recvfrom_chk");
Original<ssize_t(int, void*, size_t, size_t)> original_read_chk("__read_chk");
Original<int(pollfd*, nfds_t, int, size_t)> original_poll_chk("__poll_chk");
Original<int(pollfd*, nfds_t, const timespec*, const sigset_t*, size_t)> original_ppoll_chk(
    "__ppoll_chk");

template <class... Originals>
void resolve(Originals&... originals) {
  (originals.get(), ...);
}

__attribute__((constructor)) void prepare() {
  resolve(original_listen, original_accept, original_accept4, original_recv, original_recvfrom,
          original_recvmsg, original_read, original_readv, original_send, original_sendto,
          original_sendmsg, original_write, original_writev, original_poll, original_ppoll,
          original_shutdown, original_close, original_dup, original_dup2, original_dup3,
          original_fcntl, original_fcntl64, original_recv_chk, original_recvfrom_chk,
          original_read_chk, original_poll_chk, original_ppoll_chk);
  resolve_vfork();
  const char* const text = std::getenv(kSettingsVariable);
  if (text == nullptr) return;  // not started by the launcher: the plugin ABI, if anything
  if (const std::string problem = apply_settings_text(settings_of_launcher(), text);
      !problem.empty()) {
    complain(kWithout + problem);
  } else {
    door_state.store(DoorState::enabled, std::memory_order_release);
  }
  leave_environment(reinterpret_cast<const void*>(&prepare));
}

__attribute__((destructor)) void finish() {
  sleep(shm::Door::preload);
  sleep(shm::Door::abi);
}

}  // namespace
}  // namespace goxel_telemetry::plugin

using namespace goxel_telemetry::plugin;

#define INTERPOSE extern "C" __attribute__((visibility("default")))

INTERPOSE int listen(int fd, int backlog) noexcept {
  const int result = original_listen.get()(fd, backlog);
  after_listen(fd, result);
  return result;
}

INTERPOSE int accept(int listener, sockaddr* address, socklen_t* size) {
  const int fd = original_accept.get()(listener, address, size);
  after_accept(listener, fd);
  return fd;
}

INTERPOSE int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const int fd = original_accept4.get()(listener, address, size, flags);
  after_accept(listener, fd);
  return fd;
}

INTERPOSE ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  const ssize_t got = original_recv.get()(fd, buffer, size, flags);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* address,
                           socklen_t* address_size) {
  const ssize_t got = original_recvfrom.get()(fd, buffer, size, flags, address, address_size);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t got = original_recvmsg.get()(fd, message, flags);
  if (got < 0) {
    after_receive_vector(fd, nullptr, 0, got, flags);
  } else {
    after_receive_vector(fd, message->msg_iov, message->msg_iovlen, got, flags);
  }
  return got;
}

INTERPOSE ssize_t read(int fd, void* buffer, size_t size) {
  const ssize_t got = original_read.get()(fd, buffer, size);
  after_receive(fd, buffer, size, got, 0);
  return got;
}

INTERPOSE ssize_t readv(int fd, const iovec* vector, int count) {
  const ssize_t got = original_readv.get()(fd, vector, count);
  after_receive_vector(fd, vector, count > 0 ? static_cast<std::size_t>(count) : 0, got, 0);
  return got;
}

INTERPOSE ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  Sending sending(fd, size);
  return sending.done(original_send.get()(fd, buffer, size, flags), buffer);
}

INTERPOSE ssize_t sendto(int fd, const void* buffer, size_t size, int flags,
                         const sockaddr* address, socklen_t address_size) {
  Sending sending(fd, size);
  return sending.done(original_sendto.get()(fd, buffer, size, flags, address, address_size),
                      buffer);
}

INTERPOSE ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  Sending sending(fd);
  const ssize_t sent = original_sendmsg.get()(fd, message, flags);
  if (sent < 0) return sending.done(sent, nullptr, 0);
  return sending.done(sent, message->msg_iov, message->msg_iovlen);
}

INTERPOSE ssize_t write(int fd, const void* buffer, size_t size) {
  Sending sending(fd, size);
  return sending.done(original_write.get()(fd, buffer, size), buffer);
}

INTERPOSE ssize_t writev(int fd, const iovec* vector, int count) {
  Sending sending(fd);
  const ssize_t sent = original_writev.get()(fd, vector, count);
  return sending.done(sent, vector, count > 0 ? static_cast<std::size_t>(count) : 0);
}

INTERPOSE int poll(pollfd* fds, nfds_t count, int timeout) {
  const int ready = original_poll.get()(fds, count, timeout);
  after_poll(fds, count, ready);
  return ready;
}

INTERPOSE int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  const int ready = original_ppoll.get()(fds, count, timeout, mask);
  after_poll(fds, count, ready);
  return ready;
}

INTERPOSE int shutdown(int fd, int how) noexcept {
  const int result = original_shutdown.get()(fd, how);
  if (result == 0 && how != SHUT_RD) {
    if (Recorder* const live = observing(fd)) {
      const Observing scope(*live);
      observer.shut_down_for_writing(fd);
    }
  }
  return result;
}

INTERPOSE int close(int fd) {
  before_close(fd);
  return original_close.get()(fd);
}

INTERPOSE int dup(int fd) noexcept {
  const int copy = original_dup.get()(fd);
  after_duplicate(fd, copy);
  return copy;
}

INTERPOSE int dup2(int fd, int copy) noexcept {
  const int result = original_dup2.get()(fd, copy);
  after_duplicate(fd, result);
  return result;
}

INTERPOSE int dup3(int fd, int copy, int flags) noexcept {
  const int result = original_dup3.get()(fd, copy, flags);
  after_duplicate(fd, result);
  return result;
}

namespace {

// The third argument, if there is one, is an int or a pointer; both travel in one register.
int forward_fcntl(Original<int(int, int, void*)>& original, int fd, int command, void* argument) {
  const int result = original.get()(fd, command, argument);
  if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) after_duplicate(fd, result);
  return result;
}

}  // namespace

INTERPOSE int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return forward_fcntl(original_fcntl, fd, command, argument);
}

INTERPOSE int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return forward_fcntl(original_fcntl64, fd, command, argument);
}

// The forms that _FORTIFY_SOURCE compiles calls into. The originals check the size and end the
// process if it is wrong.
INTERPOSE ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
  const ssize_t got = original_recv_chk.get()(fd, buffer, size, room, flags);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags,
                                 sockaddr* address, socklen_t* address_size) {
  const ssize_t got =
      original_recvfrom_chk.get()(fd, buffer, size, room, flags, address, address_size);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
  const ssize_t got = original_read_chk.get()(fd, buffer, size, room);
  after_receive(fd, buffer, size, got, 0);
  return got;
}

INTERPOSE int __poll_chk(pollfd* fds, nfds_t count, int timeout, size_t room) {
  const int ready = original_poll_chk.get()(fds, count, timeout, room);
  after_poll(fds, count, ready);
  return ready;
}

INTERPOSE int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
                          size_t room) {
  const int ready = original_ppoll_chk.get()(fds, count, timeout, mask, room);
  after_poll(fds, count, ready);
  return ready;
}
