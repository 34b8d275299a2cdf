// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/notifier.h"

#include <algorithm>
#include <iterator>
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

Notifier::Notifier(std::string store_file, std::function<bool()> may_send)
    : store_file_(std::move(store_file)), may_send_(std::move(may_send)) {}

Notifier::~Notifier() {
  for (const auto* workers : {&workers_, &finishing_}) {
    for (const auto& worker : *workers) worker->ask_to_end();  // all at once, and then wait
  }
}

void Notifier::set(std::vector<ConfiguredChannel> channels) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(finishing_, [](const auto& worker) { return worker->has_ended(); });
  std::vector<std::unique_ptr<Worker>> were = std::exchange(workers_, {});
  // One that is no more may be again, before it has finished.
  std::move(finishing_.begin(), finishing_.end(), std::back_inserter(were));
  finishing_.clear();
  for (ConfiguredChannel& channel : channels) {
    const auto known = std::find_if(were.begin(), were.end(), [&](const auto& worker) {
      return worker->channel().settings.name == channel.settings.name;
    });
    std::unique_ptr<Worker> before;
    if (known != were.end()) {
      before = std::move(*known);
      were.erase(known);
    }
    if (before != nullptr && before->is_same(channel)) {
      workers_.push_back(std::move(before));
      continue;
    }
    if (before != nullptr) before->finish();
    workers_.push_back(
        std::make_unique<Worker>(store_file_, may_send_, std::move(channel), std::move(before)));
  }
  for (const auto& worker : were) worker->finish();
  finishing_ = std::move(were);
}

void Notifier::wake() {
  const std::scoped_lock lock(mutex_);
  for (const auto& worker : workers_) worker->wake();
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
