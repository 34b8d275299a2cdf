// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/worker_pool.h"

#include <cassert>

namespace goxel_telemetry::http_bridge {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  finish();
}

void WorkerPool::submit(Job job) {
  std::unique_lock lock(mutex_);
  assert(!finishing_);
  room_.wait(lock, [this] { return queue_.size() < queue_limit_; });
  queue_.push_back(std::move(job));
  job_or_end_.notify_one();
}

std::size_t WorkerPool::waiting() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void WorkerPool::finish() {
  {
    const std::scoped_lock lock(mutex_);
    finishing_ = true;
  }
  job_or_end_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      job_or_end_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    room_.notify_one();
    job();
  }
}

}  // namespace goxel_telemetry::http_bridge
