// SPDX-License-Identifier: GPL-3.0-or-later
// A fixed number of threads behind a bounded queue. When the queue is full, submitting waits: the
// accepting thread stops accepting, the kernel's backlog fills, and nothing here grows.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace goxel_telemetry::http_bridge {

class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t queue_limit);
  ~WorkerPool();  // calls finish()

  // Not after finish().
  void submit(Job job);
  // Jobs that no thread has taken up.
  std::size_t waiting() const;
  // Returns when all jobs are done and the threads have ended.
  void finish();

 private:
  void work();

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable job_or_end_;
  std::condition_variable room_;
  std::deque<Job> queue_;
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace goxel_telemetry::http_bridge
