// SPDX-License-Identifier: GPL-3.0-or-later
// What each channel makes of alerts, and of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "http-bridge/notify/alertmanager.h"
#include "http-bridge/notify/channel.h"
#include "http-bridge/notify/email.h"
#include "http-bridge/notify/slack.h"
#include "http-bridge/notify/webhook.h"
#include "metrics/text/printable.h"
#include "tests/http-bridge/notify/sample_alert.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using metrics::AlertChange;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t kNowNs = kSinceNs + 320 * kSecondNs;
const std::string kPage = "https://bridge.example/?a=1&b=2";
const std::string kLink = kPage + "#alert=slower-7f3a";

Bundle alone(const metrics::Alert& alert, AlertChange change = AlertChange::raised) {
  Bundle bundle;
  bundle.events = {{alert, change, true, 1}};
  return bundle;
}

outbound::Answer answered(int status, const std::string& body = "") {
  outbound::Answer answer;
  answer.status = status;
  answer.body = body;
  return answer;
}

TEST(NotifyOutcome, OnlyWhatIsWrongWithTheMessageIsRefusedForGood) {
  for (const int sent : {200, 201, 202, 204}) {
    EXPECT_EQ(outcome_of(answered(sent, "\x01 garbage"), {}).fate, Fate::sent) << sent;
  }
  // Among them what an operator mends: a channel that is gone, a token that has expired, a redirection.
  for (const int again : {0, 301, 302, 307, 401, 403, 404, 408, 410, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(outcome_of(answered(again), {}).fate, Fate::again) << again;
  }
  for (const int refused : {400, 405, 411, 413, 415, 422}) {
    EXPECT_EQ(outcome_of(answered(refused), {}).fate, Fate::refused) << refused;
  }
}

TEST(NotifyOutcome, IsToldInOneShortLineWithoutSecrets) {
  const std::string why =
      outcome_of(answered(404, "no\r\nsuch /services/T0/B0/XyZ \x1B[31m" + std::string(999, '.')),
                 {"/services/T0/B0/XyZ"})
          .why;
  EXPECT_THAT(why, StartsWith("status 404: no  such … "));
  EXPECT_THAT(why, Not(HasSubstr("\x1B")));
  EXPECT_LT(why.size(), 300u);
  EXPECT_THAT(outcome_of(answered(302), {}).why, HasSubstr("not followed"));
}

json slack_of(const Bundle& bundle, const SlackPlace& place = {}) {
  return json::parse(slack_body(message_of(bundle, kPage, kNowNs), place));
}

// https://docs.slack.dev/reference/block-kit/blocks/section-block
void expect_slack_takes(const json& body) {
  ASSERT_FALSE(body["text"].get<std::string>().empty());
  ASSERT_LE(body["blocks"].size(), 50u);
  std::size_t all = 0;
  for (const json& block : body["blocks"]) {
    const auto text = block["text"]["text"].get<std::string>();
    EXPECT_GE(text.size(), 1u);
    EXPECT_LE(text.size(), 3'000u);
    all += text.size();
  }
  EXPECT_LE(all, 12'000u);
}

TEST(NotifySlack, IsBlocksWithTheWholeEvidence) {
  const json body = slack_of(alone(sample_alert()));
  expect_slack_takes(body);
  const auto text = body["blocks"][0]["text"]["text"].get<std::string>();
  EXPECT_THAT(text, StartsWith("*Warning: list_scenes of goxel takes half as long again*\n"));
  EXPECT_THAT(text, HasSubstr("```▆▅▆▆▇███```"));
  EXPECT_THAT(text, HasSubstr("goxel-telemetry alerts judge slower-7f3a true|false|known"));
  EXPECT_THAT(text, EndsWith("\n<https://bridge.example/?a=1&amp;b=2#alert=slower-7f3a>"));
  EXPECT_EQ(body.count("channel"), 0u);
  EXPECT_EQ(body.count("thread_ts"), 0u);
}

TEST(NotifySlack, WhatIsLongIsTakenAllTheSame) {
  metrics::Alert alert = sample_alert();
  alert.summary = std::string(5'000, '&');
  alert.evidence.operations.resize(16, alert.evidence.operations[0]);
  for (auto& shift : alert.evidence.operations) shift.key.operation = std::string(1'000, '<');
  alert.evidence.facts.resize(32, {std::string(1'000, '>'), std::string(1'000, '&')});
  const json body = slack_of(alone(bounded(alert)));
  expect_slack_takes(body);
  EXPECT_THAT(body["blocks"].back()["text"]["text"].get<std::string>(),
              HasSubstr("which Slack would not take"));
  Bundle many;
  for (int i = 0; i < 20; ++i) many.events.push_back({bounded(alert)});
  expect_slack_takes(slack_of(many));
}

TEST(NotifySlack, NamesCallNobodyAndLinkNowhere) {
  metrics::Alert alert = sample_alert();
  alert.summary = "<!channel> & <https://evil.example|x> *bold*";
  const json body = slack_of(alone(alert));
  EXPECT_THAT(body["text"].get<std::string>(), HasSubstr("&lt;!channel&gt; &amp; &lt;https"));
  for (const json& block : body["blocks"]) {
    const auto text = block["text"]["text"].get<std::string>();
    EXPECT_EQ(text.find('<'), text.rfind("<https://bridge.example/"))
        << "the page's is the only one";
    EXPECT_EQ(block["text"]["verbatim"], true);
  }
}

TEST(NotifySlack, AThreadIsNamedAndWhatIsConfirmedIsSeenOutsideOfIt) {
  const json body = slack_of(alone(sample_alert()), {"C123", "1503435956.000247", true});
  EXPECT_EQ(body["channel"], "C123");
  EXPECT_EQ(body["thread_ts"], "1503435956.000247");
  EXPECT_EQ(body["reply_broadcast"], true);
}

TEST(NotifyWebhook, HasTheAlertsAsTheyAreAndAnIdForEachThingThatHappened) {
  const json body = json::parse(webhook_body(alone(sample_alert()), kPage, kNowNs));
  EXPECT_EQ(body["schema_version"], 1);
  EXPECT_EQ(body["test"], false);
  ASSERT_EQ(body["events"].size(), 1u);
  const json& event = body["events"][0];
  EXPECT_EQ(event["event"], "slower-7f3a/raised/1");
  EXPECT_EQ(event["change"], "raised");
  EXPECT_EQ(event["link"], kLink);
  EXPECT_EQ(event["alert"]["rule"], "slower");
  EXPECT_EQ(event["alert"]["end"], "active");
  EXPECT_EQ(event["alert"]["since_realtime_ns"], kSinceNs);
  EXPECT_EQ(event["alert"]["evidence"]["operations"][0]["layers"][0]["layer"], "daemon");
}

TEST(NotifyWebhook, IsSignedByItsKey) {
  // RFC 4231, test case 2
  EXPECT_EQ(signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

json alertmanager_of(const Bundle& bundle) {
  return json::parse(alertmanager_body(bundle, "host", kPage, kNowNs));
}

TEST(NotifyAlertmanager, WhatIsActiveEndsUnlessItIsToldAgain) {
  const json body = alertmanager_of(alone(sample_alert()));
  ASSERT_EQ(body.size(), 1u);
  EXPECT_EQ(body[0]["labels"], json::parse(R"({"alertname":"GoxelSlower","severity":"warning",
      "job":"goxel-telemetry","host_name":"host","instance_name":"goxel","subject":"list_scenes"})"));
  EXPECT_EQ(body[0]["startsAt"], "2026-03-01T14:05:26Z");
  EXPECT_EQ(body[0]["endsAt"], "2026-03-01T14:14:26Z");
  EXPECT_EQ(body[0]["generatorURL"], kLink);
  EXPECT_EQ(body[0]["annotations"]["summary"], "list_scenes of goxel takes half as long again");
  EXPECT_EQ(body[0]["annotations"]["alert_id"], "slower-7f3a");
  EXPECT_THAT(body[0]["annotations"]["description"].get<std::string>(), HasSubstr("daemon +580"));
}

TEST(NotifyAlertmanager, WhatIsOverSaysSince) {
  const json body = alertmanager_of(alone(ended(sample_alert()), AlertChange::ended));
  ASSERT_EQ(body.size(), 1u);
  EXPECT_EQ(body[0]["endsAt"], "2026-03-01T14:10:26Z");
}

TEST(NotifyAlertmanager, AWarningIsOverWhenItIsConfirmed) {
  const json body = alertmanager_of(alone(confirmed(sample_alert()), AlertChange::confirmed));
  ASSERT_EQ(body.size(), 2u);
  EXPECT_EQ(body[0]["labels"]["severity"], "warning");
  EXPECT_EQ(body[0]["endsAt"], "2026-03-01T14:06:26Z");
  EXPECT_EQ(body[1]["labels"]["severity"], "critical");
  EXPECT_EQ(body[1]["startsAt"], "2026-03-01T14:06:26Z");
}

TEST(NotifyMail, TheFirstOneBeginsAThreadAndTheOthersAnswerIt) {
  const MailText first = mail_of(alone(sample_alert()), "bridge@example.org", "", kNowNs);
  EXPECT_TRUE(is_message_id(first.id)) << first.id;
  EXPECT_EQ(first.subject, "list_scenes of goxel takes half as long again");
  EXPECT_EQ(first.in_reply_to, "");
  Bundle bundle = alone(ended(sample_alert()), AlertChange::ended);
  bundle.thread = mail_thread(first);
  const MailText last = mail_of(bundle, "bridge@example.org", "", kNowNs);
  EXPECT_EQ(last.in_reply_to, first.id);
  EXPECT_EQ(last.subject, "Re: list_scenes of goxel takes half as long again");
  EXPECT_NE(last.id, first.id);
  EXPECT_EQ(mail_of(bundle, "bridge@example.org", "", kNowNs + 1).id, last.id);
  bundle.thread = "<a@b>\r\nBcc: all@example.org x";
  EXPECT_EQ(mail_of(bundle, "bridge@example.org", "", kNowNs).in_reply_to, "");
}

// The texts of a mail's encoded words in its subject.
std::vector<std::string> words_of_subject(const std::string& subject) {
  MailText mail;
  mail.subject = subject;
  const std::string encoded = encode_mail(mail);
  std::vector<std::string> words;
  const std::regex word("=\\?UTF-8\\?B\\?([^?]*)\\?=");
  for (std::sregex_iterator at(encoded.begin(), encoded.end(), word), end; at != end; ++at) {
    const std::string base64 = (*at)[1];
    std::string text(base64.size(), '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                    reinterpret_cast<const unsigned char*>(base64.data()),
                    static_cast<int>(base64.size()));
    text.resize(base64.size() / 4 * 3 -
                static_cast<std::size_t>(std::count(base64.begin(), base64.end(), '=')));
    words.push_back(text);
  }
  return words;
}

TEST(NotifyMail, EachWordOfASubjectHasWholeCharactersInIt) {
  for (std::size_t before = 0; before < 4; ++before) {
    std::string subject(before, 'x');
    for (int i = 0; i < 40; ++i) subject += "⭐";
    std::string all;
    for (const std::string& word : words_of_subject(subject)) {
      EXPECT_EQ(metrics::printable(word), word);
      all += word;
    }
    EXPECT_EQ(all, subject);
  }
}

TEST(NotifyMail, WhatLooksLikeAnEncodedWordIsNone) {
  EXPECT_THAT(words_of_subject("=?UTF-8?B?bm8=?="), testing::ElementsAre("=?UTF-8?B?bm8=?="));
  EXPECT_THAT(words_of_subject("plain"), testing::IsEmpty());
}

TEST(NotifyMail, HtmlIsText) {
  metrics::Alert alert = sample_alert();
  alert.summary = "<script>\"&</script>";
  const MailText mail = mail_of(alone(alert), "bridge@example.org", kPage, kNowNs);
  EXPECT_THAT(mail.html, HasSubstr("Warning: &lt;script&gt;\"&amp;&lt;/script&gt;"));
  EXPECT_THAT(mail.html, Not(HasSubstr("<script")));
  EXPECT_THAT(mail.html,
              HasSubstr("<a href=\"https://bridge.example/?a=1&amp;b=2#alert=slower-7f3a\">"));
  ASSERT_EQ(mail.pictures.size(), 1u);
  EXPECT_THAT(mail.html, HasSubstr("cid:" + mail.pictures[0].id));
}

TEST(NotifyMail, AddressesHaveNothingThatAHeaderWouldObey) {
  EXPECT_TRUE(is_mail_address("a.b+c@example.org"));
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>",
                          "a@b,c@d", "-f@b", "\xC3\xA4@b", "a\"@b"}) {
    EXPECT_FALSE(is_mail_address(bad)) << bad;
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::notify
