// SPDX-License-Identifier: GPL-3.0-or-later
// A program of anybody's that takes alerts as JSON by POST: docs/notifications.md has the body and the headers.
#pragma once

#include <memory>
#include <string>

#include "http-bridge/notify/channel.h"

namespace goxel_telemetry::http_bridge::notify {

// `page` as in message.h.
std::string webhook_body(const Bundle& bundle, const std::string& page, std::uint64_t now_ns);

// "sha256=" and the hexadecimal HMAC-SHA256 of the body.
std::string signature(const std::string& key, const std::string& body);

std::unique_ptr<Channel> make_webhook(const ChannelSettings& settings, const Secrets& secrets);

}  // namespace goxel_telemetry::http_bridge::notify
