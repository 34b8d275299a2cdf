// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/json.h"

#include <nlohmann/json.hpp>

#include "cli/facts.h"
#include "http-bridge/encode_json.h"

namespace goxel_telemetry::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const metrics::NamedRecord& r) {
  return {{"operation", r.operation},
          {"status", metrics::to_string(r.status)},
          {"protocol", r.protocol},
          {"stack", r.stack},
          {"layer", r.layer},
          {"start_realtime_ns", r.start_realtime_ns},
          {"start_monotonic_ns", r.start_ns},
          {"duration_ns", r.duration_ns},
          {"receive_ns", r.receive_ns},
          {"wait_ns", r.wait_ns},
          {"send_ns", r.send_ns},
          {"bytes_in", r.bytes_in},
          {"bytes_out", r.bytes_out},
          {"worker", r.worker == shm::kNoWorker ? Json(nullptr) : Json(r.worker)},
          {"lane", r.lane},
          {"trace_id", http_bridge::hexadecimal(r.trace_id)}};
}

}  // namespace

std::string snapshot_json(const metrics::Snapshot& snapshot) {
  const std::vector<metrics::Snapshot> instances = {snapshot};
  return http_bridge::encode_json(http_bridge::SnapshotDocument{
             snapshot.taken_realtime_ns, snapshot.daemon.message, 0, instances}) +
         '\n';
}

std::string history_json(const metrics::HistoryFilter& filter, const metrics::HistoryAnswer& answer,
                         std::uint64_t now_realtime_ns) {
  return http_bridge::encode_json(
             http_bridge::HistoryDocument{now_realtime_ns, "", filter, answer}) +
         '\n';
}

std::string inflight_json(const metrics::Snapshot& snapshot) {
  return http_bridge::encode_json(http_bridge::InflightDocument{
             snapshot.taken_realtime_ns, snapshot.daemon.message, {{snapshot}}}) +
         '\n';
}

std::string blackbox_json(const metrics::Snapshot& snapshot,
                          const std::vector<metrics::NamedRecord>& records) {
  Json document = Json::parse(snapshot_json(snapshot));
  document["last_sign_of_life_realtime_ns"] = last_sign_of_life_ns(snapshot);
  Json& list = document["records"] = Json::array();
  for (const metrics::NamedRecord& record : records) list.push_back(to_json(record));
  return document.dump() + '\n';
}

std::string layers_json(std::shared_ptr<const metrics::LayersView> view) {
  const std::uint64_t taken = view->taken_realtime_ns;
  const std::string message = view->message;
  return http_bridge::encode_json(
             http_bridge::LayersDocument{taken, message, {{std::move(view)}}}) +
         '\n';
}

std::string record_json(const metrics::NamedRecord& record) {
  return to_json(record).dump() + '\n';
}

std::string instance_json(const metrics::Snapshot& snapshot) {
  return Json{{"instance", snapshot.instance},
              {"state", metrics::to_string(snapshot.daemon.state)},
              {"message", snapshot.daemon.message},
              {"pid", snapshot.process.pid},
              {"host_name", snapshot.daemon.host_name},
              {"started_realtime_ns", snapshot.daemon.started_realtime_ns},
              {"uptime_seconds", snapshot.daemon.uptime_seconds}}
             .dump() +
         '\n';
}

std::string comparison_json(const metrics::ComparedSides& compared) {
  return http_bridge::encode_json(http_bridge::document_of(compared)) + '\n';
}

std::string baseline_json(const http_bridge::BaselineDocument& baseline) {
  return http_bridge::encode_json(baseline) + '\n';
}

std::string baselines_json(std::vector<http_bridge::BaselineDocument> baselines) {
  return http_bridge::encode_json(http_bridge::BaselineListDocument{std::move(baselines)}) + '\n';
}

}  // namespace goxel_telemetry::cli
