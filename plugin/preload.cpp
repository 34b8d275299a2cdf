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

// Those of a request lie in the first cache line.
struct alignas(64) Originals {
  Original<"poll", int(pollfd*, nfds_t, int)> poll;
  Original<"recv", ssize_t(int, void*, size_t, int)> recv;
  Original<"send", ssize_t(int, const void*, size_t, int)> send;
  Original<"read", ssize_t(int, void*, size_t)> read;
  Original<"write", ssize_t(int, const void*, size_t)> write;
  Original<"close", int(int)> close;
  Original<"accept", int(int, sockaddr*, socklen_t*)> accept;
  Original<"accept4", int(int, sockaddr*, socklen_t*, int)> accept4;
  Original<"listen", int(int, int)> listen;
  Original<"recvfrom", ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*)> recvfrom;
  Original<"recvmsg", ssize_t(int, msghdr*, int)> recvmsg;
  Original<"readv", ssize_t(int, const iovec*, int)> readv;
  Original<"sendto", ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t)> sendto;
  Original<"sendmsg", ssize_t(int, const msghdr*, int)> sendmsg;
  Original<"writev", ssize_t(int, const iovec*, int)> writev;
  Original<"ppoll", int(pollfd*, nfds_t, const timespec*, const sigset_t*)> ppoll;
  Original<"shutdown", int(int, int)> shutdown;
  Original<"dup", int(int)> dup;
  Original<"dup2", int(int, int)> dup2;
  Original<"dup3", int(int, int, int)> dup3;
  Original<"fcntl", int(int, int, void*)> fcntl;
  Original<"fcntl64", int(int, int, void*)> fcntl64;
  Original<"__recv_chk", ssize_t(int, void*, size_t, size_t, int)> recv_chk;
  Original<"__recvfrom_chk", ssize_t(int, void*, size_t, size_t, int, sockaddr*, socklen_t*)>
      recvfrom_chk;
  Original<"__read_chk", ssize_t(int, void*, size_t, size_t)> read_chk;
  Original<"__poll_chk", int(pollfd*, nfds_t, int, size_t)> poll_chk;
  Original<"__ppoll_chk", int(pollfd*, nfds_t, const timespec*, const sigset_t*, size_t)> ppoll_chk;
};
constinit Originals originals;

// Where a text of the environment stays when the host writes over it.
const char* copy(const char* text) {
  return text == nullptr ? nullptr : strdup(text);
}

// libc passes what main() will get.
__attribute__((constructor)) void prepare(int count, char** arguments, char**) {
  resolve(originals.poll, originals.recv, originals.send, originals.read, originals.write,
          originals.close, originals.accept, originals.accept4, originals.listen,
          originals.recvfrom, originals.recvmsg, originals.readv, originals.sendto,
          originals.sendmsg, originals.writev, originals.ppoll, originals.shutdown, originals.dup,
          originals.dup2, originals.dup3, originals.fcntl, originals.fcntl64, originals.recv_chk,
          originals.recvfrom_chk, originals.read_chk, originals.poll_chk, originals.ppoll_chk);
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
// Those that daemons use for each request: their code lies together with all that they need.
#define INTERPOSE_HOT extern "C" __attribute__((visibility("default"), hot))

INTERPOSE int listen(int fd, int backlog) noexcept {
  const int result = originals.listen.get()(fd, backlog);
  after_listen(fd, result);
  return result;
}

INTERPOSE int accept(int listener, sockaddr* address, socklen_t* size) {
  const int fd = originals.accept.get()(listener, address, size);
  after_accept(listener, fd);
  return fd;
}

INTERPOSE int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const int fd = originals.accept4.get()(listener, address, size, flags);
  after_accept(listener, fd);
  return fd;
}

INTERPOSE_HOT ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  const ssize_t got = originals.recv.get()(fd, buffer, size, flags);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* address,
                           socklen_t* address_size) {
  const ssize_t got = originals.recvfrom.get()(fd, buffer, size, flags, address, address_size);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t got = originals.recvmsg.get()(fd, message, flags);
  if (got < 0) {
    after_receive_vector(fd, nullptr, 0, got, flags);
  } else {
    after_receive_vector(fd, message->msg_iov, message->msg_iovlen, got, flags);
  }
  return got;
}

INTERPOSE_HOT ssize_t read(int fd, void* buffer, size_t size) {
  const ssize_t got = originals.read.get()(fd, buffer, size);
  after_receive(fd, buffer, size, got, 0);
  return got;
}

INTERPOSE ssize_t readv(int fd, const iovec* vector, int count) {
  const ssize_t got = originals.readv.get()(fd, vector, count);
  after_receive_vector(fd, vector, count > 0 ? static_cast<std::size_t>(count) : 0, got, 0);
  return got;
}

INTERPOSE_HOT ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  Sending sending(fd, size);
  return sending.done(originals.send.get()(fd, buffer, size, flags), buffer);
}

INTERPOSE ssize_t sendto(int fd, const void* buffer, size_t size, int flags,
                         const sockaddr* address, socklen_t address_size) {
  Sending sending(fd, size);
  return sending.done(originals.sendto.get()(fd, buffer, size, flags, address, address_size),
                      buffer);
}

INTERPOSE ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  Sending sending(fd);
  const ssize_t sent = originals.sendmsg.get()(fd, message, flags);
  if (sent < 0) return sending.done(sent, nullptr, 0);
  return sending.done(sent, message->msg_iov, message->msg_iovlen);
}

INTERPOSE_HOT ssize_t write(int fd, const void* buffer, size_t size) {
  Sending sending(fd, size);
  return sending.done(originals.write.get()(fd, buffer, size), buffer);
}

INTERPOSE ssize_t writev(int fd, const iovec* vector, int count) {
  Sending sending(fd);
  const ssize_t sent = originals.writev.get()(fd, vector, count);
  return sending.done(sent, vector, count > 0 ? static_cast<std::size_t>(count) : 0);
}

INTERPOSE_HOT int poll(pollfd* fds, nfds_t count, int timeout) {
  const int ready = originals.poll.get()(fds, count, timeout);
  after_poll(fds, count, ready, timeout != 0);
  return ready;
}

namespace {

bool waits(const timespec* timeout) {
  return timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
}

}  // namespace

INTERPOSE int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  const int ready = originals.ppoll.get()(fds, count, timeout, mask);
  after_poll(fds, count, ready, waits(timeout));
  return ready;
}

INTERPOSE int shutdown(int fd, int how) noexcept {
  const int result = originals.shutdown.get()(fd, how);
  if (result == 0) after_shutdown(fd, how);
  return result;
}

INTERPOSE int close(int fd) {
  before_close(fd);
  return originals.close.get()(fd);
}

INTERPOSE int dup(int fd) noexcept {
  const int copy = originals.dup.get()(fd);
  after_duplicate(fd, copy);
  return copy;
}

INTERPOSE int dup2(int fd, int copy) noexcept {
  const int result = originals.dup2.get()(fd, copy);
  after_duplicate(fd, result);
  return result;
}

INTERPOSE int dup3(int fd, int copy, int flags) noexcept {
  const int result = originals.dup3.get()(fd, copy, flags);
  after_duplicate(fd, result);
  return result;
}

namespace {

// The third argument, if there is one, is an int or a pointer; both travel in one register.
template <class Fcntl>
int forward_fcntl(Fcntl& original, int fd, int command, void* argument) {
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
  return forward_fcntl(originals.fcntl, fd, command, argument);
}

INTERPOSE int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return forward_fcntl(originals.fcntl64, fd, command, argument);
}

// NOLINTBEGIN(bugprone-reserved-identifier): these names are glibc's.
// With _FORTIFY_SOURCE, calls are compiled into these forms. The originals check the size and end
// the process if it is wrong.
INTERPOSE ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
  const ssize_t got = originals.recv_chk.get()(fd, buffer, size, room, flags);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags,
                                 sockaddr* address, socklen_t* address_size) {
  const ssize_t got =
      originals.recvfrom_chk.get()(fd, buffer, size, room, flags, address, address_size);
  after_receive(fd, buffer, size, got, flags);
  return got;
}

INTERPOSE ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
  const ssize_t got = originals.read_chk.get()(fd, buffer, size, room);
  after_receive(fd, buffer, size, got, 0);
  return got;
}

INTERPOSE int __poll_chk(pollfd* fds, nfds_t count, int timeout, size_t room) {
  const int ready = originals.poll_chk.get()(fds, count, timeout, room);
  after_poll(fds, count, ready, timeout != 0);
  return ready;
}

INTERPOSE int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
                          size_t room) {
  const int ready = originals.ppoll_chk.get()(fds, count, timeout, mask, room);
  after_poll(fds, count, ready, waits(timeout));
  return ready;
}
// NOLINTEND(bugprone-reserved-identifier)
