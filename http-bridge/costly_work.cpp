// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/costly_work.h"

#include <malloc.h>

#include <algorithm>
#include <thread>

#include "http-bridge/reply.h"

namespace goxel_telemetry::http_bridge {

CostlyWork::CostlyWork(unsigned at_a_time) : at_a_time_(at_a_time) {}

unsigned CostlyWork::half_of_the_processors() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 1U, kMostInflight);
}

Response CostlyWork::run(const std::function<Response()>& work) {
  if (!enter()) return *busy_reply();
  struct Turn {
    explicit Turn(CostlyWork& of) : all(of) {}
    ~Turn() { all.leave(); }
    CostlyWork& all;
  } turn(*this);
  Response response = work();
  ::malloc_trim(0);  // else a thread keeps what it once needed
  return response;
}

bool CostlyWork::enter() {
  std::unique_lock lock(mutex_);
  if (inflight_ == kMostInflight) return false;
  ++inflight_;
  turn_.wait(lock, [this] { return running_ < at_a_time_; });
  ++running_;
  return true;
}

void CostlyWork::leave() {
  const std::scoped_lock lock(mutex_);
  --inflight_;
  --running_;
  turn_.notify_one();
}

}  // namespace goxel_telemetry::http_bridge
