// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/routes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <string_view>

#include "documents/layers_document.h"
#include "documents/snapshot_document.h"
#include "documents/watched_series_document.h"
#include "http-bridge/alerts/alerts_route.h"
#include "http-bridge/blackbox_route.h"
#include "http-bridge/comparison_route.h"
#include "http-bridge/costly_work.h"
#include "http-bridge/cross_origin.h"
#include "http-bridge/encode_prometheus.h"
#include "http-bridge/history_route.h"
#include "http-bridge/kept_answers.h"
#include "http-bridge/page_assets.h"
#include "http-bridge/parameters.h"
#include "http-bridge/records/record_reading.h"
#include "http-bridge/reply.h"
#include "http-bridge/representation.h"
#include "http-bridge/spans_route.h"
#include "http-bridge/stream/handshake.h"
#include "http-bridge/traces_route.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

// The instances that the request asks for; empty if it names an unknown one.
std::optional<Snapshots> select(const Request& request, const Snapshots& all) {
  const auto wanted = parameter(request, "instance");
  if (!wanted) return all;
  const auto found =
      std::find_if(all.instances.begin(), all.instances.end(),
                   [&](const metrics::Snapshot& s) { return s.instance == *wanted; });
  if (found == all.instances.end()) return std::nullopt;
  Snapshots selected{all.taken_realtime_ns, {*found}, 0, {}};
  for (const auto& view : all.layers) {
    if (view->instance == *wanted) selected.layers.push_back(view);
  }
  return selected;
}

Response unknown_instance(const Request& request) {
  return sentence_reply(404, no_instance(*parameter(request, "instance")));
}

bool wants_openmetrics(const Request& request) {
  return prefers(request.accept, "application/openmetrics-text", "text/plain");
}

Response prometheus(const Request& request, const Snapshots& snapshots) {
  if (wants_openmetrics(request)) {
    return {200, kOpenMetricsType, encode_prometheus(snapshots, ExpositionFormat::openmetrics)};
  }
  return {200, kPrometheusType, encode_prometheus(snapshots)};
}

Response snapshot(const Request& request, const Snapshots& all) {
  const auto selected = select(request, all);
  if (!selected) return unknown_instance(request);
  return document_reply(
      request, documents::SnapshotDocument{selected->taken_realtime_ns, waiting_for(*selected),
                                           selected->instances_left_out, selected->instances});
}

// A part of each instance's snapshot.
template <class Document>
Response part(const Request& request, const Snapshots& all) {
  const auto selected = select(request, all);
  if (!selected) return unknown_instance(request);
  Document document{selected->taken_realtime_ns, waiting_for(*selected), {}};
  for (const metrics::Snapshot& instance : selected->instances) {
    document.instances.push_back({instance});
  }
  return document_reply(request, document);
}

Response instances(const Request& request, const Snapshots& all) {
  documents::InstancesDocument document{
      all.taken_realtime_ns, waiting_for(all), all.instances_left_out, {}};
  for (const metrics::Snapshot& instance : all.instances) document.instances.push_back({instance});
  return document_reply(request, document);
}

Response layers(const Request& request, const Snapshots& all) {
  const auto selected = select(request, all);
  if (!selected) return unknown_instance(request);
  documents::LayersDocument document{selected->taken_realtime_ns, waiting_for(*selected), {}};
  for (const auto& view : selected->layers) document.instances.push_back({view});
  return document_reply(request, document);
}

// Of each instance that is watched.
Response series(const Request& request, const Snapshots& all) {
  const auto selected = select(request, all);
  if (!selected) return unknown_instance(request);
  documents::WatchedSeriesDocument document{
      selected->taken_realtime_ns, waiting_for(*selected), {}};
  for (const metrics::Snapshot& watched : selected->instances) {
    metrics::InstanceSeries& of = document.instances.emplace_back();
    of.instance = watched.instance;
    if (all.series == nullptr) continue;
    const auto found = std::find_if(
        all.series->begin(), all.series->end(),
        [&](const metrics::InstanceSeries& one) { return one.instance == watched.instance; });
    if (found != all.series->end()) of = *found;
  }
  return document_reply(request, document);
}

Response healthy(const Request&, const Snapshots&) {
  return {200, documents::kJsonType, R"({"healthy":true})"};
}

Response ready(const Request&, const Snapshots& snapshots) {
  if (!any_live(snapshots)) return error_reply(503, waiting_for(snapshots));
  return {200, documents::kJsonType, R"({"ready":true})"};
}

constexpr std::array<std::string_view, 1> kOnlyInstance = {"instance"};

struct Route {
  std::string_view path;
  Response (*answer)(const Request&, const Snapshots&);
  std::span<const std::string_view> parameters;
};
constexpr Route kRoutes[] = {
    {"/metrics", prometheus, {}},
    {"/api/v1/snapshot", snapshot, kOnlyInstance},
    {"/api/v1/instances", instances, {}},
    {"/api/v1/overview", part<documents::OverviewDocument>, kOnlyInstance},
    {"/api/v1/operations", part<documents::OperationsDocument>, kOnlyInstance},
    {"/api/v1/inflight", part<documents::InflightDocument>, kOnlyInstance},
    {"/api/v1/layers", layers, kOnlyInstance},
    {"/api/v1/alerts/series", series, kOnlyInstance},
    {"/healthz", healthy, {}},
    {"/readyz", ready, {}},
};

const Route* find_route(std::string_view path) {
  return std::find_if(std::begin(kRoutes), std::end(kRoutes),
                      [&](const Route& route) { return route.path == path; });
}

// All that an answer to one of kRoutes depends on, beside the snapshots.
std::string name_of_answer(const Request& request, const CrossOrigin& cross_origin) {
  return request.path + (wants_msgpack(request) ? " msgpack" : "") +
         (wants_openmetrics(request) ? " openmetrics " : " ") +
         parameter(request, "instance").value_or("") + ' ' + cross_origin.allowed;
}

// Made once, and compressed once, from these snapshots.
std::shared_ptr<const Response> kept_answer(KeptAnswers& kept, const Request& request,
                                            const Route& route, const Access& access,
                                            const std::shared_ptr<const Snapshots>& snapshots) {
  const CrossOrigin cross_origin = cross_origin_of(access, request);
  const std::string name = name_of_answer(request, cross_origin);
  auto answer = kept.get(snapshots, name, [&] {
    Response made = route.answer(request, *snapshots);
    made.cross_origin = cross_origin;
    add_tag(made);
    return made;
  });
  if (takes_gzip(request))
    answer = kept.get(snapshots, name + " gzip", [&] { return compressed(*answer); });
  if (!is_known(request, *answer)) return answer;
  return std::make_shared<const Response>(not_modified(*answer));
}

std::shared_ptr<const Response> checked_answer(KeptAnswers& kept, const Request& request,
                                               const Route& route, const Access& access,
                                               const Routes::Latest& latest) {
  if (auto refused = refuse_parameters(request, route.path, route.parameters))
    return std::make_shared<const Response>(std::move(*refused));
  return kept_answer(kept, request, route, access, latest());
}

Response only_get_and_head(const Request& request) {
  return sentence_reply(405, "only GET and HEAD are answered here, not " + quoted(request.method));
}

Response only_post() {
  Response refused = error_reply(405, "This is posted here.");
  refused.allowed_methods = "POST";
  return refused;
}

}  // namespace

std::optional<Response> refuse_access(const Access& access, const Request& request) {
  if (!access.host_allowed(request.host)) {
    return error_reply(403, "The Host header names another host than this bridge.");
  }
  if (!is_page_path(request.path) && !access.token_accepted(request.authorization)) {
    return error_reply(401, "This bridge asks for its token: Authorization: Bearer TOKEN.");
  }
  return std::nullopt;
}

Routes::Routes(SharedAccess access, Latest latest, HistorySource history,
               const std::string& baseline_folder, AlertSource alerts)
    : access_(std::move(access)),
      latest_(std::move(latest)),
      history_(std::move(history)),
      alerts_(std::move(alerts)),
      costly_(std::make_unique<CostlyWork>()),
      comparisons_(std::make_unique<ComparisonRoutes>(history_.file, baseline_folder, *costly_)),
      ready_(std::make_unique<KeptAnswers>()),
      handled_(std::make_unique<KeptAnswers>()),
      documents_(std::make_unique<KeptAnswers>()) {}

Routes::~Routes() = default;

std::vector<std::string> Routes::ready_paths() {
  std::vector<std::string> paths = page_paths();
  for (const Route& route : kRoutes) paths.emplace_back(route.path);
  return paths;
}

std::shared_ptr<const Response> Routes::ready(const Request& request) const {
  const auto access = access_.get();
  if (auto refused = refuse_access(*access, request)) {
    refused->cross_origin = cross_origin_of(*access, request);
    return std::make_shared<const Response>(std::move(*refused));
  }
  if (is_page_path(request.path)) return page_answer(request);
  const auto route = find_route(request.path);
  assert(route != std::end(kRoutes));
  return kept_answer(*ready_, request, *route, *access, latest_());
}

Response Routes::make_anew(const Request& request) const {
  if (request.path == kHistoryPath) {
    return costly_->run([&] { return answer_history(request, history_, shm::realtime_ns()); });
  }
  if (request.path == kAlertsPath) {
    return costly_->run([&] { return answer_alerts(request, alerts_, shm::realtime_ns()); });
  }
  if (request.path == kComparePath) return comparisons_->compare(request, *latest_());
  if (request.path == kBaselinesPath) return comparisons_->baselines(request);
  if (request.path == kBlackboxPath) return answer_blackbox(request, *latest_(), *costly_);
  assert(request.path == kTracesPath);
  return answer_traces(request, *latest_(), *costly_);
}

Response Routes::handle(const Request& request) const {
  const auto access = access_.get();
  if (auto preflight = answer_preflight(*access, request)) return *std::move(preflight);
  Response response = answer(*access, request);
  response.cross_origin = cross_origin_of(*access, request);
  return response;
}

Response Routes::answer(const Access& access, const Request& request) const {
  if (auto refused = refuse_access(access, request)) return *refused;
  if (request.path == kSpansPath) return spans_are_posted();
  if (is_alert_post_path(request.path)) return only_post();
  if (request.path == kStreamPath) return stream_is_a_websocket();
  if (request.path == kRecordsPath) return only_get_and_head(request);  // others are answered late
  const bool is_made_anew = request.path == kHistoryPath || request.path == kComparePath ||
                            request.path == kBaselinesPath || request.path == kTracesPath ||
                            request.path == kAlertsPath || request.path == kBlackboxPath;
  const bool is_of_page = is_page_path(request.path);
  const auto route = find_route(request.path);
  if (route == std::end(kRoutes) && !is_made_anew && !is_of_page) {
    return sentence_reply(404, "there is no " + quoted(request.path) + "; / lists what there is");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return only_get_and_head(request);
  }
  if (is_made_anew) return represented(request, make_anew(request));
  if (is_of_page) {
    if (auto refused = refuse_parameters(request, request.path, {})) return *refused;
    return *page_answer(request);
  }
  return *checked_answer(*handled_, request, *route, access, latest_);
}

std::shared_ptr<const Response> Routes::document(const Request& request) const {
  const auto route = find_route(request.path);
  assert(route != std::end(kRoutes));
  return checked_answer(*documents_, request, *route, Access(), latest_);
}

}  // namespace goxel_telemetry::http_bridge
