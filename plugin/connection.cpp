// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/connection.h"

#include <new>

#include "plugin/bounded_wait.h"

namespace goxel_telemetry::plugin {
namespace {

std::uint8_t stack_of(shm::Protocol protocol) noexcept {
  return protocol == shm::Protocol::mcp ? shm::names::kTwoLayer : shm::names::kFourLayer;
}

// An address that is different for each living thread. A lane's number would not do: a thread may
// have no lane.
const void* this_thread() noexcept {
  static thread_local char here __attribute__((tls_model("initial-exec")));
  return &here;
}

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

void Connection::open(std::uint32_t place, int descriptor, std::uint64_t number) noexcept {
  open_ = true;
  input_ended_ = hung_up_ = answered_early_ = false;
  own_line_free_ = true;
  protocol_ = shm::Protocol::json_rpc;
  first_ = last_ = kNoLine;
  place_ = static_cast<std::uint16_t>(place);
  descriptor_ = descriptor;
  reader_ = shm::kNoWorker;
  reading_thread_ = nullptr;
  silent_ = false;
  reads_ = skipped_reads_ = 0;
  given_up_ = malformed_ = 0;
  number_ = number;
  receiving_since_ = answering_since_ = 0;
  note_oldest(kNever);
  requests_ = MessageScanner();
  answers_ = MessageScanner();
  answering_.store(false, std::memory_order_relaxed);
  descriptors = 1;
  desynchronised_.store(false, std::memory_order_relaxed);
  deferred_closes_.store(0, std::memory_order_relaxed);
}

void Connection::received(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                          std::uint64_t now) noexcept {
  if (silent_ && reading_thread_ == this_thread()) skipped_reads_ = reads_;
  silent_ = true;
  ++reads_;
  reading_thread_ = this_thread();
  reader_ = recorder.worker();
  for (Chunk chunk : chunks) {
    while (chunk.size != 0) {
      const bool continued = requests_.in_message();
      const MessageScanner::Step step = requests_.feed(chunk.bytes, chunk.size);
      if (!continued) receiving_since_ = now;
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

inline shm::InflightEntry Connection::begun(std::uint16_t operation, std::uint64_t trace_id,
                                            std::uint64_t since,
                                            std::uint64_t bytes) const noexcept {
  shm::InflightEntry entry{};
  entry.since_ticks = since;
  entry.trace_id = trace_id;
  entry.connection = number_;
  entry.operation = operation;
  entry.worker = reader_;
  entry.stack = stack_of(protocol_);
  entry.protocol = static_cast<std::uint8_t>(protocol_);
  entry.phase = static_cast<std::uint8_t>(shm::Phase::started);
  entry.layer = shm::names::kDaemon;
  entry.receive_ticks = ticks_between(receiving_since_, since) & shm::kTicksAtLeast;
  entry.bytes_in = shm::clip_bytes(bytes);
  return entry;
}

void Connection::request(Recorder& recorder, PendingTable& table, const Message& message,
                         std::uint64_t now) noexcept {
  std::uint16_t operation = shm::names::kBatch;
  if (message.kind == MessageKind::request) {
    protocol_ = message.dialect == Dialect::mcp ? shm::Protocol::mcp : shm::Protocol::json_rpc;
    operation = recorder.operation(message.name);
  } else if (message.kind == MessageKind::batch) {
    protocol_ = shm::Protocol::json_rpc;
  } else {
    malformed(recorder, now, message.size());
    return;
  }
  const std::uint16_t line = claim_line(recorder, table, now);
  const shm::InflightEntry entry = begun(operation, message.trace_id, now, message.size());
  table.pending[line] = {message.id_hash, message.id_type, kNoLine, reads_};
  if (idle()) {
    first_ = line;
    note_oldest(now);
  } else {
    table.pending[last_].next = line;
  }
  last_ = line;
  show(recorder, line, entry);
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
    end_first(recorder, table, {shm::Status::unanswered, now, now});
    ++given_up_;
    return claim_line(recorder, table, now);
  }
  return static_cast<std::uint16_t>(line);
}

void Connection::malformed(Recorder& recorder, std::uint64_t now, std::uint64_t bytes) noexcept {
  record(recorder, begun(shm::names::kMalformed, 0, now, bytes),
         {shm::Status::malformed, now, now});
  ++malformed_;
}

void Connection::sent(Recorder& recorder, PendingTable& table, std::span<const Chunk> chunks,
                      std::uint64_t before) noexcept {
  silent_ = false;
  for (Chunk chunk : chunks) {
    while (chunk.size != 0) {
      const bool continued = answers_.in_message();
      const MessageScanner::Step step = answers_.feed(chunk.bytes, chunk.size);
      if (!continued) answering_since_ = before;
      if (step.complete) answer(recorder, table, answers_.message(), recorder.now());
      chunk.bytes += step.consumed;
      chunk.size -= step.consumed;
    }
  }
  answering_.store(answers_.in_message(), std::memory_order_relaxed);
}

void Connection::answer(Recorder& recorder, PendingTable& table, const Message& message,
                        std::uint64_t now) noexcept {
  if (message.kind == MessageKind::request) return;  // the host itself asks or announces something
  const bool names_no_request =
      message.id_type == IdType::null || message.id_type == IdType::absent;
  if (malformed_ != 0 && names_no_request && message.failed() &&
      (idle() || table.pending[first_].id_type != IdType::absent)) {
    --malformed_;  // the answer to a malformed message, which is counted already
    return;
  }
  const std::uint16_t line = answered_line(table, message);
  if (line == kNoLine) {
    if (given_up_ != 0) {
      --given_up_;  // the late answer to a request that was given up
    } else if (requests_.in_message() && !answered_early_) {
      answer_unfinished_request(recorder, message, now);
    }
    return;
  }
  const bool by_reader = reading_thread_ == this_thread();
  while (first_ != line) {
    // The reading thread will not answer later what it has skipped.
    if (!by_reader || table.pending[first_].read > skipped_reads_) ++given_up_;
    end_first(recorder, table, {shm::Status::unanswered, answering_since_, answering_since_});
  }
  end_first(recorder, table,
            {message.failed() || message.kind == MessageKind::malformed ? shm::Status::error
                                                                        : shm::Status::ok,
             answering_since_, now, message.size()});
}

std::uint16_t Connection::answered_line(const PendingTable& table,
                                        const Message& message) const noexcept {
  constexpr int kMostLookedAt = 64;  // bounds a look-up: a client may have thousands in flight
  if (message.id_type == IdType::string || message.id_type == IdType::number) {
    std::uint16_t line = first_;
    for (int i = 0; line != kNoLine && i < kMostLookedAt; ++i, line = table.pending[line].next) {
      if (table.pending[line].id_type == message.id_type &&
          table.pending[line].id_hash == message.id_hash) {
        return line;
      }
    }
    // The host may write an id in another way than the client did (1.0 for 1), so the answer is
    // taken as that of the oldest request. If requests were given up, it is taken as the late
    // answer to one of them.
    if (given_up_ != 0) return kNoLine;
    return first_;
  }
  return reading_thread_ == this_thread() ? oldest_not_skipped(table) : first_;
}

std::uint16_t Connection::oldest_not_skipped(const PendingTable& table) const noexcept {
  std::uint16_t line = first_;
  while (line != kNoLine && table.pending[line].read <= skipped_reads_) {
    line = table.pending[line].next;
  }
  // All requests seem to be skipped, but no message has begun since: the last read brought no
  // message, perhaps only a newline for which the host waited. The answer is then for the oldest
  // request.
  return line == kNoLine && !requests_.in_message() ? first_ : line;
}

void Connection::answer_unfinished_request(Recorder& recorder, const Message& answer,
                                           std::uint64_t now) noexcept {
  const Message message = requests_.message();
  const std::uint16_t operation = message.dialect == Dialect::none
                                      ? std::uint16_t{shm::names::kMalformed}
                                      : recorder.operation(message.name);
  record(recorder, begun(operation, message.trace_id, answering_since_, message.size()),
         {answer.failed() ? shm::Status::error : shm::Status::ok, answering_since_, now,
          answer.size()});
  answered_early_ = true;
}

void Connection::end_first(Recorder& recorder, PendingTable& table, const Ending& ending) noexcept {
  const std::uint16_t line = first_;
  first_ = table.pending[line].next;
  if (first_ == kNoLine) {
    last_ = kNoLine;
    note_oldest(hung_up_ ? receiving_since_ : kNever);
  } else {
    note_oldest(shown(recorder, first_).since_ticks);
  }
  finish(recorder, line, ending);
  if (line == place_) {
    own_line_free_ = true;
  } else {
    table.lines.give_back(line);
  }
}

void Connection::end_all(Recorder& recorder, PendingTable& table, shm::Status status,
                         std::uint64_t now) noexcept {
  while (!idle()) end_first(recorder, table, {status, now, now});
}

void Connection::send_failed(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  if (!idle()) end_first(recorder, table, {shm::Status::cancelled, now, now});
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
  if (!idle() && reading_thread_ != this_thread()) return false;
  end_all(recorder, table, shm::Status::unanswered, now);
  note_oldest(receiving_since_);
  // The rest of a message may still be in the socket, and another descriptor may stand for the
  // connection.
  if (requests_.in_message() || descriptors > 1) return false;
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

bool Connection::expire(Recorder& recorder, PendingTable& table, std::uint64_t now) noexcept {
  const std::uint64_t limit = recorder.unanswered_after_ticks();
  while (!idle()) {
    if (ticks_between(shown(recorder, first_).since_ticks, now) < limit) return false;
    end_first(recorder, table, {shm::Status::unanswered, now, now});
    ++given_up_;
  }
  if (!hung_up_ || descriptors > 1 || ticks_between(receiving_since_, now) < limit) return false;
  if (!input_ended_) end_input(recorder, now);
  open_ = false;
  return true;
}

}  // namespace goxel_telemetry::plugin
