// SPDX-License-Identifier: GPL-3.0-or-later
// Tells people and programs of alerts: takes what is queued in the file of alerts to its channels, each on a thread of its own.
// What may go wrong on the way, and what is promised all the same: dispatch.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http-bridge/notify/dispatch.h"
#include "http-bridge/notify/settings.h"

namespace goxel_telemetry::http_bridge::notify {

class Worker;

// A channel with what its files hold.
struct ConfiguredChannel {
  ChannelSettings settings;
  Secrets secrets;
};
// Sentences about files that cannot be used go to `faults`.
std::vector<ConfiguredChannel> with_secrets(const std::vector<ChannelSettings>& channels,
                                            std::vector<std::string>& faults);

// By these AlertStore::put() queues messages for them, about all alerts: each channel leaves out what it does not want.
std::vector<std::string> names_of(const std::vector<ChannelSettings>& channels);

class Notifier {
 public:
  // Begins at once. The file may come later.
  Notifier(const std::string& store_file, std::vector<ConfiguredChannel> channels);
  ~Notifier();  // takes Worker::kLastTry at most

  // All that follows is thread-safe and does not wait.

  // Call it after something was queued.
  void wake();

  struct ChannelState {
    std::string name;
    ChannelType type{};
    std::string host;
    ChannelCounts counts;
  };
  std::vector<ChannelState> states() const;

 private:
  const std::vector<ConfiguredChannel> channels_;
  std::vector<std::unique_ptr<Worker>> workers_;  // in the order of the channels
};

// Sends a test message by the channel, and says in a sentence what came back. False: it was not sent.
bool send_test(const ConfiguredChannel& channel, std::string& sentence);

}  // namespace goxel_telemetry::http_bridge::notify
