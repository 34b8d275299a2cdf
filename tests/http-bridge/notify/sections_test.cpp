// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/http-bridge/notify/sample_alert.h"
#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<ChannelSettings> read(const std::string& text, std::vector<std::string>& faults) {
  std::string why;
  const ConfigText config = parse_config(text, why);
  EXPECT_EQ(why, "");
  return read_channels(config.sections, faults);
}

// All sentences, each on a line.
std::string faults_of(const std::string& text) {
  std::vector<std::string> faults;
  read(text, faults);
  std::string all;
  for (const std::string& fault : faults) all += fault + '\n';
  return all;
}

TEST(NotifySections, SayWhoIsToldOfWhat) {
  std::vector<std::string> faults;
  const auto channels = read(R"(
[notify.ops]
type = "slack"
url_file = "/etc/goxel/slack"
min_level = "confirmed"
instances = ["goxel", "other"]
rules = ["slower", "daemon_gone"]
per_minute = 5

[notify.mail]
type = "email"
server = "mail.example.org:587"
user = "bridge"
password_file = "/etc/goxel/password"
from = "bridge@example.org"
to = ["a@example.org", "b@example.org"]

[notify.am]
type = "alertmanager"
url = "http://localhost:9093"
)",
                             faults);
  EXPECT_THAT(faults, IsEmpty());
  ASSERT_EQ(channels.size(), 3u);
  EXPECT_EQ(channels[0].name, "ops");
  EXPECT_EQ(channels[0].type, ChannelType::slack);
  EXPECT_EQ(channels[0].min_level, metrics::AlertLevel::confirmed);
  EXPECT_THAT(channels[0].rules,
              ElementsAre(metrics::AlertRule::slower, metrics::AlertRule::daemon_gone));
  EXPECT_EQ(channels[0].per_minute, 5u);
  EXPECT_EQ(channels[1].security, MailSecurity::starttls);
  EXPECT_THAT(channels[1].to, ElementsAre("a@example.org", "b@example.org"));
}

TEST(NotifySections, WhatIsWrongIsASentenceWithItsLine) {
  EXPECT_THAT(faults_of("[notify]\ntype = \"slack\"\n"),
              HasSubstr("line 1: each channel needs a name"));
  EXPECT_THAT(faults_of("[notify.a]\nurl = \"http://localhost\"\n"),
              HasSubstr("line 1: type of [notify.a] must be given"));
  EXPECT_THAT(
      faults_of("[notify.a]\ntype = \"smoke\"\n"),
      HasSubstr("line 2: type of [notify.a] is one of slack, email, webhook, alertmanager"));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\nurl = \"http://h\"\nulr = \"x\"\n"),
              HasSubstr("line 4: [notify.a] has no \"ulr\""));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\nurl = \"ftp://h\"\n"),
              HasSubstr("line 3: url"));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\nurl = \"http://u:secret@h\"\n"),
              testing::AllOf(HasSubstr("line 3: url"), Not(HasSubstr("secret"))));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\n"), HasSubstr("url must be given"));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\nurl = \"http://h\"\nrules = [\"x\"]\n"),
              HasSubstr("line 4: rules of [notify.a] may not have \"x\""));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"slack\"\nurl = \"https://hooks.slack.com/x\"\n"),
              HasSubstr("line 3: url of [notify.a] is a secret"));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"slack\"\ntoken_file = \"/t\"\n"),
              HasSubstr("channel of [notify.a] must be given"));
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"webhook\"\nurl = \"http://h\"\nper_minute = 0\n"),
              HasSubstr("line 4: per_minute"));
}

TEST(NotifySections, MailIsNotSentWithoutAServerOrWithAPasswordInTheOpen) {
  const std::string whole =
      "[notify.a]\ntype = \"email\"\nserver = \"h\"\nfrom = \"a@b\"\nto = \"c@d\"\n";
  EXPECT_EQ(faults_of(whole), "");
  EXPECT_THAT(faults_of("[notify.a]\ntype = \"email\"\nfrom = \"a@b\"\nto = \"c@d\"\n"),
              HasSubstr("server of [notify.a] must be given"));
  EXPECT_THAT(faults_of(whole + "security = \"none\"\nuser = \"u\"\npassword_file = \"/p\"\n"),
              HasSubstr("line 6: security of [notify.a] may not be none"));
  EXPECT_THAT(faults_of(whole + "user = \"u\"\n"), HasSubstr("stand together"));
  EXPECT_THAT(
      faults_of(
          "[notify.a]\ntype = \"email\"\nserver = \"h/path\"\nfrom = \"a b@b\"\nto = \"<c@d>\"\n"),
      testing::AllOf(HasSubstr("line 3: server"), HasSubstr("line 4: from"),
                     HasSubstr("line 5: to")));
}

TEST(NotifySections, TheFileThatIsShippedShowsChannelsThatCanBe) {
  std::ifstream in(GOXEL_TELEMETRY_EXAMPLE_CONFIG);
  std::string text;
  bool is_channel = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#[")) is_channel = line.starts_with("#[notify.");
    if (is_channel && line.starts_with('#')) text += line.substr(1) + '\n';
    if (line.empty()) is_channel = false;
  }
  std::vector<std::string> faults;
  EXPECT_EQ(read(text, faults).size(), 4u);
  EXPECT_THAT(faults, IsEmpty());
}

class NotifySecrets : public testing::Test {
 protected:
  std::string put(const std::string& text, mode_t mode = 0600) {
    const std::string file = folder_.file("secret");
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  std::string fault_of(const ChannelSettings& settings) {
    std::string why;
    EXPECT_FALSE(read_secrets(settings, why));
    return why;
  }
  static ChannelSettings slack(const std::string& url_file) {
    ChannelSettings settings;
    settings.name = "ops";
    settings.type = ChannelType::slack;
    settings.url_file = url_file;
    return settings;
  }

  TemporaryFolder folder_;
};

TEST_F(NotifySecrets, StandInFilesThatAreNotOpenToEverybody) {
  std::string why;
  const auto secrets = read_secrets(slack(put(" https://hooks.slack.com/services/T/B/X\n")), why);
  ASSERT_TRUE(secrets) << why;
  EXPECT_EQ(secrets->url, "https://hooks.slack.com/services/T/B/X");
  EXPECT_EQ(host_of(slack(""), *secrets), "hooks.slack.com");
  EXPECT_THAT(fault_of(slack(put("https://h/X", 0644))), HasSubstr("is open to everybody"));
  EXPECT_THAT(fault_of(slack(put("https://h/X", 0602))), HasSubstr("is open to everybody"));
  EXPECT_TRUE(read_secrets(slack(put("https://h/X", 0640)), why));
  EXPECT_THAT(fault_of(slack(folder_.path())), HasSubstr("is not in a file"));
  EXPECT_THAT(fault_of(slack("/nowhere")), HasSubstr("[notify.ops]: the secret in /nowhere"));
}

TEST_F(NotifySecrets, AreNotRepeated) {
  for (const std::string& bad : {std::string("XyZ"), std::string("http://hooks.example.org/XyZ"),
                                 std::string("https://h/XyZ\nX-Injected: 1"),
                                 "https://h/" + std::string(5'000, 'z') + "XyZ"}) {
    const std::string why = fault_of(slack(put(bad)));
    EXPECT_THAT(why, Not(HasSubstr("XyZ")));
    EXPECT_THAT(why, HasSubstr("[notify.ops]"));
  }
  EXPECT_THAT(fault_of(slack(put("http://hooks.example.org/XyZ"))), HasSubstr("https://"));
}

TEST(NotifyFilters, ChooseByLevelInstanceAndRule) {
  ChannelSettings settings;
  const metrics::Alert alert = sample_alert();
  EXPECT_TRUE(wants(settings, alert));
  settings.min_level = metrics::AlertLevel::confirmed;
  EXPECT_FALSE(wants(settings, alert));
  EXPECT_TRUE(wants(settings, confirmed(alert)));
  settings.instances = {"other"};
  EXPECT_FALSE(wants(settings, confirmed(alert)));
  settings.instances = {"other", "goxel"};
  settings.rules = {metrics::AlertRule::daemon_gone};
  EXPECT_FALSE(wants(settings, confirmed(alert)));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::notify
