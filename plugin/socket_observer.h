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
  // In a forked child no descriptor is observed: it has no recorder. The kernel fills the connections
  // with zeros in every child from now on, also in one that was made by a raw system call. For an object
  // in static storage: it cannot be taken back by freeing the memory.
  void wipe_in_children() noexcept;
  // The same in the child itself, where the kernel is too old for that.
  void forget_descriptors() noexcept;

  // Cheap enough for every call that the host makes on any descriptor.
  bool is_connection(int fd) const noexcept {
    return static_cast<std::uint32_t>(fd) < kDescriptors &&
           entry(fd).load(std::memory_order_relaxed) >= kNoPlace;
  }
  // Who observes the client's descriptor `fd`; null if nobody does. [hot]
  Recorder* recorder_of(int fd) const noexcept {
    const std::uint16_t known = entry(fd).load(std::memory_order_acquire);
    if (known < kFirstPlace) [[unlikely]]
      return recorder_of_no_place();
    return connections_[known - kFirstPlace].recorder();
  }
  bool is_known(int fd) const noexcept {
    return static_cast<std::uint32_t>(fd) < kDescriptors &&
           entry(fd).load(std::memory_order_relaxed) != kUnknown;
  }

  // The socket `fd` listens. [not hot]
  void listens(int fd) noexcept;
  // Whether connections accepted from `listener` are client connections. Asks the kernel the first
  // time. [not hot]
  bool is_listener(int listener) noexcept;
  void accepted(int fd) noexcept;

  // A call on `fd` was not observed: its connection is desynchronised, and observing it stops.
  void stop_observing(int fd) noexcept;
  // In one piece, which is the usual way, or in several. What takes a recorder is [hot], and the
  // recorder is that of start().
  void received(Recorder& recorder, int fd, const char* bytes, std::size_t size,
                std::uint64_t now) noexcept;
  void received(int fd, std::span<const Chunk> chunks, std::uint64_t now) noexcept;
  void input_ended(int fd) noexcept;
  // The calling thread has waited for input of `fd`, and for nothing else; `woken`: it has come.
  void waited(int fd, bool woken) noexcept;
  void sent(Recorder& recorder, int fd, const char* bytes, std::size_t size,
            std::uint64_t before) noexcept;
  void sent(int fd, std::span<const Chunk> chunks, std::uint64_t before) noexcept;
  // `fd` must be a client's. True if its connection has no request in flight, and no answer has begun.
  bool is_quiet(int fd) const noexcept {
    const std::uint16_t known = entry(fd).load(std::memory_order_acquire);
    return known < kFirstPlace || connections_[known - kFirstPlace].quiet();
  }
  // Whether a newline that is sent by itself now most likely ends an answer that was sent before. Then
  // its sending need not be timed, and newline_sent() is to be called, or else sent() as for all bytes.
  bool expects_newline(int fd) const noexcept {
    const std::uint16_t known = entry(fd).load(std::memory_order_acquire);
    if (known < kFirstPlace) return true;
    const Connection& connection = connections_[known - kFirstPlace];
    return connection.holds_answer() || connection.quiet();
  }
  // The connection holds an answer whose newline is expected.
  bool holds_answer(int fd) const noexcept {
    const std::uint16_t known = entry(fd).load(std::memory_order_acquire);
    return known >= kFirstPlace && connections_[known - kFirstPlace].holds_answer();
  }
  void newline_sent(Recorder& recorder, int fd) noexcept;
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

  // What the descriptor is. Most are in the place of that number, for the sake of the connections.
  std::atomic<std::uint16_t>& entry(int fd) noexcept {
    const auto number = static_cast<std::uint32_t>(fd);
    if (number < kConnections) [[likely]]
      return connections_[number].descriptor_entry();
    return far_descriptors_[number - kConnections];
  }
  const std::atomic<std::uint16_t>& entry(int fd) const noexcept {
    return const_cast<SocketObserver*>(this)->entry(fd);
  }
  [[gnu::cold]] Recorder* recorder_of_no_place() const noexcept;
  void set_entry(int fd, std::uint16_t value, std::memory_order order) noexcept;

  void warm_up() noexcept;
  // The connection of a descriptor, entered; null if there is none or it cannot be entered.
  Connection* enter(Recorder& recorder, int fd) noexcept;
  // The same, to be changed: it was settled.
  Connection* enter_to_change(int fd) noexcept;
  void end_change(Connection& connection) noexcept {
    connection.end_change();
    leave(connection);
  }
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
  alignas(4096) Connection connections_[kConnections];
  PendingTable pending_{};
  std::atomic<std::uint16_t> far_descriptors_[kDescriptors - kConnections] = {};
  std::atomic<std::uint32_t> descriptors_known_{0};  // no descriptor from this number on is known
};

}  // namespace goxel_telemetry::plugin
