// SPDX-License-Identifier: GPL-3.0-or-later
// A way to somebody who is told of alerts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/notify/bundle.h"
#include "http-bridge/notify/settings.h"
#include "http-bridge/outbound/peer.h"

namespace goxel_telemetry::http_bridge::notify {

enum class Fate {
  sent,
  again,    // the same later; also what an operator has to mend first
  refused,  // for good: this message will never be taken
};

struct Outcome {
  Fate fate{};
  std::string why;        // what came back, in a few words without secrets
  std::string complaint;  // of what was sent all the same; empty: none
  std::chrono::seconds retry_after{0};
  std::string thread;  // what is needed to put later messages about the same alerts into one thread
};

// Used by one thread.
class Channel {
 public:
  virtual ~Channel() = default;

  // Nothing else is sent while this runs. `now_ns`: CLOCK_REALTIME.
  virtual Outcome send(const Bundle& bundle, std::uint64_t now_ns,
                       const outbound::Peer::Deadline& deadline) = 0;
};
std::unique_ptr<Channel> make_channel(const ChannelSettings& settings, const Secrets& secrets);

// How a channel of a type is to be used.
struct Manner {
  std::size_t most_events = 0;       // in a message
  bool counts_rest = false;          // of those that are more it is only told how many there are
  std::chrono::milliseconds gather;  // how long a message waits for others, to go with them
  // Not 0: alerts that are active are told of again and again.
  std::chrono::seconds repeat{0};
  bool is_limited = true;  // by ChannelSettings::per_minute
};
Manner manner_of(ChannelType type);

// JSON is posted there, with the token if there is one.
outbound::PeerSettings http_peer(const ChannelSettings& settings, const Secrets& secrets,
                                 const std::string& url);

// What must be in no sentence.
std::vector<std::string> hidden_texts(const ChannelSettings& settings, const Secrets& secrets);

// What HTTP's status says. `hidden`: texts that must not be in the sentence.
Outcome outcome_of(const outbound::Answer& answer, const std::vector<std::string>& hidden);

// What was said by whoever answered: printable, short, without those texts.
std::string told(const std::string& text, const std::vector<std::string>& hidden);

}  // namespace goxel_telemetry::http_bridge::notify
