// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/connection_requests.h"

namespace goxel_telemetry::plugin {
namespace {

// Bounds a search: a client may have thousands of requests in flight. Beyond it, requests are found
// by their id no more until older ones have ended.
constexpr int kMostLookedAt = 1024;

}  // namespace

void ConnectionRequests::open() noexcept {
  *this = {};
  first_ = last_ = unskipped_ = kNoLine;
}

void ConnectionRequests::skip_oldest(PendingTable& table, std::uint64_t now) noexcept {
  if (unskipped_ == kNoLine) return;
  Pending& request = table.pending[unskipped_];
  // An answer is not expected, though it may come.
  if (request.notification && request.overtaken_at == 0) request.overtaken_at = now;
  unskipped_ = request.next;
}

template <class Candidate>
std::uint16_t ConnectionRequests::oldest_in(const PendingTable& table, std::uint16_t from,
                                            std::uint16_t end, Candidate&& candidate) noexcept {
  std::uint16_t line = from;
  for (int i = 0; line != end && i < kMostLookedAt; ++i) {
    if (candidate(table.pending[line])) return line;
    line = table.pending[line].next;
  }
  return kNoLine;
}

std::uint16_t ConnectionRequests::with_id(const PendingTable& table, const Id& id) const noexcept {
  const auto has_it = [&id](const Pending& request) { return request.id == id; };
  const std::uint16_t unskipped = oldest_in(table, unskipped_, kNoLine, has_it);
  if (unskipped != kNoLine) return unskipped;
  const std::uint16_t oldest = oldest_in(table, first_, unskipped_, has_it);
  if (oldest == kNoLine || table.pending[oldest].overtaken_at == 0) return oldest;
  const std::uint16_t not_overtaken = oldest_in(
      table, oldest, unskipped_,
      [&](const Pending& request) { return has_it(request) && request.overtaken_at == 0; });
  return not_overtaken != kNoLine ? not_overtaken : oldest;
}

template <class Candidate>
std::uint16_t ConnectionRequests::in_order(const PendingTable& table, bool by_reader, bool reading,
                                           Candidate&& candidate) const noexcept {
  // A thread that does not read knows nothing of what the reading thread skipped.
  if (by_reader) {
    const std::uint16_t unskipped = oldest_in(table, unskipped_, kNoLine, candidate);
    // Of a thread that has begun to read a further message, the answer is to that message.
    if (unskipped != kNoLine || reading) return unskipped;
  }
  return oldest_in(table, first_, kNoLine, candidate);
}

ConnectionRequests::Match ConnectionRequests::search(PendingTable& table, const Message& answer,
                                                     bool by_reader, bool reading) noexcept {
  Match match;
  if (answer.id.usable()) {
    match.line = with_id(table, answer.id);
    if (match.line != kNoLine) {
      match.by_id = true;
      host_echoes_ids_ = true;
      return match;
    }
    match.late = was_given_up(table, answer);
    if (match.late) return match;
    match.line = in_order(table, by_reader, reading, [&](const Pending& request) {
      return !host_echoes_ids_ || request.id.inexact() ||
             (answer.id.inexact() && request.id.is_number());
    });
    return match;
  }
  match.line = in_order(table, by_reader, reading, [&](const Pending& request) {
    return !request.id.usable() || answer.failed() || !host_echoes_ids_;
  });
  return match;
}

bool ConnectionRequests::was_given_up(PendingTable& table, const Message& answer) noexcept {
  for (GivenUp& one : given_up_) {
    if (one.id != answer.id) continue;
    if (one.overtaken) table.answers_in_any_order.store(true, std::memory_order_relaxed);
    one = {};
    return true;
  }
  return false;
}

void ConnectionRequests::give_up_first(PendingTable& table) noexcept {
  const Pending& request = table.pending[first_];
  if (request.id.usable()) {
    given_up_[last_given_up_++ % kRemembered] = {request.id,
                                                 request.overtaken_at != 0 && !request.cancelled};
  }
  remove(table, first_);
}

void ConnectionRequests::cancel(PendingTable& table, const Id& id, std::uint64_t now) noexcept {
  if (!id.usable()) return;
  const std::uint16_t line = with_id(table, id);
  if (line == kNoLine) return;
  table.pending[line].cancelled = true;
  if (table.pending[line].overtaken_at == 0) table.pending[line].overtaken_at = now;
}

void ConnectionRequests::mark_overtaken(PendingTable& table, const Match& match,
                                        std::uint64_t since) noexcept {
  for (std::uint16_t line = first_; line != match.line; line = table.pending[line].next) {
    Pending& request = table.pending[line];
    if (request.overtaken_at == 0) request.overtaken_at = since;
  }
  const Pending& answered = table.pending[match.line];
  if (match.by_id && answered.overtaken_at != 0 && !answered.needs_no_answer()) {
    table.answers_in_any_order.store(true, std::memory_order_relaxed);
  }
}

void ConnectionRequests::remove_inner(PendingTable& table, std::uint16_t line) noexcept {
  const std::uint16_t next = table.pending[line].next;
  std::uint16_t before = first_;
  while (table.pending[before].next != line) before = table.pending[before].next;
  table.pending[before].next = next;
  if (line == last_) last_ = before;
}

}  // namespace goxel_telemetry::plugin
