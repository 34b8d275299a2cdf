// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of alerts, in the same words on every channel; how it looks is the channel's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http-bridge/notify/bundle.h"
#include "metrics/alerts/alert_course.h"

namespace goxel_telemetry::http_bridge::notify {

// Of one alert.
struct MessagePart {
  std::string heading;             // one sentence; empty: the message's title says it
  std::vector<std::string> lines;  // when, which operations, how many, compared with what …
  metrics::TextChart chart;
  std::string advice;                 // may be empty
  std::vector<std::string> handling;  // which id, how to judge it and how to silence it
  std::string link;                   // where its evidence is seen; empty: nobody said
};

struct Message {
  std::string title;  // what happened
  // What it is about, without what happened: it stays the same through the messages about an alert, so that they form one
  // thread in mail programs that go by it.
  std::string subject;
  std::vector<MessagePart> parts;
  std::string rest;  // of those that are only counted; may be empty
};

// Several alerts are told in less detail than one. `page`: a URL of the bridge's page, or empty. `now_ns`: CLOCK_REALTIME.
Message message_of(const Bundle& bundle, const std::string& page, std::uint64_t now_ns);

// Of the event's alert on that page; the page itself if its URL has a fragment already. Empty if `page` is.
std::string link_to(const Event& event, const std::string& page);

// What a text chart's blocks mean: "0 to 3.40 ms; usual 1.30 ms (▃)"
std::string scale_text(const metrics::TextChart& chart);

// With entities in place of "&", "<" and ">": as a text in HTML, not in an attribute, and as Slack wants all texts
// (https://docs.slack.dev/messaging/formatting-message-text#escaping).
std::string escaped(const std::string& text);

// The whole as plain text, lines ended by newlines.
std::string plain_text(const Message& message);

}  // namespace goxel_telemetry::http_bridge::notify
