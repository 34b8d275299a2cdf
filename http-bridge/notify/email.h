// SPDX-License-Identifier: GPL-3.0-or-later
// Mail by SMTP, in plain text and as HTML with a chart. The messages about an alert are one thread: they name the first one (for Outlook and
// Thunderbird) and have its subject (for Gmail). A mail that is sent twice has the same Message-ID, by which many servers and programs show
// it once.
#pragma once

#include <cstdint>
#include <memory>

#include "http-bridge/notify/channel.h"
#include "http-bridge/notify/mail_text.h"

namespace goxel_telemetry::http_bridge::notify {

// Whole but for `to`. `page` as in message.h.
MailText mail_of(const Bundle& bundle, const std::string& from, const std::string& page,
                 std::uint64_t now_ns);

// To be remembered of a thread's first mail.
std::string mail_thread(const MailText& mail);

std::unique_ptr<Channel> make_email(const ChannelSettings& settings, const Secrets& secrets);

}  // namespace goxel_telemetry::http_bridge::notify
