// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge makes of its command line.
#include "http-bridge/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "http-bridge/check_config.h"
#include "http-bridge/instances.h"
#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using Parsed = std::variant<Options, ExitCode>;

class BridgeOptions : public testing::Test {
 protected:
  static Parsed parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "goxel-telemetry-bridge");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return parse_options(static_cast<int>(argv.size()), argv.data());
  }
  // The options, if the bridge would run; else the defaults, and the test fails.
  static Options accepted(const std::vector<std::string>& arguments) {
    const Parsed parsed = parse(arguments);
    EXPECT_TRUE(std::holds_alternative<Options>(parsed)) << testing::PrintToString(arguments);
    const Options* options = std::get_if<Options>(&parsed);
    return options != nullptr ? *options : Options{};
  }
  // The sentence that is printed if the bridge would not run.
  static std::string refused(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStderr();
    const Parsed parsed = parse(arguments);
    const std::string said = testing::internal::GetCapturedStderr();
    const ExitCode* code = std::get_if<ExitCode>(&parsed);
    EXPECT_EQ(code != nullptr ? code->value : 0, 2) << testing::PrintToString(arguments);
    return said;
  }
};

TEST_F(BridgeOptions, AnAddressThatOthersReachNeedsAToken) {
  for (const char* address : {"0.0.0.0", "192.168.0.1", "128.0.0.1", "::", "fe80::1"}) {
    EXPECT_EQ(refused({"--bind", address}), "goxel-telemetry-bridge: --bind " +
                                                std::string(address) +
                                                " is reachable from other machines and needs "
                                                "--token-file\n");
    const Options options = accepted({"--bind", address, "--token-file", "/token"});
    EXPECT_EQ(options.bind, address);
    EXPECT_EQ(options.token_file, "/token");
  }
}

TEST_F(BridgeOptions, AnAddressOfThisMachineAloneNeedsNone) {
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_EQ(accepted({"--bind", address}).bind, address);
  }
  EXPECT_EQ(accepted({}).bind, "127.0.0.1");
}

TEST_F(BridgeOptions, WhatIsNoAddressIsRefusedWithAndWithoutAToken) {
  for (const char* address : {"name", "127.0.0.1:80", "[::1]", "1.2.3"}) {
    EXPECT_THAT(refused({"--bind", address}), HasSubstr("is not an IP address"));
    EXPECT_THAT(refused({"--bind", address, "--token-file", "/token"}),
                HasSubstr("is not an IP address"));
  }
}

TEST_F(BridgeOptions, EachFlagGoesToItsOwnPlace) {
  const Options options = accepted({"--port",
                                    "0",
                                    "--instance",
                                    "b",
                                    "--instance",
                                    "a",
                                    "--history",
                                    "/h.db",
                                    "--history-1s",
                                    "2m",
                                    "--history-10s",
                                    "3h",
                                    "--history-1min",
                                    "4d",
                                    "--history-1h",
                                    "5d",
                                    "--history-size",
                                    "16",
                                    "--baselines",
                                    "/b",
                                    "--spans-socket",
                                    "/s",
                                    "--spans-socket-mode",
                                    "0660",
                                    "--spans-socket-group",
                                    "goxel"});
  EXPECT_EQ(options.port, 0);
  EXPECT_THAT(options.instances, ElementsAre("b", "a"));
  EXPECT_EQ(options.history_file, "/h.db");
  EXPECT_THAT(options.history_retention.seconds, ElementsAre(120, 10'800, 345'600, 432'000));
  EXPECT_EQ(options.history_retention.most_bytes, 16u * 1'048'576);
  EXPECT_EQ(options.baseline_folder, "/b");
  EXPECT_EQ(options.spans_socket.path, "/s");
  EXPECT_EQ(options.spans_socket.mode, 0660u);
  EXPECT_EQ(options.spans_socket.group, "goxel");
}

TEST_F(BridgeOptions, WithoutFlagsAllIsWatchedAndNothingKept) {
  const Options options = accepted({});
  EXPECT_EQ(options.port, 9464);
  EXPECT_TRUE(options.instances.empty());
  EXPECT_EQ(options.token_file, "");
  EXPECT_EQ(options.history_file, "");
  EXPECT_EQ(options.spans_socket.path, "");
  EXPECT_EQ(options.spans_socket.mode, 0600u);
  EXPECT_EQ(options.spans_socket.group, "");
  // An hour, a day, 30 days, two years; 1 GiB.
  EXPECT_THAT(options.history_retention.seconds, ElementsAre(3'600, 86'400, 2'592'000, 63'072'000));
  EXPECT_EQ(options.history_retention.most_bytes, 1'073'741'824u);
}

TEST_F(BridgeOptions, SpansGoToACollectorOnlyIfItIsNamed) {
  EXPECT_EQ(accepted({}).otlp.url, "");
  const Options options =
      accepted({"--otlp-endpoint", "https://collector:4318", "--otlp-share", "0.25",
                "--otlp-headers-file", "/headers", "--otlp-ca-file", "/ca"});
  EXPECT_EQ(options.otlp.url, "https://collector:4318/v1/traces");
  EXPECT_EQ(options.otlp.share, 0.25);
  EXPECT_EQ(options.otlp.headers_file, "/headers");
  EXPECT_EQ(options.otlp.ca_file, "/ca");
  EXPECT_EQ(accepted({"--otlp-endpoint", "http://collector"}).otlp.share, 0.01);
}

TEST_F(BridgeOptions, WhatIsNoCollectorIsRefusedAndNoPasswordRepeated) {
  EXPECT_EQ(refused({"--otlp-endpoint", "localhost:4318"}),
            "goxel-telemetry-bridge: --otlp-endpoint is no URL such as http://localhost:4318\n");
  const std::string secret = refused({"--otlp-endpoint", "http://me:hidden@collector"});
  EXPECT_THAT(secret, HasSubstr("--otlp-headers-file"));
  EXPECT_THAT(secret, testing::Not(HasSubstr("hidden")));
  for (const char* share : {"-0.1", "1.1", "nan", "half"}) {
    EXPECT_THAT(refused({"--otlp-endpoint", "http://collector", "--otlp-share", share}),
                HasSubstr("--otlp-share"));
  }
  for (const char* flag : {"--otlp-share", "--otlp-headers-file", "--otlp-ca-file"}) {
    EXPECT_THAT(refused({flag, "1"}), HasSubstr("need --otlp-endpoint"));
  }
}

TEST_F(BridgeOptions, HelpSaysHowLongEachTierIsKept) {
  testing::internal::CaptureStdout();
  const Parsed parsed = parse({"--help"});
  std::istringstream words(testing::internal::GetCapturedStdout());
  ASSERT_TRUE(std::holds_alternative<ExitCode>(parsed));
  EXPECT_EQ(std::get<ExitCode>(parsed).value, 0);
  std::string help;  // in one line, however wide CLI11 makes it
  for (std::string word; words >> word;) help += word + ' ';
  for (const char* tier : {"--history-1s TIME How long to keep rollups of 1s (default: 1h) ",
                           "--history-10s TIME How long to keep rollups of 10s (default: 24h) ",
                           "--history-1min TIME How long to keep rollups of 1min (default: 30d) ",
                           "--history-1h TIME How long to keep rollups of 1h (default: 730d) "}) {
    EXPECT_THAT(help, HasSubstr(tier));
  }
}

TEST_F(BridgeOptions, ValuesAreTakenUpToTheirBounds) {
  EXPECT_EQ(accepted({"--port", "65535"}).port, 65'535);
  EXPECT_THAT(refused({"--port", "65536"}), HasSubstr("--port"));
  EXPECT_EQ(accepted({"--history-1s", "60s"}).history_retention.seconds[0], 60u);
  EXPECT_THAT(refused({"--history-1s", "59s"}), HasSubstr("at least a minute"));
  EXPECT_THAT(refused({"--history-size", "15"}), HasSubstr("--history-size"));
  EXPECT_EQ(accepted({"--history-size", "1048576"}).history_retention.most_bytes, 1ull << 40);
  EXPECT_THAT(refused({"--history-size", "1048577"}), HasSubstr("--history-size"));
}

// An empty file name must not mean that there is no file.
TEST_F(BridgeOptions, NoValueIsEmpty) {
  for (const char* flag : {"--instance", "--port", "--bind", "--token-file", "--history",
                           "--history-1s", "--history-size", "--baselines", "--spans-socket",
                           "--spans-socket-mode", "--spans-socket-group", "--config", "--trust",
                           "--allow-origin", "--log-level", "--log-format"}) {
    EXPECT_EQ(refused({flag, ""}),
              "goxel-telemetry-bridge: what follows " + std::string(flag) + " is empty\n");
    EXPECT_EQ(refused({std::string(flag) + '=', "5"}),
              "goxel-telemetry-bridge: " + std::string(flag) + " is given without a value\n");
  }
}

// The daemon's segment is read, at 0640; a socket is written to.
TEST_F(BridgeOptions, AModeOfTheSpansSocketLetsConnectWhomItNames) {
  for (const auto& [text, mode] : std::map<std::string, mode_t>{
           {"0600", 0600}, {"600", 0600}, {"0660", 0660}, {"00666", 0666}}) {
    EXPECT_EQ(accepted({"--spans-socket", "/s", "--spans-socket-mode", text}).spans_socket.mode,
              mode);
  }
  for (const char* text : {"0640", "0644", "0606", "0620", "0700", "0777", "01660", "0", "rw",
                           "0660 ", "-0660", "432", "0x1b0", "0680", "000000000000000660660"}) {
    EXPECT_THAT(refused({"--spans-socket", "/s", std::string("--spans-socket-mode=") + text}),
                AllOf(HasSubstr("--spans-socket-mode"), HasSubstr("0660")));
  }
}

TEST_F(BridgeOptions, WhatWouldLetNobodyInIsRefused) {
  EXPECT_THAT(refused({"--spans-socket", "/s", "--spans-socket-group", "goxel"}),
              HasSubstr("needs --spans-socket-mode 0660"));
  EXPECT_THAT(refused({"--spans-socket-mode", "0600"}), HasSubstr("need --spans-socket"));
  EXPECT_THAT(refused({"--spans-socket-group", "goxel"}), HasSubstr("need --spans-socket"));
}

TEST_F(BridgeOptions, NumbersAreNeitherNaNNorInfinite) {
  for (const char* flag : {"--port", "--history-size", "--history-1s"}) {
    for (const char* value : {"nan", "inf", "-inf"}) {
      EXPECT_THAT(refused({flag, value}), HasSubstr(flag)) << value;
    }
  }
}

TEST_F(BridgeOptions, NoMoreInstancesAreNamedThanCanBeWatched) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < Instances::kMostWatched; ++i) {
    arguments.insert(arguments.end(), {"--instance", "i" + std::to_string(i)});
  }
  EXPECT_EQ(accepted(arguments).instances.size(), Instances::kMostWatched);
  arguments.insert(arguments.end(), {"--instance", "one-more"});
  EXPECT_THAT(refused(arguments), HasSubstr("at most"));
}

TEST_F(BridgeOptions, OriginsAreNamedOneByOne) {
  EXPECT_THAT(accepted({"--allow-origin", "https://Grafana.example:443", "--allow-origin",
                        "http://localhost:3000"})
                  .allowed_origins,
              ElementsAre("https://grafana.example", "http://localhost:3000"));
  EXPECT_TRUE(accepted({}).allowed_origins.empty());
  EXPECT_THAT(refused({"--allow-origin", "*"}), HasSubstr("every web page"));
  EXPECT_THAT(refused({"--allow-origin", "null"}), HasSubstr("sandboxed"));
  EXPECT_THAT(refused({"--allow-origin", "https://a", "--allow-origin", "b"}),
              HasSubstr("'b' is no origin"));
  std::vector<std::string> many;
  for (int i = 0; i < 33; ++i)
    many.insert(many.end(), {"--allow-origin", "https://" + std::to_string(i)});
  EXPECT_THAT(refused(many), HasSubstr("at most 32"));
}

TEST_F(BridgeOptions, TheLogIsQuietAndLogfmtUnlessItIsAskedForElse) {
  EXPECT_EQ(accepted({}).log, (LogSettings{LogLevel::info, LogFormat::logfmt}));
  EXPECT_EQ(accepted({"--log-level", "error", "--log-format", "json"}).log,
            (LogSettings{LogLevel::error, LogFormat::json}));
  EXPECT_EQ(accepted({"--log-level", "debug", "--log-format", "logfmt"}).log,
            (LogSettings{LogLevel::debug, LogFormat::logfmt}));
  EXPECT_THAT(refused({"--log-level", "loud"}), HasSubstr("--log-level"));
  EXPECT_THAT(refused({"--log-format", "xml"}), HasSubstr("--log-format"));
}

class BridgeConfigFile : public BridgeOptions {
 protected:
  const std::string& file(const std::string& text) const {
    std::ofstream(file_) << text;
    return file_;
  }
  std::string fault(const std::string& text, std::vector<std::string> further = {}) const {
    further.insert(further.begin(), {"--config", file(text)});
    return refused(further);
  }
  std::string in_line(int line, const std::string& sentence) const {
    return "goxel-telemetry-bridge: in " + file_ + ", line " + std::to_string(line) + ": " +
           sentence;
  }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.file("bridge.toml");
};

TEST_F(BridgeConfigFile, HasTheFlagsWithoutTheirDashes) {
  const Options options = accepted({"--config", file(R"(# A comment
port = 0                      # a number
bind = "::1"
instance = ["b", 'a']         # a list
trust = "root"
token-file = "/t # o"
allow-origin = ["https://a", "https://b"]
spans-socket = "/s"
spans-socket-mode = "0660"
spans-socket-group = "goxel"
history = "/h.db"
history-1s = "2m"
history-10s = "3h"
history-1min = "4d"
history-1h = "5d"
history-size = 16
baselines = "/b"
log-level = "error"
log-format = "json"
)")});
  EXPECT_EQ(options.config_file, file_);
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.bind, "::1");
  EXPECT_THAT(options.instances, ElementsAre("b", "a"));
  EXPECT_THAT(options.trusted_users, ElementsAre("root"));
  EXPECT_EQ(options.token_file, "/t # o");
  EXPECT_THAT(options.allowed_origins, ElementsAre("https://a", "https://b"));
  EXPECT_EQ(options.spans_socket.path, "/s");
  EXPECT_EQ(options.spans_socket.mode, 0660u);
  EXPECT_EQ(options.spans_socket.group, "goxel");
  EXPECT_EQ(options.history_file, "/h.db");
  EXPECT_THAT(options.history_retention.seconds, ElementsAre(120, 10'800, 345'600, 432'000));
  EXPECT_EQ(options.history_retention.most_bytes, 16u * 1'048'576);
  EXPECT_EQ(options.baseline_folder, "/b");
  EXPECT_EQ(options.log, (LogSettings{LogLevel::error, LogFormat::json}));
}

TEST_F(BridgeConfigFile, WhatTheCommandLineSaysWins) {
  const std::string text = "port = 1\ninstance = ['a', 'b']\nhistory-1s = '2m'\n";
  const Options options =
      accepted({"--port", "2", "--config", file(text), "--instance", "c", "--log-level", "error"});
  EXPECT_EQ(options.port, 2);
  EXPECT_THAT(options.instances, ElementsAre("c"));
  EXPECT_EQ(options.history_retention.seconds[0], 120u);
  EXPECT_EQ(accepted({"--config", file("")}).port, 9464);
}

TEST_F(BridgeConfigFile, EveryNameThatIsUnknownIsToldWithItsLine) {
  EXPECT_EQ(fault("port = 0\n\nprot = 1\ncheck-config = 'x'\nconfig = 'y'\nhelp = 1\n"),
            in_line(3, "there is no option \"prot\"\n") +
                in_line(4, "there is no option \"check-config\"\n") +
                in_line(5, "there is no option \"config\"\n") +
                in_line(6, "there is no option \"help\"\n"));
}

TEST_F(BridgeConfigFile, ABadValueIsToldWithItsLine) {
  EXPECT_THAT(fault("\nport = 65536"), StartsWith(in_line(2, "--port: ")));
  EXPECT_THAT(fault("\nport = 'x'"), StartsWith(in_line(2, "--port: ")));
  EXPECT_THAT(fault("port = [1, 2]"), StartsWith(in_line(1, "--port: ")));
  EXPECT_THAT(fault("instance = []"), StartsWith(in_line(1, "--instance: ")));
  EXPECT_THAT(fault("bind = '0.0.0.0'"), StartsWith(in_line(1, "--bind 0.0.0.0 is reachable")));
  EXPECT_THAT(fault("history-1s = '1s'\nhistory-10s = '1s'"), StartsWith(in_line(1, "")));
  for (const char* value : {"''", "1.5", "true", "2020-01-01", "['']", "[['a']]"}) {
    EXPECT_EQ(fault("\n\nbind = " + std::string(value)),
              in_line(3,
                      "bind is neither a text, which must not be empty, nor a number, nor a "
                      "list of these\n"))
        << value;
  }
  EXPECT_EQ(fault("port = 1", {"--bind", "x"}).find(file_), std::string::npos)
      << "that is the command line's";
  EXPECT_EQ(fault("port = 1", {"--port", "x"}).find(file_), std::string::npos);
}

TEST_F(BridgeConfigFile, WhatIsNoTomlIsToldWithItsLine) {
  EXPECT_THAT(fault("port = 1\nport = 2\n"), StartsWith(in_line(2, "")));
  EXPECT_THAT(fault("\nport\n"), StartsWith(in_line(2, "")));
  EXPECT_THAT(fault("\nspans-socket-mode = 0660\n"), StartsWith(in_line(2, "")));
  EXPECT_THAT(fault("\xff"), StartsWith(in_line(1, "")));
  EXPECT_THAT(fault("port = \"\n"), StartsWith(in_line(1, "")));
  EXPECT_THAT(fault(std::string(70'000, '#')), HasSubstr("longer than 65536 bytes"));
  EXPECT_THAT(fault("a = " + std::string(10'000, '[')), StartsWith(in_line(1, "")));
}

TEST_F(BridgeConfigFile, ChannelsAreReadAndTheirFaultsHaveLines) {
  const Options options = accepted({"--config", file(R"([notify.hook]
type = "webhook"
url = "http://localhost:9"
)")});
  ASSERT_EQ(options.channels.size(), 1u);
  EXPECT_EQ(options.channels[0].name, "hook");
  EXPECT_THAT(fault("port = 0\n[notify.hook]\ntype = \"smoke\"\n"),
              StartsWith(in_line(3, "type of [notify.hook] is one of")));
  EXPECT_THAT(fault("port = 0\n", {"--test-notification", "hook"}),
              HasSubstr("the configuration file has no [notify.hook]"));
}

TEST_F(BridgeConfigFile, SectionsAreHandedOnAsTheyStand) {
  std::string why;
  const ConfigText config = parse_config(R"(port = 0
notify.dev = {limit = 7}
[notify.ops]
kind = "slack"
to = ["a", "b"]
[notify.more]
enabled = false
ratio = 0.25
[notify.nothing]
)",
                                         why);
  EXPECT_EQ(why, "");
  ASSERT_EQ(config.entries.size(), 1u);
  EXPECT_EQ(config.entries[0].name, "port");
  std::string text;
  for (const ConfigSection& section : config.sections) {
    text += std::to_string(section.line) + ' ' + section.name + '\n';
    for (const ConfigEntry& entry : section.entries) {
      text += std::to_string(entry.line) + "   " + entry.name + " =";
      for (const std::string& value : entry.values) text += ' ' + value;
      text += '\n';
    }
  }
  EXPECT_EQ(text, R"(2 notify.dev
2   limit = 7
3 notify.ops
4   kind = slack
5   to = a b
6 notify.more
7   enabled = false
8   ratio = 0.25
9 notify.nothing
)");
}

TEST_F(BridgeConfigFile, SetsTheRulesOfAlerts) {
  const std::string text = "history = '/h.db'\n[alerts.request_stuck]\nlimit = '9s'\n";
  const Options options = accepted({"--config", file(text)});
  EXPECT_EQ(options.alerts[metrics::AlertRule::request_stuck].limit, 9);
  EXPECT_EQ(options.alerts_file, "/h.db.alerts");
  EXPECT_EQ(accepted({"--history", "/h", "--alerts-file", "/a"}).alerts_file, "/a");
  EXPECT_EQ(accepted({}).alerts_file, "");
  EXPECT_EQ(fault("[alerts.nonsense]\n[alerts.history_failing]\nlimit = 1\n"),
            in_line(1, "there is no section \"alerts.nonsense\"\n") +
                in_line(3, "[alerts.history_failing] has no \"limit\"\n"));
}

TEST_F(BridgeConfigFile, WhatIsNoSectionIsToldWithItsLine) {
  for (const char* text : {"[server]\nport = 1\n", "server.port = 1\n", "server = {port = 1}\n"}) {
    EXPECT_EQ(fault(text), in_line(1, "there is no section \"server\"\n")) << text;
  }
  EXPECT_EQ(fault("\n[[notify]]\nport = 1\n"),
            in_line(2, "each section needs a name of its own: [notify.NAME] and not [[notify]]\n"));
  EXPECT_EQ(fault("[notify.a.b.c]\nx = 1\n"), in_line(1, "there is no section \"notify.a.b.c\"\n"));
  EXPECT_EQ(fault("prot = 1\n[servers]\n"), in_line(1, "there is no option \"prot\"\n") +
                                                in_line(2, "there is no section \"servers\"\n"));
  for (const char* value : {"''", "2020-01-01", "nan", "[['a']]"}) {
    EXPECT_EQ(fault("[alerts]\nx = " + std::string(value)),
              in_line(2,
                      "x is neither a text, which must not be empty, nor a number, nor true or "
                      "false, nor a list of these\n"))
        << value;
  }
  std::string deep = "alerts";
  for (int i = 0; i < 10'000; ++i) deep += ".a";
  EXPECT_THAT(fault(deep + " = 1"), StartsWith(in_line(1, "")));
}

TEST_F(BridgeConfigFile, OneThatCannotBeReadIsOneSentence) {
  EXPECT_EQ(refused({"--config", folder_.file("none")}),
            "goxel-telemetry-bridge: cannot read the configuration file " + folder_.file("none") +
                ": No such file or directory\n");
  EXPECT_EQ(refused({"--config", folder_.path()}),
            "goxel-telemetry-bridge: cannot read the configuration file " + folder_.path() +
                ": Is a directory\n");
  EXPECT_THAT(refused({"--config", "a", "--config", "b"}), HasSubstr("--config"));
}

// For a reload: what was right at the start may be wrong now.
TEST_F(BridgeConfigFile, IsReadAgainWithoutAWord) {
  std::string name = "goxel-telemetry-bridge";
  std::string flag = "--config=" + file("log-level = 'error'");
  std::vector<char*> argv = {name.data(), flag.data()};
  const auto again = read_options(2, argv.data());
  ASSERT_TRUE(std::holds_alternative<Options>(again));
  EXPECT_EQ(std::get<Options>(again).log.level, LogLevel::error);
  file("x = 1\ny = 2");
  testing::internal::CaptureStderr();
  const auto faults = read_options(2, argv.data());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(std::get<std::vector<std::string>>(faults).size(), 2u);
}

TEST_F(BridgeConfigFile, TheOneThatIsShippedIsOne) {
  const Options options = accepted({"--config", GOXEL_TELEMETRY_EXAMPLE_CONFIG});
  EXPECT_EQ(options.bind, "127.0.0.1");
  EXPECT_EQ(options.history_file, "/var/lib/goxel-telemetry/history.db");
}

TEST(CheckConfig, FindsAllThatWouldKeepItFromStarting) {
  const TemporaryFolder folder;
  Options options;
  options.history_file = folder.file("h.db");
  options.spans_socket.path = folder.file("s");
  EXPECT_THAT(faults_of(options), ElementsAre());
  EXPECT_TRUE(folder.is_empty()) << "it makes nothing";
  options.token_file = folder.file("none");
  options.bind = "192.0.2.1";  // nobody's (RFC 5737)
  options.history_file = folder.file("none/h.db");
  options.spans_socket.path = folder.file("none/s");
  EXPECT_THAT(faults_of(options),
              ElementsAre(HasSubstr("cannot listen on 192.0.2.1"), HasSubstr("token file"),
                          HasSubstr("none: No such file or directory"),
                          HasSubstr("the folder of the history file")));
  options = {};
  options.spans_socket = {folder.file("s"), 0660, "no-such-group"};
  options.history_file = folder.path();
  EXPECT_THAT(faults_of(options),
              ElementsAre(HasSubstr("no group \"no-such-group\""), HasSubstr("is no file")));
}

TEST(CheckConfig, AsksWhatItMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const TemporaryFolder folder;
  std::ofstream(folder.file("h.db")) << "";
  Options options;
  options.history_file = folder.file("h.db");
  {
    const As somebody(kNobody, kNobody);
    EXPECT_THAT(faults_of(options), ElementsAre(HasSubstr("the history file")));
  }
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  options.spans_socket.path = folder.file("s");
  EXPECT_THAT(faults_of(options), ElementsAre());
  const As somebody(kNobody, kNobody);
  EXPECT_THAT(faults_of(options),
              ElementsAre(HasSubstr("Permission denied"),
                          AllOf(HasSubstr("history"), HasSubstr("Permission denied"))));
}

TEST_F(BridgeOptions, ATokenHasSixteenToAThousandAndTwentyFourCharacters) {
  const std::string file = testing::TempDir() + "options-test.token";
  const auto read = [&file](const std::string& content, std::string& why) {
    std::ofstream(file) << content;
    return read_token(file, why);
  };
  std::string why;
  for (const std::size_t size : {16, 17, 1'024}) {
    EXPECT_EQ(read(std::string(size, 'x'), why), std::string(size, 'x'));
    EXPECT_EQ(why, "");
  }
  EXPECT_EQ(read(" \t0123456789abcdef\r\n", why), "0123456789abcdef")
      << "without what is around it";
  for (const std::size_t size : {0, 1, 15, 1'025, 5'000}) {
    why.clear();
    EXPECT_EQ(read(std::string(size, 'x'), why), "") << size;
    EXPECT_THAT(why, HasSubstr("16 to 1024 visible ASCII characters"));
  }
  EXPECT_EQ(read("0123456789 abcdef", why), "") << "a space within";
  EXPECT_EQ(read("0123456789abcde\xC3\xA9", why), "") << "no ASCII";
  EXPECT_EQ(read("0123456789abcdef\x7F", why), "") << "ASCII, but nothing to see";
  EXPECT_EQ(read("0123456789abcde!~", why), "0123456789abcde!~") << "the first and the last";
  std::remove(file.c_str());
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
