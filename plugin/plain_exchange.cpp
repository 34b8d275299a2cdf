// SPDX-License-Identifier: GPL-3.0-or-later
// Plain exchanges (connection.h): what is done before an answer has left, while its client waits. Each line of
// code and of data that is touched here was counted (tests/benchmarks/counts).
#include "plugin/connection.h"
#include "plugin/message_cursor.h"

namespace goxel_telemetry::plugin {

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

// Looks for what must be known of a request while it is in flight, where almost all clients put it. False
// if that is not enough, and the request is to be read.
[[gnu::always_inline]] inline bool Connection::look_at_request(Recorder& recorder,
                                                               const char* bytes,
                                                               std::size_t size) noexcept {
  held_request_was_read_ = false;
  if (speaks_mcp_) return false;
  // Where the host has it, if it is long enough for all that is looked at: what was just copied cannot
  // be read in other pieces than it was written in before it has left the processor's store buffer.
  return look_at_call(recorder, size >= kMostLookedAt ? bytes : held_request_) &&
         look_for_context(bytes, size);
}

[[gnu::always_inline]] inline bool Connection::look_at_call(Recorder& recorder,
                                                            const char* at) noexcept {
  constexpr std::string_view kDense = R"({"jsonrpc":"2.0",)";
  constexpr std::string_view kSpaced = R"({"jsonrpc": "2.0", )";
  constexpr std::string_view kId = R"("id":)";
  constexpr std::string_view kMethod = R"("method":)";
  constexpr std::string_view kTool = R"({"tool":)";
  constexpr std::size_t kMostDigits = 15;
  static_assert(kSpaced.size() + kId.size() + kMostDigits + kMethod.size() + 5 + 2 * kVector <=
                kMostLookedAt);
  const bool dense = spells(at, kDense);
  const bool tool = !dense && !spells(at, kSpaced);
  if (tool) {
    if (!spells(at, kTool)) return false;
    at += kTool.size();
    at += *at == ' ';
  } else {
    const std::size_t space = dense ? 0 : 1;
    at += dense ? kDense.size() : kSpaced.size();
    if (spells(at, kId)) {
      at += kId.size() + space;
      for (std::size_t i = 0; i < kMostDigits && is_digit(*at); ++i) ++at;
      if (*at != ',') return false;
      at += 1 + space;
    }
    if (!spells(at, kMethod)) return false;
    at += kMethod.size() + space;
  }
  if (*at++ != '"') return false;
  const std::uint64_t quotes = Vector(at).equal('"') | Vector(at + kVector).equal('"') << kVector;
  if (quotes == 0) return false;
  const OperationNames::Found found = recorder.known_operation({at, first_bit(quotes)});
  if (found.id == OperationNames::kUnknown || (!tool && found.only_mcp)) return false;
  held_protocol_ = tool ? shm::Protocol::mcp : shm::Protocol::json_rpc;
  held_operation_ = found.id;
  return true;
}

// A trace context is taken from the only string that begins with an underscore. If it is at a place where
// none is looked for, the request shows it until its answer was read with it.
[[gnu::always_inline]] inline bool Connection::look_for_context(const char* bytes,
                                                                std::size_t size) noexcept {
  constexpr std::string_view kDense = R"("_meta":{"traceparent":")";
  constexpr std::string_view kSpaced = R"("_meta": {"traceparent": ")";
  constexpr std::size_t kRest = 56;  // a traceparent and a quote
  std::size_t found = 0;
  for (std::size_t at = 0; at < size; at += kVector) {
    const char* const text = at + kVector < size ? bytes : held_request_;
    const std::uint64_t here = Vector(text + at).equal('"') & Vector(text + at + 1).equal('_');
    if (here == 0) [[likely]]
      continue;
    if (found != 0 || (here & (here - 1)) != 0) return false;
    found = at + first_bit(here);
  }
  held_trace_id_ = 0;
  if (found == 0) return true;
  const char* const meta = held_request_ + found;
  const std::size_t opening = spells(meta, kDense)    ? kDense.size()
                              : spells(meta, kSpaced) ? kSpaced.size()
                                                      : 0;
  if (opening == 0 || found + opening + kRest > size) return false;
  held_trace_id_ = TraceparentReader::trace_id_at(meta + opening);
  return held_trace_id_ != 0;
}

[[gnu::hot]] bool Connection::hold_request(Recorder& recorder, const char* bytes, std::size_t size,
                                           std::uint64_t now) noexcept {
  if (!idle_ || held_.load(std::memory_order_relaxed) != Held::nothing || size < kVector ||
      size > kMostHeldRequest) {
    return false;
  }
  const std::size_t end = copy_message(held_request_, bytes, size);
  if (end == 0) return false;
  held_request_size_ = static_cast<std::uint16_t>(size);
  if (!look_at_request(recorder, bytes, end) && !read_request(&recorder)) return false;
  reading_thread_ = this_thread();
  reader_ = recorder.worker();
  silent_ = true;
  read_at_ = now;
  held_.store(Held::request, std::memory_order_relaxed);
  expires_at_.store(saturating_sum(now, recorder.unanswered_after_ticks()),
                    std::memory_order_relaxed);
  if (own_line_ != recorder.newest_lines() + place_) [[unlikely]] {
    recorder.begin_line(place_);
    own_line_ = &recorder.line(place_);
  }
  shm::show(*own_line_, begun(held_protocol_, held_operation_, held_trace_id_, now, now, end));
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

}  // namespace goxel_telemetry::plugin
