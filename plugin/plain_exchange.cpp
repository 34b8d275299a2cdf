// SPDX-License-Identifier: GPL-3.0-or-later
// Plain exchanges (connection.h): what is done before an answer has left, and what follows it. Each
// line of code and of data that is touched here was counted (tests/benchmarks/counts).
#include "plugin/connection.h"
#include "plugin/message_cursor.h"

namespace goxel_telemetry::plugin {

// What a request calls, as far as must be known while it is in flight.
struct Connection::Called {
  std::uint16_t operation = OperationNames::kUnknown;
  std::uint64_t trace_id = 0;
};

// Copies 16 bytes at a time, the last ones perhaps twice; reads nothing outside of `from`. size >=
// kVector.
// Copies 16 bytes at a time, the last ones perhaps twice; reads nothing outside of `from`. Returns where
// the message ends, without the white space behind it; 0 if it is none. size >= kVector.
[[gnu::hot, gnu::noinline]] std::size_t Connection::copy_message(char* to, const char* from,
                                                                 std::size_t size) noexcept {
  const std::size_t last = size - kVector;
  for (std::size_t at = 0; at < last; at += kVector) Vector(from + at).store(to + at);
  Vector(from + last).store(to + last);
  to[size] = '\0';
  std::size_t end = size;
  while (end != 1 && is_white_space(to[end - 1])) --end;
  return to[0] == '{' && to[end - 1] == '}' ? end : 0;
}

// Whether a string begins with an underscore, as that of `_meta` does.
[[gnu::always_inline]] inline bool Connection::may_have_context(const char* text,
                                                                std::size_t size) noexcept {
  std::uint64_t found = 0;
  for (std::size_t at = 0; at < size; at += kVector) {
    found |= Vector(text + at).equal('"') & Vector(text + at + 1).equal('_');
  }
  return found != 0;
}

// The call, if the message begins like almost all and what it calls is well known.
[[gnu::always_inline]] inline Connection::Called Connection::call_at_beginning(
    Recorder& recorder, std::size_t size) noexcept {
  constexpr std::string_view kSpaced = R"({"jsonrpc": "2.0", "method": ")";
  constexpr std::string_view kDense = R"({"jsonrpc":"2.0","method":")";
  constexpr std::string_view kTool = R"({"tool": ")";
  constexpr std::string_view kDenseTool = R"({"tool":")";
  const char* const text = held_request_;
  if (speaks_mcp_ || may_have_context(text, size)) return {};
  std::size_t opening;
  bool tool = false;
  if (spells(text, kSpaced)) {
    opening = kSpaced.size();
  } else if (spells(text, kDense)) {
    opening = kDense.size();
  } else {
    tool = true;
    if (spells(text, kTool)) {
      opening = kTool.size();
    } else if (spells(text, kDenseTool)) {
      opening = kDenseTool.size();
    } else {
      return {};
    }
  }
  const char* const name = text + opening;
  const std::uint64_t quotes = Vector(name).equal('"') | Vector(name + kVector).equal('"')
                                                             << kVector;
  if (quotes == 0) return {};
  const OperationNames::Found found = recorder.known_operation({name, first_bit(quotes)});
  if (!tool && found.only_mcp) return {};
  protocol_ = tool ? shm::Protocol::mcp : shm::Protocol::json_rpc;
  return {found.id, 0};
}

// Reads the whole message for it.
[[gnu::noinline]] Connection::Called Connection::call_of_held(Recorder& recorder,
                                                              std::size_t size) noexcept {
  Message message;
  if (!read_plain_message(held_request_, size, message) || message.kind != MessageKind::request ||
      message.request_id.usable()) {
    return {};
  }
  return {operation_of(recorder, message), message.trace_id};
}

[[gnu::hot]] bool Connection::hold_request(Recorder& recorder, const char* bytes, std::size_t size,
                                           std::uint64_t now) noexcept {
  if (!idle_ || held_.load(std::memory_order_relaxed) != Held::nothing || size < kVector ||
      size > kMostHeldRequest) {
    return false;
  }
  const std::size_t end = copy_message(held_request_, bytes, size);
  if (end == 0) return false;
  Called called = call_at_beginning(recorder, end);
  if (called.operation == OperationNames::kUnknown) {
    called = call_of_held(recorder, size);
    if (called.operation == OperationNames::kUnknown) return false;
  }
  reading_thread_ = this_thread();
  reader_ = recorder.worker();
  silent_ = true;
  read_at_ = now;
  held_request_size_ = static_cast<std::uint16_t>(size);
  held_operation_ = called.operation;
  held_.store(Held::request, std::memory_order_relaxed);
  expires_at_.store(saturating_sum(now, recorder.unanswered_after_ticks()),
                    std::memory_order_relaxed);
  if (own_line_ != recorder.newest_lines() + place_) [[unlikely]] {
    recorder.begin_line(place_);
    own_line_ = &recorder.line(place_);
  }
  shm::show(*own_line_, begun(called.operation, called.trace_id, now, now, end));
  return true;
}

[[gnu::hot]] bool Connection::hold_answer(Recorder& recorder, const char* bytes, std::size_t size,
                                          std::uint64_t before, std::uint64_t now) noexcept {
  if (held_.load(std::memory_order_relaxed) != Held::request || reading_thread_ != this_thread() ||
      size < kVector || size > kMostHeldAnswer) {
    return false;
  }
  if (copy_message(held_answer_, bytes, size) == 0) return false;
  silent_ = false;
  answer_begun_at_ = before;
  answered_at_ = now;
  held_answer_size_ = static_cast<std::uint16_t>(size);
  held_.store(Held::answer, std::memory_order_relaxed);
  // If no newline comes, it is settled by the next call on this connection, or by housekeep().
  expires_at_.store(now + recorder.newline_within_ticks(), std::memory_order_relaxed);
  return true;
}

[[gnu::hot]] void Connection::settle(Recorder& recorder, PendingTable& table) noexcept {
  const Held held = held_.load(std::memory_order_relaxed);
  if (held == Held::answer && settle_fast(recorder)) return;
  if (held == Held::nothing) return;
  settle_slowly(recorder, table);
  end_change();
}

// If both messages are plain and belong together, the record is made of them at once: the request is
// never entered among those in flight.
[[gnu::hot]] bool Connection::settle_fast(Recorder& recorder) noexcept {
  Message request;
  if (!read_plain_message(held_request_, held_request_size_, request) ||
      request.kind != MessageKind::request || request.request_id.usable()) {
    return false;
  }
  const Id asked = request.dialect == Dialect::mcp ? Id{} : request.id;
  const std::uint64_t trace_id = request.trace_id;
  const std::uint64_t bytes = request.size();
  Message answer;
  if (!read_plain_message(held_answer_, held_answer_size_, answer) ||
      answer.kind == MessageKind::request) {
    return false;
  }
  const bool by_id = answer.id.usable();
  if (by_id ? answer.id != asked : asked.usable()) return false;
  recorder.publish(record_of(begun(held_operation_, trace_id, read_at_, read_at_, bytes),
                             ending_of(answer, answer_begun_at_, answered_at_)));
  shm::clear(*own_line_);
  if (by_id && !echo_known_) {
    echo_known_ = true;
    in_flight_.note_echo();
  }
  held_.store(Held::nothing, std::memory_order_relaxed);
  expires_at_.store(kNever, std::memory_order_relaxed);
  return true;
}

}  // namespace goxel_telemetry::plugin
