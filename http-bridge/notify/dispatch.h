// SPDX-License-Identifier: GPL-3.0-or-later
// Brings what waits for a channel to it, message by message, in the order in which it was queued.
//
// - A message is taken off the queue when the channel has taken it: nothing is lost by a crash, and the one that was under way comes twice.
// - A message waits a moment for others: those about alerts of one instance in the same thread go as one, and all about one alert are told by what is
//   so now. Alerts that came and went before anybody was told are one message.
// - What fails is tried again with growing delays; meanwhile all of the channel waits. What is older than a day is dropped.
// - What is refused for good is dropped; of several events only when each was refused by itself.
// - When a channel has had as many messages as it may have, the next one tells of all that waits.
// - A channel is not told of alerts that it does not want, and nobody of those that were silenced while their messages waited.
//
// Time is an argument: CLOCK_REALTIME, since the queue outlives the machine's other clocks. When the clock is set back nothing waits longer
// than it would have.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "http-bridge/notify/channel.h"
#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::http_bridge::notify {

using metrics::ChannelCounts;

class Dispatch {
 public:
  static constexpr outbound::Backoff kBackoff{std::chrono::seconds(5), std::chrono::minutes(5),
                                              std::chrono::minutes(15)};
  static constexpr std::chrono::hours kOldest{24};
  static constexpr std::chrono::seconds kPeriod{5};

  // `host`: for the log. `is_mended`: by the operator, so that what failed is tried at once, and not when it was to be tried again.
  Dispatch(const ChannelSettings& settings, std::string host, Channel& channel,
           bool is_mended = false, std::uint32_t seed = std::random_device()());

  // Sends at most one message. Gives the time at which there may be more to do, at most kPeriod away; that may be at once. `result`: of the
  // store.
  std::uint64_t round(metrics::AlertStore& store, std::uint64_t now_ns,
                      const outbound::Peer::Deadline& deadline, metrics::HistoryResult& result);

  const ChannelCounts& counts() const { return counts_; }

 private:
  using Messages = std::vector<metrics::Outgoing>;
  // A queued message with its alert.
  struct Waiting {
    metrics::Outgoing message;
    metrics::Alert alert;
  };
  struct Chosen {
    Bundle bundle;
    Messages messages;
  };

  // Each gives false if the store fails.
  bool collect(metrics::AlertStore& store, std::uint64_t now_ns, std::vector<Waiting>& waiting);
  bool send(metrics::AlertStore& store, const Chosen& chosen, std::uint64_t now_ns,
            const outbound::Peer::Deadline& deadline);
  bool repeat(metrics::AlertStore& store, std::uint64_t now_ns,
              const outbound::Peer::Deadline& deadline);
  bool settle(metrics::AlertStore& store, const Messages& messages, const std::string& thread);
  bool settle_sent(metrics::AlertStore& store);

  Chosen choose(const std::vector<Waiting>& waiting) const;
  void note(const Outcome& outcome, const Bundle& bundle, unsigned attempts, std::uint64_t now_ns);
  void refill(std::uint64_t now_ns);
  void keep_counts(metrics::AlertStore& store);

  const ChannelSettings settings_;
  const std::string host_;
  const Manner manner_;
  Channel& channel_;
  const bool is_mended_;
  std::minstd_rand random_;

  ChannelCounts counts_;
  ChannelCounts kept_;  // of them, what is in the store
  metrics::HistoryResult result_;
  unsigned failures_ = 0;  // one after the other
  std::uint64_t blocked_until_ns_ = 0;
  std::uint64_t next_repeat_ns_ = 0;
  bool is_one_by_one_ = false;      // several events were refused: until nothing waits
  double allowance_;                // messages that may be sent now
  std::uint64_t allowance_ns_ = 0;  // as of then
  // Sent, but the store could not take them off the queue: not to be sent again.
  Messages sent_;
  std::string sent_thread_;
};

}  // namespace goxel_telemetry::http_bridge::notify
