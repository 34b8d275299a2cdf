// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/json.h"

#include "documents/encode_json.h"
#include "documents/history_document.h"
#include "documents/layers_document.h"
#include "documents/record_document.h"
#include "documents/snapshot_document.h"
#include "documents/traces_document.h"

namespace goxel_telemetry::cli {
namespace {

template <class Document>
std::string line_of(const Document& document) {
  return documents::encode_json(document) + '\n';
}

// The bridge's answer about one instance.
documents::SnapshotDocument document_of(const std::vector<metrics::Snapshot>& one) {
  const metrics::Snapshot& snapshot = one.front();
  return {snapshot.taken_realtime_ns, snapshot.daemon.message, 0, one};
}

}  // namespace

std::string snapshot_json(const metrics::Snapshot& snapshot) {
  const std::vector<metrics::Snapshot> one = {snapshot};
  return line_of(document_of(one));
}

std::string history_json(const metrics::HistoryFilter& filter, const metrics::HistoryAnswer& answer,
                         std::uint64_t now_realtime_ns) {
  return line_of(documents::HistoryDocument{now_realtime_ns, "", filter, answer});
}

std::string inflight_json(const metrics::Snapshot& snapshot) {
  return line_of(documents::InflightDocument{
      snapshot.taken_realtime_ns, snapshot.daemon.message, {{snapshot}}});
}

std::string blackbox_json(const metrics::Snapshot& snapshot,
                          const std::vector<metrics::NamedRecord>& records) {
  const std::vector<metrics::Snapshot> one = {snapshot};
  return line_of(
      documents::BlackBoxDocument{document_of(one), last_sign_of_life_ns(snapshot), records});
}

std::string layers_json(std::shared_ptr<const metrics::LayersView> view) {
  const std::uint64_t taken = view->taken_realtime_ns;
  const std::string message = view->message;
  return line_of(documents::LayersDocument{taken, message, {{std::move(view)}}});
}

std::string traces_json(const std::string& instance,
                        const metrics::SlowestOperations::Kept& traces) {
  documents::TracesDocument document{metrics::Time::now().realtime_ns, "", {}};
  for (const auto& operation : traces) document.traces.push_back({instance, operation});
  return line_of(document);
}

std::string record_json(const metrics::NamedRecord& record) {
  return line_of(record);
}

std::string instance_json(const metrics::Snapshot& snapshot) {
  return line_of(documents::InstanceDocument{snapshot});
}

std::string comparison_json(const metrics::ComparedSides& compared) {
  return line_of(documents::document_of(compared));
}

std::string baseline_json(const documents::BaselineDocument& baseline) {
  return line_of(baseline);
}

std::string alerts_json(const documents::AlertsDocument& alerts) {
  return line_of(alerts);
}

std::string alert_json(const metrics::Alert& alert) {
  return line_of(documents::AlertDocument{alert});
}

std::string series_json(const documents::WatchedSeriesDocument& series) {
  return line_of(series);
}

std::string silence_json(const metrics::Silence& silence) {
  return line_of(documents::SilenceDocument{silence});
}

std::string baselines_json(std::vector<documents::BaselineDocument> baselines) {
  return line_of(documents::BaselineListDocument{std::move(baselines)});
}

}  // namespace goxel_telemetry::cli
