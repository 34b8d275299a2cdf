// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "http-bridge/page_assets.h"
#include "http-bridge/reason.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;

class RoutesTest : public testing::Test {
 protected:
  Response ask(const Request& request) const {
    const Routes routes(access_, [this] { return std::make_shared<Snapshots>(snapshots_); });
    return routes.handle(request);
  }
  Response get(const std::string& path, const std::string& accept = "") const {
    Request request;
    request.method = "GET";
    request.path = path;
    request.accept = accept;
    request.host = "localhost:9464";
    return ask(request);
  }
  Response get_instance(const std::string& path, const std::string& instance) const {
    Request request;
    request.method = "GET";
    request.path = path;
    request.parameters["instance"] = instance;
    request.host = "localhost:9464";
    return ask(request);
  }

  // An error is a problem document, with a sentence for a person.
  static void expect_error(const Response& response, int status) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const json problem = json::parse(response.body);
    EXPECT_EQ(problem.at("type"), "about:blank");
    EXPECT_EQ(problem.at("title"), reason_of(status));
    EXPECT_EQ(problem.at("status"), status);
    EXPECT_THAT(problem.at("detail").get<std::string>(), EndsWith("."));
  }

  Access access_ = Access::for_address("127.0.0.1", "");
  Snapshots snapshots_ = sample_snapshots();
};

TEST_F(RoutesTest, SpansArePostedAndNotAskedFor) {
  const Response response = get("/api/v1/spans");
  EXPECT_EQ(response.status, 405);
  EXPECT_STREQ(response.allowed_methods, "POST");
}

TEST_F(RoutesTest, TellsWhatIsWatchedForRegressionsOfEachInstance) {
  const auto series = std::make_shared<std::vector<metrics::InstanceSeries>>();
  metrics::InstanceSeries& of = series->emplace_back();
  of.instance = snapshots_.instances.front().instance;
  of.left_out = 2;
  metrics::WatchedSeries& all = of.series.emplace_back();
  all.state = metrics::WatchedSeries::State::arming;
  all.ticks_needed = 12;
  all.requests = 10;
  metrics::WatchedSeries& one = of.series.emplace_back();
  one.is_outer = true;
  one.key = {"2-layer", "mcp", "mcp-server", "render"};
  one.channel = metrics::OperationShift::Channel::centre;
  one.state = metrics::WatchedSeries::State::watching;
  one.usual_ns = 2e6;
  one.due_to_load = std::log(1.1);
  one.noticeable = {1.25, {}, 60};
  snapshots_.series = series;

  const json document = json::parse(get("/api/v1/alerts/series").body);
  ASSERT_EQ(document["instances"].size(), snapshots_.instances.size());
  const json& instance = document["instances"][0];
  EXPECT_EQ(instance["instance"], of.instance);
  EXPECT_EQ(instance["series_left_out"], 2);
  const json& first = instance["series"][0];
  EXPECT_EQ(first["all"], true);
  EXPECT_EQ(first["operation"], "");
  EXPECT_EQ(first["state"], "arming");
  EXPECT_EQ(first["seconds_needed"], 60);
  EXPECT_EQ(first["requests_per_second"], 2);
  EXPECT_EQ(first["noticeable"], nullptr);
  const json& second = instance["series"][1];
  EXPECT_EQ(second["outer"], true);
  EXPECT_EQ(second["layer"], "mcp-server");
  EXPECT_EQ(second["channel"], "centre");
  EXPECT_EQ(second["seconds_needed"], nullptr);
  EXPECT_EQ(second["usual_ns"], 2e6);
  EXPECT_NEAR(second["load_ratio"], 1.1, 1e-9);
  EXPECT_EQ(second["noticeable"],
            json({{"ratio", 1.25}, {"share", nullptr}, {"within_seconds", 60.0}}));

  EXPECT_EQ(get_instance("/api/v1/alerts/series", of.instance).status, 200);
  expect_error(get_instance("/api/v1/alerts/series", "none"), 404);
}

// A body is made once from each snapshots, whoever asks; each kind has its own.
TEST_F(RoutesTest, ReadyAnswersAreThoseOfTheNewestSnapshots) {
  auto latest = std::make_shared<Snapshots>(snapshots_);
  const Routes routes(access_, [&latest] { return latest; });
  for (const std::string& path : Routes::ready_paths()) {
    for (const char* accept : {"", "application/msgpack"}) {
      Request request{"GET", path, {}, accept, "localhost", ""};
      const auto ready = routes.ready(request);
      const Response expected = routes.handle(request);
      EXPECT_EQ(ready->status, expected.status) << path;
      EXPECT_EQ(ready->content_type, expected.content_type) << path;
      EXPECT_EQ(ready->body, expected.body) << path;
      EXPECT_EQ(routes.ready(request), ready) << path << ": made once";
      request.host = "evil.example";
      EXPECT_EQ(routes.ready(request)->status, 403) << path;
    }
  }
  const Request request{"GET", "/api/v1/snapshot", {}, "", "localhost", ""};
  const auto before = routes.ready(request);
  latest = std::make_shared<Snapshots>();
  EXPECT_NE(routes.ready(request)->body, before->body);
  EXPECT_EQ(routes.ready(request)->body, routes.handle(request).body);
}

// Of answers that lie ready and of those that are made anew alike.
TEST_F(RoutesTest, WhatAClientHasIsNotSentAgainAndWhatItTakesCompressedIs) {
  for (const char* path : {"/api/v1/snapshot", "/api/v1/traces"}) {
    Request request{"GET", path, {}, "", "localhost", ""};
    const Response whole = ask(request);
    ASSERT_EQ(whole.status, 200) << path;
    ASSERT_NE(whole.tag, "") << path;
    request.if_none_match = whole.tag;
    const Response known = ask(request);
    EXPECT_EQ(known.status, 304) << path;
    EXPECT_EQ(known.body, "") << path;
    EXPECT_EQ(known.left_out_bytes, whole.body.size()) << path;
    request.if_none_match = "\"another\"";
    EXPECT_EQ(ask(request).body, whole.body) << path;
  }
  auto latest = std::make_shared<Snapshots>(snapshots_);
  const Routes routes(access_, [&latest] { return latest; });
  Request request{"GET", "/api/v1/snapshot", {}, "", "localhost", ""};
  const auto whole = routes.ready(request);
  request.accept_encoding = "gzip, deflate";
  const auto shorter = routes.ready(request);
  EXPECT_TRUE(shorter->is_gzip);
  EXPECT_LT(shorter->body.size(), whole->body.size());
  EXPECT_EQ(routes.ready(request), shorter) << "compressed once";
  EXPECT_EQ(routes.handle(request).body, shorter->body);
  request.if_none_match = whole->tag;
  EXPECT_EQ(routes.ready(request)->status, 304) << "a tag is that of all codings";
}

TEST_F(RoutesTest, ReadyPathsAreThePageAndAllThatNeedsTheNewestSnapshotsAlone) {
  std::vector<std::string> expected = page_paths();
  for (const char* path : {"/metrics", "/api/v1/snapshot", "/api/v1/overview", "/api/v1/instances",
                           "/api/v1/operations", "/api/v1/inflight", "/api/v1/layers",
                           "/api/v1/alerts/series", "/healthz", "/readyz"}) {
    expected.emplace_back(path);
  }
  EXPECT_THAT(Routes::ready_paths(), testing::UnorderedElementsAreArray(expected));
}

TEST_F(RoutesTest, SnapshotHoldsAllInstances) {
  const Response response = get("/api/v1/snapshot");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  const json document = json::parse(response.body);
  ASSERT_EQ(document["instances"].size(), 2u);
  EXPECT_EQ(document["instances"][0]["instance"], "goxel");
  EXPECT_EQ(document["instances"][1]["daemon"]["state"], "absent");
  EXPECT_EQ(document["message"], "");
}

TEST_F(RoutesTest, MetricsComeInTheFormatThatIsPreferred) {
  const auto latest = std::make_shared<Snapshots>(snapshots_);
  const Routes routes(access_, [&latest] { return latest; });  // one, that keeps its answers
  const auto kind = [&routes](const std::string& accept) {
    return routes.ready({"GET", "/metrics", {}, accept, "localhost", ""})->content_type;
  };
  const std::string text = "text/plain; version=0.0.4; charset=utf-8";
  const std::string open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  EXPECT_EQ(kind(""), text);
  EXPECT_EQ(kind("*/*"), text);
  EXPECT_EQ(kind("text/html, */*;q=0.8"), text);
  EXPECT_EQ(kind("application/openmetrics-text"), open);
  EXPECT_EQ(kind("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            open);
  EXPECT_EQ(kind("application/openmetrics-text;q=0.3, text/plain;q=0.5"), text);
  EXPECT_EQ(kind("application/openmetrics-text;q=0"), text);
  EXPECT_THAT(get("/metrics", "application/openmetrics-text").body, EndsWith("\n# EOF\n"));
}

TEST_F(RoutesTest, OverviewIsTheSnapshotWithoutItsOperations) {
  const json snapshot = json::parse(get("/api/v1/snapshot").body);
  const json overview = json::parse(get("/api/v1/overview").body);
  EXPECT_EQ(overview["taken_realtime_ns"], snapshot["taken_realtime_ns"]);
  ASSERT_EQ(overview["instances"].size(), snapshot["instances"].size());
  for (std::size_t i = 0; i < overview["instances"].size(); ++i) {
    json whole = snapshot["instances"][i];
    for (const char* member : {"operations", "operations_dropped", "windows_shortened"}) {
      EXPECT_EQ(whole.erase(member), 1u) << member;
    }
    EXPECT_EQ(overview["instances"][i], whole);
  }
}

TEST_F(RoutesTest, OperationsAreThoseOfTheSnapshotAndNothingElse) {
  const json snapshot = json::parse(get("/api/v1/snapshot").body);
  const json document = json::parse(get("/api/v1/operations").body);
  ASSERT_EQ(document["instances"].size(), snapshot["instances"].size());
  for (std::size_t i = 0; i < document["instances"].size(); ++i) {
    const json& whole = snapshot["instances"][i];
    EXPECT_EQ(document["instances"][i], json({{"instance", whole["instance"]},
                                              {"state", whole["daemon"]["state"]},
                                              {"taken_realtime_ns", whole["taken_realtime_ns"]},
                                              {"operations", whole["operations"]},
                                              {"operations_dropped", whole["operations_dropped"]},
                                              {"windows_shortened", whole["windows_shortened"]}}));
  }
  EXPECT_FALSE(document["instances"][0]["operations"].empty());
}

TEST_F(RoutesTest, InstancesAreListedWithTheirStateAndThoseWithoutAPlaceAreCounted) {
  snapshots_.instances_left_out = 3;
  const json document = json::parse(get("/api/v1/instances").body);
  EXPECT_EQ(document["instances_left_out"], 3);
  ASSERT_EQ(document["instances"].size(), 2u);
  EXPECT_EQ(document["instances"][0]["instance"], "goxel");
  EXPECT_EQ(document["instances"][0]["state"], "live");
  EXPECT_EQ(document["instances"][1]["instance"], "spare");
  EXPECT_EQ(document["instances"][1]["state"], "absent");
  expect_error(get_instance("/api/v1/instances", "goxel"), 400);
}

TEST_F(RoutesTest, OneInstanceCanBeAskedFor) {
  for (const char* path : {"/api/v1/snapshot", "/api/v1/overview", "/api/v1/operations",
                           "/api/v1/inflight", "/api/v1/layers"}) {
    const json document = json::parse(get_instance(path, "spare").body);
    ASSERT_EQ(document["instances"].size(), 1u) << path;
    EXPECT_EQ(document["instances"][0]["instance"], "spare");
    EXPECT_THAT(document["message"].get<std::string>(), HasSubstr("waiting"));
  }
}

TEST_F(RoutesTest, UnknownInstanceIsNotFound) {
  for (const char* path : {"/api/v1/snapshot", "/api/v1/overview", "/api/v1/operations",
                           "/api/v1/inflight", "/api/v1/layers"}) {
    expect_error(get_instance(path, "missing"), 404);
    EXPECT_THAT(get_instance(path, "missing").body, HasSubstr("no instance \\\"missing\\\""))
        << path;
    expect_error(get_instance(path, std::string("goxel\0x", 7)), 404);
  }
}

// A misspelt parameter must not select everything, and neither must a value that was forgotten.
TEST_F(RoutesTest, EveryPathNamesTheParameterThatItDoesNotKnowOrThatIsEmpty) {
  for (const char* path :
       {"/", "/metrics", "/api/v1/snapshot", "/api/v1/inflight", "/api/v1/layers",
        "/api/v1/history", "/api/v1/compare", "/api/v1/baselines", "/api/v1/traces",
        "/api/v1/blackbox", "/healthz", "/readyz"}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.host = "localhost";
    request.parameters = {{"instanze", "goxel"}};
    const Response unknown = ask(request);
    expect_error(unknown, 400);
    EXPECT_THAT(unknown.body, HasSubstr("no parameter \\\"instanze\\\"")) << path;
    request.parameters = {{"", "goxel"}};
    expect_error(ask(request), 400);
  }
  for (const char* path :
       {"/api/v1/snapshot", "/api/v1/inflight", "/api/v1/layers", "/api/v1/history",
        "/api/v1/compare", "/api/v1/traces", "/api/v1/blackbox"}) {
    const Response empty = get_instance(path, "");
    expect_error(empty, 400);
    EXPECT_THAT(empty.body, HasSubstr("parameter \\\"instance\\\" is empty")) << path;
  }
}

TEST_F(RoutesTest, AcceptChoosesMsgpack) {
  for (const char* path : {"/api/v1/snapshot", "/api/v1/overview", "/api/v1/operations",
                           "/api/v1/inflight", "/api/v1/layers"}) {
    const Response packed = get(path, "application/msgpack");
    EXPECT_EQ(packed.content_type, "application/msgpack");
    EXPECT_EQ(json::from_msgpack(packed.body), json::parse(get(path, "*/*").body)) << path;
  }
}

TEST_F(RoutesTest, TracesAreTheSlowestOneOfEachOperationOrThoseOfOne) {
  const auto found = [this](std::map<std::string, std::string> parameters) {
    Request request{"GET", "/api/v1/traces", std::move(parameters), "", "localhost", ""};
    const Response response = ask(request);
    EXPECT_EQ(response.status, 200) << response.body;
    std::vector<std::string> ids;
    const json document = json::parse(response.body);
    for (const json& trace : document.at("traces")) {
      EXPECT_EQ(trace.at("instance"), "goxel");
      EXPECT_EQ(trace.at("spans").at(1).at("depth"), 1);
      ids.push_back(trace.at("trace_id").get<std::string>().substr(14));
    }
    return ids;
  };
  EXPECT_THAT(found({}), testing::ElementsAre("a1", "a3"));
  EXPECT_THAT(found({{"limit", "1"}}), testing::ElementsAre("a1"));
  EXPECT_THAT(found({{"operation", "add"}}), testing::ElementsAre("a1", "a2"));
  EXPECT_THAT(found({{"stack", "2-layer"}}), testing::IsEmpty());
  EXPECT_THAT(found({{"instance", "spare"}}), testing::IsEmpty());
  EXPECT_THAT(found({{"id", "00000000000000a2"}}), testing::ElementsAre("a2"));
  EXPECT_THAT(found({{"id", "ffffffffffffffff00000000000000a3"}, {"instance", "goxel"}}),
              testing::ElementsAre("a3"));
}

TEST_F(RoutesTest, WhatIsAskedOfTracesIsChecked) {
  const auto refused = [this](std::map<std::string, std::string> parameters) {
    Request request{"GET", "/api/v1/traces", std::move(parameters), "", "localhost", ""};
    const Response response = ask(request);
    expect_error(response, response.status);
    return response.status;
  };
  EXPECT_EQ(refused({{"instance", "missing"}}), 404);
  EXPECT_EQ(refused({{"id", "00000000000000ff"}}), 404);
  EXPECT_EQ(refused({{"id", "00000000000000a2"}, {"instance", "spare"}}), 404);
  for (const auto& [name, value] : std::map<std::string, std::vector<std::string>>{
           {"id", {"a2", "00000000000000ag", "0000000000000000"}},
           {"limit", {"0", "101", "1x", "-1", "99999999999999999999"}},
           {"window", {"now", "2m", "60"}}}) {
    for (const std::string& bad : value) EXPECT_EQ(refused({{name, bad}}), 400) << name << bad;
  }
  EXPECT_EQ(refused({{"id", "00000000000000a2"}, {"window", "1m"}}), 400);
}

TEST_F(RoutesTest, LayersShowsWhereTheTimeGoes) {
  const json document = json::parse(get("/api/v1/layers").body);
  const json& view = document["instances"][0];
  EXPECT_EQ(view["targets"]["latency_ns"], 6'000'000);
  const json& breakdown = view["stacks"][0]["windows"]["1m"]["breakdown"];
  EXPECT_EQ(breakdown["source"], "joined");
  EXPECT_EQ(breakdown["hops"][0]["name"], "MCP Client → Daemon");
  EXPECT_EQ(breakdown["hops"][0]["cost"]["p50_ns"], 2'000'000);
  EXPECT_EQ(breakdown["hops"][1]["there"], nullptr);
  EXPECT_EQ(view["stacks"][0]["windows"]["now"]["breakdown"]["source"], "none");
  EXPECT_EQ(view["processes"][0]["process"]["pid"], 4711);
  EXPECT_EQ(view["worker_utilisation_ratio"]["1m"], 0.25);
  EXPECT_EQ(view["join"]["duplicates"], 2);
}

TEST_F(RoutesTest, InflightListsRequestsInFlight) {
  const json document = json::parse(get("/api/v1/inflight").body);
  EXPECT_EQ(document["instances"][0]["inflight"][0]["operation"], "goxel.save_project");
  EXPECT_EQ(document["instances"][0]["inflight"][0]["age_ns"], 3'000'000);
}

TEST_F(RoutesTest, MetricsArePrometheusText) {
  const Response response = get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("goxel_up{instance_name=\"goxel\"} 1\n"));
}

TEST_F(RoutesTest, ReadyOnlyWithALiveDaemon) {
  EXPECT_EQ(get("/readyz").status, 200);
  snapshots_.instances.erase(snapshots_.instances.begin());
  expect_error(get("/readyz"), 503);
  snapshots_.instances.clear();
  expect_error(get("/readyz"), 503);
}

TEST_F(RoutesTest, HealthyWithoutAnyDaemon) {
  snapshots_.instances.clear();
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(RoutesTest, SnapshotSaysWhatItWaitsFor) {
  const auto message = [this] { return json::parse(get("/api/v1/snapshot").body)["message"]; };
  EXPECT_EQ(message(), "");
  snapshots_.instances.erase(snapshots_.instances.begin());
  EXPECT_EQ(message(),
            "No watched daemon is running with the telemetry plugin right now; waiting for one.");
  snapshots_.instances.clear();
  EXPECT_EQ(message(),
            "No daemon with the telemetry plugin has been seen on this machine yet; waiting for "
            "one.");
}

TEST_F(RoutesTest, PageListsTheEndpoints) {
  const Response response = get("/");
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  for (const char* path :
       {"/metrics", "/api/v1/snapshot", "/api/v1/inflight", "/healthz", "/readyz"}) {
    EXPECT_THAT(response.body, HasSubstr("href=\"" + std::string(path) + "\""));
    EXPECT_NE(get(path).status, 404);
  }
  for (const char* path : {"/api/v1/compare", "/api/v1/baselines", "/api/v1/history"}) {
    EXPECT_THAT(response.body, HasSubstr(">" + std::string(path) + "</a>"));
  }
}

TEST_F(RoutesTest, InstancesAreNotMixedUp) {
  const Routes routes(access_,
                      [latest = std::make_shared<Snapshots>(snapshots_)] { return latest; });
  for (int i = 0; i < 2; ++i) {
    for (const metrics::Snapshot& snapshot : snapshots_.instances) {
      for (const char* path : {"/api/v1/snapshot", "/api/v1/inflight"}) {
        const json document = json::parse(
            routes.handle({"GET", path, {{"instance", snapshot.instance}}, "", "localhost", ""})
                .body);
        ASSERT_EQ(document["instances"].size(), 1u) << path;
        EXPECT_EQ(document["instances"][0]["instance"], snapshot.instance) << path;
      }
    }
    EXPECT_EQ(json::parse(routes.handle({"GET", "/api/v1/snapshot", {}, "", "localhost", ""}).body)
                  .at("instances")
                  .size(),
              snapshots_.instances.size());
  }
}

TEST_F(RoutesTest, KindOfDocumentIsTheOneThatTheClientPrefers) {
  const auto kind = [this](const char* accept) {
    return get("/api/v1/snapshot", accept).content_type;
  };
  EXPECT_EQ(kind(""), "application/json");
  EXPECT_EQ(kind("*/*"), "application/json");
  EXPECT_EQ(kind("application/msgpack"), "application/msgpack");
  EXPECT_EQ(kind("Application/MsgPack;q=0.9, application/json;q=0.8"), "application/msgpack");
  EXPECT_EQ(kind("application/msgpack;q=0.8, application/json"), "application/json");
  EXPECT_EQ(kind("application/msgpack;q=0"), "application/json");
  EXPECT_EQ(kind("text/html"), "application/json") << "better than nothing";
}

TEST_F(RoutesTest, ComparisonsAreFound) {
  expect_error(get("/api/v1/compare"), 400);
  expect_error(get("/api/v1/baselines"), 404);  // of a bridge without a folder
  EXPECT_THAT(get("/api/v1/baselines").body, HasSubstr("--baselines FOLDER"));
}

TEST_F(RoutesTest, OtherPathsAreNotFound) {
  expect_error(get("/nothing"), 404);
  EXPECT_THAT(get("/nothing").body, HasSubstr("no \\\"/nothing\\\""));
  expect_error(get("/metrics/"), 404);
  expect_error(get(std::string("/metrics\0", 9)), 404);
  expect_error(get(""), 404);
  expect_error(get("/../metrics"), 404);
}

TEST_F(RoutesTest, OtherMethodsAreNotAllowed) {
  Request request;
  request.path = "/metrics";
  request.host = "localhost";
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    request.method = method;
    expect_error(ask(request), 405);
    EXPECT_THAT(ask(request).body, HasSubstr(method));
  }
  request.method = "HEAD";
  EXPECT_EQ(ask(request).status, 200);
}

// A page that made its own name point to 127.0.0.1 sends that name.
TEST_F(RoutesTest, ForeignHostIsForbidden) {
  Request request;
  request.method = "GET";
  request.path = "/metrics";
  for (const char* host :
       {"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:9464:1", "localhost:x", "[::1", "::1", "10.0.0.1", "localhost/",
        "user@localhost", "localhost:/", "localhost:9464:", "[::1]:x"}) {
    request.host = host;
    expect_error(ask(request), 403);
  }
  for (const char* host : {"localhost", "LocalHost:9464", "127.0.0.1", "127.0.0.1:1", "[::1]",
                           "[::1]:9464", ""}) {  // no browser leaves it out
    request.host = host;
    EXPECT_EQ(ask(request).status, 200) << host;
  }
}

TEST_F(RoutesTest, AddressThatIsListenedOnIsAHost) {
  EXPECT_TRUE(Access::for_address("127.0.0.2", "").host_allowed("127.0.0.2:9464"));
  EXPECT_FALSE(Access::for_address("127.0.0.1", "").host_allowed("127.0.0.2:9464"));
  EXPECT_TRUE(Access::for_address("::1", "").host_allowed("[::1]:9464"));
}

TEST_F(RoutesTest, OffLoopbackTheTokenCountsAndNotTheHost) {
  access_ = Access::for_address("0.0.0.0", "correct-horse-battery");
  Request request;
  request.method = "GET";
  request.path = "/metrics";
  request.host = "telemetry.example";
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "Bearer correct-horse-batter", "Bearer correct-horse-battery2",
        "Bearer correct-horse-batterx", "Basic correct-horse-battery", "correct-horse-battery",
        "Bearer correct-horse-batterycorrect-horse-battery"}) {
    request.authorization = wrong;
    expect_error(ask(request), 401);
  }
  request.authorization = "bearer correct-horse-battery";
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(RoutesTest, OnLoopbackATokenThatWasGivenIsNeededToo) {
  access_ = Access::for_address("127.0.0.1", "correct-horse-battery");
  Request request;
  request.method = "GET";
  request.path = "/metrics";
  request.host = "localhost";
  expect_error(ask(request), 401);
  request.authorization = "Bearer correct-horse-battery";
  EXPECT_EQ(ask(request).status, 200);
  request.host = "evil.example";
  expect_error(ask(request), 403);
}

// Also what is not there: the outside learns nothing of what is.
TEST_F(RoutesTest, EveryPathAsksForTheHostTheTokenAndTheMethod) {
  access_ = Access::for_address("127.0.0.1", "correct-horse-battery");
  for (const char* path : {"/metrics", "/api/v1/snapshot", "/api/v1/inflight", "/api/v1/layers",
                           "/api/v1/history", "/api/v1/compare", "/api/v1/baselines",
                           "/api/v1/traces", "/api/v1/blackbox", "/healthz", "/readyz"}) {
    Request request;
    request.path = path;
    request.method = "GET";
    request.host = "localhost";
    EXPECT_EQ(ask(request).status, 401) << path;
    request.authorization = "Bearer correct-horse-battery";
    request.host = "evil.example";
    EXPECT_EQ(ask(request).status, 403) << path;
    request.host = "localhost";
    EXPECT_NE(ask(request).status, 401) << path;
    EXPECT_NE(ask(request).status, 403) << path;
    request.method = "POST";
    EXPECT_EQ(ask(request).status, 405) << path;
  }
  Request nowhere;
  nowhere.path = "/nothing";
  nowhere.method = "GET";
  nowhere.host = "localhost";
  expect_error(ask(nowhere), 401);
}

// It asks the reader for the token, and holds no data.
TEST_F(RoutesTest, PageNeedsNoTokenButTheHostAndTheMethod) {
  access_ = Access::for_address("127.0.0.1", "correct-horse-battery");
  for (const std::string& path : page_paths()) {
    Request request{"GET", path, {}, "", "localhost", ""};
    EXPECT_EQ(ask(request).status, 200) << path;
    request.host = "evil.example";
    EXPECT_EQ(ask(request).status, 403) << path;
    request.host = "localhost";
    request.method = "POST";
    expect_error(ask(request), 405);
  }
}

TEST_F(RoutesTest, LoopbackIsKnown) {
  for (const char* address : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0", "::", "192.168.0.1", "128.0.0.1", "fe80::1", ""}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
