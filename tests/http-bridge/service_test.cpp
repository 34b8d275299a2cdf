// SPDX-License-Identifier: GPL-3.0-or-later
// The built goxel-telemetry-bridge as a service: signals, what it tells systemd and its log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

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
using testing::Not;
using testing::StartsWith;

constexpr const char* kOldToken = "old-token-of-the-bridge";
constexpr const char* kNewToken = "new-token-of-the-bridge";

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

// What systemd is told.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : path_(path), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~NotifySocket() { ::close(fd_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::string variable() const { return "NOTIFY_SOCKET=" + path_; }
  // The next message, empty if none came for 20 seconds; or, with MSG_DONTWAIT, if there is none.
  std::string next(int flags = 0) {
    std::string message(4'096, '\0');
    const ssize_t got = ::recv(fd_, message.data(), message.size(), flags);
    message.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return message;
  }
  // The next one that begins so.
  std::string next(const std::string& beginning) {
    for (;;) {
      std::string message = next();
      if (message.empty() || message.starts_with(beginning)) return message;
    }
  }
  void forget() {
    while (!next(MSG_DONTWAIT).empty()) {
    }
  }

 private:
  const std::string path_;
  const int fd_;
};

// Keeps one thread of a process from going on, as if it hung.
class Hang {
 public:
  Hang(pid_t process, const std::string& name) {
    const std::string tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      std::string comm;
      std::ifstream(task.path() / "comm") >> comm;
      if (comm == name) thread_ = std::stoi(task.path().filename());
    }
    hangs_ = thread_ > 0 && ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0 &&
             ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) == 0 &&
             ::waitpid(thread_, nullptr, __WALL) == thread_;
  }
  ~Hang() {
    if (hangs_) ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  }
  Hang(const Hang&) = delete;
  Hang& operator=(const Hang&) = delete;

  bool is_there() const { return thread_ > 0; }
  bool hangs() const { return hangs_; }

 private:
  pid_t thread_ = 0;
  bool hangs_ = false;
};

class BridgeService : public testing::Test {
 protected:
  ~BridgeService() override {
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
    EXPECT_THAT(bridge_->error_line(), HasSubstr("event=ready"));
  }
  void start_daemon() {
    daemon_.emplace(
        instance_,
        [](TestSegment& segment) { segment.publish("goxel_fill", shm::monotonic_ns(), 70'000); },
        [](TestSegment&) {});
  }
  Reply ask(const std::string& path, const std::string& headers = "") const {
    return get(port_, path, headers).value_or(Reply{});
  }
  int status_with(const std::string& token) const { return ask("/healthz", bearer(token)).status; }
  // The next event of this name in the log; empty if there is none before the end.
  std::string event(const std::string& name) {
    for (;;) {
      std::string line = bridge_->error_line();
      if (line.empty() || line.find("event=" + name) != std::string::npos) return line;
    }
  }
  std::string reload() {
    bridge_->signal(SIGHUP);
    return event("reload");
  }
  void write(const std::string& name, const std::string& text) const {
    const std::string path = folder_.file(name);
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);  // at once, as it should be done
  }
  // Takes nothing of what it asks for, which is more than the kernel keeps for it.
  std::unique_ptr<HttpClient> stalled() const {
    auto client = std::make_unique<HttpClient>(port_);
    std::string many;
    for (int i = 0; i < 900; ++i) many += get_request("/metrics");
    client->send(many);
    // Until there is no room for more.
    std::size_t before = 0;
    for (int same = 0; same < 20;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const std::size_t now = client->waiting_bytes();
      same = now > 100'000 && now == before ? same + 1 : 0;
      before = now;
    }
    return client;
  }

  const TemporaryFolder folder_;
  const std::string instance_ = metrics::unique_instance();
  const std::string config_ = folder_.file("bridge.toml");
  const std::string token_ = folder_.file("token");
  std::optional<DaemonProcess> daemon_;
  std::optional<Program> bridge_;
  int port_ = 0;
};

// Reload ------------------------------------------------------------------------------------------

TEST_F(BridgeService, SighupAppliesTokenOriginsAndLogLevel) {
  write("token", kOldToken);
  write("bridge.toml", "token-file = '" + token_ + "'\n");
  start_bridge({"--config", config_});
  EXPECT_EQ(status_with(kOldToken), 200);
  write("token", kNewToken);
  write("bridge.toml", "token-file = '" + token_ +
                           "'\nallow-origin = 'https://grafana.example'\nlog-format = 'json'\n");
  bridge_->signal(SIGHUP);
  EXPECT_EQ(json::parse(bridge_->error_line())["event"], "reload");
  EXPECT_EQ(status_with(kOldToken), 401);
  EXPECT_EQ(ask("/healthz", bearer(kNewToken) + "Origin: https://grafana.example\r\n")
                .headers["Access-Control-Allow-Origin"],
            "https://grafana.example");
}

TEST_F(BridgeService, ATokenFileAloneIsReadAgain) {
  write("token", kOldToken);
  start_bridge({"--token-file", token_});
  write("token", kNewToken);
  EXPECT_THAT(reload(), HasSubstr("event=reload"));
  EXPECT_EQ(status_with(kNewToken), 200);
  EXPECT_EQ(status_with(kOldToken), 401);
}

TEST_F(BridgeService, ABadConfigurationIsRefusedAndTheOldOneStays) {
  write("token", kOldToken);
  const std::string good = "token-file = '" + token_ + "'\n";
  write("bridge.toml", good);
  start_bridge({"--config", config_, "--bind", "0.0.0.0"});
  const std::vector<std::pair<std::string, std::string>> bad = {
      {good + "prot = 1\n", "line 2: there is no option"},
      {good + "port =", "line 2: "},
      {good + "log-level = 'loud'\n", "line 2: --log-level"},
      {"token-file = '" + folder_.file("none") + "'\n", "cannot read the token file"},
      {"", "needs --token-file"},
  };
  for (const auto& [text, why] : bad) {
    write("bridge.toml", text);
    EXPECT_THAT(reload(), AllOf(HasSubstr("event=reload_refused"), HasSubstr(why)));
    EXPECT_EQ(status_with(kOldToken), 200);
    EXPECT_EQ(ask("/healthz").status, 401);
  }
  write("bridge.toml", good);
  write("token", "short");
  EXPECT_THAT(reload(), HasSubstr("event=reload_refused"));
  EXPECT_EQ(status_with(kOldToken), 200);
  std::filesystem::remove(config_);
  EXPECT_THAT(reload(), AllOf(HasSubstr("event=reload_refused"), HasSubstr("No such file")));
}

// It listens on all addresses until it is started again.
TEST_F(BridgeService, NoReloadTakesTheTokenFromAnAddressThatOthersReach) {
  write("token", kOldToken);
  write("bridge.toml", "bind = '0.0.0.0'\ntoken-file = '" + token_ + "'\n");
  start_bridge({"--config", config_});
  write("bridge.toml", "bind = '127.0.0.1'\n");
  EXPECT_THAT(reload(), AllOf(HasSubstr("event=reload_refused"), HasSubstr("0.0.0.0")));
  EXPECT_EQ(ask("/healthz").status, 401);
}

TEST_F(BridgeService, WhatTakesARestartIsNamedAndStays) {
  write("bridge.toml", "");
  start_bridge({"--config", config_});
  write("bridge.toml", "bind = '127.0.0.2'\nhistory = '/h'\nlog-level = 'info'\n");
  EXPECT_THAT(reload(), HasSubstr("event=reload"));
  EXPECT_THAT(bridge_->error_line(), AllOf(HasSubstr("level=warning event=restart_needed"),
                                           HasSubstr("options=\"bind history\"")));
  EXPECT_EQ(ask("/healthz").status, 200);
}

// Each request meets one configuration as a whole, and none is lost.
TEST_F(BridgeService, ReloadsUnderLoadAreAllOrNothing) {
  const auto configure = [this](const std::string& token, const std::string& origin) {
    write("token", token);
    write("bridge.toml", "token-file = '" + token_ + "'\nallow-origin = '" + origin + "'\n");
  };
  configure(kOldToken, "https://old.example");
  start_bridge({"--config", config_});
  std::atomic<int> mixed = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> admitted = 0;
  {
    std::vector<std::jthread> clients;
    for (const char* path : {"/healthz", "/api/v1/baselines"}) {
      clients.emplace_back([&, path](const std::stop_token& stop) {
        HttpClient client(port_);
        for (int i = 0; !stop.stop_requested() && i < 900; ++i) {
          client.send(get_request(path, bearer(kOldToken) + "Origin: https://old.example\r\n"));
          Reply reply = client.receive().value_or(Reply{});
          const bool may_read = reply.headers.contains("Access-Control-Allow-Origin");
          if (reply.status == 0) ++lost;
          if (reply.status != 401) ++admitted;
          if (may_read == (reply.status == 401)) ++mixed;
        }
      });
    }
    const auto begin = std::chrono::steady_clock::now();
    while (admitted == 0 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20))
      std::this_thread::yield();
    for (int i = 0; i < 20; ++i) {
      const bool is_old = i % 2 == 1;
      configure(is_old ? kOldToken : kNewToken, is_old ? "https://old.example" : "https://new");
      EXPECT_THAT(reload(), HasSubstr("event=reload"));
    }
  }
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(lost, 0);
  EXPECT_GT(admitted, 0);
  EXPECT_EQ(status_with(kOldToken), 200);
}

// The end -----------------------------------------------------------------------------------------

TEST_F(BridgeService, AClientThatTakesNothingDelaysTheEndOnlyForAWhile) {
  const std::string history = folder_.file("h.db");
  start_daemon();
  start_bridge({"--history", history});
  const auto client = stalled();
  bridge_->signal(SIGTERM);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(event("stop"), HasSubstr("signal=SIGTERM"));
  bridge_->signal(SIGTERM);  // the same, as timeout(1) sends it
  EXPECT_THAT(event("answers_given_up"), HasSubstr("level=warning"));
  EXPECT_EQ(bridge_->finish().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(4'200))
      << "that of an answer that is not taken is 5 s, from a moment before";
  start_bridge({"--history", history});
  const Reply reply = ask("/api/v1/history?from=-1h&points=1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json::parse(reply.body)["whole"]["outcomes"]["all"], 1);
}

TEST_F(BridgeService, ASecondSignalEndsItAtOnce) {
  start_daemon();
  start_bridge();
  const auto client = stalled();
  bridge_->signal(SIGINT);
  EXPECT_THAT(event("stop"), HasSubstr("signal=SIGINT"));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // it is another one only then
  bridge_->signal(SIGTERM);
  const Program::Result result = bridge_->finish();
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_THAT(result.error, Not(HasSubstr("answers_given_up")));
}

// systemd -----------------------------------------------------------------------------------------

TEST_F(BridgeService, SystemdIsToldWhenItIsReadyReloadsAndStops) {
  NotifySocket systemd(folder_.file("notify"));
  write("bridge.toml", "");
  start_daemon();
  start_bridge({"--config", config_}, {systemd.variable()});
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=watching 1 daemon, 1 of them live");
  bridge_->signal(SIGHUP);
  EXPECT_THAT(systemd.next(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(systemd.next(), "READY=1");
  daemon_->kill();
  EXPECT_EQ(systemd.next(), "STATUS=watching 1 daemon, 0 of them live");
  bridge_->signal(SIGTERM);
  EXPECT_THAT(systemd.next(), StartsWith("STOPPING=1\nSTATUS="));
  EXPECT_EQ(bridge_->finish().exit_code, 0);
  EXPECT_EQ(systemd.next(MSG_DONTWAIT), "") << "no watchdog was asked for";
}

TEST_F(BridgeService, TheWatchdogIsFedWhileBothThreadsGoOn) {
  for (const std::string thread : {"sweep", "front"}) {
    NotifySocket systemd(folder_.file(thread));
    start_bridge({}, {systemd.variable(), "WATCHDOG_USEC=400000"});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(systemd.next("WATCHDOG"), "WATCHDOG=1");
    {
      const Hang hang(bridge_->pid(), thread);
      ASSERT_TRUE(hang.is_there()) << thread;
      if (!hang.hangs()) GTEST_SKIP() << "this user may not stop a thread of another process";
      EXPECT_THAT(event("thread_hangs"), HasSubstr("thread=" + thread));
      systemd.forget();
      std::this_thread::sleep_for(std::chrono::milliseconds(1'200));  // three times what it may
      EXPECT_EQ(systemd.next(MSG_DONTWAIT), "") << thread;
    }
    EXPECT_EQ(systemd.next("WATCHDOG"), "WATCHDOG=1") << "it goes on again";
    bridge_->signal(SIGTERM);
    EXPECT_EQ(bridge_->finish().exit_code, 0);
  }
}

// The log -----------------------------------------------------------------------------------------

TEST_F(BridgeService, OnlyWhatChangesIsLogged) {
  start_bridge();
  start_daemon();
  EXPECT_THAT(event("daemon"), AllOf(HasSubstr("instance=" + instance_), HasSubstr("state=live")));
  for (int i = 0; i < 100; ++i) ask(i % 2 == 0 ? "/metrics" : "/nothing");
  bridge_->signal(SIGTERM);
  EXPECT_THAT(bridge_->error_line(), HasSubstr("event=stop signal=SIGTERM"));
  EXPECT_EQ(bridge_->finish().error, "");
}

// Cross-origin ------------------------------------------------------------------------------------

TEST_F(BridgeService, BrowsersLetListedPagesReadAndNoOthers) {
  start_bridge({"--allow-origin", "https://grafana.example"});
  HttpClient browser(port_);
  const std::string preflight =
      "OPTIONS /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\nOrigin: https://grafana.example\r\n"
      "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n"
      "Access-Control-Request-Private-Network: true\r\n\r\n";
  browser.send(preflight);
  Reply reply = browser.receive().value_or(Reply{});
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.headers["Access-Control-Allow-Origin"], "https://grafana.example");
  EXPECT_EQ(reply.headers["Access-Control-Allow-Methods"], "GET, HEAD");
  EXPECT_EQ(reply.headers["Access-Control-Allow-Private-Network"], "true");
  EXPECT_FALSE(reply.headers.contains("Content-Type"));
  // On the same connection, from the front and from behind it.
  for (const char* path : {"/api/v1/snapshot", "/api/v1/baselines"}) {
    browser.send(get_request(path, "Origin: https://grafana.example\r\n"));
    reply = browser.receive().value_or(Reply{});
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.headers["Access-Control-Allow-Origin"], "https://grafana.example");
    EXPECT_EQ(reply.headers["Cross-Origin-Resource-Policy"], "cross-origin");
    browser.send(get_request(path, "Origin: https://evil.example\r\n"));
    reply = browser.receive().value_or(Reply{});
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_FALSE(reply.headers.contains("Access-Control-Allow-Origin"));
  }
  std::string post = json_post("/api/v1/spans", "{}");
  post.insert(post.find("\r\n") + 2, "Origin: https://evil.example\r\n");
  browser.send(post);
  EXPECT_EQ(browser.receive().value_or(Reply{}).status, 403);
  // Its page is not allowed to be in a frame, and runs only what is served here.
  EXPECT_THAT(ask("/").headers["Content-Security-Policy"], HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
