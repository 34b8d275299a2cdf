// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/server.h"

#include <utility>

#include "http-bridge/http_backend.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::size_t kThreads = 8;  // requests at a time whose answers do not lie ready

}  // namespace

Server::Server(Answer answer, const Limits& limits, Door door)
    : backend_(std::make_unique<HttpBackend>(std::move(answer), kThreads)),
      front_(*backend_, kThreads, limits),
      door_(std::move(door)) {}

Server::~Server() = default;

int Server::bind(const std::string& address, int port, std::string& why) {
  const int bound = front_.bind(address, port, door_, why);
  return bound != 0 && backend_->start(why) ? bound : 0;
}

void Server::accept_at(int listening, Door door) {
  front_.accept_at(listening, std::move(door));
}

bool Server::serve() {
  return front_.serve();
}

void Server::stop() {
  front_.stop();
}

void Server::give_up() {
  front_.give_up();
}

void Server::call(std::function<void()> heard) {
  front_.call(std::move(heard));
}

}  // namespace goxel_telemetry::http_bridge
