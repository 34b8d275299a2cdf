// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/socket_observer.h"

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
  for (auto& descriptor : descriptors_) {
    if (descriptor.load(std::memory_order_relaxed) != kUnknown) {
      descriptor.store(kUnknown, std::memory_order_relaxed);
    }
  }
  warm_up();
}

// Writes once to the memory that as many connections as the stock daemon allows will use. Otherwise
// their first requests would pay for making each page present.
void SocketObserver::warm_up() noexcept {
  constexpr std::uint32_t kStockConnections = 256;
  constexpr std::uint32_t kStockDescriptors = 1024;
  for (std::uint32_t place = 0; place < kStockConnections; ++place) {
    connections_[place].reset_after_fork();
    pending_.pending[place] = {};
  }
  for (std::uint32_t fd = 0; fd < kStockDescriptors; ++fd) {
    descriptors_[fd].store(kUnknown, std::memory_order_relaxed);
  }
}

void SocketObserver::listens(int fd) noexcept {
  if (static_cast<std::uint32_t>(fd) >= kDescriptors) return;
  descriptors_[fd].store(is_unix_stream_socket(fd) ? kListener : kForeign,
                         std::memory_order_relaxed);
}

bool SocketObserver::is_listener(int listener) noexcept {
  if (static_cast<std::uint32_t>(listener) >= kDescriptors) return false;
  const std::uint16_t known = descriptors_[listener].load(std::memory_order_relaxed);
  if (known != kUnknown) return known == kListener;
  // Not seen listening, so it was inherited: socket activation, or a fork after listen().
  listens(listener);
  return descriptors_[listener].load(std::memory_order_relaxed) == kListener;
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
  const std::uint32_t place = places_.claim(0, kConnections);
  if (place == decltype(places_)::kNone) {
    recorder_->gauges()[shm::Gauge::unobserved_connections].fetch_add(1, std::memory_order_relaxed);
    descriptors_[fd].store(kNoPlace, std::memory_order_relaxed);
    return;
  }
  Connection& connection = connections_[place];
  if (!connection.enter_anyway()) {
    // A thread that was looking for the last connection in this place was preempted inside it.
    recorder_->gauges()[shm::Gauge::unobserved_connections].fetch_add(1, std::memory_order_relaxed);
    descriptors_[fd].store(kNoPlace, std::memory_order_relaxed);
    places_.give_back(place);
    return;
  }
  connection.open(place, fd, last_number_.fetch_add(1, std::memory_order_relaxed) + 1);
  const auto entry = static_cast<std::uint16_t>(kFirstPlace + place);
  if (new_connection) {
    recorder_->gauges()[shm::Gauge::connections].fetch_add(1, std::memory_order_relaxed);
    descriptors_[fd].store(entry, std::memory_order_release);  // pairs with enter()
    connection.leave();
    return;
  }
  connection.reopen_after_hang_up(*recorder_, recorder_->now());
  std::uint16_t left_over = kNoPlace;
  if (descriptors_[fd].compare_exchange_strong(left_over, entry, std::memory_order_release,
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
  std::uint16_t entry = static_cast<std::uint16_t>(kFirstPlace + place);
  const bool ours =
      descriptors_[descriptor].compare_exchange_strong(entry, kNoPlace, std::memory_order_relaxed);
  leave(connections_[place]);
  if (ours) places_.give_back(place);
}

Connection* SocketObserver::enter(int fd) noexcept {
  const std::uint16_t entry = descriptors_[fd].load(std::memory_order_acquire);
  if (entry < kFirstPlace) return nullptr;
  Connection& connection = connections_[entry - kFirstPlace];
  if (!connection.enter(*recorder_)) return nullptr;
  // Between the two loads another thread may have closed this descriptor, and the place may have
  // been given to another connection.
  if (connection.is_open() && descriptors_[fd].load(std::memory_order_relaxed) == entry) {
    return &connection;
  }
  leave(connection);
  return nullptr;
}

void SocketObserver::leave(Connection& connection) noexcept {
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
    connection.descriptors -= std::min(closes, connection.descriptors);
    last = connection.descriptors == 0;
    if (last && connection.is_open()) connection.close(*recorder_, pending_, recorder_->now());
  }
  connection.leave();
  if (last) places_.give_back(static_cast<std::uint32_t>(&connection - connections_));
}

void SocketObserver::stop_observing(int fd) noexcept {
  const std::uint16_t entry = descriptors_[fd].load(std::memory_order_relaxed);
  if (entry >= kFirstPlace) connections_[entry - kFirstPlace].stop_observing(*recorder_);
}

void SocketObserver::received(int fd, std::span<const Chunk> chunks, std::uint64_t now) noexcept {
  // A client that hung up may have left bytes behind, which the host reads all the same.
  if (descriptors_[fd].load(std::memory_order_relaxed) == kNoPlace) occupy(fd, false);
  if (Connection* connection = enter(fd)) {
    connection->received(*recorder_, pending_, chunks, now);
    leave(*connection);
  }
}

void SocketObserver::input_ended(int fd) noexcept {
  if (Connection* connection = enter(fd)) {
    connection->input_ended(*recorder_, recorder_->now());
    leave(*connection);
  }
}

void SocketObserver::waited(int fd, bool woken) noexcept {
  if (Connection* connection = enter(fd)) {
    connection->waited(*recorder_, pending_, woken, recorder_->now());
    leave(*connection);
  }
}

void SocketObserver::sent(int fd, std::span<const Chunk> chunks, std::uint64_t before) noexcept {
  if (Connection* connection = enter(fd)) {
    connection->sent(*recorder_, pending_, chunks, before);
    leave(*connection);
  }
}

void SocketObserver::send_failed(int fd) noexcept {
  if (Connection* connection = enter(fd)) {
    connection->send_failed(*recorder_, pending_, recorder_->now());
    leave(*connection);
  }
}

void SocketObserver::hung_up(int fd) noexcept {
  Connection* connection = enter(fd);
  if (connection == nullptr) return;
  if (connection->hung_up(*recorder_, pending_, recorder_->now())) {
    retire(static_cast<std::uint32_t>(connection - connections_), fd);
  } else {
    leave(*connection);
  }
}

void SocketObserver::shut_down_for_writing(int fd) noexcept {
  if (Connection* connection = enter(fd)) {
    connection->output_ended(*recorder_, pending_, recorder_->now());
    leave(*connection);
  }
}

void SocketObserver::duplicated(int fd, int copy) noexcept {
  if (is_known(copy)) closing(copy);
  if (static_cast<std::uint32_t>(copy) >= kDescriptors || !is_connection(fd)) return;
  if (Connection* connection = enter(fd)) {
    ++connection->descriptors;
    descriptors_[copy].store(descriptors_[fd].load(std::memory_order_relaxed),
                             std::memory_order_release);
    recorder_->gauges()[shm::Gauge::open_descriptors].fetch_add(1, std::memory_order_relaxed);
    leave(*connection);
  }
}

void SocketObserver::closing(int fd) noexcept {
  if (is_connection(fd))
    recorder_->gauges()[shm::Gauge::open_descriptors].fetch_sub(1, std::memory_order_relaxed);
  const std::uint16_t entry = descriptors_[fd].exchange(kUnknown, std::memory_order_acq_rel);
  if (entry < kFirstPlace) return;
  Connection& connection = connections_[entry - kFirstPlace];
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
    if (connection.is_open() && connection.expire(*recorder_, pending_, now)) {
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
    if (!connection.try_enter()) return;
    if (connection.is_open()) connection.output_ended(*recorder_, pending_, now);
    connection.leave();
  });
}

}  // namespace goxel_telemetry::plugin
