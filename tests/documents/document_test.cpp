// SPDX-License-Identifier: GPL-3.0-or-later
// The API's documents in both encodings.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "documents/comparison_document.h"
#include "documents/encode_json.h"
#include "documents/encode_msgpack.h"
#include "documents/history_document.h"
#include "documents/layers_document.h"
#include "documents/record_document.h"
#include "documents/snapshot_document.h"
#include "documents/traces_document.h"
#include "tests/golden_file.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::documents {
namespace {

using Json = nlohmann::ordered_json;

// The documents refer to the snapshots that they are made from.
class Document : public testing::Test {
 protected:
  SnapshotDocument snapshot() const {
    return {snapshots_.taken_realtime_ns, "", 0, snapshots_.instances};
  }
  InflightDocument inflight() const {
    return {
        snapshots_.taken_realtime_ns, "", {{snapshots_.instances[0]}, {snapshots_.instances[1]}}};
  }

  http_bridge::Snapshots snapshots_ = http_bridge::sample_snapshots();
};

std::string indented(const std::string& json) {
  return Json::parse(json).dump(1) + "\n";
}

TEST_F(Document, SnapshotAsJsonIsWhatTheGoldenFileSays) {
  snapshots_.instances.pop_back();
  expect_golden("documents/snapshot.json", indented(encode_json(snapshot())));
}

// Names come from clients, and JSON is read on terminals: nothing there may be invisible.
TEST_F(Document, HiddenCharactersAreEscapedAndStayTheSameText) {
  metrics::NamedRecord record;
  record.operation = "a\u200Bb\u202E\U000E0061\u4F53";
  const std::string text = encode_json(record);
  EXPECT_NE(text.find("\"a\\u200bb\\u202e\\udb40\\udc61\u4F53\""), std::string::npos) << text;
  EXPECT_EQ(Json::parse(text).at("operation"), record.operation);
  EXPECT_EQ(encode_json_problem(404, "Not Found", "no \u2066"),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no "
            "\\u2066\"}");
}

TEST_F(Document, InflightAsJsonIsWhatTheGoldenFileSays) {
  expect_golden("documents/inflight.json", indented(encode_json(inflight())));
}

// Makes documents in which each member has a number of its own, from 1 on.
class Numbered {
 public:
  std::uint64_t next() { return ++last_; }
  double next_half() { return static_cast<double>(next()) + 0.5; }
  std::string text(const std::string& name) { return name + ' ' + std::to_string(next()); }

  metrics::Latency latency() {
    return {.count = next(),
            .mean_ns = next_half(),
            .min_ns = next(),
            .p50_ns = next(),
            .p90_ns = next(),
            .p95_ns = next(),
            .p99_ns = next(),
            .max_ns = next(),
            .out_of_range = next()};
  }
  metrics::WindowStats window() {
    return {.covered_seconds = next_half(),
            .outcomes = {.ok = next(),
                         .error = next(),
                         .unanswered = next(),
                         .malformed = next(),
                         .cancelled = next(),
                         .notification = next()},
            .rate_per_second = next_half(),
            .latency = latency(),
            .mean_receive_ns = next_half(),
            .mean_wait_ns = next_half(),
            .mean_send_ns = next_half(),
            .bytes_in = next(),
            .bytes_out = next()};
  }
  metrics::ProcessStats process() {
    return {.pid = static_cast<std::uint32_t>(next()),
            .cpu_ratio = next_half(),
            .cpu_seconds_total = next_half(),
            .resident_bytes = next(),
            .virtual_bytes = next(),
            .threads = next(),
            .open_fds = next(),
            .max_fds = next(),
            .start_realtime_seconds = next_half()};
  }
  metrics::OperationKey key() {
    return {text("stack"), text("protocol"), text("layer"), text("operation")};
  }

  metrics::Hop hop() {
    return {.name = text("hop"),
            .outer = text("outer"),
            .inner = text("inner"),
            .mean_ns = -static_cast<std::int64_t>(next()),
            .share = next_half(),
            .cost = latency(),
            .mean_there_ns = next_half(),
            .mean_back_ns = next_half(),
            .there = latency(),
            .back = latency()};
  }
  // The innermost of its hops has none of what is optional.
  metrics::Breakdown breakdown() {
    return {.source = metrics::BreakdownSource::joined,
            .operations = next(),
            .other_chains = next(),
            .mean_ns = static_cast<std::int64_t>(next()),
            .duration = latency(),
            .hops = {hop(), metrics::Hop{}}};
  }
  std::shared_ptr<metrics::LayersView> layers() {
    auto view = std::make_shared<metrics::LayersView>();
    view->instance = text("instance");
    view->taken_realtime_ns = next();
    view->taken_monotonic_ns = next();
    view->daemon_state = shm::ProducerState::live;
    view->outer_state = shm::ProducerState::retired;
    view->message = text("message");
    view->targets = {.latency_ns = next(), .operations_per_second = next_half()};
    view->connections = next();
    view->queue_depth = next();
    view->workers_busy = next();
    view->workers_configured = next();
    view->worker_utilisation = {next_half(), next_half(), std::nullopt, next_half()};
    view->processes = {
        {text("layer"), next_half(), true, process(), next(), metrics::Reported{next(), next()}}};
    metrics::StackView& stack = view->stacks.emplace_back();
    stack.stack = text("stack");
    stack.windows[1] = {.layers = {text("layer"), text("layer")},
                        .outermost = window(),
                        .counts_differ = true,
                        .breakdown = breakdown(),
                        .operations = {{text("operation"), breakdown()}},
                        .latency_room_ns = next_half(),
                        .throughput_room_per_second = next_half()};
    view->freshness = {latency(), latency()};
    view->join.spans = next();
    view->join.untraced = next();
    view->join.misplaced = next();
    view->join.late = next();
    view->join.early = next();
    view->join.held = next();
    view->join.operations = next();
    view->join.at_once = next();
    view->join.fates.joined = next();
    view->join.fates.alone = next();
    view->join.fates.irregular = next();
    view->join.fates.duplicates = next();
    view->join.fates.sticking_out = next();
    view->join.fates.cut = next();
    view->outer_records_lost = next();
    view->chains_dropped = next();
    return view;
  }

  metrics::TracedSpan traced_span() {
    return {.layer = metrics::Layer::ts_client,
            .operation = text("operation"),
            .stack = text("stack"),
            .status = text("status"),
            .start_ns = 1'000 + next(),
            .duration_ns = next(),
            .error_us = 9,
            .depth = static_cast<std::uint32_t>(next()),
            .own_ns = next()};
  }
  std::shared_ptr<const metrics::TracedOperation> traced_operation() {
    return std::make_shared<metrics::TracedOperation>(
        metrics::TracedOperation{.trace_id = next(),
                                 .operation = text("operation"),
                                 .stack = text("stack"),
                                 .start_ns = 1'000,
                                 .start_realtime_ns = next(),
                                 .duration_ns = next(),
                                 .layers = metrics::set_of(metrics::Layer::mcp_client) |
                                           metrics::set_of(metrics::Layer::ts_client),
                                 .spans = {traced_span(), traced_span()},
                                 .spans_left_out = next()});
  }

  metrics::Shift shift(metrics::Change change) {
    return {.a = next_half(),
            .b = next_half(),
            .shift = next_half(),
            .low = next_half(),
            .high = next_half(),
            .p = next_half(),
            .change = change};
  }
  metrics::LatencyShifts shifts() {
    return {shift(metrics::Change::more), shift(metrics::Change::less),
            shift(metrics::Change::not_proven), shift(metrics::Change::more), metrics::Shift{}};
  }
  metrics::SideCounts counts() {
    return {next(), next(), next(), static_cast<std::uint32_t>(next())};
  }
  metrics::ComparedOperation compared_operation() {
    return {.key = key(),
            .a = counts(),
            .b = counts(),
            .latency = shifts(),
            .throughput = shift(metrics::Change::less),
            .failure_ratio = shift(metrics::Change::more),
            .probability_b_slower = next_half(),
            .verdict = metrics::Verdict::slower,
            .verdict_by = text("verdict by")};
  }
  metrics::ComparedSide side() {
    return {next(), next(), next_half(), static_cast<std::uint32_t>(next()),
            static_cast<std::uint32_t>(next())};
  }
  metrics::ComparedSides comparison() {
    return {{text("side"), text("description"), false, {}},
            {text("side"), text("description"), false, {}},
            {.level = next_half(),
             .least_relevant = next_half(),
             .a = side(),
             .b = side(),
             .layers = {{.raw = compared_operation(),
                         .adjusted = shifts(),
                         .covered_a = next_half(),
                         .covered_b = next_half(),
                         .verdict = metrics::Verdict::faster,
                         .verdict_by = text("verdict by")}},
             .operations = {compared_operation(), metrics::ComparedOperation{}}}};
  }

  BaselineDocument baseline() {
    return {text("name"), text("source"), next(), side(), next(), {{key(), window()}}};
  }

  metrics::HistoryFilter filter() {
    return {text("instance"), text("operation"), text("stack"), text("protocol"), text("layer")};
  }
  metrics::HistoryAnswer history() {
    return {next(), next(), next(), window(), {{next(), next(), window()}}};
  }

 private:
  std::uint64_t last_ = 0;
};

TEST_F(Document, LayersAsJsonAreWhatTheGoldenFileSays) {
  Numbered numbered;
  const LayersDocument document{numbered.next(), numbered.text("message"), {{numbered.layers()}}};
  expect_golden("documents/layers.json", indented(encode_json(document)));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(document)), Json::parse(encode_json(document)));
}

TEST_F(Document, TracesAsJsonAreWhatTheGoldenFileSays) {
  Numbered numbered;
  const TracesDocument document{numbered.next(),
                                numbered.text("message"),
                                {{numbered.text("instance"), numbered.traced_operation()}}};
  expect_golden("documents/traces.json", indented(encode_json(document)));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(document)), Json::parse(encode_json(document)));
}

TEST_F(Document, ComparisonAsJsonIsWhatTheGoldenFileSays) {
  const metrics::ComparedSides compared = Numbered().comparison();
  const ComparisonDocument document = document_of(compared);
  expect_golden("documents/comparison.json", indented(encode_json(document)));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(document)), Json::parse(encode_json(document)));
}

TEST_F(Document, BaselineAsJsonIsWhatTheGoldenFileSays) {
  expect_golden("documents/baseline.json", indented(encode_json(Numbered().baseline())));
}

TEST_F(Document, ListOfBaselinesHasEachAsItIsAlone) {
  Numbered numbered;
  const BaselineListDocument document{{numbered.baseline(), numbered.baseline()}};
  const Json list = Json::parse(encode_json(document));
  EXPECT_EQ(list, (Json{{"schema_version", 1},
                        {"baselines",
                         {Json::parse(encode_json(document.baselines[0])),
                          Json::parse(encode_json(document.baselines[1]))}}}));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(document)), list);
}

TEST_F(Document, HistoryAsJsonIsWhatTheGoldenFileSays) {
  Numbered numbered;
  const metrics::HistoryFilter filter = numbered.filter();
  const metrics::HistoryAnswer answer = numbered.history();
  const HistoryDocument document{numbered.next(), numbered.text("message"), filter, answer};
  expect_golden("documents/history.json", indented(encode_json(document)));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(document)), Json::parse(encode_json(document)));
}

TEST_F(Document, WhatIsNotFilteredByIsNull) {
  const metrics::HistoryFilter filter;
  const metrics::HistoryAnswer answer;
  const Json document = Json::parse(encode_json(HistoryDocument{0, "", filter, answer}));
  for (const char* member : {"operation", "stack", "protocol", "layer"}) {
    EXPECT_TRUE(document.at(member).is_null()) << member;
  }
}

TEST_F(Document, MsgpackHoldsTheSameMembersInTheSameOrder) {
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(snapshot())), Json::parse(encode_json(snapshot())));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(inflight())), Json::parse(encode_json(inflight())));
}

TEST_F(Document, IdentifiersBeyond53BitsTravelAsText) {
  const Json document = Json::from_msgpack(encode_msgpack(snapshot()));
  EXPECT_EQ(document["instances"][0]["daemon"]["run_id"], "fedcba9876543210");
  EXPECT_EQ(document["instances"][0]["inflight"][0]["connection"], "ffffffffffffffff");
  EXPECT_EQ(document["instances"][0]["inflight"][0]["trace_id"], "a3ce929d0e0e4736");
}

TEST_F(Document, IdentifierIsPaddedAndZeroMeansNone) {
  EXPECT_EQ(hexadecimal(0xAB), "00000000000000ab");
  EXPECT_EQ(hexadecimal(0), "");
}

TEST_F(Document, LargestCounterKeepsAllItsDigits) {
  snapshots_.instances[0].ring.published = std::numeric_limits<std::uint64_t>::max();
  EXPECT_NE(encode_json(snapshot()).find("\"published\":18446744073709551615"), std::string::npos);
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(snapshot()))["instances"][0]["ring"]["published"],
            std::numeric_limits<std::uint64_t>::max());
}

TEST_F(Document, NumberThatIsNotFiniteIsNull) {
  snapshots_.instances[0].own_cost.busy_ratio = std::numeric_limits<double>::quiet_NaN();
  snapshots_.instances[0].own_cost.seconds_total = std::numeric_limits<double>::infinity();
  for (const Json& document :
       {Json::parse(encode_json(snapshot())), Json::from_msgpack(encode_msgpack(snapshot()))}) {
    EXPECT_TRUE(document["instances"][0]["own_cost"]["busy_ratio"].is_null());
    EXPECT_TRUE(document["instances"][0]["own_cost"]["seconds_total"].is_null());
  }
}

TEST_F(Document, WhatCouldNotBeReadOfTheProcessIsNull) {
  const Json document = Json::parse(encode_json(snapshot()));
  EXPECT_TRUE(document["instances"][0]["process"]["threads"].is_null());
  EXPECT_EQ(document["instances"][0]["process"]["open_fds"], 17);
}

TEST_F(Document, CostThatIsNotKnownIsNull) {
  snapshots_.instances[0].own_cost = {};
  const Json document = Json::parse(encode_json(snapshot()));
  const Json& cost = document["instances"][0]["own_cost"];
  for (const char* member :
       {"seconds_total", "busy_ratio", "ns_per_request", "waited_ns_per_request", "waited_ns_low",
        "waited_ns_high", "waited_share", "after_ns_per_request", "after_ns_low",
        "after_ns_high"}) {
    EXPECT_TRUE(cost.at(member).is_null()) << member;
  }
  EXPECT_EQ(cost["samples"], 0);
}

TEST_F(Document, TextThatNeedsEscapingSurvives) {
  const std::string name = "say \"hi\"\\\n\xE2\x82\xAC";
  snapshots_.instances[0].operations.replace(0).key.operation = name;
  EXPECT_EQ(Json::parse(encode_json(snapshot()))["instances"][0]["operations"][0]["operation"],
            name);
}

TEST_F(Document, WithoutInstancesIsStillWhole) {
  snapshots_.instances.clear();
  const Json document = Json::parse(encode_json(snapshot()));
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["instances"], Json::array());
}

}  // namespace
}  // namespace goxel_telemetry::documents
