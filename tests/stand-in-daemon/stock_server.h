// SPDX-License-Identifier: GPL-3.0-or-later
// The first mode: threads and system calls as the stock daemon has them.
//
//   accept thread      poll(listening, 1 s), accept, getsockopt(SO_PEERCRED), start a ...
//   detecting thread   recv(4, MSG_PEEK), recv(16, MSG_PEEK), start an ..., end
//   owning thread      poll(100 ms), recv(8192, MSG_DONTWAIT), answer, send(json), send("\n"); ends
//   at the hang-up
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "dispatcher.h"
#include "options.h"
#include "server.h"

namespace stand_in {

class StockServer : public Server {
 public:
  StockServer(const Options& options, Dispatcher& dispatcher)
      : options_(options), dispatcher_(dispatcher) {}

  void start(int listening) override;
  bool stop() override;

 private:
  void accept_loop();
  void admit(int descriptor);
  // Runs `step` on a detached thread, which is counted.
  void run(void (StockServer::*step)(int), int descriptor);
  void detect(int descriptor);
  void own(int descriptor);
  // False when the connection has ended.
  bool serve_readable(int descriptor, class ConnectionReader& reader);
  void leave(int descriptor);
  bool stopping();

  const Options& options_;
  Dispatcher& dispatcher_;
  int listening_ = -1;
  std::thread acceptor_;

  std::mutex lock_;
  std::condition_variable changed_;
  std::set<int> served_;  // descriptors that have a thread; closed only under lock_
  std::size_t threads_ = 0;
  bool stopping_ = false;
};

}  // namespace stand_in
