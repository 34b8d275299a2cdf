// SPDX-License-Identifier: GPL-3.0-or-later
// Lets many threads pass together, or one thread alone. A thread that wants to be alone goes before
// threads that come later.
#pragma once

#include <condition_variable>
#include <mutex>

namespace load_client {

class Gate {
 public:
  void enter(bool alone) {
    std::unique_lock lock(lock_);
    changed_.wait(lock, [this] { return !closed_; });
    if (!alone) {
      ++inside_;
      return;
    }
    closed_ = true;
    changed_.wait(lock, [this] { return inside_ == 0; });
  }

  void leave(bool alone) {
    const std::lock_guard guard(lock_);
    if (alone) {
      closed_ = false;
    } else {
      --inside_;
    }
    if (closed_ ? inside_ == 0 : alone) changed_.notify_all();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool closed_ = false;  // a thread is alone, or waits to be
  unsigned inside_ = 0;
};

}  // namespace load_client
