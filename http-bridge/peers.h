// SPDX-License-Identifier: GPL-3.0-or-later
// The clients that are connected: accepts them, reads what they ask, writes what they are answered,
// and ends those that take too much of what all share. Waits for none of them. All calls come from
// the thread that runs the io_context.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "http-bridge/client_connection.h"
#include "http-bridge/door.h"
#include "http-bridge/limits.h"
#include "http-bridge/routes.h"

namespace boost::asio {
class io_context;
}

namespace goxel_telemetry::http_bridge {

struct Peer {
  Peer(boost::asio::io_context& io, int fd, const Limits& limits, const Door& at);
  ~Peer();

  // Its request was handed on, and it still wants the answer.
  bool awaits_answer() const {
    return is_asked && connection.state() == ClientConnection::State::asking;
  }

  const Door& door;
  ClientConnection connection;

  // What follows is of Peers alone.
  struct Socket;
  std::unique_ptr<Socket> socket;
  ClientConnection::Time timer_ends = ClientConnection::Time::max();
  std::size_t own_bytes = 0;               // of held_bytes_
  std::size_t announced_bytes = 0;         // of the sum of all
  std::shared_ptr<const Response> shared;  // the same
  std::shared_ptr<std::function<void()>> left;
  bool is_asked = false;
  bool is_shut = false;
};
using PeerPtr = std::shared_ptr<Peer>;

class Peers {
 public:
  // `ask` gets each peer that awaits an answer, once for each.
  Peers(boost::asio::io_context& io, const Limits& limits, std::function<void(const PeerPtr&)> ask);
  ~Peers();

  // Accepts clients of a socket that listens and does not block, and owns it.
  void accept_at(int listening, Door door);
  // Accepts nobody any more; answers that are awaited or on their way are finished.
  void end();
  // After end(): closes all that are left, and lets nobody work for them any more.
  void give_up();
  bool failed() const { return failed_; }  // a socket did not listen any more, so it has ended

  // The peer's request is being answered from now on.
  void has_turn(const PeerPtr& peer);
  // Answers, if that is still awaited and there is room for it.
  void answer(const PeerPtr& peer, const std::shared_ptr<const Response>& response);
  void answer(const PeerPtr& peer, std::string bytes);  // their memory is not counted before
  void answer_busy(const PeerPtr& peer);
  // Its request is not answered here: the connection's descriptor is the caller's. With a place among the upgraded
  // connections, until that is let go; null, and the peer stays: there is none.
  std::shared_ptr<void> place_for_upgraded();
  int give_away(const PeerPtr& peer);
  // If it leaves before it has its answer, `left` is called, and it is closed.
  void look_for_leaving(const PeerPtr& peer, std::function<void()> left);

  // Counts the bytes of answers that are not whole yet. False if there is no room for them.
  bool hold(std::size_t bytes);
  void release(std::size_t bytes) { held_bytes_ -= bytes; }

 private:
  struct Listener;

  void wait_for_clients(Listener& listener);
  void accept_clients(Listener& listener);
  void welcome(int fd, const Listener& listener);
  bool make_room_for_client();
  bool spare_descriptors();
  bool end_oldest(ClientConnection::State state, ClientConnection::Time until);

  void advance(const PeerPtr& peer);
  void wait_to_read(const PeerPtr& peer);
  void wait_to_write(const PeerPtr& peer);
  void read(Peer& peer);
  static bool write(Peer& peer);
  void settle(const PeerPtr& peer);
  void count_bytes(Peer& peer);
  void close(const PeerPtr& peer);
  void look(const PeerPtr& peer);
  void leave(const PeerPtr& peer);
  template <class Answer>
  void deliver(const PeerPtr& peer, Answer answer, std::size_t size);
  bool make_room_for_bytes(std::size_t size);

  boost::asio::io_context& io_;
  const Limits limits_;
  const std::function<void(const PeerPtr&)> ask_;
  std::list<Listener> listeners_;
  bool failed_ = false;
  std::size_t most_peers_ = 0;
  std::size_t most_upgraded_ = 0;
  const std::shared_ptr<std::atomic<std::size_t>> upgraded_;  // places are let go by any thread
  bool high_descriptors_ = false;
  std::unordered_set<PeerPtr> peers_;
  std::size_t held_bytes_ = 0;                                // of answers that are not sent
  std::size_t announced_bytes_ = 0;                           // of bodies
  std::unordered_map<const Response*, std::size_t> holders_;  // how many clients await each
  std::array<char, std::size_t{64} * 1024> buffer_;           // for what is read just now
};

}  // namespace goxel_telemetry::http_bridge
