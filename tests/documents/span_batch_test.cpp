// SPDX-License-Identifier: GPL-3.0-or-later
// What comes from outside of the bridge, field by field.
#include "documents/span_batch.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "shm/catalog.h"

namespace goxel_telemetry::documents {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kNow = 10'000'000'000'000'000;  // beyond 2^53

json span() {
  return {{"operation", "goxel_add_voxels"},
          {"start_ns", kNow - 60'000},
          {"duration_ns", 50'000},
          {"status", "ok"}};
}

json batch(json spans = json::array({span()})) {
  return {{"instance", "goxel"},
          {"source", {{"id", "9f86d081884c7d65"}, {"pid", 4711}, {"layer", "mcp-server"}}},
          {"batch", 1},
          {"completed", 37},
          {"dropped", 2},
          {"spans", std::move(spans)}};
}

std::variant<SpanBatch, std::string> decode(const json& document) {
  return decode_span_batch(document.dump(), BatchEncoding::json, kNow);
}

SpanBatch taken(const json& document) {
  auto decoded = decode(document);
  if (const auto* why = std::get_if<std::string>(&decoded)) {
    ADD_FAILURE() << *why;
    return {};
  }
  return std::get<SpanBatch>(std::move(decoded));
}

std::string refusal(const json& document) {
  const auto decoded = decode(document);
  const auto* why = std::get_if<std::string>(&decoded);
  return why == nullptr ? "" : *why;
}

// Why the span is refused that has this instead.
std::string refusal_of_span(const char* member, const json& value) {
  json one = span();
  one[member] = value;
  const SpanBatch read = taken(batch({one, span()}));
  EXPECT_EQ(read.spans.size(), 1u + (read.refused_count == 0)) << "the other one is taken";
  return read.refused.empty() ? "" : read.refused[0].why;
}

TEST(SpanBatch, HasAllThatWasReported) {
  json full = span();
  full.update({{"layer", "ts-client"},
               {"stack", "2-layer"},
               {"protocol", "mcp"},
               {"status", "error"},
               {"error_code", -32601},
               {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
               {"bytes_in", 120},
               {"bytes_out", std::uint64_t{1} << 40}});
  const SpanBatch read = taken(batch({full}));
  EXPECT_EQ(read.instance, "goxel");
  EXPECT_EQ(read.source_id, 0x9f86d081884c7d65u);
  EXPECT_EQ(read.source_pid, 4711u);
  EXPECT_EQ(read.source_layer, shm::names::kMcpServer);
  EXPECT_EQ(read.number, 1u);
  EXPECT_EQ(read.completed, 37u);
  EXPECT_EQ(read.dropped, 2u);
  EXPECT_EQ(read.refused_count, 0u);
  ASSERT_EQ(read.spans.size(), 1u);
  const ReportedSpan& one = read.spans[0];
  EXPECT_EQ(one.operation, "goxel_add_voxels");
  EXPECT_EQ(one.start_ns, kNow - 60'000);
  EXPECT_EQ(one.duration_ns, 50'000u);
  EXPECT_EQ(one.trace_id, 0xa3ce929d0e0e4736u);
  EXPECT_EQ(one.trace_id_high, 0x4bf92f3577b34da6u);
  EXPECT_EQ(one.layer, shm::names::kTsClient);
  EXPECT_EQ(one.stack, shm::names::kTwoLayer);
  EXPECT_EQ(one.protocol, shm::Protocol::mcp);
  EXPECT_EQ(one.status, shm::Status::error);
  EXPECT_EQ(one.error, shm::error_code(-32601));
  EXPECT_EQ(one.bytes_in, 120u);
  EXPECT_EQ(one.bytes_out, UINT32_MAX) << "this or more";
}

TEST(SpanBatch, WhatIsLeftOutIsTheUsual) {
  const SpanBatch read = taken(batch());
  const ReportedSpan& one = read.spans.at(0);
  EXPECT_EQ(one.layer, shm::names::kMcpServer) << "the source's";
  EXPECT_EQ(one.stack, shm::names::kFourLayer);
  EXPECT_EQ(one.protocol, shm::Protocol::mcp);
  EXPECT_EQ(one.error, shm::ErrorCode::none);
  EXPECT_EQ(one.trace_id, 0u);
  json client = span();
  client["layer"] = "ts-client";
  client["status"] = "error";
  const SpanBatch of_client = taken(batch({client}));
  EXPECT_EQ(of_client.spans.at(0).protocol, shm::Protocol::json_rpc);
  EXPECT_EQ(of_client.spans.at(0).error, shm::ErrorCode::other);
}

TEST(SpanBatch, NumbersMayBeTexts) {
  json one = span();
  one["start_ns"] = std::to_string(kNow - 60'000);
  one["duration_ns"] = "50000";
  EXPECT_EQ(taken(batch({one})).spans.at(0).start_ns, kNow - 60'000);
}

TEST(SpanBatch, NamesThatLookLikeOursAreMadeOthers) {
  json one = span();
  one["operation"] = "_OTHER";
  EXPECT_EQ(taken(batch({one})).spans.at(0).operation, "__OTHER");
}

TEST(SpanBatch, InMsgpackIsTheSame) {
  const json document = batch();
  const std::vector<std::uint8_t> bytes = json::to_msgpack(document);
  const auto decoded = decode_span_batch(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, BatchEncoding::msgpack, kNow);
  ASSERT_TRUE(std::holds_alternative<SpanBatch>(decoded));
  EXPECT_EQ(std::get<SpanBatch>(decoded).spans.at(0).start_ns, kNow - 60'000);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = decode_span_batch({reinterpret_cast<const char*>(bytes.data()), size},
                                       BatchEncoding::msgpack, kNow);
    EXPECT_TRUE(std::holds_alternative<std::string>(cut)) << size;
  }
}

TEST(SpanBatch, SpanThatIsNotValidIsNamedWithItsPlaceAndTheOthersAreTaken) {
  json bad = span();
  bad["status"] = "fine";
  const SpanBatch read = taken(batch({span(), bad, 5, span()}));
  EXPECT_EQ(read.spans.size(), 2u);
  EXPECT_EQ(read.refused_count, 2u);
  EXPECT_THAT(read.refused,
              ElementsAre(Field(&RefusedSpan::index, 1u), Field(&RefusedSpan::index, 2u)));
  EXPECT_THAT(read.refused[0].why, StartsWith("\"status\" must be"));
  const SpanBatch many = taken(batch(json::array_t(100, bad)));
  EXPECT_EQ(many.refused_count, 100u);
  EXPECT_EQ(many.refused.size(), kMostRefusedShown);
}

TEST(SpanBatch, FieldsOfASpanAreChecked) {
  const auto later = [](std::int64_t ns) { return kNow + static_cast<std::uint64_t>(ns); };
  const std::tuple<const char*, json, const char*> bad[] = {
      {"operation", "", "\"operation\""},
      {"operation", 5, "\"operation\""},
      {"operation", std::string(257, 'x'), "\"operation\""},
      {"start_ns", nullptr, "\"start_ns\""},
      {"start_ns", -1, "\"start_ns\""},
      {"start_ns", 1.5, "\"start_ns\""},
      {"start_ns", "12x", "\"start_ns\""},
      {"start_ns", "", "\"start_ns\""},
      {"start_ns", later(1'000'000'001), "in the future"},
      {"start_ns", later(-3'600'000'000'001), "more than an hour ago"},
      {"start_ns", UINT64_MAX, "in the future"},
      {"duration_ns", nullptr, "\"duration_ns\""},
      {"duration_ns", -1, "\"duration_ns\""},
      {"duration_ns", 1'000'060'001, "in the future"},
      {"duration_ns", UINT64_MAX, "in the future"},
      {"layer", "daemon", "\"layer\""},
      {"layer", 3, "\"layer\""},
      {"stack", "3-layer", "\"stack\""},
      {"protocol", "http", "\"protocol\""},
      {"status", nullptr, "\"status\""},
      {"status", "malformed", "\"status\""},
      {"error_code", "-1", "\"error_code\""},
      {"error_code", 1.5, "\"error_code\""},
      {"trace_id", "4bf9", "\"trace_id\""},
      {"trace_id", std::string(32, 'g'), "\"trace_id\""},
      {"trace_id", "+bf92f3577b34da6a3ce929d0e0e473", "\"trace_id\""},
      {"trace_id", 5, "\"trace_id\""},
      {"bytes_in", -5, "\"bytes_in\""},
      {"bytes_out", "many", "\"bytes_in\""}};
  for (const auto& [member, value, why] : bad) {
    EXPECT_THAT(refusal_of_span(member, value), HasSubstr(why)) << member << ' ' << value;
  }
  EXPECT_EQ(refusal_of_span("start_ns", later(-3'600'000'000'000)), "");
  EXPECT_EQ(refusal_of_span("duration_ns", 1'000'060'000), "") << "clocks are read in turn";
  EXPECT_EQ(refusal_of_span("operation", std::string(256, 'x')), "");
}

TEST(SpanBatch, FieldsOfABatchAreChecked) {
  const std::tuple<const char*, json, const char*> bad[] = {
      {"instance", nullptr, "\"instance\""},
      {"instance", "", "\"instance\""},
      {"instance", "../goxel", "\"instance\""},
      {"instance", "goxel.layers", "\"instance\""},
      {"instance", std::string(57, 'x'), "\"instance\""},
      {"source", nullptr, "\"source\""},
      {"source", json::object(), "\"source.id\""},
      {"source", {{"id", "0000000000000000"}, {"pid", 1}, {"layer", "ts-client"}}, "\"source.id\""},
      {"source", {{"id", "9f86"}, {"pid", 1}, {"layer", "ts-client"}}, "\"source.id\""},
      {"source", {{"id", "9f86d081884c7d6x"}, {"pid", 1}, {"layer", "ts-client"}}, "\"source.id\""},
      {"source", {{"id", "9f86d081884c7d65"}, {"pid", 1}}, "\"source.layer\""},
      {"source", {{"id", "9f86d081884c7d65"}, {"layer", "ts-client"}}, "\"source.pid\""},
      {"source",
       {{"id", "9f86d081884c7d65"}, {"pid", 5'000'000'000}, {"layer", "ts-client"}},
       "\"source.pid\""},
      {"batch", 0, "\"batch\""},
      {"batch", nullptr, "\"batch\""},
      {"batch", std::uint64_t{1} << 31, "\"batch\""},
      {"completed", -1, "\"completed\""},
      {"dropped", "x", "\"dropped\""},
      {"spans", nullptr, "\"spans\""},
      {"spans", json::array_t(kMostSpans + 1), "at most 5000 spans"}};
  for (const auto& [member, value, why] : bad) {
    json document = batch();
    document[member] = value;
    EXPECT_THAT(refusal(document), HasSubstr(why)) << member << ' ' << value;
  }
  EXPECT_EQ(taken(batch(json::array())).spans.size(), 0u);
}

TEST(SpanBatch, WhatIsNoneIsRefused) {
  for (const std::string body : {"", "{", "[]", "5", "null", "{\"a\":\xff}", "{} {}"}) {
    EXPECT_TRUE(
        std::holds_alternative<std::string>(decode_span_batch(body, BatchEncoding::json, kNow)))
        << body;
  }
}

// A reader that calls itself for each level would need more stack than there is.
TEST(SpanBatch, DepthAndNumberOfValuesAreBounded) {
  const auto is_refused = [](const std::string& body, BatchEncoding encoding) {
    return std::holds_alternative<std::string>(decode_span_batch(body, encoding, kNow));
  };
  constexpr std::size_t kMany = 1'000'000;
  EXPECT_TRUE(is_refused(std::string(kMany, '\x91'), BatchEncoding::msgpack));
  EXPECT_TRUE(is_refused(std::string(kMany, '['), BatchEncoding::json));
  std::string wide = batch().dump();
  wide.insert(wide.size() - 1, ",\"x\":[0");
  for (std::size_t i = 0; i < 250'000; ++i) wide.insert(wide.size() - 1, ",0");
  wide.insert(wide.size() - 1, "]");
  EXPECT_TRUE(is_refused(wide, BatchEncoding::json));
  json deep = batch();
  deep["x"] = {{"a", {{"b", {{"c", 1}}}}}};
  EXPECT_FALSE(is_refused(deep.dump(), BatchEncoding::json)) << "what is not known is left alone";
}

}  // namespace
}  // namespace goxel_telemetry::documents
