// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/golden_file.h"
#include "tests/http-bridge/otlp/sample_operation.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using nlohmann::json;
using testing::UnorderedElementsAre;

json request_of(const std::vector<Operation>& operations) {
  TraceRequest request("machine");
  for (const Operation& one : operations) request.add(one);
  return json::parse(request.text());
}

std::vector<json> spans_of(const json& request) {
  std::vector<json> spans;
  for (const json& resource : request.at("resourceSpans")) {
    for (const json& span : resource.at("scopeSpans").at(0).at("spans")) spans.push_back(span);
  }
  return spans;
}

std::set<std::string> ids_of(const Operation& operation) {
  std::set<std::string> ids;
  for (const json& span : spans_of(request_of({operation}))) ids.insert(span.at("spanId"));
  return ids;
}

TEST(OtlpEncoding, AnOperationIsWhatTheGoldenFileSays) {
  expect_golden("http-bridge/otlp.json", nlohmann::ordered_json::parse([] {
                                           TraceRequest request("machine");
                                           request.add(sample_operation());
                                           return request.text();
                                         }())
                                                 .dump(1) +
                                             '\n');
}

TEST(OtlpEncoding, ASpanLiesInThatOfTheNextOuterLayer) {
  const std::vector<json> spans = spans_of(request_of({sample_operation()}));
  ASSERT_EQ(spans.size(), 5u);
  const auto of_kind = [&](const std::string& layer) {
    std::vector<json> found;
    for (const json& span : spans) {
      for (const json& attribute : span.at("attributes")) {
        if (attribute.at("key") == "goxel.layer" &&
            attribute.at("value").at("stringValue") == layer) {
          found.push_back(span);
        }
      }
    }
    return found;
  };
  const json client = of_kind("mcp-client").at(0);
  const json server = of_kind("mcp-server").at(0);
  const std::vector<json> calls = of_kind("ts-client");
  EXPECT_FALSE(client.contains("parentSpanId"));
  EXPECT_EQ(server.at("parentSpanId"), client.at("spanId"));
  EXPECT_EQ(calls.at(0).at("parentSpanId"), server.at("spanId"));
  EXPECT_EQ(calls.at(1).at("parentSpanId"), server.at("spanId"));
  EXPECT_EQ(of_kind("daemon").at(0).at("parentSpanId"), calls.at(0).at("spanId"));
}

TEST(OtlpEncoding, IdsAreTheSameWheneverAndByWhomeverASpanIsSent) {
  Operation again = sample_operation();
  again.daemon_pid = 0;
  again.trace_id_high = 0;
  again.traced.start_realtime_ns += 17;  // another bridge's clock
  EXPECT_EQ(ids_of(again), ids_of(sample_operation()));
  EXPECT_EQ(ids_of(again).size(), 5u);
}

TEST(OtlpEncoding, OperationsOfOneTraceHaveSpansOfTheirOwn) {
  Operation next = sample_operation();
  const std::uint64_t later_ns = 1'000'000'000;
  next.traced.start_ns += later_ns;
  for (metrics::TracedSpan& span : next.traced.spans) span.start_ns += later_ns;
  std::set<std::string> all = ids_of(next);
  all.merge(ids_of(sample_operation()));
  EXPECT_EQ(all.size(), 10u);
}

TEST(OtlpEncoding, ATraceIdOfWhichHalfIsKnownIsPaddedWithZeros) {
  Operation operation = sample_operation();
  operation.trace_id_high = 0;
  operation.traced.trace_id = 0xABC;
  EXPECT_EQ(spans_of(request_of({operation})).at(0).at("traceId"),
            "00000000000000000000000000000abc");
}

TEST(OtlpEncoding, SpansOfOneResourceStandTogether) {
  Operation other = sample_operation();
  other.instance = "other";
  EXPECT_EQ(request_of({sample_operation(), sample_operation()}).at("resourceSpans").size(), 4u);
  EXPECT_EQ(request_of({sample_operation(), other}).at("resourceSpans").size(), 8u);
}

TEST(OtlpEncoding, WhateverAClientCallsAnOperationTheTextIsJson) {
  const std::string odd = "quo\"te \\ \n \x01 \xF0\x9F\x91\xBB \xFF";
  const std::vector<json> spans = spans_of(request_of({sample_operation(odd)}));
  EXPECT_EQ(spans.at(2).at("name"), "quo\"te \\ \n \x01 \xF0\x9F\x91\xBB \xEF\xBF\xBD");
}

TEST(OtlpEncoding, SizesAreThoseOfTheText) {
  TraceRequest request("machine");
  request.add(sample_operation());
  request.add(sample_operation());
  EXPECT_EQ(request.spans(), 10u);
  EXPECT_LT(request.bytes(), request.text().size());
  EXPECT_GT(request.bytes(), request.text().size() / 2);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
