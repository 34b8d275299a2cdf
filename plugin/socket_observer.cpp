// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/socket_observer.h"

#include <sys/mman.h>

#include <algorithm>

#include "plugin/host_process.h"

namespace goxel_telemetry::plugin {
void SocketObserver::start(Recorder& recorder) noexcept {
  recorder_ = &recorder;
  places_.for_each_taken([this](std::uint32_t place) {
    connections_[place].reset_after_fork();
    places_.give_back(place);
  });
  pending_.lines.for_each_claimed([this](std::uint32_t line) { pending_.lines.give_back(line); });
  forget_descriptors();
  warm_up();
}

void SocketObserver::wipe_in_children() noexcept {
  madvise(connections_, sizeof connections_, MADV_WIPEONFORK);
}

void SocketObserver::forget_descriptors() noexcept {
  const std::uint32_t known = descriptors_known_.exchange(0, std::memory_order_relaxed);
  for (std::uint32_t fd = 0; fd < known; ++fd) {
    std::atomic<std::uint16_t>& one = entry(static_cast<int>(fd));
    if (one.load(std::memory_order_relaxed) != kUnknown)
      one.store(kUnknown, std::memory_order_relaxed);
  }
}

// Writes once to the memory that requests of as many connections as the stock daemon allows use, if
// they are no plain exchanges. Otherwise they would pay for making each page present.
void SocketObserver::warm_up() noexcept {
  constexpr std::uint32_t kStockConnections = 256;
  for (std::uint32_t place = 0; place < kStockConnections; ++place) {
    pending_.pending[place] = {};
  }
}

Recorder* SocketObserver::recorder_of_no_place() const noexcept {
  return recorder_;
}

void SocketObserver::set_entry(int fd, std::uint16_t value, std::memory_order order) noexcept {
  const std::uint32_t next = static_cast<std::uint32_t>(fd) + 1;
  std::uint32_t known = descriptors_known_.load(std::memory_order_relaxed);
  while (known < next && !descriptors_known_.compare_exchange_weak(known, next)) {
  }
  entry(fd).store(value, order);
}

void SocketObserver::listens(int fd) noexcept {
  if (static_cast<std::uint32_t>(fd) >= kDescriptors) return;
  set_entry(fd, is_unix_stream_socket(fd) ? kListener : kForeign, std::memory_order_relaxed);
}

bool SocketObserver::is_listener(int listener) noexcept {
  if (static_cast<std::uint32_t>(listener) >= kDescriptors) return false;
  const std::uint16_t known = entry(listener).load(std::memory_order_relaxed);
  if (known != kUnknown) return known == kListener;
  // Not seen listening, so it was inherited: socket activation, or a fork after listen().
  listens(listener);
  return entry(listener).load(std::memory_order_relaxed) == kListener;
}

void SocketObserver::accepted(int fd) noexcept {
  if (is_known(fd)) closing(fd);  // it was closed by a call that we did not see
  shm::Gauges& gauges = recorder_->gauges();
  gauges[shm::Gauge::connections_total].fetch_add(1, std::memory_order_relaxed);
  if (static_cast<std::uint32_t>(fd) >= kDescriptors) {
    gauges[shm::Gauge::unobserved_connections].fetch_add(1, std::memory_order_relaxed);
    return;
  }
  gauges[shm::Gauge::open_descriptors].fetch_add(1, std::memory_order_relaxed);
  occupy(fd, true);
}

void SocketObserver::occupy(int fd, bool new_connection) noexcept {
  // The place of the same number, because the descriptor's entry is there.
  const auto number = static_cast<std::uint32_t>(fd);
  std::uint32_t place = decltype(places_)::kNone;
  if (number < kConnections) place = places_.claim(number, number + 1);
  if (place == decltype(places_)::kNone) place = places_.claim(0, kConnections);
  if (place == decltype(places_)::kNone) {
    recorder_->gauges()[shm::Gauge::unobserved_connections].fetch_add(1, std::memory_order_relaxed);
    set_entry(fd, kNoPlace, std::memory_order_relaxed);
    return;
  }
  Connection& connection = connections_[place];
  if (!connection.enter_anyway()) {
    // A thread that was looking for the last connection in this place was preempted inside it.
    recorder_->gauges()[shm::Gauge::unobserved_connections].fetch_add(1, std::memory_order_relaxed);
    set_entry(fd, kNoPlace, std::memory_order_relaxed);
    places_.give_back(place);
    return;
  }
  connection.open(*recorder_, place, fd, last_number_.fetch_add(1, std::memory_order_relaxed) + 1);
  const auto observed = static_cast<std::uint16_t>(kFirstPlace + place);
  if (new_connection) {
    recorder_->gauges()[shm::Gauge::connections].fetch_add(1, std::memory_order_relaxed);
    set_entry(fd, observed, std::memory_order_release);  // pairs with enter()
    connection.end_change();
    connection.leave();
    return;
  }
  connection.reopen_after_hang_up(*recorder_, recorder_->now());
  std::uint16_t left_over = kNoPlace;
  if (entry(fd).compare_exchange_strong(left_over, observed, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    connection.leave();
    return;
  }
  // Another thread read the left-over bytes first, or has closed the descriptor meanwhile.
  connection.close(*recorder_, pending_, recorder_->now());
  connection.leave();
  places_.give_back(place);
}

void SocketObserver::retire(std::uint32_t place, int descriptor) noexcept {
  std::uint16_t observed = static_cast<std::uint16_t>(kFirstPlace + place);
  const bool ours =
      entry(descriptor).compare_exchange_strong(observed, kNoPlace, std::memory_order_relaxed);
  leave(connections_[place]);
  if (ours) places_.give_back(place);
}

[[gnu::always_inline]] inline Connection* SocketObserver::enter(Recorder& recorder,
                                                                int fd) noexcept {
  const std::uint16_t known = entry(fd).load(std::memory_order_acquire);
  if (known < kFirstPlace) return nullptr;
  Connection& connection = connections_[known - kFirstPlace];
  if (!connection.enter(recorder)) [[unlikely]]
    return nullptr;
  // Between the two loads another thread may have closed this descriptor, and the place may have
  // been given to another connection.
  if (connection.is_open() && entry(fd).load(std::memory_order_relaxed) == known) [[likely]] {
    return &connection;
  }
  leave(connection);
  return nullptr;
}

Connection* SocketObserver::enter_to_change(int fd) noexcept {
  Connection* const connection = enter(*recorder_, fd);
  if (connection != nullptr) connection->begin_change(*recorder_, pending_);
  return connection;
}

inline void SocketObserver::leave(Connection& connection) noexcept {
  connection.leave();
  if (connection.has_deferred_closes()) [[unlikely]]
    apply_deferred_closes(connection);
}

void SocketObserver::apply_deferred_closes(Connection& connection) noexcept {
  // If a thread is inside, it carries the closes out when it leaves, or else the next housekeeping
  // does.
  if (!connection.try_enter()) return;
  const std::uint32_t closes = connection.take_deferred_closes();
  bool last = false;
  if (closes != 0) {
    connection.begin_change(*recorder_, pending_);
    last = connection.remove_descriptors(closes);
    if (last && connection.is_open()) connection.close(*recorder_, pending_, recorder_->now());
    connection.end_change();
  }
  connection.leave();
  if (last) places_.give_back(static_cast<std::uint32_t>(&connection - connections_));
}

void SocketObserver::stop_observing(int fd) noexcept {
  const std::uint16_t known = entry(fd).load(std::memory_order_relaxed);
  if (known >= kFirstPlace) connections_[known - kFirstPlace].stop_observing(*recorder_);
}

[[gnu::hot]] void SocketObserver::received(Recorder& recorder, int fd, const char* bytes,
                                           std::size_t size, std::uint64_t now) noexcept {
  if (Connection* const connection = enter(recorder, fd)) [[likely]] {
    if (connection->hold_request(recorder, bytes, size, now)) [[likely]] {
      leave(*connection);
      return;
    }
    connection->leave();
  }
  const Chunk chunk{bytes, size};
  received(fd, {&chunk, 1}, now);
}

[[gnu::noinline]] void SocketObserver::received(int fd, std::span<const Chunk> chunks,
                                                std::uint64_t now) noexcept {
  // A client that hung up may have left bytes behind, which the host reads all the same.
  if (entry(fd).load(std::memory_order_relaxed) == kNoPlace) occupy(fd, false);
  if (Connection* const connection = enter_to_change(fd)) {
    connection->received(*recorder_, pending_, chunks, now);
    end_change(*connection);
  }
}

void SocketObserver::input_ended(int fd) noexcept {
  if (Connection* const connection = enter_to_change(fd)) {
    connection->input_ended(*recorder_, recorder_->now());
    end_change(*connection);
  }
}

void SocketObserver::waited(int fd, bool woken) noexcept {
  if (Connection* const connection = enter_to_change(fd)) {
    connection->waited(*recorder_, pending_, woken, recorder_->now());
    end_change(*connection);
  }
}

[[gnu::hot]] void SocketObserver::sent(Recorder& recorder, int fd, const char* bytes,
                                       std::size_t size, std::uint64_t before) noexcept {
  if (Connection* const connection = enter(recorder, fd)) [[likely]] {
    if (connection->hold_answer(recorder, bytes, size, before, recorder.now())) [[likely]] {
      const bool newline_was_sent = bytes[size - 1] == '\n';
      if (newline_was_sent || !connection->newline_follows()) {
        connection->settle(recorder, pending_);
      }
      leave(*connection);
      return;
    }
    connection->leave();
  }
  const Chunk chunk{bytes, size};
  sent(fd, {&chunk, 1}, before);
}

[[gnu::noinline]] void SocketObserver::sent(int fd, std::span<const Chunk> chunks,
                                            std::uint64_t before) noexcept {
  if (Connection* const connection = enter_to_change(fd)) {
    connection->sent(*recorder_, pending_, chunks, before);
    end_change(*connection);
  }
}

[[gnu::hot]] void SocketObserver::newline_sent(Recorder& recorder, int fd) noexcept {
  if (Connection* const connection = enter(recorder, fd)) [[likely]] {
    connection->set_newline_follows(true);
    connection->settle(recorder, pending_);
    const bool answer_goes_on = !connection->quiet();
    leave(*connection);
    if (answer_goes_on) [[unlikely]] {
      const Chunk newline{"\n", 1};
      sent(fd, {&newline, 1}, recorder.now());
    }
  }
}

void SocketObserver::send_failed(int fd) noexcept {
  if (Connection* const connection = enter_to_change(fd)) {
    connection->send_failed(*recorder_, pending_, recorder_->now());
    end_change(*connection);
  }
}

void SocketObserver::hung_up(int fd) noexcept {
  Connection* const connection = enter_to_change(fd);
  if (connection == nullptr) return;
  const bool over = connection->hung_up(*recorder_, pending_, recorder_->now());
  connection->end_change();
  if (over) {
    retire(static_cast<std::uint32_t>(connection - connections_), fd);
  } else {
    leave(*connection);
  }
}

void SocketObserver::shut_down_for_writing(int fd) noexcept {
  if (Connection* const connection = enter_to_change(fd)) {
    connection->output_ended(*recorder_, pending_, recorder_->now());
    end_change(*connection);
  }
}

void SocketObserver::duplicated(int fd, int copy) noexcept {
  if (is_known(copy)) closing(copy);
  if (static_cast<std::uint32_t>(copy) >= kDescriptors || !is_connection(fd)) return;
  if (Connection* const connection = enter(*recorder_, fd)) {
    connection->add_descriptor();
    set_entry(copy, entry(fd).load(std::memory_order_relaxed), std::memory_order_release);
    recorder_->gauges()[shm::Gauge::open_descriptors].fetch_add(1, std::memory_order_relaxed);
    leave(*connection);
  }
}

void SocketObserver::closing(int fd) noexcept {
  if (is_connection(fd))
    recorder_->gauges()[shm::Gauge::open_descriptors].fetch_sub(1, std::memory_order_relaxed);
  const std::uint16_t known = entry(fd).exchange(kUnknown, std::memory_order_acq_rel);
  if (known < kFirstPlace) return;
  Connection& connection = connections_[known - kFirstPlace];
  // A thread that is inside may have been preempted there, so we do not wait for it: the close is
  // deferred.
  connection.defer_close();
  apply_deferred_closes(connection);
}

void SocketObserver::housekeep(std::uint64_t now) noexcept {
  places_.for_each_taken([this, now](std::uint32_t place) {
    Connection& connection = connections_[place];
    if (connection.has_deferred_closes()) apply_deferred_closes(connection);
    // Most connections are not entered: if this thread were preempted inside, a thread of the host
    // would find the connection taken, and it would be desynchronised.
    if (!connection.may_expire(now)) return;
    // A thread is inside: the connection is in use and not stuck.
    if (!connection.try_enter()) return;
    connection.begin_change(*recorder_, pending_);
    const bool over = connection.is_open() && connection.expire(*recorder_, pending_, now);
    connection.end_change();
    if (over) {
      retire(place, connection.descriptor());
    } else {
      connection.leave();
    }
  });
}

void SocketObserver::end_all() noexcept {
  const std::uint64_t now = recorder_->now();
  places_.for_each_taken([this, now](std::uint32_t place) {
    Connection& connection = connections_[place];
    if (!connection.enter_for_the_last_time()) return;
    connection.begin_change(*recorder_, pending_);
    if (connection.is_open()) connection.output_ended(*recorder_, pending_, now);
    connection.end_change();
    connection.leave();
  });
}

}  // namespace goxel_telemetry::plugin
