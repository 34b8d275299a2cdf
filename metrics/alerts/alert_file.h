// SPDX-License-Identifier: GPL-3.0-or-later
// Which file alerts are in, for the bridge, the terminal and the viewer.
#pragma once

#include <memory>
#include <string>

#include "metrics/alerts/alert_store.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

// Beside a bridge's history, unless the bridge is told another.
std::string alerts_file_of(const std::string& history_file);
// That of the bridge as its package configures it.
std::string packaged_alerts_file();

// For those who say something of alerts and never raise one: a file that is not there is not made, but `absent`.
std::unique_ptr<AlertStore> open_existing(const std::string& file, AlertStore::Mode mode,
                                          HistoryResult& result);

// One sentence, if no bridge watches any more, and since when: what is active in the file may be over. Else empty. A file that was
// copied here without its lock says nothing about that.
std::string nobody_watches(const std::string& file, std::uint64_t now_realtime_ns);
// While a bridge watches it leaves a sign of life (FileLock::touch()) so often, at least.
inline constexpr std::uint64_t kBetweenSignsNs = 10 * kNsPerSecond;

// What who may not write the file can do.
inline constexpr const char* kWithoutPermission =
    "run this as the bridge's user, or post it to the bridge (docs/alerts.md)";

}  // namespace goxel_telemetry::metrics
