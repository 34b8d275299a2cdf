// SPDX-License-Identifier: GPL-3.0-or-later
// The preload door: interposes libc's socket calls. A wrapper calls the original, keeps errno,
// informs the observer, and returns. What the calls mean is in socket_calls.h.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

#include "plugin/handing_on.h"
#include "plugin/host_process.h"
#include "plugin/original.h"
#include "plugin/socket_calls.h"
#include "plugin/telemetry.h"
#include "plugin/vfork.h"

namespace goxel_telemetry::plugin {
namespace {

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

// Where a text of the environment stays when the host writes over it.
const char* copy(const char* text) {
  return text == nullptr ? nullptr : strdup(text);
}

// libc passes what main() will get.
__attribute__((constructor)) void prepare(int count, char** arguments, char**) {
  resolve(original_listen, original_accept, original_accept4, original_recv, original_recvfrom,
          original_recvmsg, original_read, original_readv, original_send, original_sendto,
          original_sendmsg, original_write, original_writev, original_poll, original_ppoll,
          original_shutdown, original_close, original_dup, original_dup2, original_dup3,
          original_fcntl, original_fcntl64, original_recv_chk, original_recvfrom_chk,
          original_read_chk, original_poll_chk, original_ppoll_chk);
  resolve_vfork();
  remember_this_process();
  pthread_atfork(nullptr, nullptr, remember_this_process);
  const char* const text = copy(std::getenv(kSettingsVariable));
  // Not started by the launcher: if there is a door, it is the ABI door.
  if (text == nullptr) return;
  try {
    Settings settings;
    if (const std::string problem = apply_settings_text(settings, text); !problem.empty()) {
      complain(kWithout + problem);
    } else {
      enable_preload_door(settings);
    }
    const char* const launch = copy(std::getenv(kLaunchVariable));
    const char* const library = leave_environment(reinterpret_cast<const void*>(&prepare));
    if (launch != nullptr && library != nullptr) {
      inherit({copy(library), text, launch}, count, arguments);
    }
  } catch (...) {
    complain(kNoMemory);
  }
}

__attribute__((destructor)) void finish() {
  stop(shm::Door::preload);
  stop(shm::Door::abi);
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
  after_poll(fds, count, ready, timeout != 0);
  return ready;
}

namespace {

bool waits(const timespec* timeout) {
  return timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
}

}  // namespace

INTERPOSE int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  const int ready = original_ppoll.get()(fds, count, timeout, mask);
  after_poll(fds, count, ready, waits(timeout));
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

// NOLINTBEGIN(bugprone-reserved-identifier): these names are glibc's.
// With _FORTIFY_SOURCE, calls are compiled into these forms. The originals check the size and end
// the process if it is wrong.
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
  after_poll(fds, count, ready, timeout != 0);
  return ready;
}

INTERPOSE int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
                          size_t room) {
  const int ready = original_ppoll_chk.get()(fds, count, timeout, mask, room);
  after_poll(fds, count, ready, waits(timeout));
  return ready;
}
// NOLINTEND(bugprone-reserved-identifier)
