// SPDX-License-Identifier: GPL-3.0-or-later
// The second mode: one thread accepts and reads, a pool of workers answers from a bounded queue,
// and plugins are informed.
//
// The requests of one connection are answered in order: a connection is in the queue at most once,
// with its oldest request. A request that comes when the queue is full is answered at once, with an
// error.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dispatcher.h"
#include "framing.h"
#include "options.h"
#include "plugin_host.h"
#include "server.h"

namespace stand_in {

class PoolServer : public Server {
 public:
  PoolServer(const Options& options, Dispatcher& dispatcher, const PluginHost& plugins)
      : options_(options), dispatcher_(dispatcher), plugins_(plugins) {}

  void start(int listening) override;
  bool stop() override;

 private:
  struct Request {
    Message message;
    PluginTokens tokens;
  };

  struct Connection {
    Connection(int fd, std::uint64_t number, bool knows_mcp)
        : descriptor(fd), id(number), conversation(knows_mcp) {}
    ~Connection();  // closes the descriptor: only when no worker uses it any more
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    const int descriptor;
    const std::uint64_t id;
    std::mutex send_lock;  // one answer at a time

    // Used by the event thread only.
    Framer framer{kMostMessageBytes};
    Conversation conversation;
    std::uint64_t message_began_ns = 0;

    // Guarded by PoolServer::lock_.
    std::deque<Request> waiting;
    bool scheduled = false;    // in ready_, or a worker is answering it
    bool input_ended = false;  // the client sends no more, but may still read
    bool gone = false;
  };
  using ConnectionPointer = std::shared_ptr<Connection>;

  // Called by the event thread.
  void event_loop();
  void accept_one();
  void read_from(const ConnectionPointer& connection);
  void message_arrived(const ConnectionPointer& connection, const std::string& text,
                       std::uint64_t receive_duration_ns);
  void input_ended(const ConnectionPointer& connection);
  void end(const ConnectionPointer& connection);

  // Called by a worker.
  void work(std::uint32_t worker);
  void answer(Connection& connection, const Request& request, std::uint32_t worker);
  void finish(Connection& connection, const Request& request, const std::optional<Answer>& answer);
  void send_and_finish(Connection& connection, const Request& request, const Answer& answer);

  void set_waiting(std::size_t count);  // with lock_ held

  const Options& options_;
  Dispatcher& dispatcher_;
  const PluginHost& plugins_;
  int listening_ = -1;
  int events_ = -1;
  int wake_ = -1;
  std::map<int, ConnectionPointer> connections_;  // used by the event thread only; by descriptor
  std::uint64_t next_connection_ = 1;

  std::mutex lock_;
  std::condition_variable work_there_;
  std::deque<ConnectionPointer> ready_;
  std::size_t waiting_ = 0;  // requests of all connections in the queue
  bool stopping_ = false;

  std::thread event_thread_;
  std::vector<std::thread> workers_;
};

}  // namespace stand_in
