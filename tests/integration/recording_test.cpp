// SPDX-License-Identifier: GPL-3.0-or-later
// A session recorded while a client works, and replayed: the same numbers.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "tests/integration/watched_daemon.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

Json instance_of(const std::string& instance, const std::string& log) {
  const Finished finished =
      run({CLI_PATH, "blackbox", "--json", "--last", "0", "--instance", instance}, log);
  return finished.exit_code == 0 ? Json::parse(finished.output).at("instances").at(0) : Json();
}

// Everything about each operation that does not depend on when it is looked at.
Json numbers_of(const Json& instance) {
  Json numbers;
  for (const Json& operation : instance.at("operations")) {
    const Json& window = operation.at("windows").at("15m");
    numbers.push_back({operation.at("protocol"), operation.at("stack"), operation.at("layer"),
                       operation.at("operation"), operation.at("total"), window.at("outcomes"),
                       window.at("latency"), operation.at("bytes_in"), operation.at("bytes_out")});
  }
  return numbers;
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

TEST(Recording, ReplayedItTellsTheSameNumbersAsTheDaemon) {
  WatchedDaemon daemon(Door::preload);
  daemon.start();
  // The plugin wakes up a moment after the daemon listens.
  ASSERT_TRUE(eventually(
      [&] { return !instance_of(daemon.instance(), daemon.file("first.log")).is_null(); }));
  const std::string file = daemon.file("session.goxelrec");
  ChildProcess recorder({CLI_PATH, "record", file, "--instance", daemon.instance()},
                        daemon.file("record.log"));
  ASSERT_TRUE(eventually([&] {
    return recorder.output().find("recording instance") != std::string::npos;
  })) << recorder.output();
  const CountsByOperation sent =
      daemon.load({"--connections", "8", "--requests", "300", "--mix", "mixed", "--traceparent"});
  Json original;
  ASSERT_TRUE(eventually([&] {
    original = instance_of(daemon.instance(), daemon.file("original.log"));
    return requests_in_window(original) == total_requests(sent);
  })) << original.dump(1);
  recorder.signal(SIGINT);
  EXPECT_EQ(WEXITSTATUS(recorder.wait()), 0) << recorder.output();

  const std::string name = daemon.instance() + "-again";
  ChildProcess replay({CLI_PATH, "replay", file, "--fast", "--instance", name},
                      daemon.file("replay.log"));
  Json replayed;
  ASSERT_TRUE(eventually([&] {
    replayed = instance_of(name, daemon.file("replayed.log"));
    return requests_in_window(replayed) == total_requests(sent);
  })) << replay.output();
  EXPECT_EQ(numbers_of(replayed), numbers_of(original));
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

}  // namespace
}  // namespace goxel_telemetry::integration
