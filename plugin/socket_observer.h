// SPDX-License-Identifier: GPL-3.0-or-later
// Which descriptors of the host are client connections, and what the socket calls made on them
// mean. Does not know how the calls were caught.
//
// Every function may be called from several threads at once. Except for functions marked [not hot],
// none allocates or makes a system call; a thread waits only for another one that is inside the same
// connection, and not for long (connection.h). Functions may change errno: the caller saves it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "plugin/connection.h"

namespace goxel_telemetry::plugin {

// Descriptors that can be observed: Linux's default limit for them (fs.nr_open).
inline constexpr std::uint32_t kDescriptors = 1u << 20;

class SocketObserver {
 public:
  constexpr SocketObserver() = default;

  // Begins with no connection and no listener, also if a parent process left some here. [not hot;
  // to be called before the others]
  void start(Recorder& recorder) noexcept;

  // Cheap enough for every call that the host makes on any descriptor.
  bool is_connection(int fd) const noexcept {
    return static_cast<std::uint32_t>(fd) < kDescriptors &&
           descriptors_[fd].load(std::memory_order_relaxed) >= kNoPlace;
  }
  bool is_known(int fd) const noexcept {
    return static_cast<std::uint32_t>(fd) < kDescriptors &&
           descriptors_[fd].load(std::memory_order_relaxed) != kUnknown;
  }

  // The socket `fd` listens. [not hot]
  void listens(int fd) noexcept;
  // Whether connections accepted from `listener` are client connections. Asks the kernel the first
  // time. [not hot]
  bool is_listener(int listener) noexcept;
  void accepted(int fd) noexcept;

  // A call on `fd` was not observed: its connection is desynchronised, and observing it stops.
  void stop_observing(int fd) noexcept;
  void received(int fd, std::span<const Chunk> chunks, std::uint64_t now) noexcept;
  void input_ended(int fd) noexcept;
  // The calling thread has waited for input of `fd`, and for nothing else; `woken`: it has come.
  void waited(int fd, bool woken) noexcept;
  void sent(int fd, std::span<const Chunk> chunks, std::uint64_t before) noexcept;
  // `fd` must be a client's. True if a newline that is sent on it now means nothing and need not be
  // passed on to sent().
  bool is_quiet(int fd) const noexcept {
    const std::uint16_t entry = descriptors_[fd].load(std::memory_order_acquire);
    return entry < kFirstPlace || connections_[entry - kFirstPlace].quiet();
  }
  void send_failed(int fd) noexcept;
  void hung_up(int fd) noexcept;
  void shut_down_for_writing(int fd) noexcept;
  // `copy` now stands for what `fd` stands for.
  void duplicated(int fd, int copy) noexcept;
  // Called before the host's own close(): from that call on another thread may get the same
  // descriptor number.
  void closing(int fd) noexcept;

  // Applies the time limits. Called about once a second, from one thread.
  void housekeep(std::uint64_t now) noexcept;
  // Ends every request in flight as unanswered: the host is about to end.
  void end_all() noexcept;

 private:
  // What a descriptor is. Values from kFirstPlace on are places of connections.
  static constexpr std::uint16_t kUnknown = 0;
  static constexpr std::uint16_t kForeign = 1;  // listens, but for no client of ours
  static constexpr std::uint16_t kListener = 2;
  // A client's descriptor that is not observed: the client hung up, or no place was free.
  static constexpr std::uint16_t kNoPlace = 3;
  static constexpr std::uint16_t kFirstPlace = 4;

  void warm_up() noexcept;
  // The connection of a descriptor, entered; null if there is none or it cannot be entered.
  Connection* enter(int fd) noexcept;
  void occupy(int fd, bool new_connection) noexcept;
  void leave(Connection& connection) noexcept;
  // Carries out deferred closes: those made while another thread was inside the connection.
  void apply_deferred_closes(Connection& connection) noexcept;
  // Nothing more can come from the connection in `place`; its descriptor stays known as a client's.
  // The caller is inside the connection. A place is given back exactly once, by the function that
  // takes the last descriptor away from it: retire(), or apply_deferred_closes() if a close came first and is
  // still deferred. While a descriptor or a deferred close stands for the place, no new connection
  // can get it.
  void retire(std::uint32_t place, int descriptor) noexcept;

  // All members are zero at first, so that an object in static storage costs only the pages that
  // are used.
  Recorder* recorder_ = nullptr;
  std::atomic<std::uint64_t> last_number_{0};
  shm::PlaceMap<kConnections> places_;
  Connection connections_[kConnections];
  PendingTable pending_{};
  std::atomic<std::uint16_t> descriptors_[kDescriptors] = {};
};

}  // namespace goxel_telemetry::plugin
