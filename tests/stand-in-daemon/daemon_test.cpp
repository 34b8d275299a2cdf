// SPDX-License-Identifier: GPL-3.0-or-later
// The process: its options and its end, and the methods that leave something behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>

#include "running_daemon.h"
#include "test_client.h"

namespace stand_in_test {
namespace {

using testing::HasSubstr;

class Daemon : public testing::Test {
 protected:
  const TemporaryFolder folder_;
};

TEST_F(Daemon, EndsOnSigtermAndTakesItsFilesAway) {
  RunningDaemon daemon(folder_, {"--pid-file", folder_.file("pid")});
  const TestClient idle(daemon);
  EXPECT_EQ(text_of(folder_.file("pid")), std::to_string(daemon.pid()) + "\n");
  daemon.send_signal(SIGTERM);
  EXPECT_EQ(daemon.wait_for_end(), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon.socket_path()));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("pid")));
}

TEST_F(Daemon, RefusesABadFlagWithOneSentenceAndExitCode2) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--no-such-flag"}, {"--workers", "0"}, {"--protocol", "http"}}) {
    RunningDaemon daemon(folder_, arguments);
    EXPECT_EQ(WEXITSTATUS(daemon.wait_for_end()), 2);
    EXPECT_EQ(std::count(daemon.log().begin(), daemon.log().end(), '\n'), 1) << daemon.log();
  }
}

TEST_F(Daemon, RefusesASocketThatAnotherOneListensOn) {
  RunningDaemon first(folder_, {});
  RunningDaemon second(folder_, {});
  EXPECT_EQ(WEXITSTATUS(second.wait_for_end()), 1);
  EXPECT_THAT(second.log(), HasSubstr("Another daemon listens on"));
  EXPECT_EQ(TestClient(first).ask(ping(1))["id"], 1);
}

TEST_F(Daemon, ReplacesTheSocketOfOneThatDied) {
  {
    RunningDaemon killed(folder_, {});
    killed.send_signal(SIGKILL);
    killed.wait_for_end();
  }
  RunningDaemon next(folder_, {});
  EXPECT_EQ(TestClient(next).ask(ping(1))["id"], 1);
}

TEST_F(Daemon, InTheBackgroundItListensWhenTheCommandReturns) {
  RunningDaemon command(folder_, {"--daemonize", "--pid-file", folder_.file("pid")});
  EXPECT_EQ(command.wait_for_end(), 0);
  const pid_t pid = std::stoi(text_of(folder_.file("pid")));
  EXPECT_NE(pid, command.pid());
  EXPECT_EQ(TestClient(command).ask(ping(1))["id"], 1);
  kill(pid, SIGTERM);
  EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(folder_.file("pid")); }));
}

TEST_F(Daemon, InTheBackgroundItsFailureIsTheCommandsFailure) {
  RunningDaemon first(folder_, {});
  RunningDaemon command(folder_, {"--daemonize"});
  EXPECT_EQ(WEXITSTATUS(command.wait_for_end()), 1);
}

TEST_F(Daemon, FlagsGoBeforeTheConfigFile) {
  const json config{
      {"daemon", {{"socket_path", "/nowhere/at.all"}, {"log_file", "from-config.log"}}}};
  write_text(folder_.file("config.json"), config.dump());
  RunningDaemon daemon(folder_, {"--config", "config.json", "--pid-file", "pid"},
                       RunningDaemon::Wait::no);
  EXPECT_TRUE(becomes_true([this] {
    return text_of(folder_.file("from-config.log")).find("Listening on ") != std::string::npos;
  }));
  EXPECT_EQ(TestClient(daemon).ask(ping(1))["id"], 1);
}

TEST_F(Daemon, RefusesTheProtocolThatIsSwitchedOff) {
  RunningDaemon daemon(folder_, {"--protocol", "mcp"});
  TestClient client(daemon);
  EXPECT_EQ(client.ask(ping(1))["error"]["code"], -32600);
  EXPECT_EQ(client.ask("{\"tool\": \"ping\"}")["success"], true);
}

TEST_F(Daemon, CrashesWithTheRequestInFlightWhenAskedTo) {
  RunningDaemon daemon(folder_, {});
  TestClient client(daemon);
  client.send(R"({"jsonrpc": "2.0", "method": "stand_in.crash", "id": 1})");
  EXPECT_EQ(WTERMSIG(daemon.wait_for_end()), SIGSEGV);
}

TEST_F(Daemon, ASavedProjectComesBackWithItsLayers) {
  RunningDaemon daemon(folder_, {});
  TestClient client(daemon);
  client.call("goxel.create_project", {"house", 32, 32, 32});
  const json layer = client.call("goxel.create_layer", {"roof top"})["result"];
  client.call("goxel.add_voxel", {1, 2, 3, 255, 0, 0, 255, layer["layer_id"]});
  client.call("goxel.add_voxel", {-1, -2, -3, 0, 255, 0, 255});
  const json layers = client.call("goxel.list_layers", json::object());
  EXPECT_EQ(client.call("goxel.save_project", {"a.gox"})["result"]["success"], true);
  client.call("goxel.create_project", json::object());
  EXPECT_EQ(client.call("goxel.get_bounding_box", json::object())["result"]["empty"], true);

  EXPECT_EQ(client.call("goxel.load_project", {"a.gox"})["result"]["success"], true);
  EXPECT_EQ(client.call("goxel.list_layers", json::object()), layers);
  const json box = client.call("goxel.get_bounding_box", json::object())["result"];
  EXPECT_EQ(box["min"], json({-1, -2, -3}));
  EXPECT_EQ(box["max"], json({1, 2, 3}));
  EXPECT_EQ(client.call("goxel.load_project", {"none"})["error"]["code"], -1002);
}

TEST_F(Daemon, ExportsRealFiles) {
  RunningDaemon daemon(folder_, {});
  TestClient client(daemon);
  client.call("goxel.add_voxel", {0, 0, 0, 255, 128, 0, 255});
  client.call("goxel.add_voxel", {1, 0, 0, 255, 128, 0, 255});
  for (const char* path : {"a.txt", "a.obj", "a.vox"}) {
    EXPECT_EQ(client.call("goxel.export_model", {path})["result"]["success"], true);
  }
  EXPECT_EQ(text_of(folder_.file("a.txt")), "0 0 0 ff8000\n1 0 0 ff8000\n");
  const std::string obj = text_of(folder_.file("a.obj"));
  EXPECT_EQ(std::count(obj.begin(), obj.end(), 'f'), 2 * 6);
  EXPECT_EQ(text_of(folder_.file("a.vox")).substr(0, 4), "VOX ");
  EXPECT_EQ(text_of(folder_.file("a.vox")).size(),
            8U + 12 + (12 + 12) + (12 + 4 + 8) + (12 + 1024));
  EXPECT_EQ(client.call("goxel.export_model", {"/nowhere/a.obj"})["error"]["code"], -1004);

  const json image = client.call("goxel.render_scene", {"a.ppm", 20, 10})["result"];
  EXPECT_EQ(image["format"], "ppm");
  EXPECT_EQ(text_of(folder_.file("a.ppm")).size(), std::string("P6\n20 10\n255\n").size() + 600);
  EXPECT_EQ(client.call("goxel.list_renders", json::object())["result"]["count"], 1);
}

TEST_F(Daemon, AScriptStartsAChildAndAnswers) {
  RunningDaemon daemon(folder_, {});
  TestClient client(daemon);
  EXPECT_EQ(client.call("goxel.execute_script", {"1+1"})["result"]["code"], 0);
  EXPECT_EQ(client.call("goxel.execute_script", {"f("})["result"]["code"], -1);
}

}  // namespace
}  // namespace stand_in_test
