// SPDX-License-Identifier: GPL-3.0-or-later
// Gets the answers to what peers ask, as their door has them. Those that lie ready are fetched on a
// thread of their own, and what is posted is taken on another, so that they never wait behind others;
// all other requests go to the backend, a few at a time. All calls come from the thread that runs the io_context.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>

#include "http-bridge/peers.h"

namespace boost::asio {
class io_context;
}

namespace goxel_telemetry::http_bridge {

class HttpBackend;

class Answers {
 public:
  // As Front has them.
  Answers(boost::asio::io_context& io, Peers& peers, const HttpBackend& backend,
          std::size_t most_asked);
  ~Answers();

  // Answers the peer's request, later.
  void ask(const PeerPtr& peer);

 private:
  struct Ask;
  struct Work;
  using AskPtr = std::shared_ptr<Ask>;

  void upgrade(const PeerPtr& peer);
  void fetch(const PeerPtr& peer);
  void fetched(const PeerPtr& peer, const std::shared_ptr<const Response>& response);
  void take_post(const PeerPtr& peer);
  void ask_late(const PeerPtr& peer);
  void ask_backend(const PeerPtr& peer);
  void ask_waiting();
  void wait_for_answer(const AskPtr& ask);
  void read_answer(const AskPtr& ask);

  boost::asio::io_context& io_;
  Peers& peers_;
  const HttpBackend& backend_;
  const std::size_t most_asked_;

  std::array<char, std::size_t{64} * 1024> buffer_;  // for what is read just now
  std::deque<PeerPtr> waiting_;                      // for the backend
  std::size_t asked_ = 0;                            // of the backend
  bool backend_pauses_ = false;

  std::deque<PeerPtr> later_;  // to be fetched when nobody else waits
  std::size_t fetching_ = 0;
  const std::unique_ptr<Work> work_;  // last member: its threads end before the others do
};

}  // namespace goxel_telemetry::http_bridge
