// SPDX-License-Identifier: GPL-3.0-or-later
// The requests in flight on one connection, in the order of their arrival, and which of them an
// answer belongs to. docs/index.md says what is known when.
//
//  - An answer with an id belongs to a request with that id. An answer without one ("id": null too)
//    belongs to a request without an id; if it says that something failed, it may be any request's,
//    because the host may not have understood the id. Until the host has echoed an id of the
//    connection once, nothing is known of how it writes them, and the order decides.
//  - Where this leaves several requests, it is the oldest that was not skipped. A request is skipped
//    when the thread that read it reads on, or waits for this client's input and for nothing else:
//    such a thread has done with it what it will do, unless it left the request to others. So the
//    answers of a client that uses one id for all its requests, or none, cannot stay shifted by one
//    that the host ignored.
//  - An answer overtakes the older requests. If they have no id, they will not be answered any more:
//    without ids, only the order of the answers says whose they are. If they have one, their answers
//    may still come: a host with a pool of workers answers in any order. They are given up
//    kOvertakenForNs later, unless this host was seen to answer one that was overtaken.
#pragma once

#include <atomic>
#include <cstdint>

#include "plugin/inflight_requests.h"
#include "plugin/message_scanner.h"

namespace goxel_telemetry::plugin {

// Connections that are observed at once.
inline constexpr std::uint32_t kConnections = 4096;

// How long an answer may come after that of a younger request, until the host has shown that it
// answers in any order.
inline constexpr std::uint64_t kOvertakenForNs = 1'000'000'000;

inline constexpr std::uint16_t kNoLine = UINT16_MAX;

// The part of a request in flight that readers need not see; one for each line of the in-flight
// table.
struct Pending {
  Id id;
  std::uint64_t overtaken_at;  // ticks; 0: no younger request was answered yet
  std::uint16_t next;          // the next younger request of the connection; kNoLine: none
  bool notification;           // needs no answer
  bool cancelled;              // by its client

  bool needs_no_answer() const noexcept { return notification || cancelled; }

  // How it ended if it was not answered.
  shm::Status unanswered() const noexcept {
    return notification ? shm::Status::notification
           : cancelled  ? shm::Status::cancelled
                        : shm::Status::unanswered;
  }
};

// The first kConnections lines belong to the connections, one each, so that a connection's first
// request in flight costs no search. The other lines are for connections with more than one
// request.
struct PendingTable {
  Pending pending[kInflightLines];
  InflightRequests lines;
  // The host answered a request after a younger one of the same connection.
  std::atomic<bool> answers_in_any_order;
};

// All functions need the connection's guard.
class ConnectionRequests {
 public:
  void open() noexcept;

  bool empty() const noexcept { return first_ == kNoLine; }
  std::uint16_t first() const noexcept { return first_; }

  // The request in `line` is the youngest from now on.
  void append(PendingTable& table, std::uint16_t line, const Message& request) noexcept {
    // Tools of the stock daemon's own dialect have no id; it does not look at one.
    const bool no_ids = request.dialect == Dialect::mcp;
    const bool notification = request.dialect == Dialect::json_rpc && request.has_version &&
                              request.id.type == IdType::absent;
    table.pending[line] = {no_ids ? Id{} : request.id, 0, kNoLine, notification, false};
    if (empty()) {
      first_ = line;
    } else {
      table.pending[last_].next = line;
    }
    last_ = line;
    if (unskipped_ == kNoLine) unskipped_ = line;
  }

  // The thread that read the requests so far begins to read further ones.
  void skip_all(PendingTable& table, std::uint64_t now) noexcept {
    while (unskipped_ != kNoLine) skip_oldest(table, now);
  }
  // That thread waits without having sent anything since it last woke: it handles one message each
  // time it wakes.
  void skip_oldest(PendingTable& table, std::uint64_t now) noexcept;

  // Which request an answer belongs to.
  struct Match {
    std::uint16_t line = kNoLine;
    bool by_id = false;
    bool late = false;  // if there is no line: it is the answer of a request that was given up
  };
  // `by_reader`: the thread that sends the answer is the one that read last. `reading`: it has begun to
  // read a further message.
  Match find(PendingTable& table, const Message& answer, bool by_reader, bool reading) noexcept {
    if (unskipped_ != kNoLine && answer.id.usable() && table.pending[unskipped_].id == answer.id)
        [[likely]] {
      host_echoes_ids_ = true;
      return {unskipped_, true, false};
    }
    return search(table, answer, by_reader, reading);
  }

  // An answer had the id of its request, which it was not asked for here.
  void note_echo() noexcept { host_echoes_ids_ = true; }

  // The answer of the request in `line` was sent from `since` on. The older requests are overtaken.
  // Those for which no answer can come any more are removed; calls give_up(line) for each.
  template <class GiveUp>
  void overtake(PendingTable& table, const Match& match, std::uint64_t since,
                GiveUp&& give_up) noexcept {
    if (match.line == first_ && table.pending[first_].overtaken_at == 0) [[likely]]
      return;
    if (!match.by_id) {
      for (std::uint16_t line = first_; line != match.line;) {
        const std::uint16_t next = table.pending[line].next;
        if (!table.pending[line].id.usable()) {
          remove(table, line);
          give_up(line);
        }
        line = next;
      }
    }
    mark_overtaken(table, match, since);
  }

  void remove(PendingTable& table, std::uint16_t line) noexcept {
    if (line == unskipped_) unskipped_ = table.pending[line].next;
    if (line != first_) [[unlikely]]
      return remove_inner(table, line);
    first_ = table.pending[line].next;
    if (first_ == kNoLine) last_ = kNoLine;
  }

  // The client does not want the answer of its request with this id any more. From `now` on it has
  // as long to come as if it had been overtaken.
  void cancel(PendingTable& table, const Id& id, std::uint64_t now) noexcept;

  // Removes the oldest request, though its answer may still come.
  void give_up_first(PendingTable& table) noexcept;

 private:
  Match search(PendingTable& table, const Message& answer, bool by_reader, bool reading) noexcept;
  void remove_inner(PendingTable& table, std::uint16_t line) noexcept;
  // The oldest request from `from` on, and before `end`, that is a candidate; kNoLine if there is none.
  template <class Candidate>
  static std::uint16_t oldest_in(const PendingTable& table, std::uint16_t from, std::uint16_t end,
                                 Candidate&& candidate) noexcept;
  std::uint16_t with_id(const PendingTable& table, const Id& id) const noexcept;
  bool was_given_up(PendingTable& table, const Message& answer) noexcept;
  template <class Candidate>
  std::uint16_t in_order(const PendingTable& table, bool by_reader, bool reading,
                         Candidate&& candidate) const noexcept;
  void mark_overtaken(PendingTable& table, const Match& match, std::uint64_t since) noexcept;

  std::uint16_t first_ = 0;  // oldest
  std::uint16_t last_ = 0;
  // The oldest that was not skipped: those before it were, and those behind it were not.
  std::uint16_t unskipped_ = 0;
  bool host_echoes_ids_ = false;
  // The ids of the requests that were given up last, and whether they had been overtaken.
  struct GivenUp {
    Id id;
    bool overtaken = false;
  };
  static constexpr std::uint32_t kRemembered = 4;
  GivenUp given_up_[kRemembered] = {};
  std::uint32_t last_given_up_ = 0;
};

}  // namespace goxel_telemetry::plugin
