// SPDX-License-Identifier: GPL-3.0-or-later
// Tells people and programs of alerts: takes what is queued in the file of alerts to its channels, each on a thread of its own.
// What may go wrong on the way, and what is promised all the same: dispatch.h.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http-bridge/notify/dispatch.h"
#include "http-bridge/notify/settings.h"

namespace goxel_telemetry::http_bridge::notify {

class Worker;

// Sentences about files that cannot be used go to `faults`.
std::vector<ConfiguredChannel> with_secrets(const std::vector<ChannelSettings>& channels,
                                            std::vector<std::string>& faults);

// By these AlertStore::put() queues messages for them, about all alerts: each channel leaves out what it does not want.
std::vector<std::string> names_of(const std::vector<ChannelSettings>& channels);

class Notifier {
 public:
  // Sends nothing as long as there are no channels. The file may come later. `may_send`: whether this bridge sends what is in the file;
  // thread-safe.
  Notifier(std::string store_file, std::function<bool()> may_send);
  ~Notifier();  // takes Worker::kLastTry at most

  // All that follows is thread-safe and does not wait.

  // From now on to these. What is just being sent by one that changes or is no more is finished, with what the channel was; what waits
  // is for the channel as it is then.
  void set(std::vector<ConfiguredChannel> channels);

  // Call it after something was queued.
  void wake();

 private:
  const std::string store_file_;
  const std::function<bool()> may_send_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Worker>> finishing_;  // of channels that are no more
};

// Sends a test message by the channel, and says in a sentence what came back. False: it was not sent.
bool send_test(const ConfiguredChannel& channel, std::string& sentence);

}  // namespace goxel_telemetry::http_bridge::notify
