// SPDX-License-Identifier: GPL-3.0-or-later
// A file of alerts in a folder of its own, and an alert that has everything.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "metrics/alerts/alert_store.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

inline constexpr std::uint64_t kThenNs = 1'763'996'400 * kNsPerSecond;

inline Alert sample_alert(const std::string& id = "slower-goxel-20251124T150000-1") {
  Alert alert;
  alert.id = id;
  alert.instance = "goxel";
  alert.subject = "render";
  alert.since_ns = kThenNs - 30 * kNsPerSecond;
  alert.raised_ns = kThenNs;
  alert.updated_ns = kThenNs;
  alert.summary = "goxel: render takes 50 % longer";
  alert.advice = "goxel-telemetry compare --instance goxel";
  alert.evidence.operations = {{{"4-layer", "mcp", "daemon", "render"},
                                OperationShift::Channel::tail,
                                1.5,
                                1.25,
                                1.75,
                                1e6,
                                1.5e6,
                                1'000,
                                200,
                                {{"daemon", 4e5, 0.8}, {"mcp-server", 1e5, 0.2}},
                                {{"working", 3e5, 0.75}, {"waiting", 1e5, 0.25}}},
                               {{"2-layer", "jsonrpc", "daemon", "ping"},
                                OperationShift::Channel::errors,
                                2,
                                1,
                                3,
                                0,
                                1,
                                1,
                                2,
                                {}}};
  alert.evidence.compared_with = "the last 24 hours";
  alert.evidence.not_looked_at = {"ping: too few requests"};
  alert.evidence.facts = {{"queue depth", "14"}, {"workers", "4 of 4"}};
  alert.evidence.course = {1, 1.5, 2.25};
  alert.evidence.course_usual = 1;
  alert.evidence.unit = "ms";
  return alert;
}

// What is watched of "goxel": of render its usual time and its slowest requests, of ping nothing that is judged yet.
inline InstanceSeries sample_series() {
  InstanceSeries of{"goxel", {}, 2};
  WatchedSeries centre;
  centre.key = {"4-layer", "mcp", "daemon", "render"};
  centre.state = WatchedSeries::State::watching;
  centre.requests = 50;
  centre.usual_ns = 2e6;
  centre.due_to_load = 0.05;
  centre.noticeable = {1.25, {}, 60};
  WatchedSeries tail = centre;
  tail.channel = OperationShift::Channel::tail;
  tail.state = WatchedSeries::State::warning;
  tail.usual_ns = 9e6;
  tail.due_to_load.reset();
  tail.noticeable = {3.0, 0.03, 300};
  WatchedSeries learning = centre;
  learning.key->operation = "ping";
  learning.state = WatchedSeries::State::learning;
  learning.ticks_needed = 515;
  of.series = {centre, tail, learning};
  return of;
}

inline void expect_same(const AlertEvidence& a, const AlertEvidence& b) {
  ASSERT_EQ(a.operations.size(), b.operations.size());
  for (std::size_t i = 0; i < a.operations.size(); ++i) {
    const OperationShift& x = a.operations[i];
    const OperationShift& y = b.operations[i];
    EXPECT_EQ(x.key, y.key);
    EXPECT_EQ(x.channel, y.channel);
    EXPECT_EQ((std::vector{x.ratio, x.ratio_low, x.ratio_high, x.before, x.after}),
              (std::vector{y.ratio, y.ratio_low, y.ratio_high, y.before, y.after}));
    EXPECT_EQ(x.count_before, y.count_before);
    EXPECT_EQ(x.count_after, y.count_after);
    ASSERT_EQ(x.layers.size(), y.layers.size());
    for (std::size_t j = 0; j < x.layers.size(); ++j) {
      EXPECT_EQ(x.layers[j].layer, y.layers[j].layer);
      EXPECT_EQ(x.layers[j].shift_ns, y.layers[j].shift_ns);
      EXPECT_EQ(x.layers[j].share, y.layers[j].share);
    }
    ASSERT_EQ(x.phases.size(), y.phases.size());
    for (std::size_t j = 0; j < x.phases.size(); ++j) {
      EXPECT_EQ(x.phases[j].phase, y.phases[j].phase);
      EXPECT_EQ(x.phases[j].shift_ns, y.phases[j].shift_ns);
      EXPECT_EQ(x.phases[j].share, y.phases[j].share);
    }
  }
  EXPECT_EQ(a.compared_with, b.compared_with);
  EXPECT_EQ(a.not_looked_at, b.not_looked_at);
  ASSERT_EQ(a.facts.size(), b.facts.size());
  for (std::size_t i = 0; i < a.facts.size(); ++i) {
    EXPECT_EQ(a.facts[i].name, b.facts[i].name);
    EXPECT_EQ(a.facts[i].value, b.facts[i].value);
  }
  EXPECT_EQ(a.course, b.course);
  EXPECT_EQ(a.course_usual, b.course_usual);
  EXPECT_EQ(a.unit, b.unit);
}

// All but what people said of it.
inline void expect_same(const Alert& a, const Alert& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.rule, b.rule);
  EXPECT_EQ(a.instance, b.instance);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.level, b.level);
  EXPECT_EQ((std::vector{a.since_ns, a.raised_ns, a.confirmed_ns, a.updated_ns, a.ended_ns}),
            (std::vector{b.since_ns, b.raised_ns, b.confirmed_ns, b.updated_ns, b.ended_ns}));
  EXPECT_EQ(a.end, b.end);
  EXPECT_EQ(a.summary, b.summary);
  EXPECT_EQ(a.advice, b.advice);
  expect_same(a.evidence, b.evidence);
}

class AlertFileTest : public testing::Test {
 protected:
  AlertFileTest() {
    std::string name = testing::TempDir() + "alerts-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "alerts.db";
  }
  ~AlertFileTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<AlertStore> open(AlertStore::Mode mode = AlertStore::Mode::write) const {
    HistoryResult why;
    auto store = AlertStore::open(file_, mode, why);
    if (store == nullptr) throw std::runtime_error(why.message);
    return store;
  }
  AlertStore& store() {
    if (store_ == nullptr) store_ = open();
    return *store_;
  }
  static void expect_done(const HistoryResult& result) {
    EXPECT_EQ(result.outcome, HistoryOutcome::done);
    EXPECT_EQ(result.message, "");
  }
  void put(const Alert& alert, AlertChange change = AlertChange::raised,
           const std::vector<std::string>& channels = {}) {
    expect_done(store().put(alert, change, channels));
  }
  std::vector<std::string> listed(const AlertQuery& query) {
    std::vector<Alert> alerts;
    expect_done(store().list(query, alerts));
    std::vector<std::string> ids;
    for (const Alert& alert : alerts) ids.push_back(alert.id);
    return ids;
  }
  Alert found(const std::string& id) {
    Alert alert;
    expect_done(store().find(id, alert));
    return alert;
  }
  std::vector<Outgoing> due(const std::string& channel, std::uint64_t now_ns) {
    std::vector<Outgoing> messages;
    expect_done(store().due(channel, now_ns, 100, messages));
    return messages;
  }

  std::filesystem::path folder_;
  std::string file_;
  std::unique_ptr<AlertStore> store_;
};

}  // namespace goxel_telemetry::metrics
