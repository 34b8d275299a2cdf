// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/front.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "http-bridge/answers.h"
#include "http-bridge/listen.h"
#include "http-bridge/peers.h"

namespace goxel_telemetry::http_bridge {

namespace asio = boost::asio;

class Front::Loop {
 public:
  Loop(const HttpBackend& backend, std::size_t most_asked, const Limits& limits)
      : patience_(limits.answer),
        peers_(io_, limits, [this](const PeerPtr& peer) { answers_.ask(peer); }),
        answers_(io_, peers_, backend, most_asked) {}

  int bind(const std::string& address, int port, Door door, std::string& why) {
    const Listening listening = listen_on(io_, address, port, patience_, why);
    if (listening.descriptor >= 0) peers_.accept_at(listening.descriptor, std::move(door));
    return listening.port;
  }

  void accept_at(int listening, Door door) { peers_.accept_at(listening, std::move(door)); }

  bool serve() {
    for (;;) {
      try {
        io_.run();
        return !peers_.failed();
      } catch (const std::exception&) {
        // No memory for what a client wanted; its deadline ends the connection.
      }
    }
  }

  void stop() {
    asio::post(io_, [this] { peers_.end(); });
  }

  void give_up() {
    asio::post(io_, [this] {
      io_.stop();  // after this
      peers_.give_up();
    });
  }

  void call(std::function<void()> heard) { asio::post(io_, std::move(heard)); }

 private:
  const std::chrono::milliseconds patience_;
  asio::io_context io_{1};
  Peers peers_;
  Answers answers_;  // last member: its threads end before the others are destroyed
};

Front::Front(const HttpBackend& backend, std::size_t most_asked, const Limits& limits)
    : loop_(std::make_unique<Loop>(backend, most_asked, limits)) {}

Front::~Front() = default;

int Front::bind(const std::string& address, int port, Door door, std::string& why) {
  return loop_->bind(address, port, std::move(door), why);
}

void Front::accept_at(int listening, Door door) {
  loop_->accept_at(listening, std::move(door));
}

bool Front::serve() {
  return loop_->serve();
}

void Front::stop() {
  loop_->stop();
}

void Front::give_up() {
  loop_->give_up();
}

void Front::call(std::function<void()> heard) {
  loop_->call(std::move(heard));
}

}  // namespace goxel_telemetry::http_bridge
