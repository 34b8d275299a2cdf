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
// What a client waits for is what the plugin does before the answer has left, so that is little: see
// "plain exchanges" below.
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
#include "plugin/plain_message.h"
#include "plugin/recorder.h"

namespace goxel_telemetry::plugin {

struct Chunk {
  const char* bytes;
  std::size_t size;
};

// Aligned so that all that a request touches of it is on one page.
class alignas(2048) Connection {
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
  // Takes the guard to change the connection for the last time: nobody else can enter any more. False
  // if the guard is not free.
  bool enter_for_the_last_time() noexcept {
    desynchronised_.store(true, std::memory_order_relaxed);
    return try_enter();
  }
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
    open_ = idle_ = false;
    held_.store(Held::nothing, std::memory_order_relaxed);
    leave();
  }

  // --- plain exchanges ---
  //
  // Almost always a whole message is read while nothing else goes on, and the thread that read it
  // sends its whole answer. Then both messages are only copied and noted, and the request is shown in
  // flight; what they say is worked out by settle(), when the answer has left. Every other function
  // needs a connection that was settled. The result is the same as without all this: settle() does at
  // once, with the times that were noted, what was left undone.

  // Notes a message that the calling thread has read. False if it is none of that kind: nothing is
  // changed, and received() is to be called.
  bool hold_request(Recorder& recorder, const char* bytes, std::size_t size,
                    std::uint64_t now) noexcept;
  // Notes the answer to the request that is held. False: the connection is to be settled, and then
  // sent() is to be called.
  bool hold_answer(Recorder& recorder, const char* bytes, std::size_t size, std::uint64_t before,
                   std::uint64_t now) noexcept;
  // An answer is held. Needs no guard: the thread that asks has sent it.
  bool holds_answer() const noexcept {
    return held_.load(std::memory_order_relaxed) == Held::answer;
  }
  // The host sends a newline after an answer, by a call of its own, for which the client may wait,
  // too. Both need no guard.
  bool newline_follows() const noexcept { return newline_follows_.load(std::memory_order_relaxed); }
  void set_newline_follows(bool follows) noexcept {
    if (newline_follows() != follows) newline_follows_.store(follows, std::memory_order_relaxed);
  }
  void settle(Recorder& recorder, PendingTable& table) noexcept;

  // --- everything ---

  // Before and after any of the functions below.
  void begin_change(Recorder& recorder, PendingTable& table) noexcept {
    if (holds_answer()) set_newline_follows(false);  // something else came first
    if (held_.load(std::memory_order_relaxed) != Held::nothing) settle(recorder, table);
    idle_ = false;
  }
  void end_change() noexcept {
    // The next message can be part of a plain exchange.
    idle_ = open_ && !input_ended_ && !hung_up_ && in_flight_.empty() && malformed_ == 0 &&
            !answered_early_ && requests_.is_idle() && answers_.is_idle();
  }

  // What the descriptor is that has this place's number. It is SocketObserver's; it is here because that
  // descriptor's connection is here, too, if it can be.
  std::atomic<std::uint16_t>& descriptor_entry() noexcept { return descriptor_entry_; }
  const std::atomic<std::uint16_t>& descriptor_entry() const noexcept { return descriptor_entry_; }

  // Begins a new connection in this place. `place` is the place's index, below kConnections.
  void open(Recorder& recorder, std::uint32_t place, int descriptor, std::uint64_t number) noexcept;
  // Continues with left-over bytes of a client that is known to be gone.
  void reopen_after_hang_up(Recorder& recorder, std::uint64_t now) noexcept {
    hung_up_ = true;
    receiving_since_ = now;
    expires_at_.store(now + recorder.unanswered_after_ticks(), std::memory_order_relaxed);
  }
  bool is_open() const noexcept { return open_; }
  // The recorder of open(). Needs no guard; null in a place that was never used in this process.
  Recorder* recorder() const noexcept { return recorder_.load(std::memory_order_relaxed); }
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

  // One more descriptor stands for this connection (dup).
  void add_descriptor() noexcept { ++descriptors_; }
  // That many do no more. True if there is none now, and there was one.
  bool remove_descriptors(std::uint32_t count) noexcept {
    descriptors_ -= count < descriptors_ ? count : descriptors_;
    return count != 0 && descriptors_ == 0;
  }

 private:
  static constexpr std::uint64_t kNever = UINT64_MAX;
  static std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
  }
  bool enter_late(Recorder& recorder) noexcept;
  // When expire() will have something to do, if nothing else happens.
  std::uint64_t expiry(Recorder& recorder, const PendingTable& table) const noexcept;
  void note_expiry(Recorder& recorder, const PendingTable& table) noexcept {
    expires_at_.store(expiry(recorder, table), std::memory_order_relaxed);
  }
  std::uint16_t operation_of(Recorder& recorder, const Message& request) noexcept;
  inline void request(Recorder& recorder, PendingTable& table, const Message& message,
                      std::uint64_t now) noexcept;
  void malformed(Recorder& recorder, std::uint64_t now, std::uint64_t bytes) noexcept;
  inline void answer(Recorder& recorder, PendingTable& table, const Message& message,
                     bool by_reader, std::uint64_t now) noexcept;
  bool answers_malformed(const PendingTable& table, const Message& answer) const noexcept;
  void answer_unfinished_request(Recorder& recorder, const Message& answer,
                                 std::uint64_t now) noexcept;
  // What is known of a request that was read, whole or not. Inline, so that the entry stays in
  // registers: see Record::words().
  [[gnu::always_inline]] shm::InflightEntry begun(shm::Protocol protocol, std::uint16_t operation,
                                                  std::uint64_t trace_id,
                                                  std::uint64_t receiving_since,
                                                  std::uint64_t since,
                                                  std::uint64_t bytes) const noexcept {
    const bool mcp = protocol == shm::Protocol::mcp;
    shm::InflightEntry entry{};
    entry.since_ticks = since;
    entry.trace_id = trace_id;
    entry.connection = number_;
    entry.operation = operation;
    entry.worker = reader_;
    entry.stack = mcp ? shm::names::kTwoLayer : shm::names::kFourLayer;
    entry.protocol = static_cast<std::uint8_t>(protocol);
    entry.phase = static_cast<std::uint8_t>(shm::Phase::started);
    entry.layer = shm::names::kDaemon;
    entry.receive_ticks = ticks_between(receiving_since, since) & shm::kTicksAtLeast;
    entry.bytes_in = shm::clip_bytes(bytes);
    return entry;
  }
  // How a request ended to which this is the answer.
  static Ending ending_of(const Message& answer, std::uint64_t since, std::uint64_t now) noexcept {
    Ending ending{shm::Status::ok, since, now, answer.size()};
    if (answer.failed() || answer.kind == MessageKind::malformed) {
      ending.status = shm::Status::error;
      ending.error = answer.denies_success || answer.tool_failed ? shm::ErrorCode::tool
                     : answer.has_error_code ? shm::error_code(answer.error_code)
                                             : shm::ErrorCode::other;
    }
    return ending;
  }
  // Ends the request in a line that was taken from in_flight_.
  void end(Recorder& recorder, PendingTable& table, std::uint16_t line,
           const Ending& ending) noexcept;
  void give_up_first(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  void end_all(Recorder& recorder, PendingTable& table, shm::Status status,
               std::uint64_t now) noexcept;
  std::uint16_t claim_line(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept;
  void end_input(Recorder& recorder, std::uint64_t now) noexcept;

  enum class Held : std::uint8_t { nothing, request, answer };
  static constexpr std::size_t kMostHeldRequest = 384;
  static constexpr std::size_t kMostHeldAnswer = 640;
  static_assert(kMostHeldRequest <= kMostPlain && kMostHeldAnswer <= kMostPlain);

  static std::size_t copy_message(char* to, const char* from, std::size_t size) noexcept;
  static constexpr std::size_t kMostLookedAt = 96;
  bool look_at_request(Recorder& recorder, const char* bytes, std::size_t size) noexcept;
  bool look_at_call(Recorder& recorder, const char* text) noexcept;
  bool look_for_context(const char* bytes, std::size_t size) noexcept;
  // With a recorder: also which operation it is.
  bool read_request(Recorder* recorder) noexcept;
  bool settle_fast(Recorder& recorder) noexcept;
  void settle_slowly(Recorder& recorder, PendingTable& table) noexcept;
  void take(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
            std::uint64_t now, bool reads_on) noexcept;
  template <class Now>
  void take_answers(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                    std::uint64_t before, bool by_reader, Now&& now) noexcept;

  // All members are zero until open(): there are thousands of places, and their memory must not be
  // touched before it is used.
  //
  // The first line: what every call looks at.
  std::atomic<std::uint32_t> guard_{0};  // 1: a thread is inside
  std::atomic<bool> desynchronised_{false};
  std::atomic<bool> answering_{false};  // answers_ is in a message
  std::atomic<Held> held_{Held::nothing};
  bool idle_ = false;
  std::atomic<std::uint32_t> deferred_closes_{0};
  std::uint16_t place_ = 0;
  std::uint16_t reader_ = 0;  // lane of the thread that read last
  // Ticks at which a request in flight, or left-over bytes of a client that is gone, time out.
  // kNever: there is nothing of the kind.
  std::atomic<std::uint64_t> expires_at_{0};
  std::atomic<Recorder*> recorder_{nullptr};
  std::uint32_t reading_thread_ = kNoThread;
  shm::InflightLine* own_line_ = nullptr;  // where the line `place_` was last begun
  std::uint16_t held_request_size_ = 0;
  std::uint16_t held_answer_size_ = 0;
  std::uint16_t held_operation_ = 0;
  shm::Protocol held_protocol_{};
  bool open_ = false;
  bool silent_ = false;       // the thread that read last woke and has sent nothing since
  shm::Protocol protocol_{};  // of the latest request
  bool speaks_mcp_ = false;   // its client has called a method that only MCP has
  bool echo_known_ = false;   // in_flight_ knows that the host echoes ids
  std::atomic<bool> newline_follows_{false};
  std::atomic<std::uint16_t> descriptor_entry_{0};

  // The second line: what a plain exchange needs besides.
  std::uint64_t number_ = 0;
  Id held_id_;  // once the request was read
  std::uint64_t held_trace_id_ = 0;
  std::uint32_t held_request_end_ = 0;  // without the white space behind it
  bool held_request_was_read_ = false;  // and not only looked at
  std::uint64_t read_at_ = 0;           // ticks; the request was read
  std::uint64_t answer_begun_at_ = 0;   // ticks; before its answer was sent
  std::uint64_t answered_at_ = 0;       // ticks; after it
  alignas(16) char held_request_[kMostHeldRequest + kBehindPlain] = {};
  alignas(16) char held_answer_[kMostHeldAnswer + kBehindPlain] = {};

  bool input_ended_ = false;
  bool hung_up_ = false;
  bool answered_early_ = false;  // the message being received has its answer already
  bool own_line_free_ = false;
  int descriptor_ = 0;  // number under which it was accepted
  std::uint32_t descriptors_ = 0;
  std::uint32_t malformed_ = 0;        // malformed messages that the host may still answer
  std::uint64_t receiving_since_ = 0;  // ticks; first byte of the message being received
  std::uint64_t answering_since_ = 0;  // ticks; first byte of the answer being sent
  ConnectionRequests in_flight_;
  MessageScanner requests_;
  MessageScanner answers_;
};
static_assert(sizeof(Connection) == 2048);

}  // namespace goxel_telemetry::plugin
