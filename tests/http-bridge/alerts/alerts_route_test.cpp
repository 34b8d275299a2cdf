// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alerts_route.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "http-bridge/representation.h"
#include "metrics/alerts/alert_store.h"
#include "metrics/time.h"
#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertStore;
using metrics::kNsPerSecond;
using nlohmann::json;
using testing::HasSubstr;

constexpr std::uint64_t kNowNs = 1'763'996'400 * kNsPerSecond;

class AlertsRoute : public testing::Test {
 protected:
  AlertsRoute() {
    metrics::HistoryResult why;
    store_ = AlertStore::open(source_.file, AlertStore::Mode::write, why);
    put("a", "goxel", kNowNs - 7'200 * kNsPerSecond, kNowNs - 3'600 * kNsPerSecond);
    put("b", "other", kNowNs - 60 * kNsPerSecond, 0);
  }
  void put(const std::string& id, const std::string& instance, std::uint64_t raised_ns,
           std::uint64_t ended_ns) {
    metrics::Alert alert;
    alert.id = id;
    alert.instance = instance;
    alert.rule = metrics::AlertRule::request_stuck;
    alert.subject = "render";
    alert.since_ns = alert.raised_ns = alert.updated_ns = raised_ns;
    alert.summary = "summary of " + id;
    alert.evidence.facts = {{"limit", "60 s"}};
    alert.evidence.operations.emplace_back().key.operation = "render";
    if (ended_ns != 0) {
      alert.end = metrics::AlertEnd::resolved;
      alert.ended_ns = ended_ns;
    }
    const std::vector<std::string> channels = {"ops"};
    EXPECT_TRUE(store_->put(alert, metrics::AlertChange::raised, channels).done());
  }
  Response get(std::map<std::string, std::string> parameters) const {
    Request request{"GET", std::string(kAlertsPath), std::move(parameters), "", "localhost", ""};
    return answer_alerts(request, source_, kNowNs);
  }
  std::string ids(const std::map<std::string, std::string>& parameters) const {
    std::string text;
    const json document = json::parse(get(parameters).body);
    for (const json& alert : document["alerts"]) text += alert["id"].get<std::string>();
    return text;
  }
  Request request(const std::string& what, const std::string& body) const {
    Request request{"POST", std::string(kAlertsPath) + "/" + what, {}, "", "localhost", ""};
    request.content_type = "application/json; charset=utf-8";
    request.body = body;
    return request;
  }
  Response post(const Request& asked) const {
    return answer_alert_post(access_, asked, source_, kNowNs);
  }
  Response post(const std::string& what, const std::string& body) const {
    return post(request(what, body));
  }

  TemporaryFolder folder_;
  const AlertSource source_{folder_.file("alerts.db"), [] { return std::string("the message"); }};
  Access access_ = Access::for_address("127.0.0.1", "");
  std::unique_ptr<AlertStore> store_;
};

TEST_F(AlertsRoute, AnswersWithAlertsAndWhatBelongsToThem) {
  post("silence", R"({"for": "2h", "rule": "slower", "reason": "release"})");
  post("judge", R"({"id": "a", "judgement": "false"})");
  const json document = json::parse(get({}).body);
  EXPECT_EQ(document["message"], "the message");
  ASSERT_EQ(document["alerts"].size(), 2u);
  const json& newest = document["alerts"][0];
  EXPECT_EQ(newest["id"], "b");
  EXPECT_EQ(newest["rule"], "request_stuck");
  EXPECT_EQ(newest["active"], true);
  EXPECT_EQ(newest["end"], "active");
  EXPECT_EQ(newest["ended_realtime_ns"], nullptr);
  EXPECT_EQ(newest["evidence"]["facts"][0]["value"], "60 s");
  EXPECT_EQ(newest["evidence"]["operations"][0]["operation"], "render");
  EXPECT_EQ(document["alerts"][1]["judgement"], "false");
  EXPECT_EQ(document["alerts"][1]["ended_realtime_ns"], kNowNs - 3'600 * kNsPerSecond);
  EXPECT_EQ(document["accuracy"]["raised"], 2);
  EXPECT_EQ(document["accuracy"]["wrong"], 1);
  EXPECT_EQ(document["accuracy"]["wrong_ratio"], 1.0);
  EXPECT_EQ(document["accuracy"]["promised_wrong_ratio"], 0.01);
  EXPECT_EQ(document["silences"][0]["reason"], "release");
  EXPECT_EQ(document["silences"][0]["end_realtime_ns"], kNowNs + 7'200 * kNsPerSecond);
  EXPECT_EQ(document["channels"][0]["channel"], "ops");
  EXPECT_EQ(document["channels"][0]["messages"], 2);
}

TEST_F(AlertsRoute, SaysHowChannelsDo) {
  const std::vector<std::string> channels = {"mail", "ops"};
  EXPECT_TRUE(store_->set_channels(channels).done());
  EXPECT_TRUE(
      store_->note("ops", {.sent = 3, .failed = 1, .last_sent_ns = 5, .problem = "503"}).done());
  const json document = json::parse(get({}).body);
  EXPECT_EQ(document["keeping"], "in_file");
  EXPECT_EQ(document["channels"][0]["channel"], "mail");
  EXPECT_EQ(document["channels"][0]["oldest_realtime_ns"], nullptr);
  const json& ops = document["channels"][1];
  EXPECT_EQ(ops["messages"], 2);
  EXPECT_EQ(ops["sent"], 3);
  EXPECT_EQ(ops["failed"], 1);
  EXPECT_EQ(ops["last_sent_realtime_ns"], 5);
  EXPECT_EQ(ops["last_failed_realtime_ns"], nullptr);
  EXPECT_EQ(ops["problem"], "503");
}

TEST_F(AlertsRoute, WhoAsksAgainIsToldWhetherAnythingChanged) {
  Request asked{"GET", std::string(kAlertsPath), {}, "", "localhost", ""};
  const Response first = represented(asked, answer_alerts(asked, source_, kNowNs));
  ASSERT_EQ(first.status, 200);
  asked.if_none_match = first.tag;
  const auto again = [&] {
    return represented(asked, answer_alerts(asked, source_, kNowNs + 5 * kNsPerSecond));
  };
  EXPECT_EQ(again().status, 304);
  EXPECT_EQ(json::parse(first.body)["taken_realtime_ns"], kNowNs) << "it says when all the same";
  post("judge", R"({"id": "a", "judgement": "true"})");
  EXPECT_EQ(again().status, 200);
  asked.if_none_match = again().tag;
  EXPECT_EQ(again().status, 304);
  asked.accept = "application/msgpack";
  EXPECT_EQ(again().status, 200) << "it is another representation";
}

TEST_F(AlertsRoute, AnswersWithThoseThatAreAskedFor) {
  EXPECT_EQ(ids({}), "ba");
  EXPECT_EQ(ids({{"active", "true"}}), "b");
  EXPECT_EQ(ids({{"active", "false"}}), "ba");
  EXPECT_EQ(ids({{"instance", "goxel"}}), "a");
  EXPECT_EQ(ids({{"limit", "1"}}), "b");
  EXPECT_EQ(ids({{"from", "-30m"}}), "b");
  EXPECT_EQ(ids({{"to", "-30m"}}), "a");
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"active", "yes"}, {"limit", "0"}, {"limit", "1001"}, {"from", "x"}, {"more", "1"}}) {
    EXPECT_EQ(get({{name, value}}).status, 400) << name;
  }
}

TEST_F(AlertsRoute, SaysWhyThereAreNone) {
  const Request request{"GET", std::string(kAlertsPath), {}, "", "localhost", ""};
  const Response response =
      answer_alerts(request, {folder_.file("none"), [] { return std::string(); }}, kNowNs);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("There is no alerts file"));
}

TEST_F(AlertsRoute, TakesJudgements) {
  const Response response = post("judge", R"({"id": "a", "judgement": "known"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["judgement"], "known");
  EXPECT_EQ(json::parse(response.body)["judged_realtime_ns"], kNowNs);
  EXPECT_EQ(post("judge", R"({"id": "z", "judgement": "true"})").status, 404);
  for (const char* const body :
       {"", "x", "[]", "{}", R"({"id": "a"})", R"({"id": "a", "judgement": "maybe"})",
        R"({"id": "a", "judgement": 1})", R"({"id": "", "judgement": "true"})",
        R"({"id": "a", "judgement": "true", "more": 1})"}) {
    EXPECT_EQ(post("judge", body).status, 400) << body;
  }
  EXPECT_EQ(post("judge", std::string(1'000'000, '[')).status, 400);
  const std::string fine = R"({"id": "a", "judgement": "true"})";
  EXPECT_EQ(post("judge", std::string(4'096 - fine.size(), ' ') + fine).status, 200);
  EXPECT_EQ(post("judge", std::string(4'097 - fine.size(), ' ') + fine).status, 400);
}

TEST_F(AlertsRoute, TakesSilencesAndEndsThem) {
  const Response response = post(
      "silence", R"({"for": "2h", "instance": "goxel", "operation": "render", "author": "anna"})");
  EXPECT_EQ(response.status, 200);
  const json silence = json::parse(response.body);
  EXPECT_EQ(silence["operation"], "render");
  EXPECT_EQ(silence["author"], "anna");
  const std::string id = R"({"id": )" + silence["id"].dump() + "}";
  EXPECT_EQ(post("unsilence", id).status, 200);
  EXPECT_EQ(post("unsilence", id).status, 404);
  for (const char* const body : {"{}", R"({"for": "31d"})", R"({"for": "0s"})", R"({"for": 7})",
                                 R"({"for": "1h", "rule": "nonsense"})"}) {
    EXPECT_EQ(post("silence", body).status, 400) << body;
  }
  EXPECT_EQ(post("unsilence", R"({"id": "x"})").status, 400);
}

TEST_F(AlertsRoute, WhoMayNotSayAnythingIsRefused) {
  const std::string body = R"({"id": "a", "judgement": "true"})";
  Request one = request("judge", body);
  one.origin = "https://evil.example";
  EXPECT_EQ(post(one).status, 403);
  one.origin = "http://localhost";
  EXPECT_EQ(post(one).status, 200);
  one = request("judge", body);
  one.host = "evil.example";
  EXPECT_EQ(post(one).status, 403);
  for (const char* const type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
    one = request("judge", body);
    one.content_type = type;
    EXPECT_EQ(post(one).status, 415) << type;
  }
  one = request("judge", body);
  one.content_encoding = "gzip";
  EXPECT_EQ(post(one).status, 415);
  access_ = Access::for_address("127.0.0.1", "a-token-of-some-length");
  EXPECT_EQ(post("judge", body).status, 401);
  one = request("judge", body);
  one.authorization = "Bearer a-token-of-some-length";
  EXPECT_EQ(post(one).status, 200);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
