// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out as one message: what happened to one alert or to several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::http_bridge::notify {

struct Event {
  metrics::Alert alert;  // as it is now
  metrics::AlertChange change = metrics::AlertChange::raised;
  bool is_first = true;     // the channel has not told of the alert before
  std::int64_t number = 0;  // of the message in the queue
};

struct Bundle {
  std::vector<Event> events;  // never empty
  std::size_t more = 0;       // that happened beside those and are only counted
  std::string
      thread;  // what the channel made of the first message about these alerts; empty: this is it
  bool is_test = false;
};

// The same whenever the same is told once more, and different from all others.
std::string event_id(const Event& event);
// The same of all of them, as 32 hexadecimal digits.
std::string bundle_id(const Bundle& bundle);

std::string hexadecimal(std::span<const unsigned char> bytes);

// The beginning of a text, cut between two characters, with "…" if it is not the whole.
std::string shortened(const std::string& text, std::size_t most_bytes);

// The alert with texts that are printable and lists that are no longer than what is said of an alert: it comes from a file.
metrics::Alert bounded(metrics::Alert alert);

}  // namespace goxel_telemetry::http_bridge::notify
