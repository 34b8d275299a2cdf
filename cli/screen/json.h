// SPDX-License-Identifier: GPL-3.0-or-later
// The output of --json. Documents and member names are those of the bridge (docs/http-api.md),
// written by its encoder; data that only the terminal program has is added here. Each text ends
// with a newline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "documents/alerts_document.h"
#include "documents/comparison_document.h"
#include "documents/watched_series_document.h"
#include "metrics/comparison/comparison.h"
#include "metrics/history/answer.h"
#include "metrics/layers/layers.h"
#include "metrics/layers/slowest_operations.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::cli {

// GET /api/v1/snapshot, with one instance.
std::string snapshot_json(const metrics::Snapshot& snapshot);

// GET /api/v1/history.
std::string history_json(const metrics::HistoryFilter& filter, const metrics::HistoryAnswer& answer,
                         std::uint64_t now_realtime_ns);

// GET /api/v1/inflight, with one instance.
std::string inflight_json(const metrics::Snapshot& snapshot);

// The members of GET /api/v1/snapshot; in addition the time of the daemon's last sign of life, and
// its last records, oldest first.
std::string blackbox_json(const metrics::Snapshot& snapshot,
                          const std::vector<metrics::NamedRecord>& records);

// GET /api/v1/layers, with one instance.
std::string layers_json(std::shared_ptr<const metrics::LayersView> view);

// GET /api/v1/traces, of one instance.
std::string traces_json(const std::string& instance,
                        const metrics::SlowestOperations::Kept& traces);

// One record on one line.
std::string record_json(const metrics::NamedRecord& record);

// One instance on one line.
std::string instance_json(const metrics::Snapshot& snapshot);

std::string comparison_json(const metrics::ComparedSides& compared);
std::string baseline_json(const documents::BaselineDocument& baseline);
std::string alerts_json(const documents::AlertsDocument& alerts);
std::string alert_json(const metrics::Alert& alert);
std::string silence_json(const metrics::Silence& silence);
std::string series_json(const documents::WatchedSeriesDocument& series);
std::string baselines_json(std::vector<documents::BaselineDocument> baselines);

}  // namespace goxel_telemetry::cli
