// SPDX-License-Identifier: GPL-3.0-or-later
// What a client counted is what every program says of each operation since the daemon began: bridges
// that came early, late, or again, one-shot commands, and the black box.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "tests/integration/watched_daemon.h"

namespace goxel_telemetry::integration {
namespace {

using Json = nlohmann::json;

// Requests, errors and unanswered ones.
using Total = std::array<std::uint64_t, 3>;
using Totals = std::map<std::string, Total>;

void add(Totals& sum, const CountsByOperation& sent) {
  for (const auto& [name, counts] : sent) {
    Total& total = sum[name];
    total[0] += counts.requests;
    total[1] += counts.errors;
    total[2] += counts.unanswered;
  }
}

Totals run_totals(const Json& snapshot) {
  Totals totals;
  for (const Json& operation : snapshot.at("operations")) {
    const Json& total = operation.at("run_total");
    totals[operation.at("protocol").get<std::string>() + '/' +
           operation.at("operation").get<std::string>()] = {total.at("all"), total.at("error"),
                                                            total.at("unanswered")};
  }
  return totals;
}

std::string lines_of(const std::string& text, const std::string& beginning) {
  std::string lines;
  for (std::size_t at = text.find('\n' + beginning); at != std::string::npos;
       at = text.find('\n' + beginning, at + 1)) {
    lines += text.substr(at + 1, text.find('\n', at + 1) - at);
  }
  return lines;
}

class RunTotals : public testing::TestWithParam<shm::Door> {};

// A lane holds at most 8,192 records. The rate leaves the plugin's thread a second and a half to come
// to them on a machine that is busy with something else.
TEST_P(RunTotals, AreWhatTheClientCountedForEveryoneAtAnyTime) {
  WatchedDaemon daemon(GetParam());
  daemon.start();
  Totals sent;
  const auto load = [&](const std::string& connections, const std::string& requests) {
    add(sent, daemon.load({"--connections", connections, "--requests", requests, "--rate", "5000",
                           "--mix", "mixed"}));
  };
  // A record follows its answer by a moment.
  const auto expect_said_by = [&](const std::string& who, const auto& snapshot) {
    EXPECT_TRUE(eventually([&] { return run_totals(snapshot()) == sent; }))
        << who << " says\n"
        << Json(run_totals(snapshot())).dump(1) << "\nand the client\n"
        << Json(sent).dump(1);
    const Json said = snapshot().at("daemon");
    EXPECT_EQ(said.at("run_without_operation"), 0) << who;
    std::uint64_t all = 0;
    for (const auto& [name, total] : sent) all += total[0];
    EXPECT_EQ(said.at("run_total").at("all"), all) << who;
  };
  const auto first_look = [&] { return daemon.ask_cli("status").at("instances").at(0); };

  load("1", "12000");
  std::optional<RunningBridge> early(std::in_place, daemon.instance(), daemon.file("early.log"));
  expect_said_by("a bridge that came after 12,000 requests", [&] { return early->snapshot(); });
  load("4", "1000");
  const RunningBridge late(daemon.instance(), daemon.file("late.log"));
  early.reset();
  load("2", "500");
  early.emplace(daemon.instance(), daemon.file("again.log"));
  expect_said_by("the bridge that began again", [&] { return early->snapshot(); });
  expect_said_by("the bridge that came late", [&] { return late.snapshot(); });
  expect_said_by("status", first_look);
  const std::string family = "goxel_run_operations_total{";
  const std::string series = lines_of(late.get("/metrics"), family);
  EXPECT_NE(series.find("operation=\"ping\""), std::string::npos) << series;
  EXPECT_EQ(lines_of(early->get("/metrics"), family), series);

  // The segment is removed, and made again.
  const std::string run = late.snapshot().at("daemon").at("run_id");
  ASSERT_EQ(unlink(("/dev/shm/goxel-telemetry." + daemon.instance()).c_str()), 0);
  load("3", "400");
  ASSERT_TRUE(eventually([&] { return late.snapshot().at("daemon").at("run_id") != run; }));
  load("3", "100");
  expect_said_by("the bridge that went over", [&] { return late.snapshot(); });
  expect_said_by("status of the new segment", first_look);

  daemon.process().signal(SIGKILL);
  daemon.process().wait();
  expect_said_by("the black box", [&] { return daemon.ask_cli("blackbox").at("instances").at(0); });
  expect_said_by("the bridge, of the dead daemon", [&] { return late.snapshot(); });
}

INSTANTIATE_TEST_SUITE_P(Doors, RunTotals, testing::Values(shm::Door::preload, shm::Door::abi),
                         [](const auto& test) {
                           return test.param == shm::Door::abi ? "Abi" : "Preload";
                         });

}  // namespace
}  // namespace goxel_telemetry::integration
