// SPDX-License-Identifier: GPL-3.0-or-later
// A session recorded while a client works, and replayed: the same numbers.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>

#include "tests/integration/watched_daemon.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

Json instance_of(const std::string& instance, const std::string& log) {
  const Finished finished =
      run({CLI_PATH, "blackbox", "--json", "--last", "0", "--instance", instance}, log);
  return finished.exit_code == 0 ? Json::parse(finished.output).at("instances").at(0) : Json();
}

// Every count of each operation that does not depend on when it is looked at.
Json counts_of(const Json& instance) {
  Json counts;
  for (const Json& operation : instance.at("operations")) {
    const Json& window = operation.at("windows").at("15m");
    counts.push_back({operation.at("protocol"), operation.at("stack"), operation.at("layer"),
                      operation.at("operation"), operation.at("total"), window.at("outcomes"),
                      operation.at("bytes_in"), operation.at("bytes_out")});
  }
  return counts;
}

// Of the same operations. The recorder turned ticks into nanoseconds with the calibration of its
// own moment, which may differ from the original reader's by parts in a million; a quantile may
// therefore lie in the histogram's next bucket.
void expect_same_latencies(const Json& replayed, const Json& original) {
  for (std::size_t i = 0; i < original.at("operations").size(); ++i) {
    const Json& a = original.at("operations")[i].at("windows").at("15m").at("latency");
    const Json& b = replayed.at("operations")[i].at("windows").at("15m").at("latency");
    for (const auto& [member, value] : a.items()) {
      const double ns = value.get<double>();
      const bool is_quantile = member[0] == 'p';
      EXPECT_NEAR(b.at(member).get<double>(), ns, 2 + ns * (is_quantile ? 1.0 / 64 : 1e-5))
          << original.at("operations")[i].at("operation") << ' ' << member;
    }
  }
}

std::uint64_t requests_in_window(const Json& instance) {
  return instance.is_null() ? 0
                            : instance.at("daemon")
                                  .at("windows")
                                  .at("15m")
                                  .at("outcomes")
                                  .at("all")
                                  .get<std::uint64_t>();
}

// Returns when it records.
std::unique_ptr<ChildProcess> start_recorder(const WatchedDaemon& daemon, const std::string& file) {
  // The plugin starts a moment after the daemon listens.
  EXPECT_TRUE(eventually(
      [&] { return !instance_of(daemon.instance(), daemon.file("first.log")).is_null(); }));
  const std::vector<std::string> command = {CLI_PATH, "record", file, "--instance",
                                            daemon.instance()};
  auto recorder = std::make_unique<ChildProcess>(command, daemon.file("record.log"));
  EXPECT_TRUE(eventually([&] {
    return recorder->output().find("recording instance") != std::string::npos;
  })) << recorder->output();
  return recorder;
}

TEST(Recording, ReplayShowsTheSameNumbersAsTheDaemon) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const std::string file = daemon.file("session.goxelrec");
  const auto recorder = start_recorder(daemon, file);
  const CountsByOperation sent =
      daemon.load({"--connections", "8", "--requests", "300", "--mix", "mixed", "--traceparent"});
  Json original;
  ASSERT_TRUE(eventually([&] {
    original = instance_of(daemon.instance(), daemon.file("original.log"));
    return requests_in_window(original) == total_requests(sent);
  })) << original.dump(1);
  recorder->signal(SIGINT);
  EXPECT_EQ(WEXITSTATUS(recorder->wait()), 0) << recorder->output();

  const std::string name = daemon.instance() + "-again";
  ChildProcess replay({CLI_PATH, "replay", file, "--fast", "--instance", name},
                      daemon.file("replay.log"));
  Json replayed;
  ASSERT_TRUE(eventually([&] {
    replayed = instance_of(name, daemon.file("replayed.log"));
    return requests_in_window(replayed) == total_requests(sent);
  })) << replay.output();
  ASSERT_EQ(counts_of(replayed), counts_of(original));
  expect_same_latencies(replayed, original);
  for (const char* member : {"host_name", "run_total", "bytes_in", "bytes_out", "connections_total",
                             "workers_configured"}) {
    EXPECT_EQ(replayed.at("daemon").at(member), original.at("daemon").at(member)) << member;
  }
  EXPECT_EQ(replayed.at("daemon").at("door"), "replay");
  EXPECT_EQ(replayed.at("daemon").at("state"), "retired");
  replay.signal(SIGINT);
  EXPECT_EQ(WEXITSTATUS(replay.wait()), 0) << replay.output();
  EXPECT_NE(access(("/dev/shm/goxel-telemetry." + name).c_str(), F_OK), 0) << "it is removed";
}

Json layers_of(const std::string& instance, const std::string& log) {
  const Finished finished = run({CLI_PATH, "layers", "--json", "--instance", instance}, log);
  // 1: its daemon has ended.
  return finished.exit_code <= 1 ? Json::parse(finished.output).at("instances").at(0) : Json();
}

// Of the longest window, operations that were joined, by stack.
std::map<std::string, std::uint64_t> joined_in(const Json& view) {
  std::map<std::string, std::uint64_t> joined;
  for (const Json& stack : view.at("stacks")) {
    const Json& breakdown = stack.at("windows").at("15m").at("breakdown");
    if (breakdown.at("source") == "joined") joined[stack.at("stack")] = breakdown.at("operations");
  }
  return joined;
}

// A recorder turned the daemon's ticks into nanoseconds at another moment than the original's
// reader, and both clocks are measured against each other all the time.
void expect_same_times(const Json& replayed, const Json& original, const std::string& what) {
  const double ns = original.get<double>();
  EXPECT_NEAR(replayed.get<double>(), ns, 2'000 + 0.01 * std::abs(ns)) << what;
}

void expect_same_breakdown(const Json& replayed, const Json& original) {
  EXPECT_EQ(replayed.at("source"), original.at("source"));
  EXPECT_EQ(replayed.at("operations"), original.at("operations"));
  expect_same_times(replayed.at("mean_ns"), original.at("mean_ns"), "mean");
  ASSERT_EQ(replayed.at("hops").size(), original.at("hops").size());
  for (std::size_t i = 0; i < original.at("hops").size(); ++i) {
    const Json& now = replayed.at("hops").at(i);
    const Json& then = original.at("hops").at(i);
    const std::string name = then.at("name");
    EXPECT_EQ(now.at("name"), name);
    expect_same_times(now.at("mean_ns"), then.at("mean_ns"), name);
    if (i + 1 == original.at("hops").size()) break;  // the time in the daemon, which is no hop
    EXPECT_EQ(now.at("cost").at("count"), then.at("cost").at("count")) << name;
    for (const char* member : {"mean_there_ns", "mean_back_ns"}) {
      expect_same_times(now.at(member), then.at(member), name + ' ' + member);
    }
  }
}

TEST(Recording, ReplayShowsWhatTheOuterLayersDid) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const std::string file = daemon.file("session.goxelrec");
  const auto recorder = start_recorder(daemon, file);
  const CountsByOperation sent = daemon.load(
      {"--connections", "4", "--requests", "100", "--mix", "mixed", "--layers", daemon.instance()});
  ASSERT_TRUE(eventually([&] {
    return requests_in_window(instance_of(daemon.instance(), daemon.file("original.log"))) ==
           total_requests(sent);
  }));
  recorder->signal(SIGINT);
  EXPECT_EQ(WEXITSTATUS(recorder->wait()), 0) << recorder->output();
  EXPECT_NE(recorder->output().find(" of outer layers"), std::string::npos) << recorder->output();

  const std::string name = daemon.instance() + "-again";
  ChildProcess replay({CLI_PATH, "replay", file, "--fast", "--instance", name},
                      daemon.file("replay.log"));
  std::ifstream load_file(daemon.file("load.json"));
  std::map<std::string, std::uint64_t> measured;
  const Json load = Json::parse(load_file);
  for (const auto& [stack, times] : load.at("layers").items()) {
    measured[stack] = times.at("operations");
  }
  ASSERT_TRUE(eventually([&] {
    return replay.output().find("all is replayed") != std::string::npos;
  })) << replay.output();
  Json original;
  Json replayed;
  EXPECT_TRUE(eventually([&] {
    original = layers_of(daemon.instance(), daemon.file("original.log"));
    replayed = layers_of(name, daemon.file("replayed.log"));
    return joined_in(original) == measured && joined_in(replayed) == measured;
  })) << replayed.dump(1);

  ASSERT_EQ(replayed.at("stacks").size(), original.at("stacks").size());
  for (std::size_t i = 0; i < original.at("stacks").size(); ++i) {
    const Json& then = original.at("stacks").at(i).at("windows").at("15m");
    const Json& now = replayed.at("stacks").at(i).at("windows").at("15m");
    expect_same_breakdown(now.at("breakdown"), then.at("breakdown"));
    EXPECT_EQ(now.at("layers"), then.at("layers"));
    EXPECT_EQ(now.at("operations").size(), then.at("operations").size());
  }
  EXPECT_EQ(replayed.at("targets"), original.at("targets"));
  EXPECT_EQ(replayed.at("outer_state"), "retired");
  EXPECT_EQ(replayed.at("outer_records_lost"), 0);
  EXPECT_TRUE(replayed.at("processes").empty()) << "they are not here";
  const RunningBridge bridge(name, daemon.file("bridge.log"));
  EXPECT_TRUE(eventually([&] {
    return joined_in(Json::parse(bridge.get("/api/v1/layers")).at("instances").at(0)) == measured;
  }));

  replay.signal(SIGINT);
  EXPECT_EQ(WEXITSTATUS(replay.wait()), 0) << replay.output();
  for (const std::string& segment : {name, name + ".layers"}) {
    EXPECT_NE(access(("/dev/shm/goxel-telemetry." + segment).c_str(), F_OK), 0) << segment;
  }
}

}  // namespace
}  // namespace goxel_telemetry::integration
