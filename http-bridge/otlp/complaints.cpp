// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/complaints.h"

#include <utility>

namespace goxel_telemetry::http_bridge::otlp {

std::string Complaints::away(const std::string& why, const ExportCounts& counts) {
  if (std::exchange(is_away_, true)) return {};
  said_ = counts;
  return "spans cannot be sent to " + url_ + ": " + why + "; trying again until they can";
}

std::string Complaints::back(const ExportCounts& counts) {
  if (!std::exchange(is_away_, false)) return {};
  const std::string lost = losses(counts);
  return "spans are sent to " + url_ + " again" +
         (lost.empty() ? "; none was lost" : "; lost: " + lost);
}

std::string Complaints::lost(const ExportCounts& counts, Time now) {
  if (is_away_ || now < seldom_) return {};
  const std::string lost = losses(counts);
  if (lost.empty()) return {};
  seldom_ = now + kSeldom;
  return "spans for " + url_ + " were lost: " + lost;
}

std::string Complaints::left(std::uint64_t spans) const {
  if (spans == 0) return {};
  return std::to_string(spans) + " spans were not sent to " + url_ + " before the bridge ended";
}

std::string Complaints::losses(const ExportCounts& counts) {
  std::string text;
  const auto add = [&text](std::uint64_t spans, const std::string& why) {
    if (spans == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(spans) + ' ' + why;
  };
  add(counts.queue_full - said_.queue_full, "that the queue had no room for");
  add(counts.rate - said_.rate, "that were too many in a second");
  add(counts.given_up - said_.given_up, "that the collector did not take in time");
  add(counts.refused - said_.refused,
      "that the collector refused" + (refusal_.empty() ? "" : " (" + refusal_ + ')'));
  said_ = counts;
  return text;
}

}  // namespace goxel_telemetry::http_bridge::otlp
