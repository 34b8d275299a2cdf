// SPDX-License-Identifier: GPL-3.0-or-later
// Slack, and what takes the same: an incoming webhook, or chat.postMessage with a bot's token. Only the latter says which message it
// made, so only with a token are the messages about an alert a thread.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks https://docs.slack.dev/reference/methods/chat.postMessage
#pragma once

#include <memory>
#include <string>

#include "http-bridge/notify/channel.h"
#include "http-bridge/notify/message.h"

namespace goxel_telemetry::http_bridge::notify {

// Slack refuses a whole message if one text of a block has more than 3,000 characters, if there are more than 50 blocks, and if they have
// some 13,000 characters together. These are in bytes, with room to spare.
inline constexpr std::size_t kMostOfSlackBlock = 2'900;
inline constexpr std::size_t kMostOfSlackMessage = 11'000;

struct SlackPlace {
  std::string channel;  // empty: the webhook's
  std::string thread;   // empty: none
  bool also_in_channel =
      false;  // beside the thread, where nobody who does not follow it would see it
};
std::string slack_body(const Message& message, const SlackPlace& place);

std::unique_ptr<Channel> make_slack(const ChannelSettings& settings, const Secrets& secrets);

}  // namespace goxel_telemetry::http_bridge::notify
