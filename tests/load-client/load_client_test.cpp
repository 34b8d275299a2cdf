// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the client counts right: against a stand-in daemon whose answers are known.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>

#include "gate.h"
#include "load.h"
#include "operation_mix.h"
#include "shm/reader.h"
#include "statistics.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace load_client {
namespace {

using stand_in_test::RunningDaemon;
using stand_in_test::TemporaryFolder;

TEST(LoadClientProgram, RefusesNaNInfinityAndEmptyValues) {
  const auto exit_code = [](const std::string& arguments) {
    const std::string line = LOAD_CLIENT_PATH " " + arguments + " > /dev/null 2>&1";
    return WEXITSTATUS(std::system(line.c_str()));
  };
  for (const std::string flag : {"--seconds", "--rate", "--requests", "--timeout"}) {
    for (const std::string value : {"nan", "inf", "-inf", "1e999", "''"}) {
      EXPECT_EQ(exit_code(flag + " " + value), 2) << flag << ' ' << value;
    }
  }
  EXPECT_EQ(exit_code("--methods ''"), 2);
}

TEST(Report, HasCountsAndExactQuantiles) {
  Statistics statistics;
  OperationStatistics& ping = statistics["jsonrpc/ping"];
  ping.requests = 102;
  ping.errors = 1;
  ping.unanswered = 2;
  for (std::uint64_t ns = 100; ns >= 1; --ns) ping.round_trips_ns.push_back(ns);
  const auto json = report(statistics, 2.0);
  const auto& operation = json["operations"]["jsonrpc/ping"];
  EXPECT_EQ(operation["requests"], 102);
  EXPECT_EQ(operation["errors"], 1);
  EXPECT_EQ(operation["unanswered"], 2);
  EXPECT_EQ(operation["mean_ns"], 50.5);
  EXPECT_EQ(operation["min_ns"], 1);
  EXPECT_EQ(operation["p50_ns"], 50);
  EXPECT_EQ(operation["p99_ns"], 99);
  EXPECT_EQ(operation["max_ns"], 100);
  EXPECT_EQ(json["requests_per_second"], 51.0);
}

TEST(Report, HasNoTimesWhereNothingWasAnswered) {
  Statistics statistics;
  statistics["mcp/ping"].requests = 1;
  EXPECT_FALSE(report(statistics, 1.0)["operations"]["mcp/ping"].contains("mean_ns"));
}

TEST(OperationMix, TheSameSeedGivesTheSameRequests) {
  MixOptions options;
  options.mcp = options.traceparent = true;
  OperationMix first(options, 5);
  OperationMix second(options, 5);
  OperationMix other(options, 6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::string text = first.next().text;
    EXPECT_EQ(text, second.next().text);
    differs = differs || text != other.next().text;
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
    EXPECT_EQ(nlohmann::json::parse(text)["_meta"]["traceparent"].get<std::string>().size(), 55U);
  }
  EXPECT_TRUE(differs);
}

TEST(OperationMix, SendsOnlyWhatIsAskedFor) {
  MixOptions options;
  options.operations = {"goxel.create_project"};
  OperationMix mix(options, 1);
  EXPECT_EQ(mix.operations(), std::vector<std::string>{"jsonrpc/goxel.create_project"});
  options.operations = {"goxel_add_voxels"};  // a tool, but the mix is JSON-RPC
  EXPECT_THROW(OperationMix(options, 1), std::invalid_argument);
}

// The property: while a thread is alone inside, no other thread is inside.
TEST(Gate, LetsOneAloneOrManyTogether) {
  Gate gate;
  std::atomic<int> together{0};
  std::atomic<int> alone{0};
  std::atomic<bool> broken{false};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 2000; ++i) {
        const bool wants_alone = (i + thread) % 5 == 0;
        gate.enter(wants_alone);
        ++(wants_alone ? alone : together);
        std::this_thread::yield();  // so that other threads run meanwhile
        if (alone > 1 || (alone == 1 && together > 0)) broken = true;
        --(wants_alone ? alone : together);
        gate.leave(wants_alone);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(broken);
}

class Load : public testing::Test {
 protected:
  // With as much patience as a busy machine needs.
  static LoadOptions patient() {
    LoadOptions options;
    options.patience = std::chrono::minutes(1);
    return options;
  }
  LoadResult run(const RunningDaemon& daemon, LoadOptions options) {
    options.socket_path = daemon.socket_path();
    options.mix.files = folder_.path();
    return run_load(options, stop_);
  }

  const TemporaryFolder folder_;
  std::atomic<bool> stop_{false};
};

TEST_F(Load, CountsEveryRequestOfEveryConnection) {
  RunningDaemon daemon(folder_, {"--stock-faults"});
  LoadOptions options = patient();
  options.connections = 8;
  options.requests = 100;
  options.mix.mcp = true;
  const LoadResult result = run(daemon, options);
  std::uint64_t requests = 0;
  for (const auto& [name, operation] : result.statistics) {
    requests += operation.requests;
    EXPECT_EQ(operation.unanswered, 0U) << name;
    EXPECT_EQ(operation.errors, name == "jsonrpc/no_such_method" ? operation.requests : 0U) << name;
    EXPECT_EQ(operation.round_trips_ns.size(), operation.requests) << name;
  }
  EXPECT_EQ(requests, 8 * 100U + 1);  // and the project
  EXPECT_EQ(result.connections_made, 8U + 1);
}

TEST_F(Load, MakesAConnectionForEachRequestWhenAsked) {
  RunningDaemon daemon(folder_, {});
  LoadOptions options = patient();
  options.requests = 20;
  options.reconnect = true;
  options.set_up = false;
  EXPECT_EQ(run(daemon, options).connections_made, 20U);
}

TEST_F(Load, CountsWhatIsNotAnswered) {
  RunningDaemon daemon(folder_, {"--stock-faults", "--protocol", "mcp"});
  LoadOptions options = patient();
  options.requests = 2;
  options.patience = std::chrono::milliseconds(50);
  options.set_up = false;
  options.mix.operations = {"ping"};
  const LoadResult result = run(daemon, options);
  const OperationStatistics& ping = result.statistics.at("jsonrpc/ping");
  EXPECT_EQ(ping.requests, 2U);
  EXPECT_EQ(ping.unanswered, 2U);
  EXPECT_EQ(result.connections_made, 2U);
}

TEST_F(Load, KeepsToItsRate) {
  RunningDaemon daemon(folder_, {});
  LoadOptions options = patient();
  options.connections = 2;
  options.requests = 20;
  options.rate = 200;
  options.set_up = false;
  options.mix.operations = {"ping"};
  EXPECT_GE(run(daemon, options).seconds, 39 / 200.0);
}

// The layers' spans are reported to readers of the segment, and to the caller.
TEST_F(Load, PlaysTheOuterLayersAndReportsWhatTheyMeasured) {
  RunningDaemon daemon(folder_, {});
  const std::string instance = "load-client-test-" + std::to_string(getpid());
  const struct Remover {
    std::string segment;
    ~Remover() { shm_unlink(("/goxel-telemetry." + segment).c_str()); }
  } remover{instance + ".layers"};
  LoadOptions options = patient();
  options.connections = 2;
  options.requests = 20;
  options.set_up = false;
  options.layers = instance;
  options.mix.traceparent = options.mix.mcp = true;
  const LoadResult result = run(daemon, options);
  const auto reader = goxel_telemetry::shm::Reader::open(remover.segment);
  ASSERT_NE(reader, nullptr);
  std::map<std::string, std::uint64_t> records;
  std::map<std::string, std::uint64_t> ns;
  reader->sweep([&](const goxel_telemetry::shm::Record& record, std::uint32_t) {
    EXPECT_NE(record.trace_id, 0u);
    const std::string key = reader->name(record.stack) + "/" + reader->name(record.layer);
    ++records[key];
    ns[key] += record.duration_ticks;
  });
  std::uint64_t operations = 0;
  for (const auto& [stack, times] : result.outer) {
    operations += times.operations;
    EXPECT_EQ(times.sum_ns.size(), stack == "4-layer" ? 3u : 1u);
    for (const auto& [layer, sum] : times.sum_ns) {
      EXPECT_EQ(records[stack + "/" + layer], times.operations) << layer;
      EXPECT_EQ(ns[stack + "/" + layer], sum) << layer;
    }
  }
  EXPECT_EQ(operations, 40u);
  EXPECT_EQ(reader->collection_points().size(), 3u);
}

TEST_F(Load, OneLayerOfOneMethodTakesItsTimeAndMoreOfItFromAMomentOn) {
  RunningDaemon daemon(folder_, {});
  const std::string instance = "load-client-slow-" + std::to_string(getpid());
  const struct Remover {
    std::string segment;
    ~Remover() { shm_unlink(("/goxel-telemetry." + segment).c_str()); }
  } remover{instance + ".layers"};
  LoadOptions options = patient();
  options.requests = 5;
  options.set_up = false;
  options.layers = instance;
  options.mix.operations = {"ping"};
  const std::string is_slow = folder_.file("slow");
  options.slow_layer = slow_layer({"mcp-server", "ping", "20000", "60000", is_slow});
  const auto own_ns = [](const LoadResult& result, const char* layer, const char* inside) {
    const OuterTimes& times = result.outer.at("4-layer");
    return (times.sum_ns.at(layer) - times.sum_ns.at(inside)) / times.operations;
  };
  EXPECT_GE(own_ns(run(daemon, options), "mcp-server", "ts-client"), 20'000'000u);
  std::ofstream(is_slow) << "now";
  EXPECT_GE(own_ns(run(daemon, options), "mcp-server", "ts-client"), 60'000'000u);
  // For another method nothing is waited for: this would take hours.
  options.slow_layer = slow_layer({"mcp-server", "goxel.get_voxel", "1e9", "1e9", is_slow});
  options.requests = 20;
  run(daemon, options);
}

TEST(SlowLayer, IsOneThatIsPlayedAndTimesAreNumbers) {
  EXPECT_EQ(slow_layer({"ts-client", "ping", "1", "2", "file"}).slow.count(), 2);
  EXPECT_THROW(slow_layer({"daemon", "ping", "1", "2", "file"}), std::invalid_argument);
  EXPECT_THROW(slow_layer({"ts-client", "ping", "-1", "2", "file"}), std::invalid_argument);
  EXPECT_THROW(slow_layer({"ts-client", "ping", "1", "nan", "file"}), std::invalid_argument);
}

TEST_F(Load, EndsWhenItIsAskedTo) {
  RunningDaemon daemon(folder_, {});
  LoadOptions options = patient();
  options.seconds = 3600;
  options.set_up = false;
  LoadResult result;
  std::thread load([&] { result = run(daemon, options); });
  stop_ = true;
  load.join();
  EXPECT_LT(result.seconds, 60);
}

}  // namespace
}  // namespace load_client
