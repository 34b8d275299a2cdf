// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alert_config.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertRule;
using testing::ElementsAre;
using testing::IsEmpty;

metrics::AlertSettings settings_of(const std::string& text, std::vector<std::string>& faults) {
  std::string why;
  const ConfigText config = parse_config(text, why);
  EXPECT_EQ(why, "");
  return read_alert_settings(config.sections, faults);
}

TEST(AlertConfig, WhatIsNotSaidIsAsUsual) {
  std::vector<std::string> faults;
  const auto settings = settings_of("[notify.ops]\nx = 1\n", faults);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(settings[AlertRule::request_stuck].limit, 60);
  EXPECT_TRUE(settings[AlertRule::slower].enabled);
}

TEST(AlertConfig, EachRuleHasWhatItsShapeHas) {
  std::vector<std::string> faults;
  const auto settings = settings_of(R"([alerts]
[alerts.request_stuck]
hold = "10s"
clear = "1m"
limit = "90s"
confirmed = 5
[alerts.requests_unanswered]
limit = 0.05
confirmed = 0.5
requests = 7
[alerts.descriptors_leaking]
window = "2h"
[alerts.slower]
enabled = false
)",
                                    faults);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(settings[AlertRule::request_stuck].hold, 10u);
  EXPECT_EQ(settings[AlertRule::request_stuck].clear, 60u);
  EXPECT_EQ(settings[AlertRule::request_stuck].limit, 90);
  EXPECT_EQ(settings[AlertRule::request_stuck].confirmed, 5);
  EXPECT_EQ(settings[AlertRule::requests_unanswered].limit, 0.05);
  EXPECT_EQ(settings[AlertRule::requests_unanswered].confirmed, 0.5);
  EXPECT_EQ(settings[AlertRule::requests_unanswered].requests, 7u);
  EXPECT_EQ(settings[AlertRule::descriptors_leaking].window, 7'200u);
  EXPECT_FALSE(settings[AlertRule::slower].enabled);
}

TEST(AlertConfig, WhatNoRuleHasIsToldWithItsLine) {
  std::vector<std::string> faults;
  settings_of(R"([alerts]
enabled = true
[alerts.nonsense]
x = 1
[alerts.history_failing]
limit = 3
[alerts.requests_unanswered]
limit = 2
[alerts.request_stuck]
limit = 3
window = "1m"
)",
              faults);
  EXPECT_THAT(
      faults,
      ElementsAre("line 2: [alerts] has no \"enabled\"",
                  "line 3: there is no section \"alerts.nonsense\"",
                  "line 6: [alerts.history_failing] has no \"limit\"",
                  "line 8: limit of [alerts.requests_unanswered] is a number from 0 to 1",
                  "line 10: limit of [alerts.request_stuck] is a time from \"1s\" to \"1d\"",
                  "line 11: [alerts.request_stuck] has no \"window\""));
}

// Its lines are commented out, and say that they are the defaults.
TEST(AlertConfig, TheFileThatIsShippedShowsWhatIsUsual) {
  std::ifstream in(GOXEL_TELEMETRY_EXAMPLE_CONFIG);
  std::string text;
  std::set<std::string> rules;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#[alerts.")) rules.insert(line.substr(9, line.find(']') - 9));
    if (!rules.empty()) text += line.substr(1) + '\n';
  }
  EXPECT_EQ(rules.size(), metrics::kAlertRuleCount - 1) << "one is only named beside another one";
  std::vector<std::string> faults;
  const auto settings = settings_of(text, faults);
  EXPECT_THAT(faults, IsEmpty());
  for (std::size_t i = 0; i < metrics::kAlertRuleCount; ++i) {
    const auto rule = static_cast<AlertRule>(i);
    SCOPED_TRACE(to_string(rule));
    const metrics::RuleSettings& is = settings[rule];
    const metrics::RuleSettings& usual = metrics::rule_shape(rule).usual;
    EXPECT_EQ(is.enabled, usual.enabled);
    EXPECT_EQ(is.hold, usual.hold);
    EXPECT_EQ(is.clear, usual.clear);
    EXPECT_EQ(is.limit, usual.limit);
    EXPECT_EQ(is.confirmed, usual.confirmed);
    EXPECT_EQ(is.window, usual.window);
    EXPECT_EQ(is.requests, usual.requests);
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
