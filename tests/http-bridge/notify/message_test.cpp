// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/http-bridge/notify/sample_alert.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using metrics::AlertChange;
using metrics::AlertEnd;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kNowNs = kSinceNs + 320 * kSecondNs;

Bundle alone(const metrics::Alert& alert, AlertChange change = AlertChange::raised,
             bool is_first = true) {
  Bundle bundle;
  bundle.events = {{alert, change, is_first, 1}};
  return bundle;
}

TEST(NotifyMessage, SaysWhatSomebodyNeedsToJudgeIt) {
  const Message message = message_of(alone(sample_alert()), "", kNowNs);
  EXPECT_EQ(message.title, "Warning: list_scenes of goxel takes half as long again");
  const std::string text = plain_text(message);
  EXPECT_EQ(text, R"(Warning: list_scenes of goxel takes half as long again

Since 2026-03-01 14:05:06 UTC, noticed 20.0 s later, for 5 min 20 s now
list_scenes (mcp, 2-layer): takes 1.52 times as long (×1.44 to ×1.61), median 1.20 ms → 1.83 ms; 4,120 requests against 120,301
where: daemon +580 µs (92.0 %); mcp-server +50.0 µs (8.00 %)
inside the daemon: working 90.0 %, waiting 15.0 %
queue depth: 14, 12 at least for 60 s
compared with the last 24 hours
not looked at: save_scene: too few requests

▆▅▆▆▇███
0 to 1.90 ms; usual 1.20 ms (▆)

Look at the daemon layer: that is where the time goes.

alert slower-7f3a
judge it: goxel-telemetry alerts judge slower-7f3a true|false|known
silence it: goxel-telemetry alerts silence --rule slower --instance goxel --for 2h
)");
}

TEST(NotifyMessage, SaysWhatHappened) {
  const metrics::Alert alert = sample_alert();
  const auto title = [](const Bundle& bundle) { return message_of(bundle, "", kNowNs).title; };
  EXPECT_THAT(title(alone(confirmed(alert), AlertChange::confirmed, false)),
              HasSubstr("Confirmed: "));
  EXPECT_THAT(title(alone(alert, AlertChange::widened, false)), HasSubstr("More operations: "));
  EXPECT_THAT(title(alone(ended(alert), AlertChange::ended, false)), HasSubstr("Over: "));
  EXPECT_THAT(title(alone(ended(alert, AlertEnd::new_level), AlertChange::ended, false)),
              HasSubstr("Is the usual now: "));
  EXPECT_THAT(title(alone(ended(alert, AlertEnd::not_watched), AlertChange::ended, false)),
              HasSubstr("No longer watched: "));
  EXPECT_THAT(title(alone(ended(alert), AlertChange::ended)), HasSubstr("Came and went: "));
}

TEST(NotifyMessage, SaysNoMoreOfAnEffectThanIsKnown) {
  using Channel = metrics::OperationShift::Channel;
  metrics::Alert alert = sample_alert();
  metrics::OperationShift& shift = alert.evidence.operations[0];
  const auto effect = [&] {
    const std::string line = message_of(alone(alert), "", kNowNs).parts[0].lines[1];
    return line.substr(line.find(": ") + 2, line.find(';') - line.find(": ") - 2);
  };
  shift.channel = Channel::tail;
  EXPECT_EQ(effect(),
            "the slowest hundredth takes 1.52 times as long (×1.44 to ×1.61), 99th percentile "
            "1.20 ms → 1.83 ms");
  shift.ratio_low = NAN;
  EXPECT_THAT(effect(), HasSubstr(" 1.52 times as long (at most ×1.61), "));
  shift.ratio_high = NAN;
  EXPECT_THAT(effect(), HasSubstr(" 1.52 times as long, "));
  shift.ratio_low = 1.44;
  EXPECT_THAT(effect(), HasSubstr(" 1.52 times as long (at least ×1.44), "));
  shift.channel = Channel::errors;
  shift.before = 0.01;
  shift.after = 0.02;
  EXPECT_EQ(effect(), "1.52 times as many fail (at least ×1.44), 1.00 % → 2.00 %");
  shift.ratio = shift.ratio_low = NAN;
  shift.before = 0;
  EXPECT_EQ(effect(), "fails more often, 0 % → 2.00 %");
}

TEST(NotifyMessage, WhatIsOverSaysHowLongItWasAndGivesNoAdvice) {
  const Message message = message_of(alone(ended(sample_alert()), AlertChange::ended), "", kNowNs);
  EXPECT_EQ(message.parts[0].lines[0],
            "From 2026-03-01 14:05:06 UTC to 2026-03-01 14:10:26 UTC, for 5 min 20 s");
  EXPECT_EQ(message.parts[0].advice, "");
}

TEST(NotifyMessage, TheSubjectStaysTheSameThroughAnAlert) {
  const metrics::Alert alert = sample_alert();
  EXPECT_EQ(message_of(alone(alert), "", kNowNs).subject,
            message_of(alone(ended(alert), AlertChange::ended, false), "", kNowNs).subject);
}

TEST(NotifyMessage, SeveralAreToldInLessDetailAndManyAreOnlyNamed) {
  Bundle bundle;
  for (int i = 0; i < 3; ++i) bundle.events.push_back({sample_alert(std::to_string(i))});
  Message message = message_of(bundle, "", kNowNs);
  EXPECT_EQ(message.title, "3 alerts of goxel");
  EXPECT_EQ(message.parts[1].heading, "Warning: list_scenes of goxel takes half as long again");
  bundle.events[2].alert.instance = "other";
  EXPECT_EQ(message_of(bundle, "", kNowNs).title, "3 alerts");
  for (int i = 0; i < 10; ++i) bundle.events.push_back({sample_alert(std::to_string(i))});
  bundle.more = 7;
  message = message_of(bundle, "", kNowNs);
  EXPECT_EQ(message.title, "20 alerts");
  EXPECT_TRUE(message.parts[0].lines.empty());
  EXPECT_THAT(plain_text(message), HasSubstr("and 7 more, as goxel-telemetry alerts lists them"));
}

TEST(NotifyMessage, EachAlertIsLinkedOnThePage) {
  Bundle bundle = alone(sample_alert());
  const std::string page = "https://bridge.example/goxel/";
  const std::string link = page + "#alert=slower-7f3a";
  const auto links = [&](const std::string& given) {
    const Message message = message_of(bundle, given, kNowNs);
    std::vector<std::string> found;
    for (const MessagePart& part : message.parts) found.push_back(part.link);
    EXPECT_THAT(plain_text(message), HasSubstr(found[0]));
    return found;
  };
  EXPECT_THAT(links(page), ElementsAre(link));
  EXPECT_THAT(links(""), ElementsAre(""));
  EXPECT_THAT(links("https://wiki.example/#goxel"), ElementsAre("https://wiki.example/#goxel"));
  bundle.events.push_back({sample_alert("b2")});
  EXPECT_THAT(links(page), ElementsAre(link, page + "#alert=b2"));
  bundle.is_test = true;
  EXPECT_THAT(links(page), ElementsAre(page, page)) << "there is no such alert";
  bundle.is_test = false;
  bundle.events[0].alert.id = "x&from=1> <b>";
  EXPECT_THAT(links(page), ElementsAre(page, page + "#alert=b2"));
}

TEST(NotifyMessage, NamesOfClientsCannotHideOrMoveAnything) {
  metrics::Alert alert = sample_alert();
  alert.summary = "a\xE2\x80\xAEz\n\x1B[31m takes longer";
  alert.evidence.operations[0].key.operation = "x\xE2\x80\x8By\r\nBcc: all";
  const std::string text = plain_text(message_of(alone(bounded(alert)), "", kNowNs));
  EXPECT_THAT(text, HasSubstr("a<U+202E>z"));
  EXPECT_THAT(text, HasSubstr("x<U+200B>y"));
  EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  EXPECT_THAT(text, Not(HasSubstr("\nBcc")));
}

TEST(NotifyMessage, WhatAFileSaysIsBounded) {
  metrics::Alert alert = sample_alert();
  alert.summary = std::string(100'000, 'x');
  alert.evidence.operations.resize(1'000, alert.evidence.operations[0]);
  alert.evidence.facts.resize(1'000, {std::string(10'000, 'n'), std::string(10'000, 'v')});
  alert.evidence.not_looked_at.resize(1'000, std::string(10'000, 'l'));
  alert.evidence.course.resize(100'000, 1);
  const metrics::Alert small = bounded(alert);
  EXPECT_EQ(small.evidence.course.size(), metrics::kMostCourse);
  EXPECT_LT(plain_text(message_of(alone(small), "", kNowNs)).size(), 120'000u);
}

TEST(NotifyMessage, AShortenedTextEndsBetweenCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcdef", 5), "ab…");
  EXPECT_EQ(shortened("ääää", 7), "ää…");
  EXPECT_EQ(shortened("ääää", 6), "ä…");
}

TEST(NotifyMessage, TheSameToldAgainHasTheSameId) {
  Bundle bundle = alone(sample_alert());
  const std::string id = bundle_id(bundle);
  EXPECT_EQ(id.size(), 32u);
  bundle.events[0].alert.updated_ns += 1;
  EXPECT_EQ(bundle_id(bundle), id);
  bundle.events[0].number += 1;
  EXPECT_NE(bundle_id(bundle), id);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::notify
