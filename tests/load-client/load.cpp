// SPDX-License-Identifier: GPL-3.0-or-later
#include "load.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client_socket.h"
#include "gate.h"

namespace load_client {
namespace {

using Clock = std::chrono::steady_clock;
using goxel_telemetry::shm::Status;
constexpr std::chrono::milliseconds kSlice{20};  // how soon a sleeping thread sees `stop`

class Connection {
 public:
  Connection(const LoadOptions& options, unsigned index, Clock::time_point start,
             const std::atomic<bool>& stop, Gate& gate, OuterLayers* layers)
      : options_(options),
        index_(index),
        start_(start),
        stop_(stop),
        gate_(gate),
        mix_(options.mix, options.seed * 1000003U + index) {
    if (layers != nullptr) reporter_.emplace(*layers, index, options.seed + index);
  }

  void run() {
    for (std::uint64_t sent = 0; options_.requests == 0 || sent < options_.requests; ++sent) {
      if (!wait_for_turn(sent) || !connect()) return;
      take_turn();
      if (options_.reconnect) socket_.close();
    }
  }

  void add_to(LoadResult& result) const {
    merge(result.statistics, statistics_);
    result.connections_made += made_;
    result.connections_failed += failed_;
    if (!reporter_) return;
    for (const auto& [stack, times] : reporter_->statistics()) {
      OuterTimes& all = result.outer[stack];
      all.operations += times.operations;
      for (const auto& [layer, sum] : times.sum_ns) all.sum_ns[layer] += sum;
    }
  }

 private:
  bool ended() const {
    return stop_ || (options_.seconds > 0 &&
                     Clock::now() - start_ >= std::chrono::duration<double>(options_.seconds));
  }

  bool wait_for_turn(std::uint64_t sent) const {
    if (options_.rate > 0) {
      const double place = static_cast<double>(sent) * options_.connections + index_;
      const auto turn = start_ + std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(place / options_.rate));
      while (!ended() && Clock::now() < turn) {
        std::this_thread::sleep_until(std::min(turn, Clock::now() + kSlice));
      }
    }
    return !ended();
  }

  bool connect() {
    const Clock::time_point began = Clock::now();
    while (!socket_.connected()) {
      if (socket_.connect(options_.socket_path)) {
        ++made_;
        break;
      }
      ++failed_;
      if (options_.seconds == 0 && Clock::now() - began > kConnectPatience) return false;
      std::this_thread::sleep_for(kSlice);
      if (ended()) return false;
    }
    return true;
  }

  void take_turn() {
    const Request request = mix_.next();
    const bool alone = request.heavy && !options_.heavy_together;
    gate_.enter(alone);
    const std::string& name = mix_.operations()[request.operation];
    const std::string operation = name.substr(name.find('/') + 1);
    if (reporter_) reporter_->go(request.json_rpc, operation);
    const Status status = exchange(request);
    if (reporter_) reporter_->come_back(operation, request.trace_id, status);
    gate_.leave(alone);
  }

  Status exchange(const Request& request) {
    OperationStatistics& operation = statistics_[mix_.operations()[request.operation]];
    ++operation.requests;
    const Clock::time_point began = Clock::now();
    const bool sent = socket_.send(request.text);
    const Outcome outcome =
        sent ? socket_.receive_line(reply_, options_.patience) : Outcome::closed;
    if (outcome != Outcome::reply) {
      ++operation.unanswered;
      socket_.close();  // a late answer must not be taken for the next request's
      return Status::unanswered;
    }
    operation.round_trips_ns.push_back(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began).count()));
    if (!is_error_reply(reply_)) return Status::ok;
    ++operation.errors;
    return Status::error;
  }

  const LoadOptions& options_;
  const unsigned index_;
  const Clock::time_point start_;
  const std::atomic<bool>& stop_;
  Gate& gate_;
  OperationMix mix_;
  ClientSocket socket_;
  std::optional<OuterLayers::Reporter> reporter_;
  std::string reply_;
  Statistics statistics_;
  std::uint64_t made_ = 0;
  std::uint64_t failed_ = 0;
};

// The stock daemon refuses most edits while there is no project.
LoadOptions set_up_of(const LoadOptions& options) {
  LoadOptions set_up = options;
  set_up.connections = 1;
  set_up.requests = 1;
  set_up.seconds = set_up.rate = 0;
  set_up.mix.operations = {options.mix.json_rpc ? "goxel.create_project" : "goxel_create_project"};
  set_up.mix.mcp = !options.mix.json_rpc;
  return set_up;
}

}  // namespace

LoadResult run_load(const LoadOptions& options, const std::atomic<bool>& stop) {
  LoadResult result;
  Gate gate;
  if (options.set_up) {
    const LoadOptions set_up = set_up_of(options);
    Connection connection(set_up, 0, Clock::now(), stop, gate, nullptr);
    connection.run();
    connection.add_to(result);
  }
  std::optional<OuterLayers> layers;
  if (!options.layers.empty())
    layers.emplace(options.layers, options.connections, options.slow_layer);
  const Clock::time_point start = Clock::now();
  std::vector<std::unique_ptr<Connection>> connections;
  for (unsigned index = 0; index < options.connections; ++index) {
    connections.push_back(std::make_unique<Connection>(options, index, start, stop, gate,
                                                       layers ? &*layers : nullptr));
  }
  std::vector<std::thread> threads;
  threads.reserve(options.connections);
  for (const auto& connection : connections)
    threads.emplace_back([&connection] { connection->run(); });
  for (std::thread& thread : threads) thread.join();

  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (const auto& connection : connections) connection->add_to(result);
  return result;
}

}  // namespace load_client
