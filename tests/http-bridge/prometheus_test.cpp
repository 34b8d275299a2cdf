// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <locale>
#include <map>
#include <set>
#include <sstream>

#include "http-bridge/encode_prometheus.h"
#include "http-bridge/exemplars.h"
#include "http-bridge/exposition.h"
#include "tests/golden_file.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Prometheus, SampleIsWhatTheGoldenFileSays) {
  expect_golden("http-bridge/metrics.txt", encode_prometheus(sample_snapshots()));
}

TEST(Prometheus, SampleAsOpenMetricsIsWhatTheGoldenFileSays) {
  expect_golden("http-bridge/openmetrics.txt",
                encode_prometheus(sample_snapshots(), ExpositionFormat::openmetrics));
}

// Exit code of a program that reads the text.
int judged_by(const char* command, const std::string& text) {
  FILE* program = popen(command, "we");
  if (program == nullptr) return -1;
  fwrite(text.data(), 1, text.size(), program);
  return pclose(program);
}

TEST(Prometheus, PromtoolFindsNothingToComplainAboutInAnyFamily) {
  EXPECT_EQ(judged_by("promtool check metrics", encode_prometheus(sample_snapshots())), 0);
}

// By the specification's strictest reader, Debian's python3-prometheus-client.
TEST(Prometheus, OpenMetricsIsReadByAStrictParser) {
  constexpr const char* kParser =
      "/usr/bin/python3 -c 'import sys, prometheus_client.openmetrics.parser as p; "
      "assert list(p.text_string_to_metric_families(sys.stdin.read()))'";
  Snapshots snapshots = sample_snapshots();
  auto operation = std::make_shared<metrics::TracedOperation>();
  operation->trace_id = 0xABC;
  operation->start_realtime_ns = 1'700'000'000'000'000'000;
  metrics::TracedSpan& span = operation->spans.emplace_back();
  span.stack = "4-layer";
  span.operation = "goxel.add_voxel";
  span.status = "ok";
  span.duration_ns = 60'000;
  snapshots.slowest[0] =
      std::make_shared<const metrics::SlowestOperations::Kept>(1, std::move(operation));
  const std::string text = encode_prometheus(snapshots, ExpositionFormat::openmetrics);
  EXPECT_THAT(text, HasSubstr("operation=\"goxel.add_voxel\",le=\"0.0001\"} 8 # "
                              "{trace_id=\"0000000000000abc\"} 0.00006 1700000000.000060000\n"));
  EXPECT_EQ(judged_by(kParser, text), 0);
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("trace_id")));
  EXPECT_NE(judged_by(kParser, encode_prometheus(sample_snapshots())), 0) << "it has no # EOF";
}

// Of the same bucket the newest; none of what a histogram does not count, and none without a trace.
TEST(Prometheus, ExemplarsAreTheNewestInTheirBuckets) {
  const auto operation = [](std::uint64_t trace, std::uint64_t start_ms, std::uint64_t duration_ns,
                            const char* status = "ok") {
    auto one = std::make_shared<metrics::TracedOperation>();
    one->trace_id = trace;
    one->start_ns = 7'000'000;
    one->start_realtime_ns = start_ms * 1'000'000;
    metrics::TracedSpan& span = one->spans.emplace_back();
    span.layer = metrics::Layer::ts_client;
    span.operation = "op";
    span.stack = "4-layer";
    span.status = status;
    span.start_ns = one->start_ns + 500;
    span.duration_ns = duration_ns;
    return one;
  };
  const auto found =
      exemplars_of({operation(1, 10, 40'000), operation(2, 30, 50'000), operation(3, 20, 50'000),
                    operation(4, 40, 50'001), operation(0, 50, 40'000),
                    operation(5, 60, 40'000, "unanswered"), operation(6, 5, 11'000'000'000)});
  ASSERT_EQ(found.size(), 1u);
  const Exemplars& exemplars = found.at({"4-layer", "ts-client", "op"});
  ASSERT_TRUE(exemplars[0] && exemplars[1] && exemplars.back());
  EXPECT_EQ(exemplars[0]->trace_id, 2u);
  EXPECT_EQ(exemplars[0]->duration_ns, 50'000u);
  EXPECT_EQ(exemplars[0]->ended_realtime_ns, 30'050'500u);
  EXPECT_EQ(exemplars[1]->trace_id, 4u);
  EXPECT_EQ(exemplars.back()->trace_id, 6u);
}

TEST(Prometheus, WithoutAnyInstanceGoxelUpIsZero) {
  EXPECT_EQ(encode_prometheus({}),
            "# HELP goxel_up 1 while a daemon with the telemetry plugin is attached, else 0.\n"
            "# TYPE goxel_up gauge\n"
            "goxel_up 0\n");
}

TEST(Prometheus, SpansForACollectorAreCountedWhileThereIsOne) {
  Snapshots snapshots = sample_snapshots();
  const auto line = [&](const std::string& sample) {
    return HasSubstr("\ngoxel_otlp_" + sample + '\n');
  };
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, line("spans_sent_total 4000"));
  EXPECT_THAT(text, line("spans_dropped_total{reason=\"queue_full\"} 4"));
  EXPECT_THAT(text, line("spans_dropped_total{reason=\"rate\"} 3"));
  EXPECT_THAT(text, line("spans_dropped_total{reason=\"refused\"} 2"));
  EXPECT_THAT(text, line("spans_dropped_total{reason=\"given_up\"} 1"));
  EXPECT_THAT(text, line("spans_waiting 12"));
  EXPECT_THAT(text, line("last_success_timestamp_seconds 1700000000"));
  snapshots.exported->last_success_realtime_ns = 0;
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("last_success")));
  snapshots.exported.reset();
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("otlp")));
}

TEST(Prometheus, AlertsAreCountedByInstanceRuleAndLevel) {
  Snapshots snapshots = sample_snapshots();
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("\ngoxel_alert_active{instance_name=\"goxel\",rule=\"request_stuck\","
                              "level=\"warning\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alert_active{rule=\"history_failing\","
                              "level=\"confirmed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alerts_raised_total{rule=\"request_stuck\","
                              "level=\"warning\"} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("\ngoxel_alerts_raised_total{rule=\"slower\",level=\"warning\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alert_accuracy_wrong_ratio 0.01\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alert_messages_waiting{channel=\"ops\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alerts_kept 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alerts_keeping{state=\"in_file\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_alerts_keeping{state=\"another_bridge\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_notification_channel_works{channel=\"mail\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_notification_channel_works{channel=\"ops\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ngoxel_notification_last_sent_timestamp_seconds{channel=\"ops\"} "
                              "1699999990.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("last_sent_timestamp_seconds{channel=\"mail\"}")));
  EXPECT_THAT(text,
              HasSubstr("\ngoxel_notifications_total{channel=\"ops\",outcome=\"failed\"} 7\n"));
  auto counts = std::make_shared<AlertCounts>(*snapshots.alerts);
  counts->accuracy = {};
  counts->keeping = AlertKeeping::not_written;
  snapshots.alerts = counts;
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("wrong_ratio")));
  EXPECT_THAT(encode_prometheus(snapshots), HasSubstr("\ngoxel_alerts_kept 0\n"));
  snapshots.alerts.reset();
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("goxel_alert")));
}

TEST(Prometheus, DeadDaemonKeepsItsCountersAndLosesItsGauges) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].daemon.state = shm::ProducerState::dead;
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("goxel_up{instance_name=\"goxel\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"goxel\""));
  EXPECT_THAT(text, HasSubstr("goxel_ring_records_total{instance_name=\"goxel\"} 20\n"));
  EXPECT_THAT(text, Not(HasSubstr("goxel_connections")));
  EXPECT_THAT(text, Not(HasSubstr("process_")));
}

// Two live daemons and a dead one. Of the daemons' operations, 1 and kMost together, one finds no room;
// the dead one's finds none, although it has few.
TEST(Prometheus, OperationsBeyondTheMostAreLeftOutTheSoundAndTheSmallOnesLast) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances.resize(1, {});
  metrics::Snapshot& large = snapshots.instances[0];
  large.operations.clear();
  metrics::Snapshot small = large;
  const auto fill = [](metrics::Snapshot& snapshot, const char* name, std::size_t operations) {
    snapshot.instance = name;
    for (std::size_t i = 0; i < operations; ++i) {
      snapshot.operations.add().key = {"2-layer", "mcp", "daemon", "o" + std::to_string(i)};
    }
  };
  metrics::Snapshot dead = large;
  dead.daemon.state = shm::ProducerState::dead;
  fill(large, "large", kMostExposedOperations);
  fill(small, "small", 1);
  fill(dead, "dead", 2);
  snapshots.instances.push_back(small);
  snapshots.instances.push_back(dead);
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("goxel_operations_left_out{instance_name=\"large\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_left_out{instance_name=\"small\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_left_out{instance_name=\"dead\"} 2\n"));
  std::size_t shown = 0;
  const std::string_view sample = "\ngoxel_operations_total{";
  for (auto at = text.find(sample); at != std::string::npos; at = text.find(sample, at + 1))
    ++shown;
  EXPECT_EQ(shown, kMostExposedOperations);
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"small\""));
  EXPECT_THAT(text, Not(HasSubstr("goxel_operations_total{instance_name=\"dead\"")));
}

// A family's lines must stand together, under one HELP and one TYPE.
TEST(Prometheus, FamiliesAreContiguousAndDescribedOnce) {
  std::istringstream text(encode_prometheus(sample_snapshots()));
  std::set<std::string> finished;
  std::string current;
  std::string line;
  while (std::getline(text, line)) {
    if (line.rfind("# HELP ", 0) == 0) {
      EXPECT_TRUE(finished.insert(current).second) << current;
      current = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_EQ(finished.count(current), 0u) << current;
    } else if (line.rfind("# TYPE ", 0) == 0) {
      EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), current);
    } else {
      EXPECT_EQ(line.rfind(current, 0), 0u) << line;
    }
  }
}

// Prometheus refuses a scrape with the same series twice.
TEST(Prometheus, OperationsThatComeToTheSameLabelsAreAddedUp) {
  Snapshots snapshots = sample_snapshots();
  auto& operations = snapshots.instances[0].operations;
  operations.add(operations[1]).key.stack = "2-layer";  // the same method by another way
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count{instance_name=\"goxel\","
                              "rpc_method=\"goxel.add_voxel\"} 18\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"goxel\",stack=\"2-layer\","
                              "protocol=\"jsonrpc\",operation=\"goxel.add_voxel\"} 19\n"));

  std::istringstream lines(text);
  std::map<std::string, int> series;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '#') continue;
    EXPECT_EQ(++series[line.substr(0, line.rfind(' '))], 1) << line;
  }
}

// Names that differ only in bytes that are no UTF-8 are the same name here. Of each ten answers and
// nine requests without one there are two.
TEST(Prometheus, OperationsOfTheSameNameAreAddedUpHoweverTheyEnded) {
  Snapshots snapshots = sample_snapshots();
  auto& operations = snapshots.instances[0].operations;
  operations.add(operations[1]);
  const std::string text = encode_prometheus(snapshots);
  const std::string labels =
      "{instance_name=\"goxel\",stack=\"4-layer\",protocol=\"jsonrpc\",operation=\"goxel.add_"
      "voxel\"";
  EXPECT_THAT(text, HasSubstr("goxel_operations_total" + labels + "} 38\n"));
  for (const auto& [status, count] : {std::pair("error", 2), std::pair("unanswered", 4),
                                      std::pair("malformed", 8), std::pair("cancelled", 6)}) {
    EXPECT_THAT(text, HasSubstr("goxel_operation_failures_total" + labels + ",status=\"" + status +
                                "\"} " + std::to_string(count) + "\n"));
  }
  const std::string of_method = "{instance_name=\"goxel\",rpc_method=\"goxel.add_voxel\"";
  const std::string call = "rpc_server_call_duration_seconds";
  EXPECT_THAT(text, HasSubstr(call + "_bucket" + of_method + ",le=\"0.00005\"} 16\n"));
  EXPECT_THAT(text, HasSubstr(call + "_sum" + of_method + "} 0.00464\n"));
  EXPECT_THAT(text, HasSubstr(call + "_sum" + of_method + ",error_type=\"-32601\"} 40\n"));
  EXPECT_THAT(text, HasSubstr("goxel_layer_duration_seconds_sum{instance_name=\"goxel\","
                              "stack=\"4-layer\",layer=\"daemon\","
                              "operation=\"goxel.add_voxel\"} 40.00464\n"));
}

TEST(Prometheus, MethodsOfMcpAreToldFromToolsAndErrorsByTheirTypes) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances.resize(1);
  auto& operations = snapshots.instances[0].operations;
  metrics::OperationStats operation = operations[0];
  for (const char* name : {"tools/list", "initialize", "ping", "paint"}) {
    operation.key = {"2-layer", "mcp", "daemon", name};
    operation.counters = {};
    metrics::Measurement answer;
    operation.counters.add(answer);
    answer.status = shm::Status::error;
    for (const auto error : {shm::ErrorCode::tool, shm::ErrorCode::other}) {
      answer.error = error;
      operation.counters.add(answer);
    }
    operations.add(operation);
  }
  const std::string text = encode_prometheus(snapshots);
  const std::string call = "mcp_server_operation_duration_seconds_count{instance_name=\"goxel\",";
  for (const std::string labels :
       {"mcp_method_name=\"tools/list\"", "mcp_method_name=\"initialize\"",
        "mcp_method_name=\"ping\"", "mcp_method_name=\"tools/call\",gen_ai_tool_name=\"paint\""}) {
    EXPECT_THAT(text, HasSubstr(call + labels + "} 1\n"));
    EXPECT_THAT(text, HasSubstr(call + labels + ",error_type=\"tool_error\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(call + labels + ",error_type=\"_OTHER\"} 1\n"));
  }
}

TEST(Prometheus, EachFamilyHasANumberOfItsOwn) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances.resize(1);
  metrics::Snapshot& snapshot = snapshots.instances[0];
  snapshot.ring.read = 101;
  snapshot.ring.lost = 102;
  snapshot.ring.before_reader = 119;
  snapshot.ring.published = 120;
  metrics::Daemon& daemon = snapshot.daemon;
  daemon.last_record_realtime_ns = 103'500'000'000;
  daemon.gauges[shm::Gauge::connections] = 104;
  daemon.gauges[shm::Gauge::open_descriptors] = 105;
  daemon.inflight = 106;
  daemon.gauges[shm::Gauge::queue_depth] = 107;
  daemon.gauges[shm::Gauge::workers_configured] = 108;
  daemon.workers_busy = 109;
  snapshot.own_cost.busy_ratio = 0.110;
  snapshot.own_cost.waited = {{.ns = 122e9}};
  snapshot.own_cost.waited_share = 0.123;
  snapshot.own_cost.resident_bytes = 121;
  snapshot.process = {.pid = 1,
                      .cpu_ratio = 0.111,
                      .cpu_seconds_total = 112.5,
                      .resident_bytes = 113,
                      .virtual_bytes = 114,
                      .threads = 115,
                      .open_fds = 116,
                      .max_fds = 117,
                      .start_realtime_seconds = 118.25};
  const std::string text = encode_prometheus(snapshots);
  for (const auto& [family, value] :
       std::map<std::string, std::string>{{"goxel_ring_records_total", "101"},
                                          {"goxel_ring_lost_records_total", "102"},
                                          {"goxel_ring_before_bridge_records", "119"},
                                          {"goxel_ring_published_records", "120"},
                                          {"goxel_last_record_timestamp_seconds", "103.5"},
                                          {"goxel_connections", "104"},
                                          {"goxel_open_descriptors", "105"},
                                          {"goxel_inflight_requests", "106"},
                                          {"goxel_queue_depth", "107"},
                                          {"goxel_workers", "108"},
                                          {"goxel_workers_busy", "109"},
                                          {"goxel_observer_overhead_ratio", "0.11"},
                                          {"goxel_observer_resident_memory_bytes", "121"},
                                          {"goxel_observer_request_wait_seconds", "122"},
                                          {"goxel_observer_request_wait_ratio", "0.123"},
                                          {"process_cpu_seconds_total", "112.5"},
                                          {"process_resident_memory_bytes", "113"},
                                          {"process_virtual_memory_bytes", "114"},
                                          {"process_threads", "115"},
                                          {"process_open_fds", "116"},
                                          {"process_max_fds", "117"},
                                          {"process_start_time_seconds", "118.25"}}) {
    EXPECT_THAT(text, HasSubstr('\n' + family + "{instance_name=\"goxel\"} " + value + '\n'));
  }
}

TEST(Prometheus, WhatThePluginDidNotTimeHasNoSeries) {
  Snapshots snapshots = sample_snapshots();
  EXPECT_THAT(encode_prometheus(snapshots), HasSubstr("goxel_observer_overhead_ratio{"));
  for (metrics::Snapshot& snapshot : snapshots.instances) snapshot.own_cost = {};
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, Not(HasSubstr("goxel_observer_overhead_ratio{")));
  EXPECT_THAT(text, Not(HasSubstr("goxel_observer_request_wait")));
}

// What the ring held before is shown on screens, but would look like a burst to Prometheus.
TEST(Prometheus, CountersHoldWhatIsCountedAndTheAccountOfTheRingAddsUp) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances.resize(1);
  metrics::Snapshot& snapshot = snapshots.instances[0];
  snapshot.ring = {
      .published = 1'000, .read = 600, .before_reader = 390, .lost = 10, .uncounted = 580};
  metrics::OperationStats& operation = snapshot.operations.replace(1);
  operation.total = {.ok = 600};
  operation.counters = {};
  operation.counters.add({.duration_ns = 60'000});
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("goxel_ring_records_total{instance_name=\"goxel\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("goxel_ring_lost_records_total{instance_name=\"goxel\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("goxel_ring_before_bridge_records{instance_name=\"goxel\"} 970\n"));
  EXPECT_THAT(text, HasSubstr("goxel_ring_published_records{instance_name=\"goxel\"} 1000\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"goxel\",stack=\"4-layer\","
                              "protocol=\"jsonrpc\",operation=\"goxel.add_voxel\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count{instance_name=\"goxel\","
                              "rpc_method=\"goxel.add_voxel\"} 1\n"));
}

// Prometheus sees a first failure only as the increase of a series that is there.
TEST(Prometheus, OperationThatIsOnlyKnownHasItsCountersAtZero) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances.resize(1);
  auto& operations = snapshots.instances[0].operations;
  operations.add().key = {"4-layer", "jsonrpc", "daemon", "goxel.known"};
  const std::string text = encode_prometheus(snapshots);
  const std::string labels =
      "{instance_name=\"goxel\",stack=\"4-layer\",protocol=\"jsonrpc\",operation=\"goxel.known\"";
  EXPECT_THAT(text, HasSubstr("goxel_operations_total" + labels + "} 0\n"));
  for (const char* status : {"error", "unanswered", "malformed", "cancelled"}) {
    EXPECT_THAT(text, HasSubstr("goxel_operation_failures_total" + labels + ",status=\"" + status +
                                "\"} 0\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("rpc_method=\"goxel.known\"")));
}

TEST(Prometheus, OperationThatWasAnsweredHasTheDurationsOfItsErrorsAtZero) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations.replace(1).counters = {};
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count{instance_name=\"goxel\","
                              "rpc_method=\"goxel.add_voxel\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count{instance_name=\"goxel\","
                              "rpc_method=\"goxel.add_voxel\",error_type=\"_OTHER\"} 0\n"));
}

TEST(Prometheus, RunIsCountedByTheDaemon) {
  const std::string text = encode_prometheus(sample_snapshots());
  for (const auto& [status, count] :
       {std::pair("ok", 10), std::pair("error", 1), std::pair("unanswered", 2),
        std::pair("malformed", 4), std::pair("cancelled", 3)}) {
    EXPECT_THAT(text, HasSubstr(std::string("goxel_run_requests_total{instance_name=\"goxel\","
                                            "status=\"") +
                                status + "\"} " + std::to_string(count) + '\n'));
  }
  EXPECT_THAT(text, Not(HasSubstr("goxel_run_requests_total{instance_name=\"spare\"")));
}

TEST(Prometheus, RunIsCountedByTheDaemonForEachOperationToo) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations.replace(1).run_total.notification = 50;
  std::string text = encode_prometheus(snapshots);
  const std::string series =
      "goxel_run_operations_total{instance_name=\"goxel\",stack=\"4-layer\","
      "protocol=\"jsonrpc\",operation=\"goxel.add_voxel\",status=\"";
  for (const auto& [status, count] :
       {std::pair("ok", 8), std::pair("error", 1), std::pair("unanswered", 2),
        std::pair("malformed", 4), std::pair("cancelled", 3), std::pair("notification", 50)}) {
    EXPECT_THAT(text, HasSubstr(series + status + "\"} " + std::to_string(count) + '\n'));
  }
  EXPECT_THAT(text, HasSubstr("goxel_run_requests_without_operation{instance_name=\"goxel\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("goxel_run_requests_without_operation{instance_name=\"spare\"")));
  snapshots.instances[0].operations.replace(1).key.layer = "mcp-client";
  text = encode_prometheus(snapshots);
  EXPECT_THAT(text, Not(HasSubstr(series)));
}

TEST(Prometheus, SaysWhichPartOfItsOperationsALayerHasReported) {
  metrics::LayersView view;
  view.instance = "goxel";
  metrics::LayerProcess& server = view.processes.emplace_back();
  server.layer = "mcp-server";
  server.reported = {.completed = 200, .taken = 150};
  view.processes.emplace_back().layer = "ts-client";
  Snapshots snapshots = sample_snapshots();
  snapshots.layers = {std::make_shared<const metrics::LayersView>(view)};
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("goxel_layer_coverage_ratio{instance_name=\"goxel\",layer="
                              "\"mcp-server\"} 0.75\n"));
  EXPECT_THAT(text, Not(HasSubstr("layer=\"ts-client\"} ")));
}

// Other layers' spans are of requests that the daemon counts already.
TEST(Prometheus, OnlyTheDaemonsLayerCountsOperations) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations.replace(1).key.layer = "mcp-client";
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, Not(HasSubstr("rpc_server_call_duration_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("protocol=\"jsonrpc\"")));
  EXPECT_THAT(text, HasSubstr("goxel_layer_duration_seconds_count{instance_name=\"goxel\","
                              "stack=\"4-layer\",layer=\"mcp-client\","
                              "operation=\"goxel.add_voxel\"} 10\n"));
}

TEST(Prometheus, WhatWasNeverAnsweredHasNoDuration) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations.replace(1).counters = {};
  snapshots.instances[0].operations.replace(1).total = {.unanswered = 1};
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, Not(HasSubstr("rpc_method")));
  EXPECT_THAT(text, Not(HasSubstr("goxel_layer_duration_seconds_count{instance_name=\"goxel\","
                                  "stack=\"4-layer\"")));
  EXPECT_THAT(text, HasSubstr("goxel_layer_duration_seconds_count{instance_name=\"goxel\","
                              "stack=\"2-layer\""))
      << "the other was";
}

TEST(Prometheus, LabelValueIsEscaped) {
  EXPECT_EQ(Labels().add("a", "back\\slash \"quote\"\nline").text(),
            R"({a="back\\slash \"quote\"\nline"})");
}

TEST(Prometheus, LabelWithoutAValueIsLeftOut) {
  EXPECT_EQ(Labels().add("a", "").text(), "");
  EXPECT_EQ(Labels().add("a", "").add("b", "x").text(), R"({b="x"})");
}

TEST(Prometheus, FamilyWithoutASampleLeavesNoTrace) {
  Exposition out(ExpositionFormat::prometheus_text);
  out.family("empty", MetricType::gauge, "Nothing.");
  out.family("full_total", MetricType::counter, "Something.");
  out.sample(Labels(), 1);
  EXPECT_EQ(std::move(out).text(),
            "# HELP full_total Something.\n# TYPE full_total counter\nfull_total 1\n");
}

TEST(Prometheus, OpenMetricsNamesACounterWithoutItsSuffixAndSaysItsUnitAndItsBeginning) {
  Exposition out(ExpositionFormat::openmetrics);
  out.family("empty", MetricType::gauge, "Nothing.");
  out.family("spent_seconds_total", MetricType::counter, "Something.");
  out.counter_since(Labels().add("a", "b"), 1, 12'000'000'034);
  EXPECT_EQ(std::move(out).text(),
            "# HELP spent_seconds Something.\n# TYPE spent_seconds counter\n"
            "# UNIT spent_seconds seconds\nspent_seconds_total{a=\"b\"} 1\n"
            "spent_seconds_created{a=\"b\"} 12.000000034\n# EOF\n");
}

TEST(Prometheus, NumbersAreShortAndExact) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(1'000'000), "1000000");
  EXPECT_EQ(format_number(-3), "-3");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(0.00005), "0.00005");
  EXPECT_EQ(format_number(1e-7), "1e-07");
  EXPECT_EQ(format_number(18446744073709551615.0), "18446744073709551616");
  EXPECT_EQ(format_number(1795632784.9853284), "1795632784.9853284");
  EXPECT_EQ(format_number(-0.00012345678901234567), "-0.00012345678901234567");
  EXPECT_EQ(format_number(1e300), "1e+300");
  EXPECT_EQ(format_number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

// A German desktop: a comma before the decimals, a point between the thousands. For C++ streams by
// a facet, and for printf where the machine has such a locale.
TEST(Prometheus, GermanLocaleChangesNothing) {
  struct German : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::string before = encode_prometheus(sample_snapshots());
  const std::locale old = std::locale::global(std::locale(std::locale(), new German));
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  std::ostringstream stream;
  stream << 1234.5;
  const std::string during = encode_prometheus(sample_snapshots());
  std::locale::global(old);
  std::setlocale(LC_ALL, "C");

  ASSERT_EQ(stream.str(), "1.234,5");  // the locale was in force
  EXPECT_EQ(during, before);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
