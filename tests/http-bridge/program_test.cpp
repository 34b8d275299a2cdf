// SPDX-License-Identifier: GPL-3.0-or-later
// The built goxel-telemetry-bridge, watching the segment of another process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "metrics/comparison/baseline_store.h"
#include "shm/reader.h"
#include "tests/cli/daemon_process.h"
#include "tests/cli/program.h"
#include "tests/http-bridge/http_client.h"
#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge {
namespace {

using cli::DaemonProcess;
using cli::Program;
using metrics::TestSegment;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

void play_three_operations(TestSegment& segment) {
  const std::uint64_t now = shm::monotonic_ns();
  for (int i = 0; i < 5; ++i) segment.publish("goxel_add_voxels", now, 70'000);
  segment.publish("goxel_fill", now, 2'000'000, shm::Status::error);
  segment.publish("goxel_fill", now, 2'000'000, shm::Status::unanswered);
}

// A descriptor here of the socket at which that process listens; -1 if this user may not have one.
int listening_socket_of(pid_t pid) {
  const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  int found = -1;
  for (int theirs = 0; theirs < 64 && found < 0; ++theirs) {
    const auto fd = static_cast<int>(::syscall(SYS_pidfd_getfd, process, theirs, 0));
    int listens = 0;
    socklen_t size = sizeof listens;
    ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    if (listens != 0) {
      found = fd;
    } else {
      ::close(fd);
    }
  }
  ::close(process);
  return found;
}

class BridgeProgram : public testing::Test {
 protected:
  ~BridgeProgram() override {
    daemon_.reset();
    shm::remove_segment_of(instance_);
  }

  void start_bridge(std::vector<std::string> arguments = {},
                    std::vector<std::string> environment = {}) {
    arguments.insert(arguments.end(), {"--port", "0", "--instance", instance_});
    bridge_.emplace(std::move(arguments), std::move(environment));
    const std::string line = bridge_->line();
    ASSERT_THAT(line, StartsWith("listening on http://"));
    port_ = std::stoi(line.substr(line.rfind(':') + 1));
  }
  void start_daemon() {
    daemon_.emplace(instance_, play_three_operations, [](TestSegment& segment) {
      segment.publish("goxel_add_voxels", shm::monotonic_ns(), 70'000);
    });
  }
  Reply ask(const std::string& path, const std::string& headers = "") const {
    return get(port_, path, headers).value_or(Reply{});
  }
  // The batch of this number.
  std::string ten_spans(int number) const {
    const json span = {{"operation", "goxel_add_voxels"},
                       {"start_ns", shm::monotonic_ns() - 1'000'000},
                       {"duration_ns", 1'000'000},
                       {"status", "ok"}};
    return json({{"instance", instance_},
                 {"source",
                  {{"id", "9f86d081884c7d65"}, {"pid", getpid()}, {"layer", "mcp-server"}}},
                 {"batch", number},
                 {"completed", number * 10},
                 {"dropped", 0},
                 {"spans", json::array_t(10, span)}})
        .dump();
  }
  static Reply report(HttpClient& client, const std::string& batch,
                      const std::string& headers = "") {
    std::string request = json_post("/api/v1/spans", batch);
    request.insert(request.find("\r\n") + 2, headers);
    client.send(request);
    return client.receive().value_or(Reply{});
  }
  std::string metrics() const { return ask("/metrics").body; }
  std::string sample(const std::string& name, const std::string& labels, int value) const {
    return name + "{instance_name=\"" + instance_ + "\"" + labels + "} " + std::to_string(value) +
           "\n";
  }
  bool ready() const { return ask("/readyz").status == 200; }
  // It may be ready before the daemon has published all that it will.
  bool counted(int records) const {
    return metrics().find(sample("goxel_ring_records_total", "", records)) != std::string::npos;
  }

  const std::string instance_ = metrics::unique_instance();
  std::optional<DaemonProcess> daemon_;
  std::optional<Program> bridge_;
  int port_ = 0;
};

TEST_F(BridgeProgram, WaitsForADaemonAndSaysSo) {
  start_bridge();
  EXPECT_EQ(ask("/healthz").status, 200);
  EXPECT_EQ(ask("/readyz").status, 503);
  EXPECT_TRUE(
      eventually([&] { return metrics().find(sample("goxel_up", "", 0)) != std::string::npos; }));
  const json document = json::parse(ask("/api/v1/snapshot").body);
  EXPECT_THAT(document["message"].get<std::string>(), HasSubstr("waiting"));
  EXPECT_EQ(document["instances"][0]["daemon"]["state"], "absent");
}

TEST_F(BridgeProgram, CountsExactlyWhatTheDaemonPublished) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready() && counted(7); }));
  EXPECT_THAT(metrics(), HasSubstr(sample("goxel_up", "", 1)));
  const std::string of_mcp = ",stack=\"2-layer\",protocol=\"mcp\",operation=";
  EXPECT_THAT(
      metrics(),
      AllOf(HasSubstr(sample("goxel_operations_total", of_mcp + "\"goxel_add_voxels\"", 5)),
            HasSubstr(sample("goxel_operations_total", of_mcp + "\"goxel_fill\"", 2)),
            HasSubstr(sample("goxel_operation_failures_total",
                             of_mcp + "\"goxel_fill\",status=\"unanswered\"", 1)),
            HasSubstr(
                sample("mcp_server_operation_duration_seconds_count",
                       ",mcp_method_name=\"tools/call\",gen_ai_tool_name=\"goxel_add_voxels\"", 5)),
            HasSubstr(sample("mcp_server_operation_duration_seconds_count",
                             ",mcp_method_name=\"tools/"
                             "call\",gen_ai_tool_name=\"goxel_fill\",error_type=\"_OTHER\"",
                             1))));

  daemon_->poke();
  EXPECT_TRUE(eventually([&] {
    const json document = json::parse(ask("/api/v1/snapshot?instance=" + instance_).body);
    return document["instances"][0]["operations"][0]["total"]["ok"] == 6;
  }));
}

TEST_F(BridgeProgram, MsgpackIsTheSameDocument) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready() && counted(7); }));
  const Reply packed = ask("/api/v1/snapshot", "Accept: application/msgpack\r\n");
  EXPECT_EQ(packed.headers.at("Content-Type"), "application/msgpack");
  const json document = json::from_msgpack(packed.body);
  EXPECT_EQ(document["instances"][0]["operations"][0]["total"]["ok"], 5);
  EXPECT_EQ(document["instances"][0]["daemon"]["state"], "live");
}

TEST_F(BridgeProgram, BlackBoxOfADaemonThatWasKilledIsWhatTheTerminalShows) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready() && counted(7); }));
  daemon_->kill();
  ASSERT_TRUE(eventually([&] { return !ready(); }));
  const Reply reply = ask("/api/v1/blackbox?instance=" + instance_ + "&last=3");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json box = json::parse(reply.body);
  const json& snapshot = box["instances"][0];
  EXPECT_EQ(snapshot["daemon"]["state"], "dead");
  EXPECT_THAT(box["message"].get<std::string>(), HasSubstr("killed"));
  ASSERT_EQ(box["records"].size(), 3u);
  EXPECT_EQ(box["records"][2]["operation"], "goxel_fill")
      << "the slower ones ended at the same time";
  EXPECT_GE(box["last_sign_of_life_realtime_ns"], snapshot["daemon"]["started_realtime_ns"]);
  EXPECT_EQ(json::parse(ask("/api/v1/blackbox").body)["records"].size(), 7u)
      << "it is the only one";
  EXPECT_EQ(ask("/api/v1/blackbox?last=0").status, 200);
  EXPECT_EQ(ask("/api/v1/blackbox?last=-1").status, 400);
  EXPECT_EQ(ask("/api/v1/blackbox?instance=other").status, 404);
}

TEST_F(BridgeProgram, ReaderOfRecordsLosesNoneWhenTheBridgeIsKilledAndComesAgain) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready() && counted(7); }));
  json document = json::parse(ask("/api/v1/records").body);
  EXPECT_EQ(document["records"].size(), 7u);
  const auto next = [&](const std::string& wait) {
    return json::parse(
        ask("/api/v1/records?wait=" + wait + "&cursor=" + document["cursor"].get<std::string>())
            .body);
  };
  EXPECT_TRUE(next("0")["records"].empty());
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    daemon_->poke();
  });
  document = next("30");
  later.join();
  EXPECT_EQ(document["records"].size(), 1u);
  EXPECT_EQ(document["missed"], 0);
  bridge_->signal(SIGKILL);
  bridge_->finish();
  daemon_->poke();
  start_bridge();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  document = next("30");
  EXPECT_EQ(document["missed"], nullptr) << "it cannot be known";
  EXPECT_GE(document["records"].size(), 1u);
  EXPECT_EQ(document["records"].back()["operation"], "goxel_add_voxels");
}

TEST_F(BridgeProgram, EndsAtOnceThoughClientsWaitAndListen) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  HttpClient waiting(port_);
  waiting.send(get_request("/api/v1/records?cursor=now&wait=30"));
  HttpClient listening(port_);
  listening.send(get_request("/api/v1/stream",
                             "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                             "Sec-WebSocket-Version: 13\r\n"));
  ask("/healthz");  // so that the others have been read
  bridge_->signal(SIGTERM);
  EXPECT_EQ(json::parse(waiting.receive().value_or(Reply{0, {}, "null"}).body)["records"].size(),
            0u);
  EXPECT_TRUE(listening.closed_by_server());
  EXPECT_EQ(bridge_->finish().exit_code, 0);
}

TEST_F(BridgeProgram, OutlivesADaemonAndCountsOnWithTheNext) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  daemon_->kill();
  EXPECT_TRUE(eventually([&] { return !ready(); }));
  EXPECT_THAT(metrics(), HasSubstr(sample("goxel_up", "", 0)));
  start_daemon();
  EXPECT_TRUE(eventually([&] { return ready(); }));
  EXPECT_TRUE(eventually([&] { return counted(14); }));
}

TEST_F(BridgeProgram, SpansThatAreReportedCountOnceThoughItIsKilled) {
  const auto post = [&](int number) {
    HttpClient client(port_);
    return json::parse(report(client, ten_spans(number)).body);
  };
  const auto shown = [&] {
    const json layers =
        json::parse(ask("/api/v1/layers?instance=" + instance_).body)["instances"][0];
    for (const json& process : layers["processes"]) {
      if (process["layer"] == "mcp-server") return process["process"]["pid"] == getpid();
    }
    return false;
  };
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  for (int number = 1; number <= 3; ++number) EXPECT_EQ(post(number)["taken"], 10);
  EXPECT_TRUE(eventually(shown));
  bridge_->signal(SIGKILL);
  bridge_->finish();
  start_bridge();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  EXPECT_EQ(post(3)["duplicate"], true);
  EXPECT_EQ(post(4)["taken"], 10);
  EXPECT_TRUE(eventually(shown));
  const auto reader = shm::Reader::open(shm::layers_instance(instance_));
  ASSERT_NE(reader, nullptr);
  ASSERT_EQ(reader->collection_points().size(), 1u);
  EXPECT_EQ(reader->collection_points()[0].taken, 40u);
  shm::remove_segment_of(shm::layers_instance(instance_));
}

TEST_F(BridgeProgram, PrometheusFindsNothingToComplainAbout) {
  start_bridge();
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready(); }));
  FILE* promtool = popen("promtool check metrics 2>&1", "we");
  ASSERT_NE(promtool, nullptr);
  const std::string text = metrics();
  fwrite(text.data(), 1, text.size(), promtool);
  EXPECT_EQ(pclose(promtool), 0) << "promtool (package prometheus) is missing or complains";
}

TEST_F(BridgeProgram, SpeaksNoGerman) {
  start_bridge({}, {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8"});
  start_daemon();
  ASSERT_TRUE(eventually([&] { return ready() && counted(7); }));
  EXPECT_THAT(metrics(), HasSubstr("le=\"0.0001\""));
  EXPECT_FALSE(json::parse(ask("/api/v1/snapshot").body).is_discarded());
}

TEST_F(BridgeProgram, TokenIsNeededWhereOneIsGiven) {
  const std::string file = testing::TempDir() + instance_ + ".token";
  std::ofstream(file) << "correct-horse-battery\n";
  start_bridge({"--bind", "0.0.0.0", "--token-file", file});
  EXPECT_EQ(ask("/metrics").status, 401);
  EXPECT_EQ(ask("/metrics", "Authorization: Bearer correct-horse-battery\r\n").status, 200);
  std::remove(file.c_str());
}

TEST_F(BridgeProgram, StopSignalsEndItWell) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    start_bridge();
    HttpClient idle(port_);
    bridge_->signal(signal);
    EXPECT_EQ(bridge_->finish().exit_code, 0);
  }
}

TEST_F(BridgeProgram, UnderNohupItOutlivesItsTerminal) {
  std::signal(SIGHUP, SIG_IGN);
  start_bridge();
  std::signal(SIGHUP, SIG_DFL);
  bridge_->signal(SIGHUP);
  EXPECT_EQ(ask("/healthz").status, 200);
  bridge_->signal(SIGTERM);
  EXPECT_EQ(bridge_->finish().exit_code, 0);
}

TEST_F(BridgeProgram, EndsByItselfWhenItsSocketFails) {
  start_bridge();
  const int socket = listening_socket_of(bridge_->pid());
  if (socket < 0) GTEST_SKIP() << "this user may not reach into another process";
  EXPECT_EQ(::shutdown(socket, SHUT_RDWR), 0);
  ::close(socket);
  const Program::Result result = bridge_->finish();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("level=error event=server_socket_failed"));
}

// httplib waits for its descriptors by select(), which knows none beyond 1,023.
TEST_F(BridgeProgram, ManyClientsLeaveTheDescriptorsThatSelectKnows) {
  start_bridge();
  std::vector<std::unique_ptr<HttpClient>> silent;
  for (int i = 0; i < 1'100; ++i) silent.push_back(std::make_unique<HttpClient>(port_));
  ASSERT_TRUE(silent.back()->connected()) << "this test needs 1,100 descriptors";
  EXPECT_EQ(ask("/api/v1/baselines?").status, 200);
  int low = 0;
  int all = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(bridge_->pid()) + "/fd")) {
    ++all;
    if (std::stoi(entry.path().filename()) < FD_SETSIZE) ++low;
  }
  EXPECT_GT(all, 1'100);
  EXPECT_LT(low, 100);
}

TEST_F(BridgeProgram, ServesOnWhenItHasNoFreeDescriptor) {
  start_bridge();
  const rlimit few{64, 64};
  ASSERT_EQ(::prlimit(bridge_->pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  std::vector<std::unique_ptr<HttpClient>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<HttpClient>(port_));
  EXPECT_EQ(ask("/healthz").status, 200);
  EXPECT_EQ(ask("/api/v1/baselines?").status, 200) << "which takes more than one descriptor";
}

TEST_F(BridgeProgram, PortInUseIsOneSentence) {
  start_bridge();
  const Program::Result second = cli::run({"--port", std::to_string(port_)});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_EQ(second.error, "goxel-telemetry-bridge: cannot listen on 127.0.0.1 port " +
                              std::to_string(port_) + ": Address already in use\n");
}

TEST_F(BridgeProgram, SpansComeOverASocketFromWhomItsFileLetsInAndCountOnceWithThoseOverTcp) {
  const TemporaryFolder folder;
  const std::string path = folder.file("spans.sock");
  const std::string token = "0123456789abcdef";
  std::ofstream(folder.file("token")) << token;
  start_bridge({"--token-file", folder.file("token"), "--spans-socket", path});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  start_daemon();
  const std::string authorization = "Authorization: Bearer " + token + "\r\n";
  ASSERT_TRUE(eventually([&] { return ask("/readyz", authorization).status == 200; }));

  const std::string first = ten_spans(1);
  const std::string second = ten_spans(2);
  HttpClient by_tcp(port_);
  HttpClient by_file(path);
  EXPECT_EQ(report(by_tcp, first).status, 401);
  EXPECT_EQ(json::parse(report(by_file, first).body)["taken"], 10);
  EXPECT_EQ(json::parse(report(by_tcp, first, authorization).body)["duplicate"], true);
  EXPECT_EQ(json::parse(report(by_tcp, second, authorization).body)["taken"], 10);
  EXPECT_EQ(json::parse(report(by_file, second).body)["duplicate"], true);
  EXPECT_EQ(json::parse(report(by_file, ten_spans(3)).body)["taken"], 10);
  const auto reader = shm::Reader::open(shm::layers_instance(instance_));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->totals().published, 30u);

  for (const char* asked : {"/metrics", "/api/v1/snapshot", "/api/v1/history", "/"}) {
    by_file.send(get_request(asked, authorization));
    EXPECT_EQ(by_file.receive().value_or(Reply{}).status, 404) << asked;
  }
  by_file.send(get_request("/api/v1/spans"));
  Reply refused = by_file.receive().value_or(Reply{});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers["Allow"], "POST");
}

TEST_F(BridgeProgram, SocketHasTheModeAndTheGroupThatItIsGiven) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const TemporaryFolder folder;
  const std::string path = folder.file("spans.sock");
  const auto lets_in = [&path](gid_t group) {
    const As somebody(kNobody, group);
    return HttpClient(path).connected();
  };
  start_bridge({"--spans-socket", path});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  EXPECT_FALSE(lets_in(60));
  bridge_.reset();
  start_bridge(
      {"--spans-socket", path, "--spans-socket-mode", "0660", "--spans-socket-group", "60"});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  EXPECT_TRUE(lets_in(60));
  EXPECT_FALSE(lets_in(61));
}

TEST_F(BridgeProgram, SocketIsOneBridgesUntilItEndsHoweverItEnds) {
  const TemporaryFolder folder;
  const std::string path = folder.file("with a space");
  const std::string relative = std::filesystem::relative(path).string();
  start_bridge({"--spans-socket", relative});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  const Program::Result second = cli::run({"--port", "0", "--spans-socket", path});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_EQ(second.output, "");
  EXPECT_EQ(second.error, "goxel-telemetry-bridge: another bridge takes spans on " + path + "\n");

  bridge_->signal(SIGKILL);
  bridge_->finish();
  EXPECT_FALSE(HttpClient(path).connected());
  EXPECT_FALSE(folder.is_empty());
  start_bridge({"--spans-socket", path});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  HttpClient client(path);
  EXPECT_EQ(report(client, ten_spans(1)).status, 200);
  bridge_->signal(SIGTERM);
  EXPECT_EQ(bridge_->finish().exit_code, 0);
  EXPECT_TRUE(folder.is_empty());
}

// It serves on, and whoever is connected is served on.
TEST_F(BridgeProgram, WhoRemovesItsSocketKeepsOthersOutUntilItIsStartedAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  start_bridge({"--spans-socket", path});
  EXPECT_EQ(bridge_->line(), "taking spans on " + path);
  HttpClient client(path);
  EXPECT_EQ(report(client, ten_spans(1)).status, 200);
  std::filesystem::remove(path);
  EXPECT_EQ(report(client, ten_spans(2)).status, 200);
  EXPECT_FALSE(HttpClient(path).connected());
  EXPECT_EQ(ask("/healthz").status, 200);
  std::ofstream(path) << "somebody's";
  bridge_->signal(SIGTERM);
  EXPECT_EQ(bridge_->finish().exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(BridgeProgram, SocketThatCannotBeIsOneSentence) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("file")) << "text";
  const std::vector<std::pair<std::vector<std::string>, std::string>> bad = {
      {{folder.file("file")}, "is no socket"},
      {{folder.path()}, "is no socket"},
      {{folder.file("none/s")}, "No such file or directory"},
      {{"/proc/s"}, "cannot listen on /proc/s"},
      {{folder.file(std::string(108, 'x'))}, "too long"},
      {{folder.file("s"), "--spans-socket-mode", "0660", "--spans-socket-group", "no-such"},
       "no group \"no-such\""},
  };
  for (const auto& [arguments, sentence] : bad) {
    std::vector<std::string> all = {"--port", "0", "--spans-socket"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Program::Result result = cli::run(all);
    EXPECT_EQ(result.exit_code, 1) << sentence;
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.error, AllOf(StartsWith("goxel-telemetry-bridge: "), HasSubstr(sentence)));
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  }
  std::string text;
  std::ifstream(folder.file("file")) >> text;
  EXPECT_EQ(text, "text");
}

// The bridge is killed at any moment, again and again, and what the daemon published counts once.
TEST_F(BridgeProgram, HistoryOutlivesABridgeThatIsKilled) {
  const std::string file = testing::TempDir() + instance_ + ".db";
  start_daemon();  // 7 records, and one a poke
  int published = 7;
  for (int life = 0; life < 5; ++life) {
    start_bridge({"--history", file});
    for (int i = 0; i < 20; ++i, ++published) daemon_->poke();
    bridge_->signal(SIGKILL);
    bridge_->finish();
  }
  start_bridge({"--history", file});
  EXPECT_TRUE(eventually([&] {
    const Reply reply = ask("/api/v1/history?from=-1h&points=1&instance=" + instance_);
    return reply.status == 200 && json::parse(reply.body)["whole"]["outcomes"]["all"] == published;
  }));
  daemon_->poke();
  bridge_->signal(SIGTERM);
  EXPECT_EQ(bridge_->finish().exit_code, 0);
  start_bridge({"--history", file});
  const auto total = [&]() -> int {
    const Reply reply = ask("/api/v1/history?from=-1h&points=1");
    return reply.status == 200 ? json::parse(reply.body)["whole"]["outcomes"]["all"].get<int>() : 0;
  };
  EXPECT_EQ(total(), published + 1) << "SIGTERM writes what there is";
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::remove((file + suffix).c_str());
}

// Each of these answers takes some 25 MB while it is made.
TEST_F(BridgeProgram, CostlyQuestionsAreAnsweredAFewAtATimeAndTheirMemoryIsGivenBack) {
  const std::string file = testing::TempDir() + instance_ + ".db";
  start_daemon();
  start_bridge({"--history", file});
  const std::string costly = "/api/v1/history?from=-30d&points=5000";
  ASSERT_TRUE(eventually([&] { return ask(costly).status == 200; }));
  const auto mebibytes = [&](const std::string& name) {
    std::ifstream status("/proc/" + std::to_string(bridge_->pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name)) return std::stoi(line.substr(name.size())) / 1024;
    }
    return -1;
  };
  const int before = mebibytes("VmRSS:");
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port_));
    clients.back()->send(get_request(costly));
  }
  EXPECT_EQ(ask("/metrics").status, 200);
  int answered = 0;
  for (const auto& client : clients) {
    Reply reply = client->receive().value_or(Reply{});
    if (reply.status == 200) {
      ++answered;
    } else {
      EXPECT_EQ(reply.status, 503);
      EXPECT_EQ(reply.headers["Retry-After"], "1");
    }
  }
  EXPECT_GT(answered, 0);
  EXPECT_LT(answered, 40);
  EXPECT_LT(mebibytes("VmHWM:") - before, 100) << "the most that it had";
  EXPECT_LT(mebibytes("VmRSS:") - before, 25) << "what it has now";
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::remove((file + suffix).c_str());
}

TEST_F(BridgeProgram, ServesOnWhenItsHistoryCannotBeWritten) {
  start_daemon();
  start_bridge({"--history", "/proc/none/history.db"});
  EXPECT_THAT(bridge_->error_line(), HasSubstr("history file /proc/none/history.db"));
  EXPECT_TRUE(eventually([&] { return ready(); }));
  EXPECT_EQ(ask("/api/v1/history").status, 503);
}

// Where baselines are: where a flag says, else where the terminal program keeps them, else nowhere.
TEST_F(BridgeProgram, ComparesWhatItsBaselinesAndTheRingHold) {
  const std::string state = testing::TempDir() + instance_ + ".state";
  const std::string folder = state + "/goxel-telemetry/baselines";
  metrics::ObservationBuilder builder(1'764'000'000, 1'764'000'001);
  metrics::Measurement measurement;
  measurement.duration_ns = 70'000;
  metrics::Tally tally;
  tally.add(measurement);
  builder.add({"2-layer", "mcp", "daemon", "goxel_add_voxels"}, 1'764'000'000, tally);
  const metrics::Baseline before{"before", "a test", 0, std::move(builder).finish()};
  ASSERT_TRUE(metrics::BaselineStore(folder).save(before, metrics::IfThere::refuse).done());

  start_daemon();
  start_bridge({"--baselines", folder});
  ASSERT_TRUE(eventually([&] { return ready(); }));
  const Reply reply = ask("/api/v1/compare?a=before&b=stack%3A2-layer%40live&relevant=10");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json comparison = json::parse(reply.body);
  EXPECT_EQ(comparison["b"]["side"], "stack:2-layer@live");
  EXPECT_EQ(comparison["least_relevant"], 0.1);
  EXPECT_EQ(comparison["layers"][0]["raw"]["b"]["records"], 7);
  EXPECT_EQ(ask("/api/v1/compare?a=-1h..now&b=live").status, 404) << "no history is kept";
  EXPECT_EQ(ask("/api/v1/compare?a=file:" + folder + "/before.baseline&b=live").status, 400);
  EXPECT_EQ(ask("/api/v1/compare?a=live").status, 400);

  start_bridge({}, {"XDG_STATE_HOME=" + state});
  EXPECT_EQ(json::parse(ask("/api/v1/baselines").body)["baselines"][0]["name"], "before");
  start_bridge({}, {"XDG_STATE_HOME=", "HOME="});
  EXPECT_EQ(ask("/api/v1/baselines").status, 404);
  std::filesystem::remove_all(state);
}

TEST(BridgeProgramOptions, BadOnesAreOneSentenceAndExitTwo) {
  const std::vector<std::vector<std::string>> bad = {
      {"--bogus"},
      {"extra"},
      {"--port"},
      {"--port", "65536"},
      {"--port", "-1"},
      {"--port", "x"},
      {"--bind", "name"},
      {"--bind", "::"},
      {"--bind", "0.0.0.0"},
      {"--instance", ""},
      {"--instance", "/"},
      {"--instance", "a", "b"},
      {"--history"},
      {"--history-1s", "5s"},
      {"--history-1h", "x"},
      {"--history-size", "1"},
      {"--baselines"},
      {"--spans-socket"},
      {"--spans-socket-group", "root"},
      {"--spans-socket", "s", "--spans-socket-mode", "0640"}};
  for (const auto& arguments : bad) {
    const Program::Result result = cli::run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.error, StartsWith("goxel-telemetry-bridge: "));
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  }
}

TEST(BridgeProgramOptions, TokenFileMustHoldAToken) {
  const std::string file = testing::TempDir() + metrics::unique_instance() + ".token";
  for (const std::string content : {"", "\n", "short", "with a space in the middle"}) {
    std::ofstream(file) << content;
    const Program::Result result = cli::run({"--port", "0", "--token-file", file});
    EXPECT_EQ(result.exit_code, 1) << content;
    EXPECT_THAT(result.error, HasSubstr("visible ASCII characters"));
  }
  std::remove(file.c_str());
  EXPECT_THAT(cli::run({"--token-file", file}).error,
              HasSubstr("cannot read the token file " + file + ": No such file or directory"));
  EXPECT_EQ(cli::run({"--port", "0", "--token-file", "/"}).exit_code, 1);
}

TEST(BridgeProgramOptions, FilesForTheCollectorMustBeThere) {
  for (const char* flag : {"--otlp-headers-file", "--otlp-ca-file"}) {
    const Program::Result result =
        cli::run({"--port", "0", "--otlp-endpoint", "http://localhost", flag, "/nowhere/file"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.error, HasSubstr("/nowhere/file: No such file or directory"));
  }
}

TEST(BridgeProgramOptions, HelpAndVersionSucceed) {
  EXPECT_THAT(cli::run({"--help"}).output, HasSubstr("--token-file"));
  EXPECT_THAT(cli::run({"--help"}).output, HasSubstr("Exit codes: 0 "));
  EXPECT_EQ(cli::run({"--help"}).exit_code, 0);
  EXPECT_EQ(cli::run({"--version"}).output, "goxel-telemetry-bridge " GOXEL_TELEMETRY_VERSION "\n");
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
