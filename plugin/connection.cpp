// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/connection.h"

#include <algorithm>

#include "plugin/bounded_wait.h"

namespace goxel_telemetry::plugin {
namespace {

constexpr std::string_view kMcpPing = "ping";
constexpr std::string_view kMcpToolsCall = "tools/call";
constexpr std::string_view kMcpCancelled = "notifications/cancelled";

}  // namespace

bool Connection::enter_anyway() noexcept {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    if (try_enter()) return true;
    pause_between_attempts();
  }
  return false;
}

bool Connection::enter_late(Recorder& recorder) noexcept {
  if (enter_anyway()) return true;
  stop_observing(recorder);
  return false;
}

void Connection::stop_observing(Recorder& recorder) noexcept {
  desynchronised_.store(true, std::memory_order_relaxed);
  recorder.gauges()[shm::Gauge::contended_calls].fetch_add(1, std::memory_order_relaxed);
}

void Connection::open(Recorder& recorder, std::uint32_t place, int descriptor,
                      std::uint64_t number) noexcept {
  recorder_.store(&recorder, std::memory_order_relaxed);
  open_ = true;
  input_ended_ = hung_up_ = answered_early_ = false;
  own_line_free_ = true;
  speaks_mcp_ = false;
  protocol_ = shm::Protocol::json_rpc;
  in_flight_.open();
  place_ = static_cast<std::uint16_t>(place);
  descriptor_ = descriptor;
  reader_ = shm::kNoWorker;
  reading_thread_ = kNoThread;
  silent_ = false;
  malformed_ = 0;
  number_ = number;
  receiving_since_ = answering_since_ = 0;
  expires_at_.store(kNever, std::memory_order_relaxed);
  requests_ = MessageScanner();
  answers_ = MessageScanner();
  answering_.store(false, std::memory_order_relaxed);
  held_.store(Held::nothing, std::memory_order_relaxed);
  echo_known_ = false;
  newline_follows_.store(false, std::memory_order_relaxed);
  own_line_ = nullptr;
  descriptors_ = 1;
  desynchronised_.store(false, std::memory_order_relaxed);
  deferred_closes_.store(0, std::memory_order_relaxed);
}

void Connection::received(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                          std::uint64_t now) noexcept {
  const bool reads_on = reading_thread_ == this_thread();
  reading_thread_ = this_thread();
  reader_ = recorder.worker();
  take(recorder, table, chunks, now, reads_on);
}

void Connection::take(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                      std::uint64_t now, bool reads_on) noexcept {
  bool message_bytes = false;  // and not only white space, which a host may read by itself
  for (Chunk chunk : chunks) {
    while (chunk.size != 0) {
      const bool continued = requests_.in_message();
      const MessageScanner::Step step = requests_.feed(chunk.bytes, chunk.size);
      if (!continued) receiving_since_ = now;
      if (!message_bytes && (step.complete || requests_.in_message())) {
        message_bytes = silent_ = true;
        if (reads_on) {
          in_flight_.skip_all(table, now);
          malformed_ = 0;
        }
      }
      if (step.complete) {
        if (answered_early_) {
          answered_early_ = false;
        } else {
          request(recorder, table, requests_.message(), now);
        }
      }
      chunk.bytes += step.consumed;
      chunk.size -= step.consumed;
    }
  }
}

void Connection::waited(Recorder& recorder, PendingTable& table, bool woken,
                        std::uint64_t now) noexcept {
  if (reading_thread_ != this_thread()) return;
  if (silent_) {
    in_flight_.skip_oldest(table, now);
    note_expiry(recorder, table);
  }
  silent_ = woken;
}

// Also says which protocol the request is of.
std::uint16_t Connection::operation_of(Recorder& recorder, const Message& request) noexcept {
  if (request.dialect == Dialect::mcp) {
    protocol_ = shm::Protocol::mcp;
    return recorder.operation(request.name);
  }
  const bool only_mcp = only_mcp_has(request.name);
  speaks_mcp_ |= only_mcp;
  protocol_ = only_mcp || (speaks_mcp_ && request.name == kMcpPing) ? shm::Protocol::mcp
                                                                    : shm::Protocol::json_rpc;
  const bool calls_tool = request.name == kMcpToolsCall && !request.called.empty();
  return recorder.operation(calls_tool ? request.called : request.name);
}

void Connection::request(Recorder& recorder, PendingTable& table, const Message& message,
                         std::uint64_t now) noexcept {
  std::uint16_t operation = shm::names::kBatch;
  if (message.kind == MessageKind::request) {
    operation = operation_of(recorder, message);
  } else if (message.kind == MessageKind::batch) {
    protocol_ = shm::Protocol::json_rpc;
  } else if (message.answers()) {
    return;  // to what the host asked its client
  } else {
    malformed(recorder, now, message.size());
    return;
  }
  if (message.request_id.usable() && message.name == kMcpCancelled) {
    in_flight_.cancel(table, message.request_id, now);
    note_expiry(recorder, table);
  }
  const std::uint16_t line = claim_line(recorder, table, now);
  const shm::InflightEntry entry =
      begun(protocol_, operation, message.trace_id, receiving_since_, now, message.size());
  const bool was_idle = in_flight_.empty();
  in_flight_.append(table, line, message);
  show_first(recorder, line, entry);
  if (was_idle) {
    expires_at_.store(saturating_sum(now, recorder.unanswered_after_ticks()),
                      std::memory_order_relaxed);
  }
}

std::uint16_t Connection::claim_line(Recorder& recorder, PendingTable& table,
                                     std::uint64_t now) noexcept {
  if (own_line_free_) {
    own_line_free_ = false;
    return place_;
  }
  const std::uint32_t line = table.lines.claim(recorder, kConnections);
  if (line == InflightRequests::kNone) {
    // This connection holds at least its own line: its oldest request makes room.
    give_up_first(recorder, table, now);
    return claim_line(recorder, table, now);
  }
  return static_cast<std::uint16_t>(line);
}

void Connection::malformed(Recorder& recorder, std::uint64_t now, std::uint64_t bytes) noexcept {
  record(recorder, begun(protocol_, shm::names::kMalformed, 0, receiving_since_, now, bytes),
         {shm::Status::malformed, now, now});
  ++malformed_;
}

template <class Now>
void Connection::take_answers(Recorder& recorder, PendingTable& table,
                              std::span<const Chunk> chunks, std::uint64_t before, bool by_reader,
                              Now&& now) noexcept {
  silent_ = false;
  for (Chunk chunk : chunks) {
    while (chunk.size != 0) {
      const bool continued = answers_.in_message();
      const MessageScanner::Step step = answers_.feed(chunk.bytes, chunk.size);
      if (!continued) answering_since_ = before;
      if (step.complete) answer(recorder, table, answers_.message(), by_reader, now());
      chunk.bytes += step.consumed;
      chunk.size -= step.consumed;
    }
  }
  answering_.store(answers_.in_message(), std::memory_order_relaxed);
}

void Connection::settle_slowly(Recorder& recorder, PendingTable& table) noexcept {
  const bool answered = holds_answer();
  held_.store(Held::nothing, std::memory_order_relaxed);
  expires_at_.store(kNever, std::memory_order_relaxed);
  shm::InflightLine& shown_in = *own_line_;
  const Chunk request{held_request_, held_request_size_};
  take(recorder, table, {&request, 1}, read_at_, false);
  // It is no request after all, or it is shown in the segment that was made meanwhile.
  if (own_line_free_ || &recorder.line(place_) != &shown_in) shm::clear(shown_in);
  if (!answered) return;
  const Chunk answer{held_answer_, held_answer_size_};
  take_answers(recorder, table, {&answer, 1}, answer_begun_at_, true,
               [this] { return answered_at_; });
}

void Connection::sent(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                      std::uint64_t before) noexcept {
  take_answers(recorder, table, chunks, before, reading_thread_ == this_thread(),
               [&recorder] { return recorder.now(); });
}

// The answer to a malformed message, which is counted already.
bool Connection::answers_malformed(const PendingTable& table,
                                   const Message& answer) const noexcept {
  return malformed_ != 0 && !answer.id.usable() && answer.failed() &&
         (in_flight_.empty() || table.pending[in_flight_.first()].id.type != IdType::absent);
}

void Connection::answer(Recorder& recorder, PendingTable& table, const Message& message,
                        bool by_reader, std::uint64_t now) noexcept {
  if (message.kind == MessageKind::request) return;  // the host itself asks or announces something
  if (answers_malformed(table, message)) {
    --malformed_;
    return;
  }
  const auto match = in_flight_.find(table, message, by_reader, requests_.in_message());
  if (match.line == kNoLine) {
    if (!match.late && requests_.in_message() && !answered_early_) {
      answer_unfinished_request(recorder, message, now);
    }
    return;
  }
  in_flight_.overtake(table, match, answering_since_, [&](std::uint16_t line) {
    end(recorder, table, line,
        {table.pending[line].unanswered(), answering_since_, answering_since_});
  });
  in_flight_.remove(table, match.line);
  Ending ending = ending_of(message, answering_since_, now);
  if (table.pending[match.line].cancelled) {
    ending.status = shm::Status::cancelled;
    ending.error = shm::ErrorCode::none;
  }
  end(recorder, table, match.line, ending);
  note_expiry(recorder, table);
}

void Connection::answer_unfinished_request(Recorder& recorder, const Message& answer,
                                           std::uint64_t now) noexcept {
  const Message message = requests_.message();
  if (answer.id.usable() && answer.id != message.id) return;
  const std::uint16_t operation = message.dialect == Dialect::none
                                      ? std::uint16_t{shm::names::kMalformed}
                                      : operation_of(recorder, message);
  record(recorder,
         begun(protocol_, operation, message.trace_id, receiving_since_, answering_since_,
               message.size()),
         ending_of(answer, answering_since_, now));
  answered_early_ = true;
}

void Connection::end(Recorder& recorder, PendingTable& table, std::uint16_t line,
                     const Ending& ending) noexcept {
  finish(recorder, line, ending);
  if (line == place_) {
    own_line_free_ = true;
  } else {
    table.lines.give_back(line);
  }
}

void Connection::end_all(Recorder& recorder, PendingTable& table, shm::Status status,
                         std::uint64_t now) noexcept {
  while (!in_flight_.empty()) {
    const std::uint16_t line = in_flight_.first();
    in_flight_.remove(table, line);
    const shm::Status ended =
        table.pending[line].needs_no_answer() ? table.pending[line].unanswered() : status;
    end(recorder, table, line, {ended, now, now});
  }
  note_expiry(recorder, table);
}

void Connection::give_up_first(Recorder& recorder, PendingTable& table,
                               std::uint64_t now) noexcept {
  const std::uint16_t line = in_flight_.first();
  const std::uint64_t overtaken_at = table.pending[line].overtaken_at;
  const std::uint64_t ended = overtaken_at != 0 ? overtaken_at : now;
  const shm::Status status = table.pending[line].unanswered();
  in_flight_.give_up_first(table);
  end(recorder, table, line, {status, ended, ended});
}

void Connection::send_failed(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  if (!in_flight_.empty()) {
    const std::uint16_t line = in_flight_.first();
    in_flight_.remove(table, line);
    end(recorder, table, line, {shm::Status::cancelled, now, now});
  }
  end_all(recorder, table, shm::Status::unanswered, now);
}

bool Connection::hung_up(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  if (!hung_up_) {
    hung_up_ = true;
    recorder.gauges()[shm::Gauge::connections].fetch_sub(1, std::memory_order_relaxed);
  }
  // If the thread that read the request finds the hang-up, it has come back to wait for more and is
  // done with the request. If another thread finds it, the request may still be worked on; the
  // host's attempt to answer, or its close, will show how it ended.
  if (!in_flight_.empty() && reading_thread_ != this_thread()) return false;
  end_all(recorder, table, shm::Status::unanswered, now);
  // The rest of a message may still be in the socket, and another descriptor may stand for the
  // connection.
  if (requests_.in_message() || descriptors_ > 1) return false;
  end_input(recorder, now);
  open_ = false;
  return true;
}

void Connection::input_ended(Recorder& recorder, std::uint64_t now) noexcept {
  if (!input_ended_) end_input(recorder, now);
}

void Connection::end_input(Recorder& recorder, std::uint64_t now) noexcept {
  input_ended_ = true;
  // A message that was cut off does not count, but a line that was cut off and could never have
  // become a message does count as malformed.
  if (requests_.finish() && requests_.message().kind == MessageKind::malformed &&
      !answered_early_) {
    malformed(recorder, now, requests_.message().size());
  }
}

void Connection::output_ended(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  end_all(recorder, table, shm::Status::unanswered, now);
}

void Connection::close(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  end_all(recorder, table, hung_up_ ? shm::Status::cancelled : shm::Status::unanswered, now);
  if (!input_ended_) end_input(recorder, now);
  if (!hung_up_) recorder.gauges()[shm::Gauge::connections].fetch_sub(1, std::memory_order_relaxed);
  hung_up_ = true;
  open_ = false;
}

std::uint64_t Connection::expiry(Recorder& recorder, const PendingTable& table) const noexcept {
  const std::uint64_t limit = recorder.unanswered_after_ticks();
  if (in_flight_.empty()) return hung_up_ ? saturating_sum(receiving_since_, limit) : kNever;
  const std::uint16_t line = in_flight_.first();
  const std::uint64_t timeout = saturating_sum(shown(recorder, line).since_ticks, limit);
  const std::uint64_t overtaken_at = table.pending[line].overtaken_at;
  if (overtaken_at == 0 || (table.answers_in_any_order.load(std::memory_order_relaxed) &&
                            !table.pending[line].needs_no_answer())) {
    return timeout;
  }
  return std::min(timeout, overtaken_at + recorder.ticks_of_ns(kOvertakenForNs));
}

bool Connection::expire(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  while (expiry(recorder, table) <= now) {
    if (in_flight_.empty()) {
      if (descriptors_ > 1) return false;
      if (!input_ended_) end_input(recorder, now);
      open_ = false;
      return true;
    }
    give_up_first(recorder, table, now);
  }
  note_expiry(recorder, table);
  return false;
}

}  // namespace goxel_telemetry::plugin
