// SPDX-License-Identifier: GPL-3.0-or-later
// Plain exchanges (connection.h): what is done before an answer has left, and what follows it. Each
// line of code and of data that is touched here was counted (tests/benchmarks/counts).
#include "plugin/connection.h"
#include "plugin/message_cursor.h"

namespace goxel_telemetry::plugin {

namespace {

// How long an answer waits for its newline.
constexpr std::uint64_t kHeldForNs = 100'000'000;

}  // namespace

// A message that was copied, and what was seen on the way.
struct Connection::Copied {
  std::size_t end = 0;            // of the message, without the white space behind it; 0: none
  std::uint64_t quotes = 0;       // in its first 64 bytes
  std::uint64_t underscored = 0;  // not 0: a string begins with an underscore, as `_meta` does
};

// What a request calls, as far as must be known while it is in flight.
struct Connection::Called {
  std::uint16_t operation = OperationNames::kUnknown;
  std::uint64_t trace_id = 0;
};

// Copies 16 bytes at a time, the last ones perhaps twice; reads nothing outside of `from`. size >=
// kVector.
[[gnu::always_inline]] inline Connection::Copied Connection::copy_message(
    char* to, const char* from, std::size_t size) noexcept {
  Copied copied;
  std::uint64_t quote_before = 0;
  const auto copy = [&](std::size_t at) {
    const Vector bytes(from + at);
    bytes.store(to + at);
    const std::uint64_t quotes = bytes.equal('"');
    copied.underscored |= (quotes << 1 | quote_before) & bytes.equal('_');
    quote_before = quotes >> (kVector - 1);
    if (at < kBlock) copied.quotes |= quotes << at;
  };
  for (std::size_t at = 0; at + kVector <= size; at += kVector) copy(at);
  if (size % kVector != 0) {
    quote_before = 0;
    copy(size - kVector);
  }
  to[size] = '\0';
  std::size_t end = size;
  while (end != 0 && is_white_space(to[end - 1])) --end;
  if (to[0] == '{' && to[end - 1] == '}') copied.end = end;
  return copied;
}

// The call, if the message begins like almost all and what it calls is well known.
[[gnu::always_inline]] inline Connection::Called Connection::call_at_beginning(
    Recorder& recorder, const Copied& copied) noexcept {
  constexpr std::string_view kSpaced = R"({"jsonrpc": "2.0", "method": ")";
  constexpr std::string_view kDense = R"({"jsonrpc":"2.0","method":")";
  constexpr std::string_view kTool = R"({"tool": ")";
  constexpr std::string_view kDenseTool = R"({"tool":")";
  if (copied.underscored != 0 || speaks_mcp_) return {};
  const char* const text = held_request_;
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
  const std::uint64_t quotes = copied.quotes >> opening;
  if (quotes == 0) return {};
  const OperationNames::Found found = recorder.known_operation({text + opening, first_bit(quotes)});
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
  const Copied copied = copy_message(held_request_, bytes, size);
  if (copied.end == 0) return false;
  Called called = call_at_beginning(recorder, copied);
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
  shm::show(*own_line_, begun(called.operation, called.trace_id, now, now, copied.end));
  return true;
}

[[gnu::hot]] bool Connection::hold_answer(Recorder& recorder, const char* bytes, std::size_t size,
                                          std::uint64_t before, std::uint64_t now) noexcept {
  if (held_.load(std::memory_order_relaxed) != Held::request || reading_thread_ != this_thread() ||
      size < kVector || size > kMostHeldAnswer) {
    return false;
  }
  const Copied copied = copy_message(held_answer_, bytes, size);
  if (copied.end == 0) return false;
  silent_ = false;
  answer_begun_at_ = before;
  answered_at_ = now;
  held_answer_size_ = static_cast<std::uint16_t>(size);
  held_.store(Held::answer, std::memory_order_relaxed);
  // If no newline comes, it is settled by the next call on this connection, or by housekeep().
  expires_at_.store(now + recorder.ticks_of_ns(kHeldForNs), std::memory_order_relaxed);
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
