// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/settings.h"

#include <gmock/gmock.h>

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;

TEST(Settings, NothingSetIsTheDocumentedDefault) {
  const Settings settings;
  EXPECT_EQ(settings.instance, "goxel");
  EXPECT_EQ(settings.segment_mode, 0640u);
  EXPECT_EQ(settings.segment_group, "");
  EXPECT_EQ(settings.unanswered_after_ns, 30'000'000'000u);
  EXPECT_EQ(settings.clock, ClockChoice::automatic);
}

TEST(Settings, EachLineOfTheLaunchersVariableSetsOne) {
  Settings settings;
  EXPECT_EQ(apply_settings_text(settings,
                                "instance=left-wing.2\nsegment_mode=0644\n\nsegment_group=a=b\n"
                                "unanswered_after_seconds=86400\nclock=monotonic"),
            "");
  EXPECT_EQ(settings.instance, "left-wing.2");
  EXPECT_EQ(settings.segment_mode, 0644u);
  EXPECT_EQ(settings.segment_group, "a=b");
  EXPECT_EQ(settings.unanswered_after_ns, 86'400'000'000'000u);
  EXPECT_EQ(settings.clock, ClockChoice::monotonic);
}

struct Bad {
  const char* name;
  const char* value;
  const char* wanted;  // what the sentence tells to write instead
};

class BadSettings : public testing::TestWithParam<Bad> {};

TEST_P(BadSettings, AreOneSentenceThatNamesThemAndChangeNothing) {
  const auto& [name, value, wanted] = GetParam();
  Settings settings;
  const std::string problem = apply_setting(settings, name, value);
  EXPECT_THAT(problem, HasSubstr(std::string("\"") + name + "\""));
  EXPECT_THAT(problem, HasSubstr(wanted));
  EXPECT_EQ(problem.find('\n'), std::string::npos);
  EXPECT_EQ(settings.instance, "goxel");
  EXPECT_EQ(settings.segment_mode, 0640u);
  EXPECT_EQ(settings.unanswered_after_ns, 30'000'000'000u);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSettings,
    testing::Values(Bad{"instance", "", "1 to 63"}, Bad{"instance", "a/b", "1 to 63"},
                    Bad{"instance", ".hidden", "1 to 63"}, Bad{"segment_mode", "0666", "0640"},
                    Bad{"segment_mode", "0660", "0640"}, Bad{"segment_mode", "0400", "0640"},
                    Bad{"segment_mode", "rw", "0640"}, Bad{"segment_mode", "0640 ", "0640"},
                    Bad{"unanswered_after_seconds", "0", "1 to 86400"},
                    Bad{"unanswered_after_seconds", "86401", "1 to 86400"},
                    Bad{"unanswered_after_seconds", "-1", "1 to 86400"},
                    Bad{"unanswered_after_seconds", "1.5", "1 to 86400"},
                    Bad{"unanswered_after_seconds", "99999999999999999999", "1 to 86400"},
                    Bad{"clock", "sundial", "auto, tsc or monotonic"},
                    Bad{"colour", "red", "no setting"}));

TEST(Settings, ALineWithoutAnEqualsSignNamesTheVariable) {
  Settings settings;
  EXPECT_THAT(apply_settings_text(settings, "instance=a\nnonsense\n"),
              HasSubstr("GOXEL_TELEMETRY_SETTINGS"));
}

}  // namespace
}  // namespace goxel_telemetry::plugin
