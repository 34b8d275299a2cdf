// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry alerts: the alerts that the bridge has raised, and what people say of them, in the bridge's file of alerts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/screen/terminal.h"
#include "metrics/alerts/alert_file.h"
#include "metrics/alerts/alert_store.h"

namespace CLI {
class App;
}

namespace goxel_telemetry::cli {

struct AlertsOptions {
  std::string file = metrics::packaged_alerts_file();
  bool json = false;
  bool only_active = false;
  std::string instance;
  std::string from;  // metrics/text/time_range.h; empty: all
  std::string to;
  std::uint32_t limit = 20;

  std::string id;         // of show and judge
  std::string judgement;  // of judge

  metrics::Silence silence;     // of silence
  std::string lasting = "2h";   // of silence
  std::int64_t silence_id = 0;  // of unsilence
};

// What is listed: alerts, how right they were, and who is not to be told.
struct AlertList {
  std::string message = {};  // what is wrong with the file; a sentence, or empty
  std::vector<metrics::Alert> alerts;
  metrics::AlertAccuracy accuracy;
  std::vector<metrics::Silence> silences;
  std::vector<metrics::AlertStore::Channel> channels;
};

std::string alerts_screen(const AlertList& list, const Style& style);
std::string alert_screen(const metrics::Alert& alert, const Style& style);
std::string silences_screen(const std::vector<metrics::Silence>& silences, const Style& style);
// As of `as_of_ns`; 0: nothing is watched.
std::string series_screen(const std::vector<metrics::InstanceSeries>& instances,
                          std::uint64_t as_of_ns, const Style& style);

// If the user chose the command, its options are filled in and `run` is set to run it. All arguments must outlive `app`. What
// runs throws Failure.
void add_alerts(CLI::App& app, AlertsOptions& options, std::function<int()>& run);

}  // namespace goxel_telemetry::cli
