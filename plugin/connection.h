// SPDX-License-Identifier: GPL-3.0-or-later
// One client connection of a host that knows nothing of us. The bytes that pass through its
// descriptor become requests in flight and records.
//
// Rules (docs/index.md has the definitions)
//  - A request begins when the read that delivers its last byte returns, and its span ends when the
//    call that sends the first byte of its answer is made.
//  - connection_requests.h says which request an answer belongs to.
//  - An answer that belongs to no request in flight, while a message is being received, belongs to
//    that message (the host found it too large).
//
// Threads: a host may read and write a connection from several threads. One thread is inside a
// Connection at a time. A second thread waits for a bounded time and then goes on without being
// observed (Gauges::contended_calls). From then on the connection is desynchronised and is not
// observed any more, because after a missed byte all further bytes would be misread.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "plugin/connection_requests.h"
#include "plugin/message_scanner.h"
#include "plugin/recorder.h"

namespace goxel_telemetry::plugin {

struct Chunk {
  const char* bytes;
  std::size_t size;
};

class Connection {
 public:
  // Takes the guard, which all other functions need unless they say otherwise. False if it was not
  // free within a bounded time (see Threads): the connection is desynchronised from then on. Also
  // false if it was desynchronised before.
  bool enter(Recorder& recorder) noexcept {
    if (desynchronised_.load(std::memory_order_relaxed)) return false;
    return try_enter() || enter_late(recorder);
  }
  // The same also for a desynchronised connection, to begin or to end it.
  bool enter_anyway() noexcept;
  // A call was missed: the connection is desynchronised from then on. Needs no guard.
  void stop_observing(Recorder& recorder) noexcept;
  // Takes the guard if it is free, without waiting.
  bool try_enter() noexcept { return guard_.exchange(1, std::memory_order_acquire) == 0; }
  void leave() noexcept { guard_.store(0, std::memory_order_release); }
  // Deferred closes: descriptors that were closed while the connection could not be entered. The
  // next thread that leaves the connection, or housekeeping, carries them out. Needs no guard.
  void defer_close() noexcept { deferred_closes_.fetch_add(1, std::memory_order_relaxed); }
  bool has_deferred_closes() const noexcept {
    return deferred_closes_.load(std::memory_order_relaxed) != 0;
  }
  std::uint32_t take_deferred_closes() noexcept {
    return deferred_closes_.exchange(0, std::memory_order_relaxed);
  }
  // Ends what threads of the parent process may have begun in here.
  void reset_after_fork() noexcept {
    open_ = false;
    leave();
  }

  // Begins a new connection in this place. `place` is the place's index, below kConnections.
  void open(std::uint32_t place, int descriptor, std::uint64_t number) noexcept;
  // Continues with left-over bytes of a client that is known to be gone.
  void reopen_after_hang_up(Recorder& recorder, std::uint64_t now) noexcept {
    hung_up_ = true;
    receiving_since_ = now;
    expires_at_.store(now + recorder.unanswered_after_ticks(), std::memory_order_relaxed);
  }
  bool is_open() const noexcept { return open_; }
  int descriptor() const noexcept { return descriptor_; }

  void received(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                std::uint64_t now) noexcept;
  // The calling thread has waited for this client's input, and for nothing else; `woken`: it has
  // come.
  void waited(Recorder& recorder, PendingTable& table, bool woken, std::uint64_t now) noexcept;
  // `before`: ticks before the call that sent the bytes was made.
  void sent(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
            std::uint64_t before) noexcept;
  // True if no request is in flight and no answer has begun, so that a newline that is sent now
  // means nothing. Needs no guard.
  bool quiet() const noexcept {
    return !answering_.load(std::memory_order_relaxed) &&
           expires_at_.load(std::memory_order_relaxed) == kNever;
  }

  // The peer is gone: an answer could not be sent.
  void send_failed(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  // The peer is gone, as a poll showed. True if nothing more can come from this connection and its
  // place may be given back.
  bool hung_up(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  // The peer sends no more, but may still read.
  void input_ended(Recorder& recorder, std::uint64_t now) noexcept;
  // The host will send no more.
  void output_ended(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  // The host ends the connection.
  void close(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  // Whether expire() might find anything to do. Needs no guard.
  bool may_expire(std::uint64_t now) const noexcept {
    return expires_at_.load(std::memory_order_relaxed) <= now;
  }
  // Gives up requests that have been in flight for too long, or overtaken for too long. The result
  // means the same as hung_up()'s.
  bool expire(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;

  // Descriptors that stand for this connection (dup).
  std::uint32_t descriptors = 0;

 private:
  static constexpr std::uint64_t kNever = UINT64_MAX;
  bool enter_late(Recorder& recorder) noexcept;
  // When expire() will have something to do, if nothing else happens.
  std::uint64_t expiry(Recorder& recorder, const PendingTable& table) const noexcept;
  void note_expiry(Recorder& recorder, const PendingTable& table) noexcept {
    expires_at_.store(expiry(recorder, table), std::memory_order_relaxed);
  }
  // Inline, so that only the members of a Message are computed that are used.
  inline std::uint16_t operation_of(Recorder& recorder, const Message& request) noexcept;
  inline void request(Recorder& recorder, PendingTable& table, const Message& message,
                      std::uint64_t now) noexcept;
  void malformed(Recorder& recorder, std::uint64_t now, std::uint64_t bytes) noexcept;
  inline void answer(Recorder& recorder, PendingTable& table, const Message& message,
                     std::uint64_t now) noexcept;
  bool answers_malformed(const PendingTable& table, const Message& answer) const noexcept;
  void answer_unfinished_request(Recorder& recorder, const Message& answer,
                                 std::uint64_t now) noexcept;
  // What is known of a request that was read, whole or not. Inline, so that the entry stays in
  // registers: see Record::words().
  [[gnu::always_inline]] inline shm::InflightEntry begun(std::uint16_t operation,
                                                         std::uint64_t trace_id,
                                                         std::uint64_t since,
                                                         std::uint64_t bytes) const noexcept;
  Ending ending_of(const Message& answer, std::uint64_t now) const noexcept;
  // Ends the request in a line that was taken from in_flight_.
  void end(Recorder& recorder, PendingTable& table, std::uint16_t line,
           const Ending& ending) noexcept;
  void give_up_first(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  void end_all(Recorder& recorder, PendingTable& table, shm::Status status,
               std::uint64_t now) noexcept;
  std::uint16_t claim_line(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  void end_input(Recorder& recorder, std::uint64_t now) noexcept;

  // All members are zero until open(): there are thousands of places, and their memory must not be
  // touched before it is used.
  std::atomic<std::uint32_t> guard_{0};  // 1: a thread is inside
  std::atomic<bool> desynchronised_{false};
  std::atomic<std::uint32_t> deferred_closes_{0};
  std::atomic<bool> answering_{false};  // answers_ is in a message
  bool open_ = false;
  bool input_ended_ = false;
  bool hung_up_ = false;
  bool answered_early_ = false;  // the message being received has its answer already
  bool own_line_free_ = false;
  shm::Protocol protocol_{};  // of the latest request
  bool speaks_mcp_ = false;   // its client has called a method that only MCP has
  std::uint16_t place_ = 0;
  std::uint16_t reader_ = 0;  // lane of the thread that read last
  bool silent_ = false;       // the thread that read last woke and has sent nothing since
  const void* reading_thread_ = nullptr;
  int descriptor_ = 0;           // number under which it was accepted
  std::uint32_t malformed_ = 0;  // malformed messages that the host may still answer
  std::uint64_t number_ = 0;
  // Ticks at which a request in flight, or left-over bytes of a client that is gone, time out.
  // kNever: there is nothing of the kind.
  std::atomic<std::uint64_t> expires_at_{0};
  std::uint64_t receiving_since_ = 0;  // ticks; first byte of the message being received
  std::uint64_t answering_since_ = 0;  // ticks; first byte of the answer being sent
  ConnectionRequests in_flight_;
  MessageScanner requests_;
  MessageScanner answers_;
};

}  // namespace goxel_telemetry::plugin
