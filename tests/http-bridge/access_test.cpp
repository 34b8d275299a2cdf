// SPDX-License-Identifier: GPL-3.0-or-later
// Which pages of other origins may ask, and what their browsers are told.
#include "http-bridge/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "http-bridge/cross_origin.h"
#include "http-bridge/response_head.h"
#include "http-bridge/spans_route.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using testing::HasSubstr;

std::string canonical(std::string_view text) {
  std::string why;
  return canonical_origin(text, why);
}

std::string refused(std::string_view text) {
  std::string why;
  EXPECT_EQ(canonical_origin(text, why), "") << text;
  return why;
}

std::multimap<std::string, std::string> fields(const Response& response) {
  const Fields list = fields_of(response);
  return {list.begin(), list.end()};
}

std::string field(const Response& response, const std::string& name) {
  const auto all = fields(response);
  const auto found = all.find(name);
  return found == all.end() ? "" : found->second;
}

TEST(Origin, IsWrittenAsBrowsersWriteIt) {
  EXPECT_EQ(canonical("https://grafana.example"), "https://grafana.example");
  EXPECT_EQ(canonical("HTTPS://Grafana.Example:443"), "https://grafana.example");
  EXPECT_EQ(canonical("http://localhost:80"), "http://localhost");
  EXPECT_EQ(canonical("http://localhost:443"), "http://localhost:443");
  EXPECT_EQ(canonical("https://localhost:80"), "https://localhost:80");
  EXPECT_EQ(canonical("http://[::1]:3000"), "http://[::1]:3000");
  EXPECT_EQ(canonical("chrome-extension://abcdefgh"), "chrome-extension://abcdefgh");
}

TEST(Origin, WhatIsNoneIsRefusedWithASentence) {
  EXPECT_THAT(refused("*"), HasSubstr("every web page"));
  EXPECT_THAT(refused("null"), HasSubstr("sandboxed"));
  EXPECT_THAT(refused("NULL"), HasSubstr("sandboxed"));
  EXPECT_THAT(refused("https://grafana.example/"), HasSubstr("has a path"));
  EXPECT_THAT(refused("https://grafana.example/d/x"), HasSubstr("has a path"));
  for (const char* text : {"", "grafana.example", "https://", "://x", "https://*.example",
                           "https://a b", "https://user@host", "https://host:", "https://host:x",
                           "https://host:123456", "https://[::1", "https://[x]",
                           "https://b\xC3\xBC"
                           "cher.example",
                           "https://a,https://b"}) {
    EXPECT_THAT(refused(text), HasSubstr("is no origin")) << text;
  }
}

TEST(Origin, OfOurOwnPageIsTheHostThatWasAsked) {
  const Access access = Access::for_address("127.0.0.1", "");
  for (const auto& [origin, host] :
       std::map<std::string, std::string>{{"", "localhost:9464"},  // no browser
                                          {"http://localhost:9464", "localhost:9464"},
                                          {"HTTP://LocalHost:9464", "localhost:9464"},
                                          {"https://telemetry.example", "Telemetry.example"},
                                          {"https://telemetry.example/", ""},
                                          {"http://127.0.0.1", "127.0.0.1:80"}}) {
    EXPECT_EQ(access.origin_allowed(origin, host), host != "") << origin;
  }
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:3000", "http://localhost:94640",
        "http://127.0.0.1:9464", "http://localhost:9464.evil.example", "http://localhost.evil:9464",
        "http://evil.example", "ftp://localhost:9464", "localhost:9464", "http://",
        "http://localhost:9464/", "http://evil.example@localhost:9464"}) {
    EXPECT_FALSE(access.origin_allowed(origin, "localhost:9464")) << origin;
    EXPECT_FALSE(access.origin_listed(origin)) << origin;
  }
  EXPECT_FALSE(access.origin_allowed("http://", "")) << "HTTP/1.0 needs no Host";
}

TEST(Origin, ThatIsListedIsAllowedAndNoOtherOne) {
  const Access access = Access::for_address("127.0.0.1", "", {"https://grafana.example"});
  EXPECT_TRUE(access.origin_listed("https://grafana.example"));
  EXPECT_TRUE(access.origin_allowed("https://Grafana.example", "localhost"));
  for (const char* origin : {"", "null", "*", "http://grafana.example", "https://grafana.example:8",
                             "https://grafana.example.evil", "https://evil.grafana.example"}) {
    EXPECT_FALSE(access.origin_listed(origin)) << origin;
  }
}

TEST(Access, IsExchangedAsAWholeWhileOthersReadIt) {
  const SharedAccess shared(Access::for_address("127.0.0.1", "a", {"a"}));
  const SharedAccess same = shared;
  std::jthread writer([&](const std::stop_token& stop) {
    SharedAccess mine = shared;
    for (char name = 'a'; !stop.stop_requested(); name = name == 'z' ? 'a' : char(name + 1))
      mine.set(Access::for_address("127.0.0.1", {name}, {{name}}));
  });
  for (int i = 0; i < 10'000; ++i) {
    const auto access = same.get();
    ASSERT_EQ(access->token, access->origins.at(0));
  }
}

class CrossOriginTest : public testing::Test {
 protected:
  Request request(const std::string& origin) const {
    Request asked;
    asked.method = "GET";
    asked.path = "/metrics";
    asked.host = "localhost:9464";
    asked.origin = origin;
    asked.authorization = "Bearer 0123456789abcdef";
    return asked;
  }
  Request preflight(const std::string& origin) const {
    Request asked = request(origin);
    asked.method = "OPTIONS";
    asked.requested_method = "GET";
    asked.authorization.clear();  // browsers send none
    return asked;
  }

  const std::string grafana_ = "https://grafana.example";
  SharedAccess access_ = Access::for_address("127.0.0.1", "0123456789abcdef", {grafana_});
  const std::shared_ptr<const Snapshots> snapshots_ =
      std::make_shared<const Snapshots>(sample_snapshots());
  const Routes routes_{access_, [this] { return snapshots_; }};
};

TEST_F(CrossOriginTest, AListedOriginReadsAnswersAndErrors) {
  for (const auto& answer :
       {*routes_.ready(request(grafana_)), routes_.handle(request(grafana_))}) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), grafana_);
    EXPECT_EQ(field(answer, "Access-Control-Expose-Headers"), "ETag, Retry-After");
    EXPECT_EQ(field(answer, "Cross-Origin-Resource-Policy"), "cross-origin");
    EXPECT_EQ(fields(answer).count("Access-Control-Allow-Methods"), 0u);
    EXPECT_EQ(fields(answer).count("Access-Control-Allow-Credentials"), 0u);
  }
  Request wrong = request(grafana_);
  wrong.authorization.clear();
  for (const auto& answer : {*routes_.ready(wrong), routes_.handle(wrong)}) {
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), grafana_);
  }
  Request compressed = request(grafana_);
  compressed.accept_encoding = "gzip";
  EXPECT_TRUE(routes_.ready(compressed)->is_gzip);
  EXPECT_EQ(field(*routes_.ready(compressed), "Access-Control-Allow-Origin"), grafana_);
  compressed.if_none_match = "*";
  EXPECT_EQ(routes_.ready(compressed)->status, 304);
  EXPECT_EQ(field(*routes_.ready(compressed), "Access-Control-Allow-Origin"), grafana_);
}

TEST_F(CrossOriginTest, AnotherOriginAndNoneAreAnsweredWithoutLeaveToRead) {
  routes_.ready(request(grafana_));  // which is kept
  for (const char* origin : {"", "null", "http://localhost:9464", "https://evil.example"}) {
    for (const auto& answer : {*routes_.ready(request(origin)), routes_.handle(request(origin))}) {
      EXPECT_EQ(answer.status, 200) << origin;
      EXPECT_EQ(fields(answer).count("Access-Control-Allow-Origin"), 0u) << origin;
      EXPECT_EQ(field(answer, "Cross-Origin-Resource-Policy"), "same-origin");
      EXPECT_EQ(field(answer, "Vary"), "Origin") << "a cache must not give it to Grafana";
    }
  }
}

TEST_F(CrossOriginTest, WithoutAListNobodyIsToldAnything) {
  access_.set(Access::for_address("127.0.0.1", ""));
  for (const auto& answer : {*routes_.ready(request(grafana_)), routes_.handle(request(grafana_)),
                             routes_.handle(preflight(grafana_))}) {
    for (const auto& [name, value] : fields(answer)) {
      EXPECT_FALSE(name.starts_with("Access-Control")) << name;
      EXPECT_NE(value, "Origin");
    }
  }
  EXPECT_EQ(routes_.handle(preflight(grafana_)).status, 405);
}

TEST_F(CrossOriginTest, APreflightIsAnsweredWithoutItsToken) {
  Response answer = routes_.handle(preflight(grafana_));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), grafana_);
  EXPECT_EQ(field(answer, "Access-Control-Allow-Methods"), "GET, HEAD");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Headers"), "Authorization, Accept, If-None-Match");
  EXPECT_NE(field(answer, "Access-Control-Max-Age"), "");
  EXPECT_EQ(fields(answer).count("Content-Type"), 0u);
  EXPECT_EQ(fields(answer).count("Access-Control-Allow-Private-Network"), 0u);
  Request local = preflight(grafana_);
  local.private_network = "true";
  EXPECT_EQ(field(routes_.handle(local), "Access-Control-Allow-Private-Network"), "true");

  EXPECT_EQ(routes_.handle(preflight("https://evil.example")).status, 401);
  Request rebound = preflight(grafana_);
  rebound.host = "grafana.example";
  EXPECT_EQ(routes_.handle(rebound).status, 403);
  Request plain = preflight(grafana_);
  plain.requested_method.clear();
  EXPECT_EQ(routes_.handle(plain).status, 401) << "no preflight";
}

TEST_F(CrossOriginTest, OnlyOurPagesAndThoseThatAreListedReportSpans) {
  SpansRoute spans(access_, [](const std::string&) { return false; });
  Request posted = request("https://evil.example");
  posted.method = "POST";
  EXPECT_EQ(spans.answer(posted).status, 403);
  posted.origin = "null";
  EXPECT_EQ(spans.answer(posted).status, 403);
  for (const std::string& origin :
       {std::string(), std::string("http://localhost:9464"), grafana_}) {
    posted.origin = origin;
    EXPECT_EQ(spans.answer(posted).status, 415) << origin << " is let in";
  }
}

TEST(ResponseHead, EveryAnswerSaysWhatBrowsersMustNotDoWithIt) {
  Response response{200, "application/json", "{}"};
  EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(field(response, "Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_EQ(field(response, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(fields(response).count("Content-Security-Policy"), 0u);
  response.content_type = "text/html; charset=utf-8";
  EXPECT_THAT(field(response, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(field(response, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
}

TEST(ResponseHead, ThereIsNoLengthWhereThereCanBeNoBody) {
  Response response;
  response.status = 204;
  EXPECT_THAT(head_of(response, false), testing::Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
