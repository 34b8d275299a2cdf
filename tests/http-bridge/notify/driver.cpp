// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the bridge's notifications without the bridge. driver STORE CONFIG
//
// Reads commands from standard input, one a line, and answers each with "ok":
//
//   CHANGE ID INSTANCE LEVEL SUMMARY…    something happened to an alert: it is put into the file, and queued
//   silence INSTANCE
//   counts                                answers "sent N failed N refused N", of all channels together
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <sstream>

#include "http-bridge/log.h"
#include "http-bridge/notify/notifier.h"
#include "http-bridge/notify/sections.h"
#include "metrics/alerts/alert_store.h"
#include "shm/clock.h"
#include "tests/http-bridge/notify/sample_alert.h"

namespace {

using namespace goxel_telemetry;
using http_bridge::notify::kSecondNs;
using http_bridge::notify::Notifier;

int complain(const std::string& sentence) {
  std::cerr << sentence << std::endl;
  return 1;
}

metrics::AlertChange change_named(const std::string& name) {
  constexpr std::array kChanges = {metrics::AlertChange::raised, metrics::AlertChange::confirmed,
                                   metrics::AlertChange::widened, metrics::AlertChange::ended};
  return *std::find_if(kChanges.begin(), kChanges.end(),
                       [&](auto change) { return name == to_string(change); });
}

metrics::Alert alert_of(metrics::AlertStore& store, std::istream& words,
                        metrics::AlertChange change) {
  const std::uint64_t now_ns = shm::realtime_ns();
  std::string id;
  std::string instance;
  std::string level;
  words >> id >> instance >> level;
  metrics::Alert alert = http_bridge::notify::sample_alert(id);
  alert.since_ns = now_ns - 20 * kSecondNs;
  alert.raised_ns = now_ns;
  metrics::Alert known;
  if (store.find(id, known).done()) alert = known;
  alert.instance = instance;
  alert.updated_ns = now_ns;
  if (level == "confirmed" && alert.level != metrics::AlertLevel::confirmed) {
    alert.level = metrics::AlertLevel::confirmed;
    alert.confirmed_ns = now_ns;
  }
  if (change == metrics::AlertChange::ended) {
    alert.end = metrics::AlertEnd::resolved;
    alert.ended_ns = now_ns;
  }
  std::string summary;
  std::getline(words >> std::ws, summary);
  if (!summary.empty()) alert.summary = summary;
  return alert;
}

}  // namespace

int main(int, char** argv) {
  http_bridge::set_log({http_bridge::LogLevel::debug, http_bridge::LogFormat::logfmt});
  std::ifstream file(argv[2]);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::string why;
  std::vector<std::string> faults;
  const auto settings =
      http_bridge::notify::read_channels(http_bridge::parse_config(text, why).sections, faults);
  if (!why.empty()) return complain(why);
  auto channels = http_bridge::notify::with_secrets(settings, faults);
  if (!faults.empty()) return complain(faults.front());
  metrics::HistoryResult result;
  const auto store = metrics::AlertStore::open(argv[1], metrics::AlertStore::Mode::write, result);
  if (!result.done()) return complain(result.message);
  result = store->set_channels(http_bridge::notify::names_of(settings));
  if (!result.done()) return complain(result.message);
  Notifier notifier(argv[1], [] { return true; });
  notifier.set(std::move(channels));

  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "silence") {
      metrics::Silence silence;
      words >> silence.instance;
      silence.begin_ns = shm::realtime_ns();
      silence.end_ns = silence.begin_ns + 3'600 * kSecondNs;
      result = store->silence(silence);
    } else if (command == "counts") {
      std::uint64_t sent = 0;
      std::uint64_t failed = 0;
      std::uint64_t refused = 0;
      std::vector<metrics::AlertStore::Channel> states;
      result = store->channels(states);
      if (!result.done()) return complain(result.message);
      for (const auto& state : states) {
        sent += state.counts.sent;
        failed += state.counts.failed;
        refused += state.counts.refused;
      }
      std::cout << "sent " << sent << " failed " << failed << " refused " << refused << std::endl;
      continue;
    } else {
      const metrics::AlertChange change = change_named(command);
      const metrics::Alert alert = alert_of(*store, words, change);
      result = store->put(alert, change, http_bridge::notify::names_of(settings));
      notifier.wake();
    }
    if (!result.done()) return complain(result.message);
    std::cout << "ok" << std::endl;
  }
}
