// SPDX-License-Identifier: GPL-3.0-or-later
// Plain exchanges (connection.h): what follows when the answer has left.
#include "plugin/connection.h"

namespace goxel_telemetry::plugin {

// False if it is no request.
[[gnu::hot]] bool Connection::read_request(Recorder* recorder) noexcept {
  Message message;
  if (!read_plain_message(held_request_, held_request_size_, message) ||
      message.kind != MessageKind::request) {
    return false;
  }
  // Tools of the stock daemon's own dialect have no id.
  held_id_ = message.dialect == Dialect::mcp ? Id{} : message.id;
  held_trace_id_ = message.trace_id;
  held_request_end_ = static_cast<std::uint32_t>(message.size());
  held_request_was_read_ = true;
  if (recorder != nullptr) {
    held_operation_ = operation_of(*recorder, message);
    held_protocol_ = protocol_;
  }
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
  if (!held_request_was_read_ && !read_request(nullptr)) return false;
  Message answer;
  if (!read_plain_message(held_answer_, held_answer_size_, answer) ||
      answer.kind == MessageKind::request) {
    return false;
  }
  const bool by_id = answer.id.usable();
  if (by_id ? answer.id != held_id_ : held_id_.usable()) return false;
  recorder.publish(record_of(
      begun(held_protocol_, held_operation_, held_trace_id_, read_at_, read_at_, held_request_end_),
      ending_of(answer, answer_begun_at_, answered_at_)));
  shm::clear(*own_line_);
  protocol_ = held_protocol_;
  if (by_id && !echo_known_) {
    echo_known_ = true;
    in_flight_.note_echo();
  }
  held_.store(Held::nothing, std::memory_order_relaxed);
  expires_at_.store(kNever, std::memory_order_relaxed);
  return true;
}

}  // namespace goxel_telemetry::plugin
