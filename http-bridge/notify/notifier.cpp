// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/notifier.h"

#include <utility>

#include "http-bridge/notify/worker.h"
#include "http-bridge/outbound/host_name.h"
#include "metrics/time.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

// Looks as an alert will look.
Bundle test_bundle(std::uint64_t now_ns) {
  constexpr std::uint64_t kMinuteNs = 60 * metrics::kNsPerSecond;
  metrics::Alert alert;
  alert.id = "test";
  alert.rule = metrics::AlertRule::slower;
  alert.level = metrics::AlertLevel::warning;
  alert.since_ns = now_ns - kMinuteNs;
  alert.raised_ns = now_ns;
  alert.updated_ns = now_ns;
  alert.summary = "goxel-telemetry-bridge on " + outbound::host_name() + " can tell you of alerts";
  alert.advice = "Nothing needs to be done.";
  alert.evidence.facts = {{"sent by", "goxel-telemetry-bridge --test-notification"}};
  alert.evidence.course = {1e6, 1e6, 1.1e6, 1e6, 1.2e6, 2e6, 3e6, 3e6};
  alert.evidence.course_usual = 1e6;
  alert.evidence.unit = "ns";
  Bundle bundle;
  bundle.events.push_back({std::move(alert)});
  bundle.is_test = true;
  return bundle;
}

}  // namespace

std::vector<ConfiguredChannel> with_secrets(const std::vector<ChannelSettings>& channels,
                                            std::vector<std::string>& faults) {
  std::vector<ConfiguredChannel> configured;
  for (const ChannelSettings& settings : channels) {
    std::string why;
    std::optional<Secrets> secrets = read_secrets(settings, why);
    if (secrets) {
      configured.push_back({settings, std::move(*secrets)});
    } else {
      faults.push_back(std::move(why));
    }
  }
  return configured;
}

std::vector<std::string> names_of(const std::vector<ChannelSettings>& channels) {
  std::vector<std::string> names;
  names.reserve(channels.size());
  for (const ChannelSettings& channel : channels) names.push_back(channel.name);
  return names;
}

Notifier::Notifier(const std::string& store_file, std::vector<ConfiguredChannel> channels)
    : channels_(std::move(channels)) {
  for (const ConfiguredChannel& channel : channels_) {
    workers_.push_back(std::make_unique<Worker>(store_file, channel.settings, channel.secrets));
  }
}

Notifier::~Notifier() {
  for (const auto& worker : workers_) worker->ask_to_end();  // all at once, and then wait
}

void Notifier::wake() {
  for (const auto& worker : workers_) worker->wake();
}

std::vector<Notifier::ChannelState> Notifier::states() const {
  std::vector<ChannelState> states;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const auto& [settings, secrets] = channels_[i];
    states.push_back(
        {settings.name, settings.type, host_of(settings, secrets), workers_[i]->counts()});
  }
  return states;
}

bool send_test(const ConfiguredChannel& channel, std::string& sentence) {
  const auto& [settings, secrets] = channel;
  outbound::block_broken_pipe();
  const std::uint64_t now_ns = shm::realtime_ns();
  const auto no_deadline = [] { return std::chrono::steady_clock::time_point::max(); };
  const Outcome outcome =
      make_channel(settings, secrets)->send(test_bundle(now_ns), now_ns, no_deadline);
  const bool is_sent = outcome.fate == Fate::sent;
  sentence = settings.name + ": " + host_of(settings, secrets) +
             (is_sent ? " took the test message" : " did not take the test message");
  for (const std::string* more : {&outcome.why, &outcome.complaint}) {
    if (!more->empty()) sentence += ": " + *more;
  }
  return is_sent && outcome.complaint.empty();
}

}  // namespace goxel_telemetry::http_bridge::notify
